"""AMI event frames to the model's events. Pure, and deaf to surprises: nothing a PBX can say raises here.

One table says for each AMI event which of the model's events it is, and which header fills which field. Names of
the headers: Asterisk ``main/manager_channels.c``, ``manager_bridges.c``, ``stasis_bridges.c``, ``core_local.c``,
``channel.c`` (Rename), ``stasis.c`` (UserEvent), ``apps/app_queue.c``.
"""

import re
from collections.abc import Callable
from typing import Any, cast

import msgspec

from telephony.ami.codec import event_name
from telephony.ami.layout import HeaderMissing, HeaderReader
from telephony.model import events as e
from telephony.model.ids import Micros

_MAX_DIGITS = 18  # of a number: fits in 64 bits, so that no store chokes on it


class Undecoded(msgspec.Struct, frozen=True, gc=False):
    """An event we want but cannot read: to be counted. ``name`` is the AMI event, ``why`` says what is wrong."""

    name: str
    why: str


Decoded = e.Event | Undecoded | None


class NotANumber(ValueError):
    """A header that should be a number is not."""


# --- values -----------------------------------------------------------------------------------------------


class _Numbers(dict[str, int]):
    """Small numbers by their text: nearly all of a PBX's are, and a look-up is quicker than parsing."""

    def __missing__(self, text: str) -> int:
        if len(text) > _MAX_DIGITS:
            raise NotANumber(f"{text[:_MAX_DIGITS]!r}… is not a number")
        try:
            return int(text)
        except ValueError:
            raise NotANumber(f"{text!r} is not a number") from None


_NUMBERS = _Numbers({"": 0} | {str(value): value for value in range(200)})


def number(text: str) -> int:
    """A whole number; an absent header is 0. Raises ``NotANumber``, which ``Decoder`` turns into ``Undecoded``."""
    return _NUMBERS[text]


def micros_of_ms(text: str) -> Micros:
    """Milliseconds in microseconds; raises as ``number`` does."""
    return Micros(1_000 * _NUMBERS[text])


def flag(text: str) -> bool:
    """``1`` or ``0``."""
    return _NUMBERS[text] != 0


def succeeded(text: str) -> bool:
    """``Success`` or ``Failure``."""
    return text == "Success"


def caller_number(text: str) -> str:
    """A caller's number. Asterisk writes ``<unknown>`` for none."""
    return "" if text == "<unknown>" else text


_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_PAIR = re.compile(r'\\(["\\])')
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1])


def caller_name(text: str) -> str:
    r"""A caller's name from a channel's headers, where Asterisk writes it with C escapes (``O\'Brien``).

    Of a name that came by SIP, Asterisk also keeps the backslashes of the quoted string it stood in (RFC 3261 §25.1,
    quoted-pair): the name is what the caller meant, without them.
    """
    if text == "<unknown>":
        return ""
    return _QUOTED_PAIR.sub(r"\1", _ESCAPE.sub(_unescape, text)) if "\\" in text else text


_micros = cast("Callable[[str], Micros]", int)


def micros_of_timestamp(text: str, otherwise: Micros) -> Micros:
    """``1795402664.123456`` (AMI ``Timestamp``) in microseconds; ``otherwise`` when absent or malformed."""
    if len(text) == 17 and text[10] == ".":
        digits = text.replace(".", "", 1)
        if digits.isdecimal():
            return _micros(digits)
    return otherwise


# --- fields -----------------------------------------------------------------------------------------------


class _Field(msgspec.Struct, frozen=True):
    """Where a field of the model's event comes from."""

    header: str
    convert: Callable[[str], object] | None = None
    required: bool = False


def _need(header: str) -> _Field:
    return _Field(header, required=True)


def _text(header: str) -> _Field:
    return _Field(header)


def _int(header: str) -> _Field:
    return _Field(header, _NUMBERS.__getitem__)


def _flag(header: str) -> _Field:
    return _Field(header, flag)


def _is(value: bool) -> _Field:
    return _Field("", lambda _: value)


class _Spec(msgspec.Struct, frozen=True):
    """Which of the model's events an AMI event is, and where its fields come from."""

    kind: Callable[..., e.Event]
    fields: dict[str, _Field]


def _event(kind: Callable[..., e.Event], **fields: _Field) -> _Spec:
    return _Spec(kind, fields)


class _Maker:
    """Makes one kind of the model's event from the frames of one kind of AMI event."""

    __slots__ = ("_conversions", "_kind", "_values", "name")

    def __init__(self, name: str, spec: _Spec) -> None:
        order: tuple[str, ...] = spec.kind.__struct_fields__[1:]  # type: ignore[attr-defined]  # all but `at`
        fields = [spec.fields[name] for name in order]
        self.name = name
        self._kind = spec.kind
        self._values = HeaderReader(
            ["Timestamp", *(field.header for field in fields)], {field.header for field in fields if field.required}
        ).values
        self._conversions = [(at, field.convert) for at, field in enumerate(fields, 1) if field.convert is not None]

    def make(self, frame: bytes, arrival: Micros) -> e.Event:
        """Raises ``HeaderMissing`` or ``NotANumber``."""
        fields: list[Any] = list(self._values(frame))
        fields[0] = micros_of_timestamp(fields[0], arrival)
        for at, convert in self._conversions:
            fields[at] = convert(fields[at])
        return self._kind(*fields)


def _makers(table: dict[str, _Spec]) -> dict[bytes, _Maker]:
    return {name.encode(): _Maker(name, spec) for name, spec in table.items()}


# --- the table --------------------------------------------------------------------------------------------

_IDS = {"uniqueid": _need("Uniqueid"), "linkedid": _need("Linkedid")}
_CHANNEL = {
    "name": _text("Channel"),
    "state": _int("ChannelState"),
    "caller_number": _Field("CallerIDNum", caller_number),
    "caller_name": _Field("CallerIDName", caller_name),
    "context": _text("Context"),
    "exten": _text("Exten"),
    "language": _text("Language"),
}
_DEST = {"dest_uniqueid": _need("DestUniqueid"), "dest_linkedid": _need("DestLinkedid")}
_OFFER = {
    **_IDS,
    "queue": _need("Queue"),
    "member": _need("MemberName"),
    "interface": _text("Interface"),
    "dest_uniqueid": _text("DestUniqueid"),
}
_MEMBER = {
    "queue": _need("Queue"),
    "member": _need("MemberName"),
    "interface": _text("Interface"),
    "state_interface": _text("StateInterface"),
    "status": _int("Status"),
    "paused": _flag("Paused"),
    "pause_reason": _text("PausedReason"),
    "penalty": _int("Penalty"),
    "in_call": _flag("InCall"),
    "last_call": _int("LastCall"),
    "wrapup_s": _int("Wrapuptime"),
    "removed": _is(False),
}


_TABLE: dict[str, _Spec] = {
    "Newchannel": _event(e.ChannelCreated, **_IDS, **_CHANNEL),
    "Newstate": _event(e.ChannelStateChanged, **_IDS, state=_int("ChannelState")),
    "Rename": _event(e.ChannelRenamed, uniqueid=_need("Uniqueid"), name=_need("Newname")),
    "NewCallerid": _event(e.CallerIdChanged, **_IDS, number=_CHANNEL["caller_number"], name=_CHANNEL["caller_name"]),
    "HangupRequest": _event(e.HangupAsked, **_IDS, by_peer=_is(True), cause=_int("Cause")),
    "SoftHangupRequest": _event(e.HangupAsked, **_IDS, by_peer=_is(False), cause=_int("Cause")),
    "Hangup": _event(e.ChannelHungUp, **_IDS, cause=_int("Cause"), cause_text=_text("Cause-txt")),
    "DialBegin": _event(
        e.DialBegan,
        uniqueid=_text("Uniqueid"),
        **_DEST,
        dest_name=_text("DestChannel"),
        dialled=_text("DialString"),
    ),
    "DialEnd": _event(
        e.DialEnded,
        uniqueid=_text("Uniqueid"),
        **_DEST,
        status=_text("DialStatus"),
        dest_name=_text("DestChannel"),
        forward=_text("Forward"),
    ),
    "BridgeEnter": _event(
        e.BridgeEntered,
        **_IDS,
        bridge=_need("BridgeUniqueid"),
        bridge_type=_text("BridgeType"),
        name=_text("Channel"),
    ),
    "BridgeLeave": _event(e.BridgeLeft, **_IDS, bridge=_need("BridgeUniqueid")),
    "BridgeMerge": _event(e.BridgesMerged, kept=_need("ToBridgeUniqueid"), gone=_need("FromBridgeUniqueid")),
    "BridgeDestroy": _event(e.BridgeDestroyed, bridge=_need("BridgeUniqueid")),
    "LocalBridge": _event(e.LocalBridged, one=_need("LocalOneUniqueid"), two=_need("LocalTwoUniqueid")),
    "Hold": _event(e.PhoneHeld, **_IDS, held=_is(True)),
    "Unhold": _event(e.PhoneHeld, **_IDS, held=_is(False)),
    "MixMonitorStart": _event(e.RecordingChanged, **_IDS, running=_is(True)),
    "MixMonitorStop": _event(e.RecordingChanged, **_IDS, running=_is(False)),
    "MixMonitorMute": _event(e.RecordingMuted, **_IDS, muted=_flag("State")),
    "MusicOnHoldStart": _event(e.MusicChanged, **_IDS, music=_need("Class")),
    "MusicOnHoldStop": _event(e.MusicChanged, **_IDS, music=_Field("", lambda _: "")),
    "BlindTransfer": _event(
        e.BlindTransferred,
        by=_need("TransfererUniqueid"),
        by_linkedid=_need("TransfererLinkedid"),
        whom=_text("TransfereeUniqueid"),
        context=_text("Context"),
        exten=_text("Extension"),
        result=_text("Result"),
    ),
    "AttendedTransfer": _event(
        e.AttendedTransferred,
        by_first=_need("OrigTransfererUniqueid"),
        first_linkedid=_need("OrigTransfererLinkedid"),
        by_second=_need("SecondTransfererUniqueid"),
        second_linkedid=_need("SecondTransfererLinkedid"),
        whom=_text("TransfereeUniqueid"),
        target=_text("TransferTargetUniqueid"),
        result=_text("Result"),
    ),
    "QueueCallerJoin": _event(e.QueueJoined, **_IDS, queue=_need("Queue"), position=_int("Position")),
    "QueueCallerLeave": _event(e.QueueLeft, **_IDS, queue=_need("Queue")),
    "QueueCallerAbandon": _event(e.QueueAbandoned, **_IDS, queue=_need("Queue")),
    "AgentCalled": _event(e.OfferMade, **(_OFFER | _DEST), dest_name=_text("DestChannel")),
    "AgentConnect": _event(e.OfferConnected, **_OFFER),
    "AgentRingNoAnswer": _event(e.OfferUnanswered, **_OFFER),
    "AgentDump": _event(e.OfferDumped, **_OFFER),
    # Asynchronous: either channel can be gone by then, and its headers with it (seen on Asterisk 22.10).
    "AgentComplete": _event(
        e.OfferCompleted,
        **(_OFFER | {name: _text(field.header) for name, field in _IDS.items()}),
        reason=_text("Reason"),
    ),
    "QueueMemberStatus": _event(e.MemberChanged, **_MEMBER),
    "QueueMemberAdded": _event(e.MemberChanged, **_MEMBER),
    "QueueMemberPause": _event(e.MemberChanged, **_MEMBER),
    "QueueMemberPenalty": _event(e.MemberChanged, **_MEMBER),
    "QueueMemberRinginuse": _event(e.MemberChanged, **_MEMBER),
    "QueueMemberRemoved": _event(e.MemberChanged, **(_MEMBER | {"removed": _is(True)})),
    "PeerStatus": _event(e.EndpointChanged, endpoint=_need("Peer"), status=_need("PeerStatus")),
    "Registry": _event(
        e.RegistrationChanged, account=_need("Username"), server=_text("Domain"), status=_need("Status")
    ),
    "OriginateResponse": _event(
        e.Originated, uniqueid=_need("Uniqueid"), answered=_Field("Response", succeeded), reason=_int("Reason")
    ),
}


# Our dialplan's own words; dialplans/README.md is the contract.
_USER_TABLE: dict[str, _Spec] = {
    "ZtEntry": _event(
        e.CallEntered,
        **_IDS,
        trunk=_text("Trunk"),
        dialled=_text("Dialled"),
        recording=_text("Recording"),
        notice=_text("Notice"),
    ),
    "ZtQueueEnd": _event(e.QueueEnded, **_IDS, queue=_text("Queue"), status=_text("Status"), key=_text("Key")),
    "ZtRefused": _event(e.CallRefused, **_IDS, trunk=_text("Trunk"), dialled=_text("Dialled"), reason=_text("Reason")),
    "ZtClosure": _event(e.ClosureTold, **_IDS, state=_text("State"), by=_text("By"), until_s=_int("Until")),
    "ZtExpect": _event(e.WaitTold, **_IDS, queue=_text("Queue"), minutes=_int("Minutes")),
    "ZtDuty": _event(e.DutyCalled, **_IDS, mobile=_text("Mobile")),
    "ZtPromise": _event(e.CallBackPromised, **_IDS, why=_text("Why"), state=_text("State")),
    "ZtEnd": _event(
        e.CallerLegEnded,
        **_IDS,
        queue=_text("Queue"),
        status=_text("Status"),
        cause=_int("Cause"),
        source=_text("Source"),
    ),
    "ZtCallback": _event(
        e.CallBackBegan,
        **_IDS,
        entry=_text("Entry"),
        attempt=_text("Attempt"),
        trunk=_text("Trunk"),
        dialled=_text("Dialled"),
        recording=_text("Recording"),
    ),
    "ZtNotice": _event(
        e.NoticeTold,
        **_IDS,
        how=_text("How"),
        language=_text("Language"),
        length=_Field("Length", micros_of_ms),
    ),
    "ZtOut": _event(
        e.CallWentOut,
        **_IDS,
        purpose=_text("Purpose"),
        number=_text("Number"),
        agent=_text("Agent"),
        trunk=_text("Trunk"),
        recording=_text("Recording"),
    ),
    "ZtOutRefused": _event(
        e.OutRefused,
        **_IDS,
        purpose=_text("Purpose"),
        number=_text("Number"),
        agent=_text("Agent"),
        reason=_text("Reason"),
    ),
    "ZtRecording": _event(e.RecordingTold, **_IDS, state=_text("State"), size=_int("Bytes")),
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
        self._user_events = _makers(_USER_TABLE)

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
