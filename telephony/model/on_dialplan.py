"""What the dialplan itself says of a call (our UserEvents, dialplans/README.md), and transfers."""

from telephony.model.calls import MAX_TRANSFERS, MAX_VISITS, Call, DutyCall, Transfer, Visit
from telephony.model.changes import CallNotMade, CallTransferred
from telephony.model.events import (
    AttendedTransferred,
    BlindTransferred,
    CallBackBegan,
    CallBackPromised,
    CallEntered,
    CallerLegEnded,
    CallRefused,
    DutyCalled,
    Originated,
    QueueEnded,
    WaitTold,
)
from telephony.model.joins import join
from telephony.model.names import dialled_of
from telephony.model.on_bridges import conversation, enter_bridge, leave_bridge
from telephony.model.on_channels import cancel_pending
from telephony.model.on_queues import close_visit
from telephony.model.terms import Direction, Place, VisitResult
from telephony.model.world import World

_RESULT_OF_STATUS = {
    "TIMEOUT": VisitResult.TIMED_OUT,
    "JOINEMPTY": VisitResult.QUEUE_EMPTY,
    "LEAVEEMPTY": VisitResult.QUEUE_EMPTY,
    "JOINUNAVAIL": VisitResult.QUEUE_EMPTY,
    "LEAVEUNAVAIL": VisitResult.QUEUE_EMPTY,
    "FULL": VisitResult.QUEUE_FULL,
    "WITHDRAW": VisitResult.WITHDRAWN,
    "EXITKEY": VisitResult.KEY_EXIT,
    "CONTINUE": VisitResult.CONNECTED,  # option c: the agent hung up first
}
"""QUEUESTATUS (app_queue.c, queue_results) and our own EXITKEY."""
_NEVER_JOINED = frozenset(("JOINEMPTY", "JOINUNAVAIL", "FULL"))


def entered(world: World, event: CallEntered) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtEntry")
    if event.uniqueid == call.caller:
        call.direction = Direction.INBOUND
        call.trunk, call.dialled = event.trunk, event.dialled or call.dialled
        call.recording, call.notice = event.recording, event.notice
    return None


def queue_ended(world: World, event: QueueEnded) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtQueueEnd")
    cancel_pending(world, call, event.uniqueid)
    call.legs[event.uniqueid].place = Place.NONE  # who was left in a room hears a sentence now, or nothing
    result = _RESULT_OF_STATUS.get(event.status, VisitResult.UNKNOWN)
    visit = call.open_visit(event.uniqueid)
    if visit is not None:
        close_visit(world, call, visit, result, event.key)
    elif event.status in _NEVER_JOINED:
        _never_joined(call, event, result)
    return None


def _never_joined(call: Call, event: QueueEnded, result: VisitResult) -> None:
    """The queue did not let the caller in: no event of app_queue's tells, only our dialplan does."""
    visit = Visit(event.queue, event.uniqueid, 0, event.at, event.at, result)
    if visit in call.visits:
        return  # told twice
    if len(call.visits) < MAX_VISITS:
        call.visits.append(visit)
    else:
        call.left_out += 1


def wait_told(world: World, event: WaitTold) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtExpect")
    if event.uniqueid == call.caller:
        call.told_wait = (event.queue, event.minutes)
    return None


def refused(world: World, event: CallRefused) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtRefused")
    call.refused_because = event.reason
    call.trunk, call.dialled = event.trunk or call.trunk, event.dialled or call.dialled
    if event.uniqueid == call.caller:
        call.direction = Direction.INBOUND
    return None


def duty_called(world: World, event: DutyCalled) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtDuty")
    tried = DutyCall(event.at, event.mobile)
    if event.uniqueid == call.caller and tried not in call.duty:
        if len(call.duty) < MAX_TRANSFERS:
            call.duty.append(tried)
        else:
            call.left_out += 1
    return None


def promised(world: World, event: CallBackPromised) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtPromise")
    if event.uniqueid == call.caller:
        call.promise, call.promise_because = event.state, event.why
    return None


def caller_leg_ended(world: World, event: CallerLegEnded) -> None:
    """Comes before the caller's ``Hangup`` and says no more than that and ``HangupRequest`` do; it is the journal's."""
    if event.uniqueid not in world.by_leg:
        world.stray(event.uniqueid, "ZtEnd")


def called_back(world: World, event: CallBackBegan) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtCallback")
    if event.uniqueid == call.caller:
        call.direction = Direction.OUTBOUND
        call.trunk, call.dialled = event.trunk, event.dialled or call.dialled
        call.recording, call.calls_back = event.recording, event.entry
    return None


def originated(world: World, event: Originated) -> None:
    """Where there was a channel, its own events have told all; without one, this is all there is."""
    if not event.answered and event.uniqueid not in world.by_leg and event.uniqueid not in world.tombstones:
        world.emit(CallNotMade(world.now, event.uniqueid, event.reason))


# --- transfers --------------------------------------------------------------------------------------------

_SUCCESS = "Success"
"""Of any other result everybody is where they were; CEL does not tell of it at all (``cel_blind_transfer_cb`` in
main/cel.c)."""


def blind_transferred(world: World, event: BlindTransferred) -> None:
    call = world.by_leg.get(event.by)
    if call is None:
        return world.stray(event.by, "BlindTransfer")
    if event.result != _SUCCESS or not _of_the_caller(call, event):
        return None
    _keep(world, call, Transfer("blind", event.at, event.by, event.exten, event.context, event.result))
    return None


def _of_the_caller(call: Call, event: BlindTransferred) -> bool:
    """Whether it was the caller who was transferred, or transferred. A colleague who is asked in a consult may send the
    consult on, and the caller stays where they are."""
    if call.caller in (event.by, event.whom):
        return True
    spans = call.legs[event.by].spans
    return not spans or call.caller in spans[-1].partners


def attended_transferred(world: World, event: AttendedTransferred) -> None:
    """A PBX that shuts down ends an agent's channel in the middle of a consult, takes that for the agent's own hang-up,
    and says of a caller whose channel it ends as well that the transfer succeeded (seen on a real PBX)."""
    call, second = world.by_leg.get(event.by_first), world.by_leg.get(event.by_second)
    if call is None:
        return world.stray(event.by_first, "AttendedTransfer")
    if event.result != _SUCCESS or call.legs[event.by_first].shut_down:
        return None
    dialled = second.dialled if second is not None and second is not call else ""
    if second is not None:
        join(world, call, second)
    call = world.by_leg[event.by_first]
    to, answered = _target(world, event)
    kind = "attended" if answered else "blonde"
    _keep(world, call, Transfer(kind, event.at, event.by_first, to or dialled, "", event.result))
    _take_the_place(world, event)
    return None


def _take_the_place(world: World, event: AttendedTransferred) -> None:
    """Out of a room Asterisk puts the target where the transferring phone's channel was, and no event tells (seen on
    22.10: REFER with Replaces)."""
    first, target = world.channels.get(event.by_first), world.channels.get(event.target)
    if first is None or target is None or not first.leg.place:
        return
    bridge = first.bridge
    target.leg.place = first.leg.place
    if bridge is not None:
        leave_bridge(world, first)
        enter_bridge(world, target, bridge)


def _target(world: World, event: AttendedTransferred) -> tuple[str, bool]:
    """Who was reached, and whether they had picked up.

    A feature code reaches them through a Local channel, which the event names or not, as threads go: then it is the one
    that stands in a bridge with those who are named.
    """
    target = world.channels.get(event.target)
    if target is not None and target.leg.person:
        return target.leg.party, target.leg.answered_at is not None
    named = (event.target, event.whom, event.by_second)
    bridges = [channel.bridge for channel in map(world.channels.get, named) if channel is not None and channel.bridge]
    around = [other for bridge in bridges for other in conversation(world, bridge)]
    for other in around:
        if other.leg.person and other.uniqueid not in (event.by_first, event.by_second, event.whom):
            return other.leg.party, True
    locals_ = [other for other in around if other.other_half is not None]
    return (dialled_of(locals_[0].name) if locals_ else ""), False


def _keep(world: World, call: Call, transfer: Transfer) -> None:
    if any(known.by == transfer.by and known.at == transfer.at for known in call.transfers):
        return  # told twice
    if len(call.transfers) < MAX_TRANSFERS:
        call.transfers.append(transfer)
        world.emit(CallTransferred(world.now, call.call_id, transfer.kind))
    else:
        call.left_out += 1
