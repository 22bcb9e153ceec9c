"""The tracker: events in, changes out. Pure, deterministic, and never raises on what a PBX says.

Only ``telephony.ingest`` calls ``apply``, from one task, in arrival order (law 1). Each kind of event has one handler,
found in one table; the handlers live beside each other in ``on_*.py``.
"""

from collections.abc import Callable
from typing import Any

from telephony.model import events as ev
from telephony.model import (
    joins,
    met,
    on_agents,
    on_bridges,
    on_channels,
    on_closure,
    on_desk,
    on_dialplan,
    on_invites,
    on_limits,
    on_link,
    on_notice,
    on_outgoing,
    on_queues,
    on_rating,
    on_recording,
    on_rooms,
    on_silence,
    on_sticky,
    on_supervision,
    on_trunks,
)
from telephony.model import local as own
from telephony.model import room_events as rooms
from telephony.model import said_by_us as by_us
from telephony.model.changes import CallTouched, Change
from telephony.model.ids import PbxName
from telephony.model.world import World

Handler = Callable[[World, Any], None]


def _tick(world: World, event: ev.Tick) -> None:
    world.play(event.at)


HANDLERS: dict[type[ev.Event], Handler] = {
    ev.ChannelCreated: on_channels.created,
    ev.ChannelStateChanged: on_channels.state_changed,
    ev.ChannelRenamed: on_channels.renamed,
    ev.CallerIdChanged: on_channels.caller_id_changed,
    ev.HangupAsked: on_channels.hangup_asked,
    ev.ChannelHungUp: on_channels.hung_up,
    ev.DialBegan: on_channels.dial_began,
    ev.DialEnded: on_channels.dial_ended,
    ev.PhoneHeld: on_channels.phone_held,
    ev.BridgeEntered: on_bridges.entered,
    ev.BridgeLeft: on_bridges.left,
    ev.BridgesMerged: on_bridges.merged,
    ev.BridgeDestroyed: on_bridges.destroyed,
    ev.LocalBridged: on_bridges.local_bridged,
    ev.BlindTransferred: on_dialplan.blind_transferred,
    ev.AttendedTransferred: on_dialplan.attended_transferred,
    ev.RecordingChanged: on_recording.changed,
    ev.RecordingMuted: on_recording.muted,
    ev.RecordingTold: on_recording.told,
    ev.MusicChanged: on_notice.music,
    ev.NoticeTold: on_notice.told,
    ev.QueueJoined: on_queues.joined,
    ev.QueueLeft: on_queues.left,
    ev.QueueAbandoned: on_queues.abandoned,
    ev.OfferMade: on_queues.offered,
    ev.OfferConnected: on_queues.connected,
    ev.OfferUnanswered: on_queues.unanswered,
    ev.OfferDumped: on_queues.dumped,
    ev.OfferCompleted: on_queues.completed,
    ev.MemberChanged: on_queues.member_changed,
    ev.CallEntered: on_dialplan.entered,
    ev.QueueEnded: on_dialplan.queue_ended,
    ev.CallRefused: on_dialplan.refused,
    ev.ClosureTold: on_closure.told,
    ev.DutyCalled: on_dialplan.duty_called,
    ev.CallBackPromised: on_dialplan.promised,
    ev.WaitTold: on_dialplan.wait_told,
    ev.WrapUpBegan: on_agents.wrap_up_began,
    ev.CallerLegEnded: on_dialplan.caller_leg_ended,
    ev.CallBackBegan: on_dialplan.called_back,
    ev.CallWentOut: on_outgoing.went_out,
    ev.OutRefused: on_outgoing.refused,
    met.RatingTold: on_rating.told,
    met.LimitTold: on_limits.told,
    met.KeptTold: on_sticky.told,
    met.CallerSpoke: on_silence.spoke,
    met.CallerListenedTo: on_silence.listened_to,
    rooms.Walked: on_rooms.walked,
    rooms.ConsultTold: on_rooms.consult_told,
    rooms.Requeued: on_rooms.requeued,
    rooms.InviteTold: on_invites.told,
    rooms.PrivateTold: on_invites.private_told,
    rooms.VoiceMuted: on_invites.muted,
    by_us.SpyTold: on_supervision.spied,
    by_us.CallerSent: on_supervision.sent,
    by_us.CallerMoved: on_supervision.moved,
    ev.Originated: on_dialplan.originated,
    ev.EndpointChanged: on_trunks.endpoint_changed,
    ev.RegistrationChanged: on_trunks.registration_changed,
    ev.SnapshotTaken: on_link.snapshot,
    ev.LinkLost: on_link.lost,
    ev.ClockSet: on_link.clock_set,
    ev.Tick: _tick,
    own.CallRemarked: on_desk.remarked,
    own.CallerKnown: on_desk.caller_known,
    own.HelpAsked: on_desk.help_asked,
    own.WrapUpExtended: on_agents.wrap_up_extended,
    own.DeskTold: on_agents.desk_told,
    own.DesktopTold: on_agents.desktop_told,
}


_TIMEKEEPERS = frozenset((ev.SnapshotTaken, ev.LinkLost, ev.ClockSet, ev.Tick))
"""Not said by the PBX: they move the model's time themselves, or not at all."""
_HEARD = frozenset(kind for kind in HANDLERS if kind not in _TIMEKEEPERS and not issubclass(kind, own.LocalEvent))
"""Said by the PBX: they tell what time it is."""
_KINDS = {kind: (kind in _HEARD, issubclass(kind, ev.ChannelEvent)) for kind in HANDLERS}
"""Whether an event tells the time, and whether it is about one channel."""


class Tracker:
    """The model of one PBX. ``world`` may be read between two calls of ``apply``, never changed."""

    def __init__(self, pbx: PbxName) -> None:
        self.world = World(pbx)

    def apply(self, event: ev.Event) -> list[Change]:
        """Take in one event; returns what changed, in order.

        What has no place in the model comes back as an ``Anomaly``. Applying an event twice changes nothing more.
        """
        world = self.world
        kind = type(event)
        heard, of_channel = _KINDS[kind]
        out: list[Change] = []
        world.out = out
        if heard:
            at = event.at
            if world.now <= at < world.due:  # as ``hear`` does when nothing comes due
                world.now = at
            else:
                world.hear(at)
        if not of_channel:
            HANDLERS[kind](world, event)
            return out
        said: Any = event
        uniqueid, linkedid = said.uniqueid, said.linkedid
        channel = world.channels.get(uniqueid)
        if channel is not None and channel.linkedid != linkedid and linkedid:
            joins.relink(world, channel, linkedid)
        HANDLERS[kind](world, event)
        call = world.by_leg.get(uniqueid)
        if call is not None:  # whoever shows it looks again, unless another change tells them to anyway
            call_id = call.call_id
            for change in out:
                if getattr(change, "call_id", None) == call_id:
                    return out
            out.append(CallTouched(world.now, call_id))
        return out
