"""Checks the sounds a site needs: those of site.toml, and those its dialplan and queues name. Returns findings.

Asterisk skips a sound that is missing, or not in a format it plays, and goes on: the caller hears nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from dialplans.findings import Finding
from dialplans.prompts import sentences
from dialplans.sounds import find_sound, prompts_of, sound_seconds
from telephony.config import Site
from telephony.errors import ConfigError

_OURS = re.compile(r"(?<![\w/.-])(?<!DB\()(?<!DB_EXISTS\()(?<!DB_DELETE\()zt/[a-z0-9_]+")
"""A sentence's sound; `zt` is a family of Asterisk's database, too."""
_PLAYED = re.compile(r"\b(?:Playback|BackGround|Background|ControlPlayback)\(([^,()]*)")
_NUMBERS = re.compile(r"^\s*announce-position\s*=(?!\s*no\b)|\bSay(?:Number|Digits|UnixTime)\(")
_MANY = 5


class Named(NamedTuple):
    """A sound, and where it is named."""

    where: str
    sound: str


def site_prompts(site: Site, sounds: Path) -> list[Finding]:
    """What is wrong with the sounds that site.toml names; ``sounds`` as ``find_sound`` has it."""
    return _judged([Named(f"site.toml: {where}", sound) for where, sound in prompts_of(site)], sounds, site.language)


def file_prompts(site: Site, files: Mapping[str, str], sounds: Path) -> list[Finding]:
    """What is wrong with the sounds that these files of Asterisk name, and site.toml does not. Each is told once."""
    known = {sound for _, sound in prompts_of(site)}
    named = [each for file, text in files.items() for each in named_in(file, text) if each.sound not in known]
    return _judged(named, sounds, site.language)


def _judged(named: Iterable[Named], sounds: Path, language: str) -> list[Finding]:
    """Each sound is judged once, where it is named first."""
    others = {each.sound for each in sentences() if language.partition("_")[0] not in each.spoken}
    once: dict[str, Named] = {}
    for each in named:
        if each.sound not in others:
            once.setdefault(each.sound, each)
    missing = [each for each in once.values() if find_sound(sounds, each.sound, language) is None]
    found = [*_missing(missing, sounds, language)]
    for each in once.values():
        found += _played(each, sounds, language)
    return sorted(found)


def named_in(file: str, text: str) -> Iterator[Named]:
    """The sounds that a file names as they stand: not those it makes of variables."""
    for number, line in enumerate(text.split("\n"), 1):
        said = line.partition(";")[0]
        names = _OURS.findall(said)
        for played in _PLAYED.findall(said):
            names += [name for name in played.split("&") if name and "$" not in name and ":" not in name]
        if _NUMBERS.search(said):
            names += _number_words()
        yield from (Named(f"{file}:{number}", name.strip()) for name in names)


def _number_words() -> list[str]:
    """What Asterisk needs to say any number in Chinese."""
    return [each.sound for each in sentences() if each.when == "numbers"]


def _missing(missing: list[Named], sounds: Path, language: str) -> Iterator[Finding]:
    ours = {each.sound for each in sentences()}
    unspoken = [each for each in missing if each.sound in ours]
    if len(unspoken) >= _MANY:
        listed = ", ".join(each.sound for each in unspoken[:_MANY])
        what = f"{len(unspoken)} sentences have no file below {sounds} (language {language}): {listed} …"
        yield Finding(unspoken[0].where, what, _bring(sounds))
    for each in missing:
        if each.sound in ours and len(unspoken) >= _MANY:
            continue
        what = f"the sound {each.sound!r} has no file below {sounds} (language {language})."
        remedy = _bring(sounds) if each.sound in ours else "Asterisk would skip it in silence: bring the file."
        yield Finding(each.where, what, remedy)


def _bring(sounds: Path) -> str:
    return f"Have placeholders spoken: zhitong prompts build {sounds}; or bring recordings: zhitong prompts import DIR"


def _played(named: Named, sounds: Path, language: str) -> Iterable[Finding]:
    path = find_sound(sounds, named.sound, language)
    if path is None:
        return
    try:
        if sound_seconds(path) == 0:
            yield Finding(named.where, f"{path} holds no sound.", "Bring the recording again.")
    except ConfigError as error:
        yield Finding(named.where, str(error), "")
    folder = path.relative_to(sounds).parts[0].partition("_")[0]
    if named.sound.startswith("zt/") and folder not in (language.partition("_")[0], "zt"):
        what = f"the sentence {named.sound!r} is there in another language only: {path}."
        yield Finding(named.where, what, _bring(sounds))
