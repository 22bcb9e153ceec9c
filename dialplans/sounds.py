"""Sound files as Asterisk finds them: which a site names, where each lies, how long it lasts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from dialplans.speech.formats import remedy, wave_samples
from telephony.config import Site
from telephony.errors import ConfigError

_BYTES_PER_SECOND = {
    "alaw": 8_000,
    "al": 8_000,
    "ulaw": 8_000,
    "ul": 8_000,
    "mu": 8_000,
    "pcm": 8_000,
    "g722": 8_000,
    "g729": 1_000,
    "gsm": 1_650,  # 33 bytes each 20 ms
    "sln": 16_000,
    "raw": 16_000,
    "sln12": 24_000,
    "sln16": 32_000,
    "sln24": 48_000,
    "sln32": 64_000,
    "sln44": 88_200,
    "sln48": 96_000,
    "sln96": 192_000,
    "sln192": 384_000,
}
_WAVE = {"wav": 8_000, "wav16": 16_000}
_WAV49_HEADER, _WAV49_BYTES_PER_SECOND = 60, 1_625  # 65 bytes each 40 ms


def find_sound(sounds: Path, name: str, language: str) -> Path | None:
    """The file Asterisk would play for ``name`` in ``language``; None where it would skip it silently.

    ``sounds`` is the folder that holds a folder for each language. Tried in order: the language, the language
    without its region, no language, English (main/file.c).
    """
    for folder in dict.fromkeys((language, language.partition("_")[0], "", "en")):
        base = sounds / folder / name
        found = [path for path in _siblings(base) if is_sound(path)]
        if found:
            return min(found)
    return None


def is_sound(path: Path) -> bool:
    """Whether the file's ending is that of a format whose length is known here."""
    return path.suffix[1:] in {*_BYTES_PER_SECOND, *_WAVE, "WAV"}


def _siblings(base: Path) -> Iterator[Path]:
    if base.parent.is_dir():
        yield from (path for path in base.parent.iterdir() if path.is_file() and path.stem == base.name)


def sound_seconds(path: Path) -> float:
    """How long this file lasts. Raises ``ConfigError`` for a file that is not of the format its name says."""
    ending = path.suffix[1:]
    rate = _WAVE.get(ending, 0)
    try:
        if rate:
            return wave_samples(path.read_bytes(), rate) / rate
        size = path.stat().st_size
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}. {remedy(path.name, rate)}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    if ending == "WAV":
        return max(0, size - _WAV49_HEADER) / _WAV49_BYTES_PER_SECOND
    return size / _BYTES_PER_SECOND[ending]


def prompts_of(site: Site) -> Iterable[tuple[str, str]]:
    """Every sound the site names, with its path in site.toml."""
    for key in site.prompts.__struct_fields__:
        yield f"prompts.{key}", getattr(site.prompts, key)
    for index, name in enumerate(site.baseline.prompts if site.baseline else ()):
        yield f"baseline.prompts[{index}]", name
    for index, name in enumerate(site.notice.sounds if site.notice.on else ()):
        yield f"notice.sounds[{index}]", name
