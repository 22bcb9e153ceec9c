"""Carries out the order that puts a caller back into a queue, before all others."""

from functools import partial

from telephony.ami.actions import Redirect, Setvar
from telephony.conference.phases import Phase
from telephony.control.commands import Reason
from telephony.control.handlers.calls import carried_out
from telephony.control.handlers.looking import Look
from telephony.control.handlers.moving import AGENT, CALLER, prepared
from telephony.control.orders.calls import Requeue
from telephony.control.reach import Done, Handlers, Reach
from telephony.control.refused import CommandRefused
from telephony.control.whereabouts import whereabouts
from telephony.model.calls import Call
from telephony.model.ids import QueueName


def handlers(reach: Reach, look: Look) -> Handlers:
    """For calls as ``reach.world`` has them."""
    return {Requeue: partial(requeue, reach, look)}


async def requeue(reach: Reach, look: Look, order: Requeue, within: float) -> Done:
    """Caller and agent part in one step, out of a room or of the queue's bridge; the agent's leg ends."""
    look.check_ready()
    call = reach.call(order.call)
    now = whereabouts(reach, call, order.agent)
    look.check_own(now)
    if now.phase not in (Phase.BRIDGE, Phase.ROOM, Phase.HOLD) or now.guest is not None:
        why = f"call: agent {order.agent} {now.words}; end that first, then the caller can go back into a queue."
        raise CommandRefused(Reason.WRONG_STATE, why)
    _check_queue(reach, call, order.queue)
    await prepared(reach, now, within)
    if order.queue:
        await reach.act(Setvar("ZT_TO_QUEUE", order.queue, now.caller.name), within)
    action = Redirect(now.caller.name, CALLER, "requeue", 1, now.agent.name, AGENT, "leave", 1)

    def waits() -> bool:
        return call.open_visit(now.caller.uniqueid) is not None

    return await carried_out(reach, action, waits, within)


def _check_queue(reach: Reach, call: Call, queue: QueueName) -> None:
    if not call.inbound:
        raise CommandRefused(Reason.WRONG_STATE, "call: it came from no queue: who was called does not wait in one.")
    if queue and queue not in {known.name for known in reach.site.queues}:
        raise CommandRefused(Reason.BAD_VALUE, f"queue: there is no queue {queue!r:.40} in site.toml.")
    if not queue and not call.visits:
        raise CommandRefused(Reason.BAD_VALUE, "queue: the caller was in none; name one.")
