"""The sounds of the notice as they lie on disk: which files, and how long they last.

Music on hold plays them: a class of music whose first files they are is heard from the first moment of waiting, stops
when the agent picks up, and goes on where it was after an announcement. So the notice needs no path of its own.
"""

from pathlib import Path
from typing import NamedTuple

from dialplans.files import music_folder
from dialplans.sounds import find_sound, is_sound, sound_seconds
from telephony.errors import ConfigError
from telephony.site.site import Site

_LONGEST_S = 4 * 3600
"""Music is laid out for so long where a wait has no limit; then its last piece goes on."""


class Voice(NamedTuple):
    """The sounds in the language that a caller's channel has. ``files``: as Asterisk's playlists want them, absolute
    and without ending. ``language``: that of the folder where the first lies. ``length_ms`` None: the PBX is elsewhere,
    and measures them itself."""

    channel: str
    language: str
    files: tuple[str, ...]
    length_ms: int | None


class Spoken(NamedTuple):
    """``voices``: for each language that callers have, the site's own first. ``music``: what follows, by class."""

    voices: tuple[Voice, ...]
    music: dict[str, tuple[str, ...]]


def spoken(site: Site, data: Path) -> Spoken:
    """What a PBX plays whose data directory is ``data``. Raises ``ConfigError`` naming a sound that is missing.

    Where this machine has no sounds at all, the PBX is another: then they are taken to be there, as .wav of 8 kHz, and
    after the notice there is silence, since the files of the music are not known here.
    """
    languages = dict.fromkeys((site.language, *(route.language for route in site.routes if route.language)))
    if not (data / "sounds").is_dir():
        return _elsewhere(site, data / "sounds", list(languages))
    silence = _file(data / "sounds", "silence/10", site.language)
    wait_s = max(queue.max_wait_s or _LONGEST_S for queue in site.queues)
    music = {
        name: _laid_out(data / music_folder(name), silence, wait_s) for name in sorted({q.music for q in site.queues})
    }
    return Spoken(tuple(_voice(site, data / "sounds", language) for language in languages), music)


def _elsewhere(site: Site, sounds: Path, languages: list[str]) -> Spoken:
    voices = [
        Voice(language, language, tuple(str(sounds / language / name) for name in site.notice.sounds), None)
        for language in languages
    ]
    silence = str(sounds / "en" / "silence" / "10")
    return Spoken(tuple(voices), {queue.music: (silence,) for queue in site.queues})


def _voice(site: Site, sounds: Path, channel: str) -> Voice:
    paths = [_file(sounds, name, channel) for name in site.notice.sounds]
    length_ms = round(1000 * sum(sound_seconds(path) for path in paths))
    if not length_ms:
        raise ConfigError(f"the notice holds no sound: {paths[0]}. Bring the recording again.")
    folder = paths[0].relative_to(sounds).parts[0]
    language = folder if folder in (channel, channel.partition("_")[0], "en") else channel
    return Voice(channel, language, tuple(map(_entry, paths)), length_ms)


def _file(sounds: Path, name: str, language: str) -> Path:
    path = find_sound(sounds, name, language)
    if path is None:
        raise ConfigError(
            f"the sound {name!r} of the notice has no file below {sounds} (language {language}), so nobody would be "
            "told. `zhitong prompts build` makes it, `zhitong prompts import` takes your own; render on "
            "the PBX, where its sounds are."
        )
    return path


def _entry(path: Path) -> str:
    return str(path.absolute().with_suffix(""))


def _laid_out(folder: Path, silence: Path, wait_s: float) -> tuple[str, ...]:
    """The music's files, over and over for so long: at its end a playlist would begin anew, and with the notice."""
    found = sorted(path for path in folder.iterdir() if is_sound(path)) if folder.is_dir() else []
    pieces = list(dict.fromkeys(map(_entry, found))) or [_entry(silence)]
    once_s = sum(sound_seconds(path) for path in found) or wait_s
    return tuple(pieces * (1 if len(pieces) == 1 else min(100, 1 + int(wait_s // once_s))))
