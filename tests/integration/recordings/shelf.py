"""Recordings on a database of their own, a folder with files, and a clock that the test moves."""

import hashlib
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from telephony.live.alarms import Alarms
from telephony.model.ids import CallId, Micros
from telephony.recordings.files import Folder
from telephony.recordings.keeper import Keeper
from telephony.recordings.store import RecordingQuery, Recordings
from telephony.recordings.terms import Kept
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from tests.unit.telephony.records.samples import PBX, START, record

DAY = 86_400 * 1_000_000
LATER = Micros(START + 3_600_000_000)
EVERY = RecordingQuery()


def wav(ms: int, *, finished: bool = True, seed: int = 1) -> bytes:
    """A file as Asterisk writes it: 8 kHz, 16 bit, mono; one that nobody closed has a header of no length."""
    samples = bytes((seed + index) % 251 for index in range(ms * 16))
    told = len(samples) if finished else 0
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", told + 36, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", told
    )
    return head + samples


def told(number: int, **changes: Any) -> CallRecord:
    """A recorded call of a minute's talk."""
    plain = record(number)
    return msgspec.structs.replace(plain, **{"recording": path_of(number)} | changes)


def path_of(number: int) -> str:
    return f"2026/11/23/pbx1-{number}.wav"


@dataclass
class Shelf:
    """``now`` is the clock of all of it."""

    store: RecordStore
    root: Path
    alarms: Alarms
    now: Micros = LATER
    recordings: Recordings = field(init=False)
    keeper: Keeper = field(init=False)

    def __post_init__(self) -> None:
        self.root.mkdir(exist_ok=True)
        self.recordings = Recordings(self.store.database, lambda: self.now)
        self.restart()

    def restart(self) -> None:
        self.keeper = Keeper(self.recordings, PBX, Folder(self.root), self.alarms)

    def put(self, path: str, data: bytes, quiet_s: float = 3600) -> str:
        """A file that was last written to so long ago; returns its SHA-256."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        at = file.stat().st_mtime - quiet_s
        os.utime(file, (at, at))
        return hashlib.sha256(data).hexdigest()

    async def tell(self, *records: CallRecord) -> None:
        """Put them on record, and let the keeper look."""
        await self.store.write(records)
        await self.look()

    async def look(self, seconds: float = 10) -> None:
        self.now = Micros(self.now + round(seconds * 1_000_000))
        await self.keeper.step(self.now)
        assert self.keeper.last_error is None

    async def all(self) -> list[Kept]:
        return [kept async for kept in self.recordings.every(EVERY)]

    async def only(self) -> Kept:
        (kept,) = await self.all()
        return kept

    async def of(self, call_id: CallId) -> Kept:
        return (await self.recordings.of_calls([call_id]))[call_id]

    @property
    def standing(self) -> list[str]:
        return [alarm.name.value for alarm in self.alarms.standing]


@asynccontextmanager
async def shelf_at(url: str, root: Path) -> AsyncIterator[Shelf]:
    store = await RecordStore.open(url)
    try:
        yield Shelf(store, root, Alarms(lambda: Micros(0)))
    finally:
        await store.close()
