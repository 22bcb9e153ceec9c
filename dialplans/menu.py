"""The length of the baseline's voice menu: an input of every comparison, taken from its sound files."""

from pathlib import Path

from dialplans.sounds import find_sound, sound_seconds
from telephony.config import Site
from telephony.errors import ConfigError


def menu_seconds(site: Site, sounds: Path) -> float:
    """How long the baseline's menu speaks: the sum of its prompts. 0 without a baseline.

    Raises ``ConfigError`` naming a prompt that has no file.
    """
    prompts = site.baseline.prompts if site.baseline else ()
    return sum(_seconds_of(sounds, name, site.language) for name in prompts)


def _seconds_of(sounds: Path, name: str, language: str) -> float:
    path = find_sound(sounds, name, language)
    if path is None:
        raise ConfigError(f"the prompt {name!r} has no file below {sounds}, in {language} or without a language")
    return sound_seconds(path)
