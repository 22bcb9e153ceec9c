"""Rendered files, put where a PBX reads them and taken into use; or all as it was before."""

import asyncio
import contextlib
import os
import re
import stat
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dialplans.diff import Difference, diff
from dialplans.loaded import Question
from dialplans.render import SECRET_FILES, Mode
from dialplans.render import Lab as LabParameters
from telephony.config import Site
from telephony.errors import ConfigError, LabError
from telephony.files import PRIVATE, PUBLIC, write_whole_bytes
from telephony.places import var_of
from zhitong.cli.kept import kept, run_of
from zhitong.lab.control_socket import ask
from zhitong.lab.programs import find_asterisk

GROUP_PRIVATE = 0o640
_INCLUDED = re.compile(r"""(?m)^\s*#(?:try)?include\s+["'<]?[^;\n]*zhitong-pjsip\.conf""")
_ANSWER_S = 5.0
_PATIENCE_S = (0.5, 1.0, 2.5)
"""After each of so many reloads, so long for its effect: another's that is under way swallows ours."""
_RELOAD_S = 120.0  # Asterisk answers when it is through; thousands of phones take seconds
_LOOK_S = 0.05


class Target(NamedTuple):
    """Where the site's files go. ``socket``: the control socket of the Asterisk that reads them; None where there is
    none on this machine, so that people copy the files and reload."""

    folder: Path
    mode: Mode
    socket: Path | None
    lab: LabParameters | None = None

    @property
    def phones_are_ours(self) -> bool:
        """Whether the PBX reads the phones that we render: an existing one need not (dialplans/README.md)."""
        if self.mode is Mode.NEW:
            return True
        with contextlib.suppress(OSError):
            text = (self.folder / "pjsip.conf").read_text(encoding="utf-8", errors="replace")
            return _INCLUDED.search(text) is not None
        return False


def target_of(site_file: Path, site: Site) -> Target:
    """``[pbx.deploy] folder``; else the PBX of `zhitong pbx up`, while it runs; else a folder to be copied from."""
    deploy = site.pbx.deploy
    mode = Mode(deploy.mode)
    if deploy.folder is not None:
        folder = (site_file.parent / deploy.folder).resolve()
        return Target(folder, mode, Path(site.pbx.folders.run) / "asterisk.ctl")
    known = kept(run_of(site_file, site))
    if known is not None:
        modules = {module.stem for module in find_asterisk().modules.glob("*.so")}
        return Target(
            var_of(site_file, site) / "asterisk", Mode.NEW, Path(known.socket), LabParameters(modules=modules)
        )
    return Target(var_of(site_file, site) / ("asterisk" if mode is Mode.NEW else "include"), mode, None)


# --- files ------------------------------------------------------------------------------------------------------


class Before:
    """Files as they are now, to be put back: those that are not there are taken away again."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._files = {path: _state(path) for path in paths}

    def put_back(self) -> None:
        """Raises OSError for the last of those that could not be put back; all are tried."""
        failed: OSError | None = None
        for path, state in self._files.items():
            try:
                if state is None:
                    path.unlink(missing_ok=True)
                elif _state(path) != state:
                    write_whole_bytes(path, state[0], mode=state[1])
            except OSError as error:
                failed = error
        if failed:
            raise failed


def _state(path: Path) -> tuple[bytes, int] | None:
    try:
        return path.read_bytes(), stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def place(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files that differ. In a folder that hands on its group (setgid: the PBX's own user reads through it)
    those with passwords are 0640, elsewhere 0600."""
    folder.mkdir(parents=True, exist_ok=True)
    private = GROUP_PRIVATE if folder.stat().st_mode & stat.S_ISGID else PRIVATE
    for name, text in files.items():
        mode, content = private if name in SECRET_FILES else PUBLIC, text.encode()
        if _state(folder / name) != (content, mode):
            write_whole_bytes(folder / name, content, mode=mode)


# --- the PBX ----------------------------------------------------------------------------------------------------


async def must_answer(socket: Path) -> None:
    """Raises ConfigError with the remedy when this Asterisk cannot be told to reload; asked before anything changes."""
    try:
        said = await ask(socket, "core show version", _ANSWER_S)
    except LabError as error:
        remedy = "Start Asterisk, let this user write to that socket (docs/operations.md, Agents), or say --no-reload."
        raise ConfigError(f"Nothing was changed: {error}. {remedy}") from error
    if not said.startswith("Asterisk"):
        raise ConfigError(f"Nothing was changed: {socket} does not answer as Asterisk does: {said[:60]!r}")


async def take_in(socket: Path, asked: Sequence[Question]) -> None:
    """Have the PBX reload, and see that it did. Calls, waiting callers and sign-ins are not touched by a reload.

    Raises ConfigError when it has not taken in what it was asked for: a file that it cannot read.
    """
    left: list[Question] = list(asked)
    for patience_s in _PATIENCE_S:
        await ask(socket, "core reload", _RELOAD_S)
        left = await _unanswered(socket, left, patience_s)
        if not left:
            return
    raise ConfigError(
        f"The PBX did not take in the change ({len(left)} of {len(asked)} questions, such as `{left[0].command}`): it "
        "cannot read one of its files. Its log names it (messages.log, ERROR)."
    )


async def _unanswered(socket: Path, asked: Sequence[Question], patience_s: float) -> list[Question]:
    """Those that are not answered as wanted after a while."""
    deadline = time.monotonic() + patience_s
    left = list(asked)
    while left:
        left = [question for question in left if not question.answered(await ask(socket, question.command))]
        if not left or time.monotonic() > deadline:
            break
        await asyncio.sleep(_LOOK_S)
    return left


@contextlib.asynccontextmanager
async def deployed(target: Target, files: Mapping[str, str]) -> AsyncIterator[list[Difference]]:
    """The files in place, with what they changed; as they were before when what is done with them fails, and then the
    PBX reads those again."""
    differences = diff(target.folder, files)
    before = Before(target.folder / name for name in files)
    try:
        place(target.folder, files)
        yield differences
    except BaseException:
        before.put_back()
        if target.socket is not None:
            with contextlib.suppress(LabError):
                await ask(target.socket, "core reload")
        raise


def may_write(folder: Path) -> None:
    """Raises ConfigError when files cannot be put there; asked before anything changes."""
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ConfigError(
            f"Nothing was changed: this user may not write into {existing}. docs/operations.md, Agents, says how to "
            "let it; or take [pbx.deploy] out of site.toml, and copy the files yourself."
        )
