"""A process that the lab started: on a leash, with its output in a file, stopped by its pid."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from telephony.errors import LabError

_LEASH = str(Path(__file__).with_name("leash.py"))
_TAIL_BYTES = 4096


class Child:
    """One running program. It never outlives this process: see `zhitong.lab.leash`."""

    def __init__(self, process: asyncio.subprocess.Process, name: str, output: Path) -> None:
        self._process = process
        self.name = name
        self.output = output

    @classmethod
    async def start(
        cls, command: Sequence[str], *, name: str, output: Path, cwd: Path, environ: Mapping[str, str]
    ) -> Self:
        """Start `command` in `cwd`; what it prints goes to the file `output`. `environ` is added to ours.

        It gets a session of its own, so that Ctrl-C in a terminal reaches only us, who then stop it in order.
        """
        leash = [sys.executable, "-I", "-S", _LEASH, str(os.getpid())]
        with output.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *leash,
                *command,
                cwd=cwd,
                env={**os.environ, **environ},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        return cls(process, name, output)

    @property
    def pid(self) -> int:
        """Process id, of the leash and of what it became."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for the end; the exit status."""
        return await self._process.wait()

    async def stop(self, grace_s: float = 5.0, first: signal.Signals = signal.SIGTERM) -> int:
        """Ask with `first`, kill after `grace_s` seconds; returns when the process is gone. May be repeated."""
        self._send(first)
        try:
            return await asyncio.wait_for(self._process.wait(), grace_s)
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int:
        """SIGKILL, and wait until the process is gone."""
        self._send(signal.SIGKILL)
        return await self._process.wait()

    def _send(self, which: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(which)

    def died(self, *logs: Path) -> LabError:
        """The error that tells of an end nobody asked for, with the last lines of `logs` and of the output."""
        lines = [line for log in (*logs, self.output) for line in last_lines(log, 12)]
        said = "\n  ".join(lines) or "(nothing)"
        return LabError(f"{self.name} ended by itself (status {self.status}). Its last words:\n  {said}")


def last_lines(path: Path, count: int) -> list[str]:
    """The last `count` lines of a text file; none if it is not there."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except OSError:
        return []
