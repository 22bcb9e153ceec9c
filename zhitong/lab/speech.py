"""Speech on this machine: eSpeak NG, fetched if need be, and the sounds a lab's Asterisk plays.

A lab's Asterisk has the sounds it came with, and beside them ours: every sentence in Chinese and English
(``dialplans/prompts.toml``), synthesised once into the cache. Both are seen through one folder of links.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from dialplans.prompts import sentences
from dialplans.speech.placeholders import placeholders
from dialplans.speech.voice import Voice
from telephony.errors import LabError
from zhitong.lab.apt import Progress
from zhitong.lab.tree import PackageSet, Tree, cache_home, fetch

SPEECH = PackageSet(
    name="speech",
    wanted=("espeak-ng",),
    unneeded=("adduser", "passwd", "perl", "libpam", "libaudit", "libselinux", "libsem", "libsepol", "debconf"),
    programs=("usr/bin/espeak-ng",),
)
"""eSpeak NG with its voices."""


def find_voice(progress: Progress, environ: Mapping[str, str] = os.environ) -> Voice:
    """eSpeak NG: the one of ``ZHITONG_ESPEAK``, else of this machine, else of the fetched tree. Raises LabError."""
    if own := environ.get("ZHITONG_ESPEAK"):
        if not os.access(own, os.X_OK):
            raise LabError(f"ZHITONG_ESPEAK={own}: no such program, or it may not be run")
        return Voice((own,))
    if installed := shutil.which("espeak-ng", path=environ.get("PATH")):
        return Voice((installed,))
    return _of_tree(fetch(SPEECH, progress))


def _of_tree(tree: Tree) -> Voice:
    # It could play through PulseAudio, whose library lies in a folder of its own; we only have it write files.
    libraries = f"{tree.libraries}:{tree.libraries / 'pulseaudio'}"
    command = (str(tree.loader), "--library-path", libraries, str(tree.root / "usr/bin/espeak-ng"))
    return Voice(command, {"ESPEAK_DATA_PATH": str(tree.libraries)})


def spoken(progress: Progress, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of placeholders of all sentences: ``zh``, ``en``. From the cache, or synthesised now (blocks)."""
    return placeholders(cache_home(environ) / "speech", find_voice(progress, environ), sentences(), progress)


def with_speech(data: Path, progress: Progress, environ: Mapping[str, str] = os.environ) -> Path:
    """Asterisk's data directory ``data`` as it is, with our sentences among its sounds. Nothing in ``data`` changes."""
    ours = spoken(progress, environ)
    name = hashlib.sha256(f"{data.resolve()}\n{ours}".encode()).hexdigest()[:16]
    shown = cache_home(environ) / "data" / name
    if not shown.is_dir():
        build = shown.with_name(f".build-{name}-{os.getpid()}")
        shutil.rmtree(build, ignore_errors=True)
        for link, target in _links(data.resolve(), ours):
            (build / link).parent.mkdir(parents=True, exist_ok=True)
            (build / link).symlink_to(target)
        try:
            build.rename(shown)
        except OSError:  # another process was quicker
            shutil.rmtree(build, ignore_errors=True)
    return shown


def _links(data: Path, ours: Path) -> Iterator[tuple[Path, Path]]:
    """What a folder must link to, to show both. What ``data`` has, it keeps."""
    for entry in data.iterdir():
        if entry.name != "sounds":
            yield Path(entry.name), entry
    theirs = data / "sounds"
    yield from ((Path("sounds", link), target) for link, target in _merged(theirs, ours, Path()))


def _merged(theirs: Path, ours: Path, below: Path) -> Iterator[tuple[Path, Path]]:
    names = {entry.name for folder in (theirs / below, ours / below) if folder.is_dir() for entry in folder.iterdir()}
    for name in names:
        here = below / name
        if (theirs / here).is_dir() and (ours / here).is_dir():
            yield from _merged(theirs, ours, here)
        else:  # their links may lead nowhere: Debian's to folders that a PBX makes when it is installed
            found = [folder / here for folder in (theirs, ours) if (folder / here).exists()]
            yield from ((here, target) for target in found[:1])
