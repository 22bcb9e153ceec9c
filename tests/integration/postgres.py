"""PostgreSQL where it is installed, with its driver: started for the test on a socket of its own, stopped by pid."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Self

import pytest

_USER = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root


def _program(name: str) -> str:
    """Skips the test where there is none."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(map(str, installed), None)
    if found is None or importlib.util.find_spec("asyncpg") is None:
        pytest.skip("PostgreSQL or the package asyncpg is not installed")
    return found


class Postgres:
    """A server with its data in ``folder``, where its socket is, too. Made by ``running``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count()
        self._process: subprocess.Popen[Any] | None = None
        self._how: dict[str, Any] = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "user": _USER,
            "cwd": folder,
        }

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator[Self]:
        """Skips the test where there is none."""
        _program("initdb"), _program("postgres")
        folder = Path(tempfile.mkdtemp(prefix="ztpg-"))  # short: a socket's path has 107 characters at most
        if _USER:
            shutil.chown(folder, _USER)
        server = cls(folder)
        try:
            server._make()
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def _make(self) -> None:
        options = ["-D", str(self.folder / "data"), "-A", "trust", "-U", "zt", "-E", "UTF8", "--no-sync"]
        subprocess.run([_program("initdb"), *options], check=True, **self._how)

    def start(self) -> None:
        """Returns when it takes connections."""
        options = ["-D", str(self.folder / "data"), "-k", str(self.folder)]
        quick = ["-c", "listen_addresses=", "-c", "fsync=off"]
        self._process = subprocess.Popen([_program("postgres"), *options, *quick], **self._how)
        ready = [_program("pg_isready"), "-h", str(self.folder), "-U", "zt", "-d", "postgres", "-q"]
        for _ in range(240):
            if subprocess.run(["timeout", "1", *ready], check=False).returncode == 0:
                return
            subprocess.run(["sleep", "0.25"], check=True)
        pytest.fail("PostgreSQL did not start within 60 s")

    def stop(self) -> None:
        """At once, whoever is connected; what was committed stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(signal.SIGINT)  # a fast shutdown
            self._process.wait(60)
            self._process = None

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """None of its processes does anything meanwhile; their connections stay open."""
        assert self._process is not None
        pids = [self._process.pid, *_children(self._process.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"zt{next(self._numbers)}"
        created = [_program("createdb"), "-h", str(self.folder), "-U", "zt", name]
        subprocess.run(created, check=True)
        return f"postgresql://zt@/{name}?host={self.folder}"


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
