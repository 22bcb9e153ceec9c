"""Which Asterisk, SIPp and Redis to run: the person's own, named in the environment, or the fetched tree's.

========================  ===================================================================
``ZHITONG_ASTERISK``      path of an asterisk program, for instance ``/usr/sbin/asterisk``
``ZHITONG_ASTERISK_MODULES``  its directory of modules, where it is not found by itself
``ZHITONG_ASTERISK_DATA``     its data directory (``sounds/``, ``documentation/``), likewise
``ZHITONG_SIPP``          path of a sipp program
``ZHITONG_REDIS``         path of a redis-server program
``ZHITONG_ESPEAK``        path of an espeak-ng program (zhitong.lab.speech)
========================  ===================================================================
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from telephony.errors import LabError
from zhitong.lab.apt import Progress
from zhitong.lab.speech import with_speech
from zhitong.lab.tree import PBX, REDIS, Tree, fetch

_MODULE_DIRS = (
    "/usr/lib/x86_64-linux-gnu/asterisk/modules",
    "/usr/lib/aarch64-linux-gnu/asterisk/modules",
    "/usr/lib64/asterisk/modules",
    "/usr/lib/asterisk/modules",
    "/usr/local/lib/asterisk/modules",
)
_DATA_DIRS = ("/usr/share/asterisk", "/var/lib/asterisk", "/usr/local/share/asterisk")


class Program(msgspec.Struct, frozen=True):
    """How to start a program: the argument list before its own arguments, and what to add to the environment."""

    command: list[str]
    environ: dict[str, str] = {}


class Asterisk(msgspec.Struct, frozen=True):
    """An Asterisk that can be run: the program, its modules and its data (documentation, music, and sounds, with
    placeholders of ours among them)."""

    program: Program
    modules: Path
    data: Path


class Tools(msgspec.Struct, frozen=True):
    """All that a lab runs."""

    asterisk: Asterisk
    sipp: Program


def _silent(_what: str, _done: float) -> None:
    pass


def find_tools(progress: Progress = _silent, environ: Mapping[str, str] = os.environ) -> Tools:
    """The programs of a lab, fetched first if need be (blocks; see `zhitong.lab.tree.fetch`). Raises LabError."""
    return Tools(find_asterisk(progress, environ), find_sipp(progress, environ))


def find_asterisk(progress: Progress = _silent, environ: Mapping[str, str] = os.environ) -> Asterisk:
    """The Asterisk of ``ZHITONG_ASTERISK``, else of the fetched tree."""
    if own := environ.get("ZHITONG_ASTERISK"):
        modules = _directory("ZHITONG_ASTERISK_MODULES", _MODULE_DIRS, "res_pjsip.so", environ)
        data = _directory("ZHITONG_ASTERISK_DATA", _DATA_DIRS, "sounds", environ)
        return Asterisk(Program([_executable("ZHITONG_ASTERISK", own)]), modules, with_speech(data, progress, environ))
    tree = fetch(PBX, progress)
    modules = tree.libraries / "asterisk" / "modules"
    data = with_speech(tree.root / "usr/share/asterisk", progress, environ)
    return Asterisk(_of_tree(tree, "usr/sbin/asterisk"), modules, data)


def find_sipp(progress: Progress = _silent, environ: Mapping[str, str] = os.environ) -> Program:
    """The SIPp of ``ZHITONG_SIPP``, else of the fetched tree."""
    if own := environ.get("ZHITONG_SIPP"):
        return Program([_executable("ZHITONG_SIPP", own)])
    return _of_tree(fetch(PBX, progress), "usr/bin/sipp")


def find_redis(progress: Progress = _silent, environ: Mapping[str, str] = os.environ) -> Program:
    """The redis-server of ``ZHITONG_REDIS``, else of the fetched tree."""
    if own := environ.get("ZHITONG_REDIS"):
        return Program([_executable("ZHITONG_REDIS", own)])
    return _of_tree(fetch(REDIS, progress), "usr/bin/redis-server")


def _of_tree(tree: Tree, program: str) -> Program:
    return Program(tree.command(program), tree.environ())


def _executable(key: str, path: str) -> str:
    if not os.access(path, os.X_OK):
        raise LabError(f"{key}={path}: no such program, or it may not be run")
    return path


def _directory(key: str, usual: tuple[str, ...], must_hold: str, environ: Mapping[str, str]) -> Path:
    candidates = [environ[key]] if environ.get(key) else usual
    for candidate in map(Path, candidates):
        if (candidate / must_hold).exists():
            return candidate
    raise LabError(f"no directory with {must_hold} in {', '.join(candidates)}; name it in {key}")
