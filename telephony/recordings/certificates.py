"""Certificates of deletion: one JSON file for each run of the retention, in a chain.

Each names the SHA-256 of the one before it, so that none can be changed, left out or put in between unseen by whoever
keeps the newest hash somewhere else. A file is made whole before anything is deleted, and never written again.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from telephony.errors import RecordingError
from telephony.files import PRIVATE
from telephony.model.ids import CallId, Micros, PbxName

VERSION = 1
_NAME = re.compile(r"([0-9]{6,})\.json")
_FIRST = "0" * 64


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """One recording. ``sha256`` is that of the first look after the call; ``sha256_then`` what was found now, None
    where there was no file any more."""

    call_id: CallId
    pbx: PbxName
    path: str
    call_ended_at: Micros
    length_ms: int | None
    size: int | None
    sha256: str | None
    sha256_then: str | None


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """``at``: ISO 8601, UTC. ``why``: the rule in words. ``deleted``: what this run deletes. ``not_deleted``: what an
    earlier certificate names and could not be deleted after all, by path, and why."""

    number: int
    previous: str
    at: str
    by: str
    site: str
    why: str
    keep_days: int | None
    version: int = VERSION
    deleted: tuple[Deleted, ...] = ()
    not_deleted: dict[str, str] = {}


class Certificates:
    """The folder of certificates. Everything here blocks. Raises RecordingError, OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One run at a time. Raises RecordingError when another is under way."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RecordingError("Another run of the retention is under way. Wait for its end.") from None
            yield

    def numbers(self) -> Sequence[int]:
        """Those there are, in order."""
        names = (_NAME.fullmatch(path.name) for path in self.folder.iterdir()) if self.folder.is_dir() else ()
        return sorted(int(name[1]) for name in names if name)

    def path(self, number: int) -> Path:
        return self.folder / f"{number:06}.json"

    def read(self, number: int) -> Certificate:
        try:
            return msgspec.json.decode(self.path(number).read_bytes(), type=Certificate)
        except (OSError, msgspec.MsgspecError) as error:
            raise RecordingError(f"{self.path(number)} is no certificate any more: {error}.") from error

    def next(self) -> tuple[int, str]:
        """The number of the next one, and the hash it must name."""
        numbers = self.numbers()
        if not numbers:
            return 1, _FIRST
        return numbers[-1] + 1, _hash(self.path(numbers[-1]).read_bytes())

    def write(self, certificate: Certificate) -> Path:
        """Keep it, on disk when this returns. Raises FileExistsError rather than write over one."""
        data = msgspec.json.format(msgspec.json.encode(certificate), indent=1) + b"\n"
        target = self.path(certificate.number)
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(handle, PRIVATE & ~0o200)
                os.fsync(handle)
            os.link(name, target)  # unlike a rename it never replaces
        finally:
            Path(name).unlink()
        _sync(self.folder)
        return target

    def check(self) -> list[str]:
        """What is wrong with the chain, in words; nothing if all is well."""
        problems, previous, expected = [], _FIRST, 1
        for number in self.numbers():
            if number != expected:
                problems.append(f"{self.path(expected)} is missing.")
            try:
                certificate = self.read(number)
                if number == expected and certificate.previous != previous:
                    problems.append(
                        f"{self.path(number)} does not follow from the one before: one of them was changed."
                    )
                if certificate.number != number:
                    problems.append(f"{self.path(number)} calls itself number {certificate.number}.")
                previous = _hash(self.path(number).read_bytes())
            except RecordingError as error:
                problems.append(str(error))
                previous = ""
            expected = number + 1
        return problems


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
