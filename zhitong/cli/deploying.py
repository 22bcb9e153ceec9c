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
from dialplans.render import SECRET_FILES, Lab, Mode, write
from telephony.config import Site
from telephony.errors import ConfigError, LabError
from telephony.files import write_whole_bytes
from zhitong.cli.kept import kept, run_of
from zhitong.cli.pbx_here import default_folder, known_here
from zhitong.lab.control_socket import ask

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
    lab: Lab | None = None

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
        socket = Path(site.pbx.folders.run) / "asterisk.ctl"
        return Target(folder, mode, socket, known_here(site_file, site, folder))
    own = default_folder(site_file, site)
    known = kept(run_of(site_file, site))
    if known is not None:
        return Target(own, Mode.NEW, Path(known.socket), known_here(site_file, site, own))
    folder = own if mode is Mode.NEW else own.with_name("include")
    return Target(folder, mode, None, known_here(site_file, site, folder))


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
    """Write the files that differ, and those whose passwords everybody could read (``dialplans.render.write``). What
    stays as it is Asterisk need not read again."""
    write(folder, {name: text for name, text in files.items() if not _stands(folder / name, text)})


def _stands(path: Path, text: str) -> bool:
    state = _state(path)
    return state is not None and state[0] == text.encode() and not (path.name in SECRET_FILES and state[1] & 0o007)


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
