"""Tells the PBX who had a caller that was cut off, so that the dialplan brings them back (dialplans/README.md, Sticky
routing)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from telephony.ami.actions import Action, Reply
from telephony.control.ahead import kept_for
from telephony.control.limiter import wall_now
from telephony.errors import AmiError
from telephony.limits.limit import who_of
from telephony.model.calls import Call
from telephony.model.changes import CallEnded, Change
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Micros
from telephony.model.terms import Outcome, Role, Side
from telephony.numbers.kinds import Rules
from telephony.records.build import build_record
from telephony.site.sticky import Sticky

log = structlog.get_logger(__name__)

Act = Callable[[Action, float], Awaitable[Reply]]
_DEADLINE_S = 5.0
_WAITING = 1_000
"""Callers of whom the PBX is still to be told; one more is forgotten: only a favour is lost."""


class Keeper:
    """``fold`` is a sink for changes; ``run`` until cancelled."""

    def __init__(self, act: Act, rules: Rules, site: Sticky) -> None:
        self._act = act
        self._rules = rules
        self.site = site
        self._told: asyncio.Queue[tuple[str, MemberName]] = asyncio.Queue(_WAITING)

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        if not self.site.on:
            return
        for change in changes:
            if isinstance(change, CallEnded) and (kept := whom_to_keep(change.call)) is not None:
                number, agent = kept
                who = who_of(number, self._rules)
                if who and not self._told.full():
                    self._told.put_nowait((who, agent))

    async def run(self) -> None:
        """Tell the PBX of one after another."""
        while True:
            who, agent = await self._told.get()
            until = Micros(wall_now() + self.site.minutes * 60 * MICROS_PER_SECOND)
            try:
                await self._act(kept_for(who, agent, until), _DEADLINE_S)
            except AmiError as error:
                log.info("who had a caller could not be told", agent=agent, reason=str(error))


def whom_to_keep(call: Call) -> tuple[str, MemberName] | None:
    """The number of a citizen who is to come back to an agent, and the agent: an answered call that neither the caller
    nor the agent nor anybody they talked with ended; a citizen whom an agent called back, in vain or cut off."""
    caller = call.legs.get(call.caller)
    if caller is None or (call.answered_at is not None and not _cut_off(call)):
        return None
    if call.calls_back:
        return (call.dialled, MemberName(caller.party)) if call.dialled else None
    if not call.inbound or call.answered_at is None or not caller.spans:
        return None
    last = [call.anyone(partner) for partner in caller.spans[-1].partners]
    agents = [leg.party for leg in last if leg is not None and leg.role is Role.AGENT]
    return (call.caller_number, MemberName(agents[0])) if agents else None


def _cut_off(call: Call) -> bool:
    record = build_record(call)
    return record.outcome is Outcome.ANSWERED and record.hung_up_by is Side.SYSTEM
