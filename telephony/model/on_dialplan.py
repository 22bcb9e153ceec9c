"""What the dialplan itself says of a call (our UserEvents, dialplans/README.md), and transfers and recordings."""

from telephony.model.calls import MAX_TRANSFERS, Call, Transfer, Visit
from telephony.model.events import (
    AttendedTransferred,
    BlindTransferred,
    CallEntered,
    CallerLegEnded,
    CallRefused,
    QueueEnded,
    RecordingChanged,
)
from telephony.model.on_channels import cancel_pending
from telephony.model.on_queues import close_visit, join_queue
from telephony.model.terms import Direction, VisitResult
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
_NEVER_JOINED = frozenset((VisitResult.QUEUE_EMPTY, VisitResult.QUEUE_FULL))


def entered(world: World, event: CallEntered) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtEntry")
    if event.uniqueid == call.caller:
        call.direction = Direction.INBOUND
        call.trunk, call.dialled = event.trunk, event.dialled or call.dialled
        call.recording = event.recording
    return None


def queue_ended(world: World, event: QueueEnded) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtQueueEnd")
    result = _RESULT_OF_STATUS.get(event.status, VisitResult.UNKNOWN)
    if call.open_visit is None and result in _NEVER_JOINED:
        _never_joined(world, call, event)
    cancel_pending(world, call)
    close_visit(call, world, result, event.key)
    return None


def _never_joined(world: World, call: Call, event: QueueEnded) -> None:
    """The queue let nobody in: no event of app_queue's tells, only our dialplan does."""
    if not any(visit.queue == event.queue and visit.ended_at is None for visit in call.visits):
        join_queue(world, call, Visit(event.queue, event.uniqueid, 0, event.at))


def refused(world: World, event: CallRefused) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtRefused")
    call.refused_because = event.reason
    call.trunk, call.dialled = event.trunk or call.trunk, event.dialled or call.dialled
    if event.uniqueid == call.caller:
        call.direction = Direction.INBOUND
    return None


def caller_leg_ended(world: World, event: CallerLegEnded) -> None:
    call = world.by_leg.get(event.uniqueid)
    if call is None:
        return world.stray(event.uniqueid, "ZtEnd")
    if event.uniqueid == call.caller:
        call.end_status = event.status
    return None


def recording_changed(world: World, event: RecordingChanged) -> None:
    if event.uniqueid not in world.by_leg:
        world.stray(event.uniqueid, "MixMonitor")


def blind_transferred(world: World, event: BlindTransferred) -> None:
    call = world.by_leg.get(event.by)
    if call is None:
        return world.stray(event.by, "BlindTransfer")
    _keep(call, Transfer("blind", event.at, event.by, event.exten, event.context, event.result))
    return None


def attended_transferred(world: World, event: AttendedTransferred) -> None:
    call = world.by_leg.get(event.by_first) or world.by_leg.get(event.by_second)
    if call is None:
        return world.stray(event.by_first, "AttendedTransfer")
    second = world.by_leg.get(event.by_second)
    if second is not None and second is not call:
        world.join(call, second)
        call = world.by_leg.get(event.by_first, call)
    target = world.leg_of(event.target)
    answered = target is not None and target.talking
    to = target.party if target is not None else ""
    _keep(call, Transfer("attended" if answered else "blonde", event.at, event.by_first, to, "", event.result))
    return None


def _keep(call: Call, transfer: Transfer) -> None:
    if len(call.transfers) < MAX_TRANSFERS:
        call.transfers.append(transfer)
