"""Sounds that a site names: prompts, and music for those who wait. ``where`` is a path in site.toml."""

from collections.abc import Iterator
from pathlib import Path

from dialplans.checks.case import Case
from dialplans.checks.rule import Fault
from dialplans.files import music_folder
from dialplans.findings import Level
from dialplans.speech.check import site_prompts

_CODED = frozenset({".gsm", ".ulaw", ".ul", ".pcm", ".mu", ".alaw", ".al", ".g722", ".g729", ".opus", ".mp3"})
"""Music that Asterisk must decode, if it plays it at all; .wav and .sln are signed linear as they are."""


def prompts(case: Case) -> Iterator[Fault]:
    """Asterisk skips a missing file in silence."""
    for found in site_prompts(case.site, case.sounds) if case.sounds else ():
        yield Fault(found.where, found.what, found.remedy, mild=found.level is Level.WARNING)


def music(case: Case) -> Iterator[Fault]:
    """Silence for who waits."""
    for where, name, folder in _music(case):
        if not folder.is_dir() or not any(folder.iterdir()):
            what = f"the music {name!r} has no files in {folder}: who waits hears nothing."
            yield Fault(where, what, "Put sound files there.")


def coded_music(case: Case) -> Iterator[Fault]:
    """After a hold the recording may lack the other party's voice: README.md, Recording."""
    for where, _, folder in _music(case) if case.site.recording.on else ():
        coded = sorted(file.name for file in folder.iterdir() if file.suffix in _CODED) if folder.is_dir() else []
        if coded:
            what = f"{coded[0]} is not signed linear: after a hold the recording may lack the other party's voice."
            yield Fault(where, what, "Keep the music as .wav alone: dialplans/README.md, Recording.")


def _music(case: Case) -> Iterator[tuple[str, str, Path]]:
    for index, queue in enumerate(case.site.queues) if case.sounds else ():
        assert case.sounds is not None
        yield f"site.toml: queue[{index}].music", queue.music, case.sounds.parent / music_folder(queue.music)
