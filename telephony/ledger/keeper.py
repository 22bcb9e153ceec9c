"""Keeps the ledger up with the records, and finds out about tries of which nothing is heard."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

import structlog

from telephony.errors import StoreError
from telephony.ledger.attempts import Attempt
from telephony.ledger.store import Ledger
from telephony.ledger.terms import AttemptId, AttemptOutcome
from telephony.live.board import Live
from telephony.model.changes import CallNotMade, Change
from telephony.model.ids import PbxName, Uniqueid, call_id_of

log = structlog.get_logger(__name__)

EVERY_S = 1.0
PATIENCE_S = 60.0
"""How long after its last sign of life a try without a record is given up. A record that comes later corrects it."""
_NOT_MADE_LIMIT = 1_000
"""Beyond it the oldest is dropped: patience finds it out too, only later."""


class Keeper:
    """``run`` until cancelled; ``fold`` is a sink for changes. Whatever fails is tried again; nobody waits for it."""

    def __init__(self, ledger: Ledger, live: Live, pbx: PbxName) -> None:
        self._ledger = ledger
        self._live = live
        self._pbx = pbx
        self._not_made: deque[Uniqueid] = deque(maxlen=_NOT_MADE_LIMIT)
        self._alive: dict[AttemptId, float] = {}
        self.last_error: str | None = None
        """Why the ledger cannot be kept at present; None while all is well."""

    def fold(self, changes: Sequence[Change]) -> None:
        """Hear of calls that could not be made."""
        self._not_made += [change.uniqueid for change in changes if isinstance(change, CallNotMade)]

    async def run(self) -> None:
        while True:
            await self.step(time.monotonic())
            await asyncio.sleep(EVERY_S)

    async def step(self, now: float) -> None:
        """One look; ``now`` is our monotonic clock."""
        try:
            await self._ledger.catch_up()
            while self._not_made:
                await self._ledger.fail_call(self._not_made[0], AttemptOutcome.AGENT_UNREACHABLE)
                self._not_made.popleft()
            await self._give_up_overdue(now)
        except StoreError as error:
            self._note(str(error))
        except Exception as error:  # a bug of ours must not stop the bridge; the records wait on disk
            if self.last_error is None:
                log.exception("the missed-call ledger failed")
            self.last_error = repr(error)
        else:
            self._note(None)

    async def _give_up_overdue(self, now: float) -> None:
        under_way = await self._ledger.attempts_under_way()
        self._alive = {attempt.number: self._alive.get(attempt.number, now) for attempt in under_way}
        for attempt in under_way:
            if not self._live.connected or self._is_live(attempt):
                self._alive[attempt.number] = now
            elif now - self._alive[attempt.number] >= PATIENCE_S:
                await self._ledger.fail_call(attempt.number, AttemptOutcome.UNKNOWN)

    def _is_live(self, attempt: Attempt) -> bool:
        return self._live.has_call(call_id_of(self._pbx, attempt.uniqueid))

    def _note(self, error: str | None) -> None:
        if error is not None and self.last_error is None:
            log.warning("the missed-call ledger waits for the store", reason=error)
        elif error is None and self.last_error is not None:
            log.warning("the missed-call ledger goes on")
        self.last_error = error
