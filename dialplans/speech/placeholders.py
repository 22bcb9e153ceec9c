"""Placeholders of all sentences, synthesised once and kept in a cache: a *set*, a folder for each language.

Each clip is kept by a hash of all that makes it (the words, the voice, the program's version, how we treat sound), and
a set by those of its clips: a sentence that changes costs one synthesis, and nothing is ever said twice. A set is whole
or not there at all; two processes build one after the other. Files of a set are never written again.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dialplans.prompts import Sentence
from dialplans.speech.voice import Voice
from telephony.errors import ConfigError
from telephony.files import PUBLIC, write_whole_bytes

Progress = Callable[[str, float], None]
"""Told which words are being said, and how far it is, 0.0 to 1.0."""

_RECIPE = "1"
"""Part of every clip's key: raise it when the treatment of sound changes."""


def _silent(_what: str, _done: float) -> None:
    pass


def placeholders(cache: Path, voice: Voice, sentences: Sequence[Sentence], progress: Progress = _silent) -> Path:
    """The folder of the set of these sentences: ``<language>/<sound>.wav`` below it. Made if it is not there.

    Takes a quarter of a second for a long sentence, once. Raises ``ConfigError`` when eSpeak cannot be run or the cache
    cannot be written.
    """
    version = voice.version()
    clips = {
        f"{language}/{sentence.sound}.wav": (sentence.words[language], language)
        for sentence in sentences
        for language in sentence.spoken
    }
    keys = {name: _hash(_RECIPE, version, voice.settings(language), words) for name, (words, language) in clips.items()}
    folder = cache / "sets" / _hash(*(f"{name}={key}" for name, key in sorted(keys.items())))
    try:
        (cache / "clips").mkdir(parents=True, exist_ok=True)
        with _locked(cache / ".lock"):
            if not folder.is_dir():
                _say_all(cache / "clips", voice, clips, keys, progress)
                _lay(cache, folder, keys)
    except OSError as error:
        raise ConfigError(f"cannot keep the spoken sentences in {cache}: {error.strerror or error}") from error
    return folder


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _say_all(
    clips: Path, voice: Voice, wanted: dict[str, tuple[str, str]], keys: dict[str, str], progress: Progress
) -> None:
    missing = {keys[name]: said for name, said in wanted.items() if not (clips / f"{keys[name]}.wav").exists()}
    for number, (key, (words, language)) in enumerate(missing.items()):
        progress(words, number / len(missing))
        write_whole_bytes(clips / f"{key}.wav", voice.say(words, language), mode=PUBLIC)
    progress("", 1.0)


def _lay(cache: Path, folder: Path, keys: dict[str, str]) -> None:
    """The set, of links to its clips, or copies where the file system has no links."""
    build = cache / f".build-{os.getpid()}"
    shutil.rmtree(build, ignore_errors=True)
    for name, key in keys.items():
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        clip = cache / "clips" / f"{key}.wav"
        try:
            os.link(clip, build / name)
        except OSError:
            shutil.copyfile(clip, build / name)
    folder.parent.mkdir(exist_ok=True)
    build.rename(folder)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock file. The kernel frees it when its holder dies, however it dies."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
