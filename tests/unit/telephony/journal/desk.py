"""A journal at work between logs and a shelf of records, and calls for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from telephony.database.faults import StoreUnavailable
from telephony.journal.journal import Journal
from telephony.journal.places import Cursor
from telephony.journal.ports import Pace
from telephony.journal.review import CallRebuilt
from telephony.model.calls import Call
from telephony.model.ids import CallId, Micros, PbxName, Uniqueid, call_id_of
from telephony.model.terms import Direction, Outcome
from telephony.model.world import World
from telephony.records.folding import better
from telephony.records.record import CallRecord
from tests.unit.telephony.journal.books import BOOT, uniqueid
from tests.unit.telephony.journal.pens import PBX, Logs

PACE = Pace(poll=0.01, review=0.05, after_login=0.02, again=0.02, arrive=1.0, save=0.0, silent=0.3)
SECOND = 1_000_000


class Shelf:
    """Records and places, as a database keeps them. ``down``: it cannot be used."""

    def __init__(self) -> None:
        self.records: dict[CallId, CallRecord] = {}
        self.kept: dict[str, Cursor] = {}
        self.down = False

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("The database is locked.")

    async def find(self, call_ids: Sequence[CallId]) -> Mapping[CallId, CallRecord]:
        self._check()
        return {call_id: self.records[call_id] for call_id in call_ids if call_id in self.records}

    async def known(self, uniqueids: Sequence[Uniqueid]) -> set[Uniqueid]:
        self._check()
        on_record = {uniqueid for record in self.records.values() for uniqueid in record.uniqueids}
        return on_record & set(uniqueids)

    async def load(self, pbx: PbxName) -> Mapping[str, Cursor]:
        self._check()
        assert pbx == PBX
        return dict(self.kept)

    async def save(self, pbx: PbxName, places: Mapping[str, Cursor]) -> None:
        self._check()
        assert pbx == PBX
        self.kept = dict(places)

    def put(self, record: CallRecord) -> None:
        known = self.records.get(record.call_id)
        self.records[record.call_id] = record if known is None else better(known, record)


class Desk:
    """A journal, the logs it reads, the shelf it looks at, and what it hands on."""

    def __init__(self, folder: Path) -> None:
        self.logs = Logs(folder)
        self.shelf = Shelf()
        self.world = World(PBX)
        self.handed: list[CallRecord] = []
        self.keeping = True
        self.pace = PACE
        self.journal = self._new()

    def _new(self) -> Journal:
        return Journal(self.logs.folder, self.world, self.shelf, self.shelf, self._deliver, pace=self.pace)

    def _deliver(self, rebuilt: CallRebuilt) -> None:
        self.handed.append(rebuilt.record)
        if self.keeping:
            self.shelf.put(rebuilt.record)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Journal]:
        """A journal that runs; afterwards it is killed."""
        self.journal = self._new()
        task = asyncio.create_task(self.journal.run())
        try:
            yield self.journal
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110 - what is waited for sets no event
                await asyncio.sleep(0.01)

    async def a_while(self) -> None:
        await asyncio.sleep(0.25)

    @property
    def ids(self) -> list[str]:
        """The channels of the calls handed on."""
        return [record.uniqueids[0].rpartition(".")[2] for record in self.handed]


def call_id(channel: str) -> CallId:
    return call_id_of(PBX, uniqueid(channel))


def on_record(channel: str, **changes: object) -> CallRecord:
    """Of ``Logs.call`` at 1, as it was seen."""
    at = Micros((BOOT + 1) * SECOND)
    record = CallRecord(
        call_id=call_id(channel),
        pbx=PBX,
        uniqueids=(Uniqueid(uniqueid(channel)),),
        linkedids=(),
        direction=Direction.OUTBOUND,
        dialled="s",
        caller_number="",
        caller_name="",
        trunk="",
        queue=None,
        agent=None,
        received_at=at,
        queued_at=None,
        first_offered_at=None,
        answered_at=None,
        ended_at=Micros(at + SECOND),
        wait_ms=None,
        ring_ms=None,
        talk_ms=0,
        hold_ms=0,
        outcome=Outcome.FAILED,
        hung_up_by="system",  # type: ignore[arg-type]
        cause=0,
    )
    return msgspec.structs.replace(record, **changes)


def a_call(channel: str) -> Call:
    return Call(call_id(channel), PBX, Uniqueid(uniqueid(channel)), Micros(1), Direction.INBOUND)
