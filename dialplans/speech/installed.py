"""The sentences in a PBX's folder of sounds: placeholders laid there, recordings of the city's own, and which is which.

Beside the sounds of each language stands ``zt/placeholders.json``: the hash of each placeholder as it was laid. A file
that is still that is a placeholder, and the next build may replace it; any other is somebody's own recording, and is
never touched but by another import.
"""

import hashlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from dialplans.prompts import LANGUAGES, Sentence
from dialplans.sounds import sound_seconds
from telephony.errors import ConfigError
from telephony.files import PUBLIC, write_whole, write_whole_bytes

_LAID = "zt/placeholders.json"


class Source(StrEnum):
    MISSING = "missing"
    PLACEHOLDER = "placeholder"
    OWN = "own"


class Clip(msgspec.Struct, frozen=True):
    """A sentence in one language, as it lies in a folder of sounds. ``fault``: why Asterisk would not play it."""

    sentence: Sentence
    language: str
    path: Path
    source: Source
    seconds: float = 0.0
    fault: str = ""


class Laid(msgspec.Struct, frozen=True):
    """What a build did: files written, files that were right already, and own recordings that it left alone."""

    written: int
    unchanged: int
    own: int


class Taken(msgspec.Struct, frozen=True):
    """What an import did: the sentences it brought, those that are placeholders still, files that are no sounds."""

    brought: tuple[str, ...]
    lacking: tuple[str, ...]
    passed_over: tuple[str, ...]


def folder_of_sounds(sounds: Path) -> Path:
    """``sounds``, if it is there. Raises ``ConfigError``: a slip in a path must not make a folder nobody reads."""
    if not sounds.is_dir():
        raise ConfigError(
            f"{sounds}: no such folder. Name Asterisk's folder of sounds, such as /usr/share/asterisk/sounds"
        )
    return sounds


def clips(sounds: Path, sentences: Sequence[Sentence], languages: Sequence[str] = LANGUAGES) -> Iterator[Clip]:
    """Every sentence as it lies in ``sounds`` now."""
    for language in languages:
        laid = _laid(sounds / language)
        for sentence in sentences:
            if language in sentence.spoken:
                yield _clip(sounds, sentence, language, laid)


def lay(placeholders: Path, sounds: Path, sentences: Sequence[Sentence]) -> Laid:
    """Copy placeholders into ``sounds``; what is somebody's own recording stays. Raises ``ConfigError``."""
    written = unchanged = own = 0
    try:
        for language in LANGUAGES:
            laid = _laid(sounds / language)
            for clip in clips(sounds, sentences, [language]):
                content = (placeholders / language / f"{clip.sentence.sound}.wav").read_bytes()
                if clip.source is Source.OWN:
                    own += 1
                    continue
                laid[clip.sentence.sound] = _hash(content)
                if clip.source is Source.PLACEHOLDER and clip.path.read_bytes() == content:
                    unchanged += 1
                    continue
                write_whole_bytes(clip.path, content, mode=PUBLIC)
                written += 1
            write_whole(sounds / language / _LAID, msgspec.json.format(msgspec.json.encode(laid)).decode())
    except OSError as error:
        raise ConfigError(f"{error.filename or sounds}: {error.strerror}. Run this as who owns {sounds}.") from error
    return Laid(written, unchanged, own)


def take(recordings: Path, sounds: Path, sentences: Sequence[Sentence], language: str) -> Taken:
    """Bring recordings, ``<id>.wav`` each, in place of placeholders: all of them, or none.

    Raises ``ConfigError`` naming every file that is no sentence, or that Asterisk would not play.
    """
    if not recordings.is_dir():
        raise ConfigError(f"{recordings}: no such folder.")
    spoken = {each.id: each for each in sentences if language in each.spoken}
    files = sorted(path for path in recordings.iterdir() if path.is_file() and not path.name.startswith("."))
    wanted = [path for path in files if path.suffix.lower() in _SOUNDS]
    if faults := [fault for path in wanted if (fault := _refused(path, spoken, language))]:
        raise ConfigError("Nothing was brought.\n" + "\n".join(faults))
    if not wanted:
        raise ConfigError(
            f"{recordings}: no .wav files there. Each is named by its sentence: closed.wav; see the list."
        )
    try:
        for path in wanted:
            write_whole_bytes(sounds / language / f"{spoken[path.stem].sound}.wav", path.read_bytes(), mode=PUBLIC)
    except OSError as error:
        raise ConfigError(f"{error.filename or sounds}: {error.strerror}. Run this as who owns {sounds}.") from error
    lacking = [each.sentence.id for each in clips(sounds, sentences, [language]) if each.source is not Source.OWN]
    others = [path.name for path in files if path not in wanted]
    return Taken(tuple(path.stem for path in wanted), tuple(lacking), tuple(others))


_SOUNDS = frozenset(
    {".wav", ".wav16", ".mp3", ".m4a", ".aac", ".ogg", ".flac", ".gsm", ".alaw", ".ulaw", ".g722", ".sln"}
)
"""What is meant as a recording, if not always brought as one."""


def _refused(path: Path, spoken: dict[str, Sentence], language: str) -> str:
    """Why a file cannot be brought; nothing when it can."""
    if path.stem not in spoken:
        return (
            f"{path}: there is no sentence {path.stem!r} in {language}. Its id is the name; see: zhitong prompts list"
        )
    if path.suffix != ".wav":
        return f"{path}: a recording is brought as .wav: sox {path.name} -r 8000 -b 16 -c 1 {path.stem}.wav"
    try:
        return "" if sound_seconds(path) else f"{path}: it holds no sound."
    except ConfigError as error:
        return str(error)


def _clip(sounds: Path, sentence: Sentence, language: str, laid: dict[str, str]) -> Clip:
    path = sounds / language / f"{sentence.sound}.wav"
    if not path.is_file():
        return Clip(sentence, language, path, Source.MISSING)
    same = laid.get(sentence.sound) == _hash(path.read_bytes())
    source = Source.PLACEHOLDER if same else Source.OWN
    try:
        seconds = sound_seconds(path)
        return Clip(sentence, language, path, source, seconds, "" if seconds else f"{path}: it holds no sound.")
    except ConfigError as error:
        return Clip(sentence, language, path, source, fault=str(error))


def _laid(folder: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode((folder / _LAID).read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"{folder / _LAID}: damaged ({error}). Remove it: all sentences there count as own."
        ) from error


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
