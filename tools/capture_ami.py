"""Records what a PBX says over one AMI login, byte for byte: ``python -m tools.capture_ami HOST USER FILE.ami.gz``.

It logs in, takes a snapshot as the bridge does, listens until Ctrl-C (or ``--seconds``), and writes the stream from the
greeting on. The secret is read from ``AMI_SECRET`` or asked for; it is never in the stream, which holds only what the
PBX sends. Callers' numbers and names are in it: do not keep captures of a real hotline in the repository.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import gzip
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from telephony.ami.account import Account
from telephony.ami.actions import Action, CoreShowChannels, CoreStatus, Ping, QueueStatus
from telephony.ami.codec import encode_action
from telephony.errors import AmiRefused, AmiUnreachable, ZhitongError

_READ = 1 << 16
_END = b"\r\n\r\n"
SNAPSHOT: tuple[Action, ...] = (Ping(), CoreStatus(), CoreShowChannels(), QueueStatus())


class Tap:
    """One login. ``heard`` is the stream so far."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard = bytearray()
        self._writer = writer
        self._number = 0
        self._listening = asyncio.create_task(self._listen(reader))

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, account: Account, timeout_s: float = 10.0) -> AsyncIterator[Tap]:
        """Log in and listen until left. Raises AmiUnreachable or AmiRefused."""
        try:
            reader, writer = await asyncio.open_connection(account.host, account.port, ssl=account.tls)
        except OSError as error:
            raise AmiUnreachable(f"{account}: {error.strerror or error}; is the address right?") from None
        tap = cls(reader, writer)
        try:
            writer.write(encode_action("Login", [("Username", account.user), ("Secret", account.secret)], "login"))
            await tap._until(b"Response: ", timeout_s)
            if b"Response: Success" not in tap.heard:
                raise AmiRefused(f"{account} refused the login of {account.user}: check user, secret and permit")
            yield tap
        finally:
            tap._listening.cancel()
            await asyncio.gather(tap._listening, return_exceptions=True)
            writer.close()

    def ask(self, *actions: Action) -> None:
        """Send actions; the replies are part of the stream."""
        for action in actions:
            self._number += 1
            self._writer.write(encode_action(action.name, action.fields(), f"ask-{self._number}"))

    async def snapshot(self, timeout_s: float = 10.0) -> None:
        """Ask for a snapshot, and return when it is there."""
        before = bytes(self.heard).count(b"Event: QueueStatusComplete")
        self.ask(*SNAPSHOT)
        for _ in range(round(timeout_s / 0.02)):
            if bytes(self.heard).count(b"Event: QueueStatusComplete") > before:
                return
            await asyncio.sleep(0.02)
        raise AmiUnreachable(f"no snapshot within {timeout_s:g} s; has the user read and write rights for it?")

    async def quiet(self, for_s: float, timeout_s: float = 60.0) -> bytes:
        """The stream, once nothing has come for ``for_s`` seconds and the last frame is whole."""
        size, waited = -1, 0.0
        while (size != len(self.heard) or not self.heard.endswith(_END)) and waited < timeout_s:
            size = len(self.heard)
            await asyncio.sleep(for_s)
            waited += for_s
        return bytes(self.heard)

    @property
    def closed(self) -> bool:
        """Whether the PBX has ended the session."""
        return self._listening.done()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_READ):
                self.heard += data

    async def _until(self, wanted: bytes, timeout_s: float) -> None:
        for _ in range(round(timeout_s / 0.02)):
            if wanted in self.heard and self.heard.endswith(_END):
                return
            await asyncio.sleep(0.02)
        raise AmiUnreachable(f"no answer to the login within {timeout_s:g} s; it said {bytes(self.heard[:200])!r}")


async def capture(account: Account, seconds: float | None) -> bytes:
    """Record until cancelled, for so many seconds, or until the PBX ends the session."""
    async with Tap.open(account) as tap:
        await tap.snapshot()
        loop = asyncio.get_running_loop()
        until = None if seconds is None else loop.time() + seconds
        with contextlib.suppress(asyncio.CancelledError):
            while not tap.closed and (until is None or loop.time() < until):
                print(f"\r{len(tap.heard):,} bytes", end="", file=sys.stderr, flush=True)
                await asyncio.sleep(0.5)
        return bytes(tap.heard)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.capture_ami", description=__doc__)
    parser.add_argument("host")
    parser.add_argument("user")
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, default=5038)
    parser.add_argument("--seconds", type=float, help="stop by itself after so long")
    options = parser.parse_args()
    secret = os.environ.get("AMI_SECRET") or getpass.getpass("AMI secret: ")
    account = Account(options.host, options.user, secret, options.port)
    try:
        data = asyncio.run(capture(account, options.seconds))
        options.file.write_bytes(gzip.compress(data, mtime=0) if options.file.suffix == ".gz" else data)
    except (ZhitongError, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\n{options.file}: {len(data):,} bytes", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
