"""The agent as a process, as systemd starts it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

SLOW_S = 60


class Serving:
    """``zhitong journal-agent serve``, told by options; its log is ``log``."""

    def __init__(self, folder: Path, keys: Path, port: int, log: Path) -> None:
        self.port = port
        self._words = ["--logs", str(folder), "--keys", str(keys), "--log", "json"]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it says READY=1."""
        name = f"\0zhitong-agent-{os.getpid()}-{id(self):x}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as news, self._log.open("ab") as log:
            news.bind(name)
            news.settimeout(SLOW_S)
            words = [sys.executable, "-m", "zhitong", "journal-agent", "serve", *self._words, "--port", str(self.port)]
            environ = os.environ | {"NOTIFY_SOCKET": "@" + name[1:]}
            self._process = subprocess.Popen(words, stdout=log, stderr=log, env=environ)
            assert news.recv(100) == b"READY=1"

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def end(self, which: signal.Signals) -> int:
        assert self._process
        self._process.send_signal(which)
        return self._process.wait(SLOW_S)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(SLOW_S)
