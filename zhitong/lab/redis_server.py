"""A real Redis on this machine: on a port of its own, in memory only, on a leash, stopped by its pid."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from telephony.errors import LabError
from zhitong.lab.child import last_lines
from zhitong.lab.ports import reserve
from zhitong.lab.programs import Program, find_redis

_LEASH = str(Path(__file__).with_name("leash.py"))
_HOST = "127.0.0.1"
_START_S = 60.0
_STOP_S = 10.0


class RedisServer:
    """Made by ``running``. ``options`` are added to its command line; ``{tls}`` there is ``tls_port``."""

    def __init__(self, program: Program, folder: Path, port: int, options: Sequence[str] = ()) -> None:
        self._program = program
        self._folder = folder
        self._options = [option.replace("{tls}", str(port + 1)) for option in options]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port
        self.tls_port = port + 1

    @classmethod
    @contextlib.contextmanager
    def running(cls, options: Sequence[str] = ()) -> Iterator[Self]:
        """A server that runs, fetched first if need be (blocks). Raises LabError."""
        folder = Path(tempfile.mkdtemp(prefix="ztredis-"))
        with reserve(500) as ports:
            server = cls(find_redis(), folder, ports.take(2), options)
            try:
                server.start()
                yield server
            finally:
                server.kill()
                shutil.rmtree(folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"redis://{_HOST}:{self.port}/0"

    def start(self) -> None:
        """Returns when it takes connections. What it held before is gone. Blocks."""
        leash = [sys.executable, "-I", "-S", _LEASH, str(os.getpid())]
        listen = ["--bind", _HOST, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*leash, *self._program.command, *listen, *self._options],
                cwd=self._folder,
                env={**os.environ, **self._program.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + _START_S
        while time.monotonic() < until and self._process is not None and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((_HOST, self.port), timeout=1):
                return
            time.sleep(0.02)
        words = "\n  ".join(last_lines(self._log, 12))
        raise LabError(f"Redis did not start. Its last words:\n  {words}")

    def kill(self) -> None:
        """At once, with all that it held. May be repeated."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(_STOP_S)
            self._process = None

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """It does nothing meanwhile; its connections stay open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @property
    def _log(self) -> Path:
        return self._folder / "redis.log"
