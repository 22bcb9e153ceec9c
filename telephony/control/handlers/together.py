"""Carries out the order that calls a citizen back with somebody who knows: the agent's phone first, then whoever knows,
and the citizen when these two talk. From the agent's answer on the dialplan does it alone (``zt-together``)."""

from functools import partial

from telephony.control.commands import Reason
from telephony.control.handlers.calls import from_own_phone
from telephony.control.handlers.inviting import new_invitation, told_of
from telephony.control.handlers.looking import Look
from telephony.control.orders.conference import CallTogether
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.control.whom import Whom, purpose_of
from telephony.directory.plan import tries_text
from telephony.model.terms import Direction
from telephony.outgoing import is_allowed
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore


def handlers(reach: Reach, look: Look, whom: Whom, records: RecordStore) -> Handlers:
    """For calls as ``reach.world`` and ``records`` have them."""
    return {CallTogether: partial(call_together, reach, look, whom, records)}


async def call_together(
    reach: Reach, look: Look, whom: Whom, records: RecordStore, order: CallTogether, within: float
) -> Done:
    """Accepted and seen once the agent's phone rings; the call's id is in the answer."""
    look.check_ready()
    if order.call in reach.world.calls:
        raise CommandRefused(Reason.WRONG_STATE, "call: it has not ended yet; invite whom you want into it.")
    number = await _number(records, order)
    if not is_allowed(number, reach.site):
        raise CommandRefused(Reason.NOT_ALLOWED, "number: [outgoing] in site.toml does not allow to call it.")
    plan = await whom.plan(order.to, order.agent)
    variables = (
        ("ZT_TRIES", tries_text(plan.in_order())),
        ("ZT_NEXT", number),
        *told_of(plan, new_invitation(), purpose_of(plan)),
    )
    return await from_own_phone(reach, order.agent, ("zt-together", "s"), order.to, within, variables)


async def _number(records: RecordStore, order: CallTogether) -> str:
    """Whom to call back. Raises CommandRefused, StoreError."""
    if bool(order.number) == bool(order.call):
        raise CommandRefused(Reason.BAD_VALUE, "number: give either a call or a number.")
    number = order.number
    if order.call:
        record = await records.get(order.call)
        if record is None or not _had_part(record, order):
            why = "call: no such call that you had a part in is on record; one that has just ended is in a moment."
            raise CommandRefused(Reason.UNKNOWN_CALL, why)
        number = record.dialled if record.direction is Direction.OUTBOUND else record.caller_number
    if not (number.isascii() and number.removeprefix("+").isdigit() and 3 <= len(number) <= 20):
        field = "call: its caller gave no number; " if order.call else "number: "
        raise CommandRefused(Reason.BAD_VALUE, f"{field}write 3 to 20 digits, '+' may stand first.")
    return number


def _had_part(record: CallRecord, order: CallTogether) -> bool:
    return any(leg.party == order.agent and leg.answered_at is not None for leg in record.legs)
