"""``zhitong demo`` and ``zhitong run`` as processes, and whatever they leave behind."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_NUMBER = itertools.count(1)


class Command:
    """A process of ``python -m zhitong …`` that works in ``directory``; its output is in ``output``."""

    def __init__(self, directory: Path, name: str, *options: str) -> None:
        self.directory = directory
        self._out = directory.parent / f"{directory.name}.{name}.{next(_NUMBER)}.out"
        words = [sys.executable, "-m", "zhitong", name, "--directory", str(directory), *options]
        with self._out.open("wb") as out:
            self._process = subprocess.Popen(words, stdout=out, stderr=out)

    @property
    def output(self) -> str:
        return self._out.read_text(encoding="utf-8")

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait for what must happen while it runs."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.status is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def ended(self, seconds: float = 150) -> int:
        """Wait for its end; the exit status."""
        return self._process.wait(seconds)

    def send(self, which: signal.Signals) -> None:
        self._process.send_signal(which)

    def others(self) -> dict[int, str]:
        """Every other process whose arguments, working directory or files name the directory: its id and what it is."""
        found = processes(self.directory)
        found.pop(self._process.pid, None)
        return found

    def nothing_left(self, seconds: float = 60) -> None:
        """Fails unless all of those end soon."""
        deadline = time.monotonic() + seconds
        while left := self.others():
            assert time.monotonic() < deadline, left
            time.sleep(0.05)

    def close(self) -> None:
        """Whatever a failed test left: its own processes, by id."""
        for pid in ([self._process.pid] if self.status is None else []) + list(self.others()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)


@contextlib.contextmanager
def command(directory: Path, name: str, *options: str) -> Iterator[Command]:
    """Run it for as long as the block lasts."""
    running = Command(directory, name, *options)
    try:
        yield running
    finally:
        running.close()


def processes(directory: Path) -> dict[int, str]:
    """Processes that name ``directory``, but those of the tests themselves."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if any(str(directory) in name for name in _names(entry)):
                    found[int(entry.name)] = _what(entry)
    return found


def _names(entry: Path) -> Iterator[str]:
    yield (entry / "cmdline").read_text(errors="replace")
    yield str((entry / "cwd").readlink())
    for file in (entry / "fd").iterdir():
        with contextlib.suppress(OSError):
            yield str(file.readlink())


def _what(entry: Path) -> str:
    """``asterisk``, ``sipp`` or ``serve``, else the arguments."""
    words = (entry / "cmdline").read_text(errors="replace").split("\0")
    names = {Path(word).name for word in words}
    return next((name for name in ("asterisk", "sipp", "serve") if name in names), " ".join(words))
