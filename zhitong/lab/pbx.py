"""One Asterisk in one directory, as an object: start, ask, stop, kill, start again."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

from telephony.errors import LabError
from zhitong.lab.astconf import asterisk_conf, write_missing
from zhitong.lab.child import Child, last_lines
from zhitong.lab.control_socket import ask
from zhitong.lab.programs import Asterisk

_POLL_S = 0.02
_NO_CALLS = re.compile(r"^0 active channels", re.MULTILINE)


class Pbx:
    """An Asterisk with all its files under `run`, configured by the directory `etc`.

    `etc` belongs to whoever rendered it; files that only a lab needs are added where it has none
    (`zhitong.lab.astconf`). It is read at `start` and by Asterisk's own reload commands. Not for two at a time in one
    `run`. It dies with this process, whatever happens.
    """

    def __init__(self, asterisk: Asterisk, *, run: Path, etc: Path, rtp: range) -> None:
        self._asterisk = asterisk
        self._rtp = rtp
        self.run = run.resolve()
        self.etc = etc.resolve()
        self.log_dir = self.run / "log"
        self.spool_dir = self.run / "spool"
        self._socket_dir = _short_dir(self.run)
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Process id, None while it does not run."""
        return self._child.pid if self._child and self._child.status is None else None

    @property
    def socket(self) -> Path:
        """The control socket; a short path, as unix sockets need."""
        return self._socket_dir / "asterisk.ctl"

    async def start(self, timeout_s: float = 30.0) -> None:
        """Start it and return when it has booted fully: every module loaded, calls accepted.

        Raises LabError with the last log lines when it ends before that, or is not ready after `timeout_s` seconds.
        """
        if self.pid is not None:
            raise LabError(f"the PBX in {self.run} runs already (process {self.pid})")
        await asyncio.to_thread(self._prepare)
        conf = self.run / "asterisk.conf"
        self._child = await Child.start(
            [*self._asterisk.program.command, "-C", str(conf), "-f"],
            name="Asterisk",
            output=self.run / "console.log",
            cwd=self.run,
            environ=self._asterisk.program.environ,
        )
        try:
            await self._booted(self._child, timeout_s)
        except BaseException:
            await self._child.kill()
            raise

    async def cli(self, command: str, timeout_s: float = 30.0) -> str:
        """What Asterisk's command line prints for `command` (an unknown one prints ``No such command``)."""
        return await ask(self.socket, command, timeout_s)

    async def wait(self) -> LabError:
        """Wait until the process ends, and return the error that tells how. For whoever watches over it."""
        child = self._running()
        await child.wait()
        return child.died(*self._logs())

    async def stop(self, grace_s: float = 10.0) -> None:
        """End it in order (calls are hung up, logs are written), by force after `grace_s`. May be repeated."""
        if self._child:
            await self._child.stop(grace_s)
        self._remove_socket()

    async def kill(self) -> None:
        """End it as a power cut of the process would: no goodbye to phones, no CDR, no last log line."""
        if self._child:
            await self._child.kill()
        self._remove_socket()

    async def restart(self, timeout_s: float = 30.0) -> None:
        """Stop and start. (``core restart`` cannot be used: the fetched tree's program cannot execute itself.)"""
        await self.stop()
        await self.start(timeout_s)

    async def hang_up_all(self, timeout_s: float = 10.0) -> None:
        """Hang up every call and return when no channel is left. Between runs: a killed caller leaves a ghost."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not _NO_CALLS.search(await self.cli("core show channels count")):
                    await self.cli("channel request hangup all")
                    await asyncio.sleep(0.05)
                return
        raise LabError(f"channels that cannot be hung up: {await self.cli('core show channels concise')}")

    def last_words(self, count: int = 20) -> list[str]:
        """The last `count` lines of its logs, for an error message."""
        return [line for log in (*self._logs(), self.run / "console.log") for line in last_lines(log, count)]

    def _running(self) -> Child:
        if self._child is None:
            raise LabError(f"the PBX in {self.run} was not started")
        return self._child

    def _logs(self) -> list[Path]:
        return sorted([*self.log_dir.glob("messages*"), *self.log_dir.glob("full*")])

    def _prepare(self) -> None:
        if not (self.etc / "extensions.conf").exists():
            raise LabError(f"{self.etc} holds no extensions.conf: render a configuration there first")
        # cdr_custom and cel_custom do not make their directories: every row would be lost (journal-facts §0).
        for part in ("lib/keys", "spool", "log/cdr-csv", "log/cdr-custom", "log/cel-custom"):
            (self.run / part).mkdir(parents=True, exist_ok=True)
        _private(self._socket_dir.parent)
        _sweep(self._socket_dir.parent)
        self._socket_dir.mkdir(exist_ok=True)
        self._remove_socket()
        write_missing(self.etc, modules=self._asterisk.modules, rtp=self._rtp)
        rendered = self.etc / "asterisk.conf"
        (self.run / "asterisk.conf").write_text(
            asterisk_conf(
                rendered.read_text(encoding="utf-8") if rendered.exists() else "",
                etc=self.etc,
                run=self.run,
                socket_dir=self._socket_dir,
                modules=self._asterisk.modules,
                data=self._asterisk.data,
            ),
            encoding="utf-8",
        )

    async def _booted(self, child: Child, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while child.status is None:
                    with contextlib.suppress(LabError):
                        if "fully booted" in await self.cli("core waitfullybooted"):
                            return
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            said = "\n  ".join(self.last_words())
            raise LabError(f"Asterisk was not ready after {timeout_s:g} s. Its last words:\n  {said}") from None
        raise child.died(*self._logs())

    def _remove_socket(self) -> None:
        for name in ("asterisk.ctl", "asterisk.pid"):
            (self._socket_dir / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._socket_dir.rmdir()


def _private(directory: Path) -> None:
    """Make a directory that is ours alone: whoever reaches the control socket commands the PBX.

    Its mode keeps others out; Asterisk opens the directory of the socket itself to all.
    """
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.stat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise LabError(f"{directory} is open to other users or not yours; remove it, or set TMPDIR to another place")


def _sweep(directory: Path) -> None:
    """Remove the socket directories of PBXs that were killed together with whoever had started them."""
    for pid_file in directory.glob("*/asterisk.pid"):
        with contextlib.suppress(OSError, ValueError):
            if not Path("/proc", str(int(pid_file.read_text(encoding="ascii")))).exists():
                shutil.rmtree(pid_file.parent)


def _short_dir(run: Path) -> Path:
    """A short directory for the control socket of `run`: the same each time, so that a crash leaves no litter."""
    name = hashlib.sha256(str(run).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"zt-{os.getuid()}" / name
