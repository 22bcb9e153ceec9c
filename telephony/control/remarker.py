"""Whether somebody may put something down of a call, and the way of what they say: to disk, then to the model.

Whoever had the call may, while it lasts and for the site's time after it. What they say is on disk before anything is
told of it (law 1). An ended call is known here for a while, so that its agents can write in wrap-up though its record
is still on its way, or the database away.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from telephony.control.commands import Reason
from telephony.control.orders.remarks import Dispose, Mark, Note, Resolve
from telephony.control.reach import Done, Reach
from telephony.control.refused import CommandRefused, OutcomeUnknown
from telephony.errors import StoreError
from telephony.model.calls import Call
from telephony.model.changes import CallEnded, Change
from telephony.model.ids import MICROS_PER_SECOND, CallId, MemberName, Micros
from telephony.model.local import CallRemarked
from telephony.model.machines import OfferState
from telephony.model.terms import Direction, OfferOutcome, Role
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from telephony.remarks.keeper import RemarkKeeper
from telephony.remarks.remark import Remark, Resolution, unfit

REMEMBERED = 5_000
"""Ended calls: eight minutes of the heaviest load we plan for. Their records are long in the database then."""
NAME_LIMIT = 100
_HOUR = 3_600 * MICROS_PER_SECOND


class Said(NamedTuple):
    """What somebody says of a call; as in ``Remark``."""

    note: str | None = None
    topics: tuple[str, ...] | None = None
    answered: bool | None = None
    mark: str | None = None
    resolved: Resolution | None = None


class _Had(NamedTuple):
    """A call under the id it has now, and who had it: agents' numbers, and the endpoints of phones."""

    call_id: CallId
    names: frozenset[str]
    ended_at: Micros | None


class Remarker:
    """``fold`` is a sink for changes."""

    def __init__(self, reach: Reach, keeper: RemarkKeeper, records: RecordStore) -> None:
        self._reach = reach
        self._keeper = keeper
        self._records = records
        self._ended: OrderedDict[CallId, _Had] = OrderedDict()
        self._telling: set[asyncio.Task[None]] = set()

    def fold(self, changes: Sequence[Change]) -> None:
        """Remember calls that are over."""
        for change in changes:
            if isinstance(change, CallEnded):
                had = _of_call(change.call)
                for call_id in (had.call_id, *change.call.aliases):
                    self._ended[call_id] = had
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    async def put(self, order: Note | Dispose | Mark | Resolve, said: Said, within: float) -> Done:
        """Put it down in the agent's name, or that of who asks. Raises CommandRefused, OutcomeUnknown, StoreError."""
        until = time.monotonic() + within
        for field, name in (("agent", order.agent), ("by", order.by)):
            if why := unfit(name, limit=NAME_LIMIT, lines=False):
                raise CommandRefused(Reason.BAD_VALUE, f"{field}: {why}")
        try:
            async with asyncio.timeout(within):
                had = await self._had(order)
        except TimeoutError:
            why = "The database has not answered in time. Keep the text, and try again."
            raise CommandRefused(Reason.UNAVAILABLE, why) from None
        remark = Remark(
            key=secrets.token_hex(12),
            call_id=had.call_id,
            pbx=self._reach.world.pbx,
            at=_now(),
            who=order.agent or order.by,
            by=order.by,
            **said._asdict(),
        )
        await self._keep(remark, until - time.monotonic())
        live = self._reach.world.calls.get(remark.call_id)  # of one that is over, to be on disk is all
        seen = self._reach.outcomes.until
        return Done(seen=live is None or await seen(lambda: _shown(live, remark), until - time.monotonic()))

    # --- whose call it was ------------------------------------------------------------------------------------

    async def _had(self, order: Note | Dispose | Mark | Resolve) -> _Had:
        """The call, of which they may write. Raises CommandRefused."""
        had = self._live(order.call) or self._ended.get(order.call) or await self._on_record(order.call)
        self._in_time(had)
        if not order.any_call and order.agent not in had.names and not await self._is_phone(order.agent, had):
            who = order.agent or order.by
            raise CommandRefused(Reason.WRONG_STATE, f"call: {who!r:.40} has had no part in it.")
        return had

    def _live(self, call_id: CallId) -> _Had | None:
        calls = self._reach.world.calls
        call = calls.get(call_id) or next((call for call in calls.values() if call_id in call.aliases), None)
        return None if call is None else _of_call(call)

    async def _on_record(self, call_id: CallId) -> _Had:
        record = await self._records.get(call_id) if call_id.isascii() and call_id.isalnum() else None
        if record is None or call_id not in (record.call_id, *record.aliases):
            raise CommandRefused(Reason.UNKNOWN_CALL, f"call: there is no call {call_id!r:.60}.")
        return _of_record(record)

    def _in_time(self, had: _Had) -> None:
        hours = self._reach.site.remarks.within_h
        if had.ended_at is not None and _now() > had.ended_at + hours * _HOUR:
            why = f"call: it ended more than {hours} hours ago ([remarks] within_h of site.toml): it stays as it is."
            raise CommandRefused(Reason.NOT_ALLOWED, why)

    async def _is_phone(self, agent: MemberName, had: _Had) -> bool:
        """Whether they had it by a phone of another name than their number: brought in by a transfer or a consult."""
        try:
            found = await self._reach.agents.get(agent) if agent.isprintable() else None
        except StoreError:
            return False
        return found is not None and found.phone in had.names

    # --- the way of what was said -----------------------------------------------------------------------------

    async def _keep(self, remark: Remark, within: float) -> None:
        if within <= 0:
            raise CommandRefused(Reason.TOO_LATE, "The deadline had passed before anything was kept.")
        if not self._keeper.take(remark):
            raise CommandRefused(
                Reason.BUSY, "Too many remarks wait for the disk or the database. Keep the text, and try again."
            )
        telling = asyncio.create_task(self._tell(remark))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        done, _ = await asyncio.wait([telling], timeout=within)
        if not done:
            raise OutcomeUnknown("The disk has not taken it yet. Keep the text, and see whether it is shown.")

    async def _tell(self, remark: Remark) -> None:
        """Once it is on disk, however long that takes."""
        await self._keeper.kept()
        said = CallRemarked(
            remark.at, remark.call_id, remark.who, remark.note, remark.topics, remark.mark, remark.resolved
        )
        self._reach.deliver(said)


def _shown(call: Call, remark: Remark) -> bool:
    said = call.remarks
    return (
        remark.note in (None, said.notes.get(remark.who))
        and remark.topics in (None, said.topics.get(remark.who))
        and remark.mark in (None, said.mark)
        and remark.resolved in (None, said.resolved.get(remark.who))
    )


def _of_call(call: Call) -> _Had:
    """A citizen's own channel is nobody's phone, whatever number it shows."""
    names: set[str] = {offer.member for offer in call.offers.values() if offer.state is OfferState.ANSWERED}
    talked = [leg for leg in call.legs.values() if leg.person and leg.spans]
    names |= {leg.party for leg in talked if not (call.inbound and leg.uniqueid == call.caller)}
    names |= {out.agent for out in call.out if out.agent}
    return _Had(call.call_id, frozenset(names), call.ended_at)


def _of_record(record: CallRecord) -> _Had:
    names: set[str] = {offer.member for offer in record.offers if offer.outcome is OfferOutcome.ANSWERED}
    citizens = record.direction is Direction.INBOUND
    talked = [leg for leg in record.legs if leg.talking and leg.role is not Role.SERVICE]
    names |= {leg.party for leg in talked if not (citizens and leg.role is Role.CALLER)}
    names |= {out.agent for out in record.out if out.agent} | ({record.agent} if record.agent else set())
    return _Had(record.call_id, frozenset(names), record.ended_at)


def _now() -> Micros:
    return Micros(time.time_ns() // 1_000)
