"""Looks up what is known of a caller from before, so that it is there when an agent's phone rings.

Beside the event path: it reads, and what it finds is told to the model as an event of ours. A database that is slow or
away costs no call anything: then nothing is known of its caller. Two are looked up at a time, so that whatever writes
finds the database free; of many that wait the newest are the ones still to be answered.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from telephony.database.database import Database
from telephony.errors import StoreError
from telephony.ledger.query import EntryQuery
from telephony.ledger.store import Ledger
from telephony.model.calls import Call
from telephony.model.changes import CallStarted, Change
from telephony.model.events import Event
from telephony.model.ids import MICROS_PER_SECOND, CallId, Micros
from telephony.model.known import Earlier, Known
from telephony.model.local import CallerKnown, CallRemarked
from telephony.model.terms import Direction
from telephony.model.world import World
from telephony.numbers.kinds import Rules
from telephony.numbers.received import normalised
from telephony.numbers.sought import Sought
from telephony.records.numbered import INTERNAL
from telephony.records.query import CallQuery
from telephony.records.record import CallRecord
from telephony.records.remarked import Remarked
from telephony.records.store import RecordStore
from telephony.remarks.store import Remarks

log = structlog.get_logger(__name__)

SHOWN = 5
"""Earlier calls."""
WAITING = 200
"""Callers to be looked up. Beyond it the oldest are left out: they are with an agent by now."""
WORKERS = 2
WITHIN_S = 3.0
_OPEN_SHOWN = 20
_WEEK = 7 * 86_400 * MICROS_PER_SECOND


class EarlierCalls:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``rules``: how the site understands numbers."""

    def __init__(
        self, database: Database, ledger: Ledger, rules: Rules, world: World, deliver: Callable[[Event], None]
    ) -> None:
        self._records = RecordStore(database)
        self._remarks = Remarks(database)
        self._ledger = ledger
        self._rules = rules
        self._world = world
        self._deliver = deliver
        self._waiting: deque[CallId] = deque(maxlen=WAITING)
        self._news = asyncio.Event()
        self.failed = 0
        """Callers of whom nothing is known because the database did not tell, or not in time."""

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in which calls began."""
        for change in changes:
            if isinstance(change, CallStarted):
                self._waiting.append(change.call_id)
                self._news.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            while self._waiting:
                await self._look(self._waiting.popleft())
            self._news.clear()
            await self._news.wait()

    async def _look(self, call_id: CallId) -> None:
        call = self._world.calls.get(call_id)
        if call is None:
            return
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._tell(call)
        except (StoreError, TimeoutError) as error:
            self.failed += 1
            if self.failed.bit_count() == 1:  # at 1, 2, 4, 8 …
                why = str(error) or f"no answer within {WITHIN_S:.0f} s"
                log.warning("nothing is known of a caller: the database did not tell", callers=self.failed, reason=why)

    async def _tell(self, call: Call) -> None:
        caller = sought(call, self._rules)
        before = await self._before(call, caller) if caller is not None else ()
        said = await self._remarks.of([call.call_id, *(record.call_id for record in before)])
        for event in _said_before(call.call_id, said.get(call.call_id), self._world.now):
            self._deliver(event)
        if caller is None:
            return
        missed = await self._ledger.entries(EntryQuery(caller=caller, limit=_OPEN_SHOWN))
        known = Known(
            calls_7d=1 + await self._in_a_week(call, caller, before),
            earlier=tuple(_earlier(record, said.get(record.call_id)) for record in before),
            open_missed=tuple(listed.entry.number for listed in missed),
            last_agent=next((record.agent for record in before if record.agent is not None), None),
        )
        self._deliver(CallerKnown(self._world.now, call.call_id, known))

    async def _before(self, call: Call, caller: Sought) -> Sequence[CallRecord]:
        query = CallQuery(caller=caller, until=call.received_at, limit=SHOWN)
        return (await self._records.find(query)).records

    async def _in_a_week(self, call: Call, caller: Sought, before: Sequence[CallRecord]) -> int:
        since = Micros(call.received_at - _WEEK)
        if len(before) < SHOWN:  # these are all there are
            return sum(record.received_at >= since for record in before)
        return await self._records.count(CallQuery(caller=caller, since=since, until=call.received_at))


def sought(call: Call, rules: Rules) -> Sought | None:
    """The caller of a citizen's call, as who they are: an extension of a switchboard is somebody of its own. None
    where nobody can be told by the number."""
    if call.direction is not Direction.INBOUND or call.trunk == INTERNAL:
        return None
    key = normalised(call.caller_number, rules).key
    return None if key is None else Sought((key,), (call.caller_number,), any_extension=False)


def _earlier(record: CallRecord, said: Remarked | None) -> Earlier:
    topics = said.topics if said is not None else ()
    return Earlier(record.call_id, record.received_at, record.outcome.value, record.agent, topics)


def _said_before(call_id: CallId, said: Remarked | None, at: Micros) -> list[CallRemarked]:
    """What was said of this very call before this process began."""
    if said is None:
        return []
    notes = [CallRemarked(at, call_id, note.who, note=note.text, again=True) for note in said.notes]
    about = [CallRemarked(at, call_id, each.who, topics=each.topics, again=True) for each in said.dispositions]
    about += [
        CallRemarked(at, call_id, each.who, resolved="yes" if each.resolved else "no", again=True)
        for each in reversed(said.resolutions)  # each before those that were heard already
    ]
    mark = said.mark
    return notes + about + ([CallRemarked(at, call_id, mark.by, mark=mark.mark, again=True)] if mark else [])
