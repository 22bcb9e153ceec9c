"""AMI event frames to the model's events. Pure, and deaf to surprises: nothing a PBX can say raises here.

One table says for each AMI event which of the model's events it is, and which header fills which field. Names of
the headers: Asterisk ``main/manager_channels.c``, ``manager_bridges.c``, ``stasis_bridges.c``, ``core_local.c``,
``channel.c`` (Rename), ``stasis.c`` (UserEvent), ``apps/app_queue.c``.
"""

from typing import Any

import msgspec

from telephony.ami.codec import event_name, text_of
from telephony.ami.layout import HeaderMissing, HeaderReader
from telephony.ami.said import SAID
from telephony.ami.values import (
    IDS,
    Field,
    NotANumber,
    Spec,
    bit,
    caller_name,
    caller_number,
    constant,
    event,
    micros,
    micros_of_timestamp,
    need,
    succeeded,
    text,
    whole,
)
from telephony.model import events as e
from telephony.model import room_events as rooms
from telephony.model.ids import Micros
from telephony.model.met import CallerSpoke, queue_behind


class Undecoded(msgspec.Struct, frozen=True, gc=False):
    """An event we want but cannot read: to be counted. ``name`` is the AMI event, ``why`` says what is wrong."""

    name: str
    why: str


Decoded = e.Event | Undecoded | None


class _Maker:
    """Makes one kind of the model's event from the frames of one kind of AMI event."""

    __slots__ = ("_conversions", "_kind", "_layouts", "_reader", "name")

    def __init__(self, name: str, spec: Spec) -> None:
        order: tuple[str, ...] = spec.kind.__struct_fields__[1:]  # type: ignore[attr-defined]  # all but `at`
        fields = [spec.fields[name] for name in order]
        self.name = name
        self._kind = spec.kind
        self._reader = HeaderReader(
            ["Timestamp", *(field.header for field in fields)], {field.header for field in fields if field.required}
        )
        self._layouts = self._reader.layouts
        self._conversions = [(at, field.convert) for at, field in enumerate(fields, 1) if field.convert is not None]

    def make(self, frame: bytes, arrival: Micros) -> e.Event:
        """Raises ``HeaderMissing`` or ``NotANumber``."""
        text = text_of(frame) if 0 in frame else str(frame, "utf-8", "replace")
        for match, groups in self._layouts:  # as the reader does, without the way there
            if found := match(text):
                fields: list[Any] = [*found.group(*groups)]
                stamp: str = fields[0]  # of Asterisk's form, or not there: else the layout does not match
                fields[0] = micros(stamp.replace(".", "")) if stamp else arrival
                break
        else:
            fields = list(self._reader.read(text))
            fields[0] = micros_of_timestamp(fields[0], arrival)
        for at, convert in self._conversions:
            fields[at] = convert(fields[at])
        return self._kind(*fields)


def _makers(table: dict[str, Spec]) -> dict[bytes, _Maker]:
    return {name.encode(): _Maker(name, spec) for name, spec in table.items()}


# --- the table --------------------------------------------------------------------------------------------

_CHANNEL = {
    "name": text("Channel"),
    "state": whole("ChannelState"),
    "caller_number": Field("CallerIDNum", caller_number),
    "caller_name": Field("CallerIDName", caller_name),
    "context": text("Context"),
    "exten": text("Exten"),
    "language": text("Language"),
}
_DEST = {"dest_uniqueid": need("DestUniqueid"), "dest_linkedid": need("DestLinkedid")}
_QUEUE = Field("Queue", queue_behind, required=True)
_OFFER = {
    **IDS,
    "queue": _QUEUE,
    "member": need("MemberName"),
    "interface": text("Interface"),
    "dest_uniqueid": text("DestUniqueid"),
}
_MEMBER = {
    "queue": need("Queue"),
    "member": need("MemberName"),
    "interface": text("Interface"),
    "state_interface": text("StateInterface"),
    "status": whole("Status"),
    "paused": bit("Paused"),
    "pause_reason": text("PausedReason"),
    "penalty": whole("Penalty"),
    "in_call": bit("InCall"),
    "last_call": whole("LastCall"),
    "wrapup_s": whole("Wrapuptime"),
    "removed": constant(False),
}


_TABLE: dict[str, Spec] = {
    "Newchannel": event(e.ChannelCreated, **IDS, **_CHANNEL),
    "Newstate": event(e.ChannelStateChanged, **IDS, state=whole("ChannelState")),
    "Rename": event(e.ChannelRenamed, uniqueid=need("Uniqueid"), name=need("Newname")),
    "NewCallerid": event(e.CallerIdChanged, **IDS, number=_CHANNEL["caller_number"], name=_CHANNEL["caller_name"]),
    "HangupRequest": event(e.HangupAsked, **IDS, by_peer=constant(True), cause=whole("Cause")),
    "SoftHangupRequest": event(e.HangupAsked, **IDS, by_peer=constant(False), cause=whole("Cause")),
    "Hangup": event(e.ChannelHungUp, **IDS, cause=whole("Cause"), cause_text=text("Cause-txt")),
    "DialBegin": event(
        e.DialBegan,
        uniqueid=text("Uniqueid"),
        **_DEST,
        dest_name=text("DestChannel"),
        dialled=text("DialString"),
    ),
    "DialEnd": event(
        e.DialEnded,
        uniqueid=text("Uniqueid"),
        **_DEST,
        status=text("DialStatus"),
        dest_name=text("DestChannel"),
        forward=text("Forward"),
    ),
    "BridgeEnter": event(
        e.BridgeEntered,
        **IDS,
        bridge=need("BridgeUniqueid"),
        bridge_type=text("BridgeType"),
        name=text("Channel"),
    ),
    "BridgeLeave": event(e.BridgeLeft, **IDS, bridge=need("BridgeUniqueid")),
    "BridgeMerge": event(e.BridgesMerged, kept=need("ToBridgeUniqueid"), gone=need("FromBridgeUniqueid")),
    "BridgeDestroy": event(e.BridgeDestroyed, bridge=need("BridgeUniqueid")),
    "LocalBridge": event(e.LocalBridged, one=need("LocalOneUniqueid"), two=need("LocalTwoUniqueid")),
    "ChannelTalkingStart": event(CallerSpoke, **IDS),
    "Hold": event(e.PhoneHeld, **IDS, held=constant(True)),
    "Unhold": event(e.PhoneHeld, **IDS, held=constant(False)),
    "MixMonitorStart": event(e.RecordingChanged, **IDS, running=constant(True)),
    "MixMonitorStop": event(e.RecordingChanged, **IDS, running=constant(False)),
    "MixMonitorMute": event(e.RecordingMuted, **IDS, muted=bit("State")),
    "ConfbridgeMute": event(rooms.VoiceMuted, **IDS, muted=constant(True)),
    "ConfbridgeUnmute": event(rooms.VoiceMuted, **IDS, muted=constant(False)),
    "MusicOnHoldStart": event(e.MusicChanged, **IDS, music=need("Class")),
    "MusicOnHoldStop": event(e.MusicChanged, **IDS, music=Field("", lambda _: "")),
    "BlindTransfer": event(
        e.BlindTransferred,
        by=need("TransfererUniqueid"),
        by_linkedid=need("TransfererLinkedid"),
        whom=text("TransfereeUniqueid"),
        context=text("Context"),
        exten=text("Extension"),
        result=text("Result"),
    ),
    "AttendedTransfer": event(
        e.AttendedTransferred,
        by_first=need("OrigTransfererUniqueid"),
        first_linkedid=need("OrigTransfererLinkedid"),
        by_second=need("SecondTransfererUniqueid"),
        second_linkedid=need("SecondTransfererLinkedid"),
        whom=text("TransfereeUniqueid"),
        target=text("TransferTargetUniqueid"),
        result=text("Result"),
    ),
    "QueueCallerJoin": event(e.QueueJoined, **IDS, queue=_QUEUE, position=whole("Position")),
    "QueueCallerLeave": event(e.QueueLeft, **IDS, queue=_QUEUE),
    "QueueCallerAbandon": event(e.QueueAbandoned, **IDS, queue=_QUEUE),
    "AgentCalled": event(e.OfferMade, **(_OFFER | _DEST), dest_name=text("DestChannel")),
    "AgentConnect": event(e.OfferConnected, **_OFFER),
    "AgentRingNoAnswer": event(e.OfferUnanswered, **_OFFER),
    "AgentDump": event(e.OfferDumped, **_OFFER),
    # Asynchronous: either channel can be gone by then, and its headers with it (seen on Asterisk 22.10).
    "AgentComplete": event(
        e.OfferCompleted,
        **(_OFFER | {name: text(field.header) for name, field in IDS.items()}),
        reason=text("Reason"),
    ),
    "QueueMemberStatus": event(e.MemberChanged, **_MEMBER),
    "QueueMemberAdded": event(e.MemberChanged, **_MEMBER),
    "QueueMemberPause": event(e.MemberChanged, **_MEMBER),
    "QueueMemberPenalty": event(e.MemberChanged, **_MEMBER),
    "QueueMemberRinginuse": event(e.MemberChanged, **_MEMBER),
    "QueueMemberRemoved": event(e.MemberChanged, **(_MEMBER | {"removed": constant(True)})),
    "PeerStatus": event(e.EndpointChanged, endpoint=need("Peer"), status=need("PeerStatus")),
    "Registry": event(e.RegistrationChanged, account=need("Username"), server=text("Domain"), status=need("Status")),
    "OriginateResponse": event(
        e.Originated, uniqueid=need("Uniqueid"), answered=Field("Response", succeeded), reason=whole("Reason")
    ),
}


EVENTS = frozenset(_TABLE) | {"UserEvent", "FullyBooted", "Shutdown"}
"""The events we want from a PBX: those decoded here, and those that the link itself needs.
The replies to list actions pass event filters and need not be named in one."""

_EOL = b"\r\n"
_EVENT = b"Event: "
_USER_EVENT = b"Event: UserEvent"
_USER_NAME = b"\r\nUserEvent: "


class Decoder:
    """Decodes the frames of one PBX. Its only state is how that PBX lays out its events (``telephony.ami.layout``),
    which changes the speed and never the result."""

    __slots__ = ("_events", "_user_events")

    def __init__(self) -> None:
        self._events = {_EVENT + name: maker for name, maker in _makers(_TABLE).items()}  # by their first line
        self._user_events = _makers(SAID)

    def decode(self, frame: bytes, arrival: Micros) -> Decoded:
        """The model's event of this frame; ``None`` for all that is of no interest.

        ``arrival`` is the time of an event without a ``Timestamp`` (``timestampevents=no``).
        """
        end = frame.find(_EOL)
        line = frame[:end] if end >= 0 else frame
        maker = self._events.get(line)
        if maker is None:
            if line == _USER_EVENT:
                maker = self._user_events.get(_user_event_name(frame))
            elif not line.startswith(_EVENT):
                maker = self._late_maker(frame)
            if maker is None:
                return None
        try:
            return maker.make(frame, arrival)
        except (HeaderMissing, NotANumber) as error:
            return Undecoded(maker.name, str(error))

    def _late_maker(self, frame: bytes) -> _Maker | None:
        """Of a frame that has an empty line too many before it."""
        name = _EVENT + event_name(frame)
        return self._user_events.get(_user_event_name(frame)) if name == _USER_EVENT else self._events.get(name)


def _user_event_name(frame: bytes) -> bytes:
    """The PBX's own ``UserEvent`` header comes before all that the dialplan added."""
    start = frame.find(_USER_NAME)
    if start < 0:
        return b""
    start += len(_USER_NAME)
    end = frame.find(_EOL, start)
    return frame[start:end] if end >= 0 else frame[start:]
