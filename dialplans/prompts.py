"""Every sentence the system says: ``prompts.toml`` beside this module. Pure but for reading that one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from telephony.errors import ConfigError

LANGUAGES = ("zh", "en")
"""In which the sentences are written, the first first."""

SENTENCES_FILE = Path(__file__).with_name("prompts.toml")

_Words = Annotated[str, msgspec.Meta(min_length=1, pattern=r"\A\S[^\x00-\x1f]*\Z")]
_SoundName = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9-]+(?:/[a-z0-9_-]+)*\Z")]
_Id = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]*\Z")]


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zh: _Words
    en: _Words
    when: _Words
    file: _SoundName | None = None
    only: Literal["zh"] | None = None


class Sentence(msgspec.Struct, frozen=True):
    """One sentence or word. ``sound``: its name for Asterisk, below the folder of the language, without ending.
    ``words``: by language. ``spoken``: the languages in which it has a sound of ours."""

    id: str
    sound: str
    words: Mapping[str, str]
    when: str
    spoken: tuple[str, ...]


def sentences(text: str | None = None) -> tuple[Sentence, ...]:
    """Those of ``prompts.toml``, in its order; of ``text`` where that is given.

    Raises ``ConfigError`` naming the key that is wrong, or two sentences that would be one file.
    """
    content = SENTENCES_FILE.read_text(encoding="utf-8") if text is None else text
    try:
        written = msgspec.toml.decode(content, type=dict[_Id, _Written])
    except msgspec.DecodeError as error:
        raise ConfigError(f"prompts.toml: {error}") from error
    found = tuple(_sentence(name, each) for name, each in written.items())
    taken: dict[str, str] = {}
    for each in found:
        if taken.setdefault(each.sound, each.id) != each.id:
            raise ConfigError(f"prompts.toml: {each.id} and {taken[each.sound]} are both {each.sound!r}")
    return found


def sound_of(sentence: str) -> str:
    """The sound's name of a sentence that has no ``file`` of its own."""
    return f"zt/{sentence}"


def _sentence(name: str, written: _Written) -> Sentence:
    spoken = (written.only,) if written.only else LANGUAGES
    return Sentence(name, written.file or sound_of(name), {"zh": written.zh, "en": written.en}, written.when, spoken)
