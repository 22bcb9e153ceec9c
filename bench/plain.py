"""The slow, plain way from AMI bytes to changes, to hold the fast one against.

It shares nothing with ``telephony.ami.decode`` but the events themselves: frames by one ``split``, every header of
every frame by ``headers_of``, and a table of its own, written from Asterisk's documentation of its events.
"""

from collections.abc import Callable, Iterator
from typing import Any

from telephony.ami.codec import headers_of
from telephony.model import events as e
from telephony.model.changes import Change
from telephony.model.ids import Micros
from telephony.model.tracker import Tracker

Headers = dict[str, str]
_UNKNOWN = "<unknown>"


def events(data: bytes) -> Iterator[e.Event]:
    """The model's events of a whole stream, greeting and replies left out."""
    for frame in data.split(b"\r\n\r\n"):
        headers = headers_of(frame)
        name = headers.get("Event", "")
        make = _USER.get(headers.get("UserEvent", "")) if name == "UserEvent" else _TABLE.get(name)
        if make is not None:
            yield make(_at(headers), headers)


def changes(data: bytes, tracker: Tracker) -> list[Change]:
    """What the tracker makes of them."""
    return [change for event in events(data) for change in tracker.apply(event)]


# --- values -----------------------------------------------------------------------------------------------


def _at(h: Headers) -> Micros:
    seconds, _, fraction = h["Timestamp"].partition(".")
    return Micros(int(seconds) * 1_000_000 + int(fraction))


def _int(h: Headers, key: str) -> int:
    return int(h.get(key) or 0)


def _known(h: Headers, key: str) -> str:
    value = h.get(key, "")
    return "" if value == _UNKNOWN else value.replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\")


def _ids(h: Headers) -> dict[str, Any]:
    return {"uniqueid": h["Uniqueid"], "linkedid": h["Linkedid"]}


def _texts(h: Headers, **fields: str) -> dict[str, Any]:
    return {field: h.get(key, "") for field, key in fields.items()}


def _offer(h: Headers) -> dict[str, Any]:
    return _ids(h) | _texts(h, queue="Queue", member="MemberName", interface="Interface", dest_uniqueid="DestUniqueid")


# --- events -----------------------------------------------------------------------------------------------

Make = Callable[[Micros, Headers], e.Event]


def _of_channel(kind: Callable[..., e.Event], numbers: str = "", **fields: str) -> Make:
    """An event with a channel's ids, the texts named, and the whole numbers named (``field=Header,…``)."""
    pairs = [pair.split("=") for pair in numbers.split(",") if pair]
    return lambda at, h: kind(at=at, **_ids(h), **_texts(h, **fields), **{field: _int(h, key) for field, key in pairs})


def _fixed(kind: Callable[..., e.Event], fixed: dict[str, Any], numbers: str = "") -> Make:
    pairs = [pair.split("=") for pair in numbers.split(",") if pair]
    return lambda at, h: kind(at=at, **_ids(h), **fixed, **{field: _int(h, key) for field, key in pairs})


def _no_channel(kind: Callable[..., e.Event], **fields: str) -> Make:
    return lambda at, h: kind(at=at, **_texts(h, **fields))


def _of_offer(kind: Callable[..., e.Event], **fields: str) -> Make:
    return lambda at, h: kind(at=at, **_offer(h), **_texts(h, **fields))


def _created(at: Micros, h: Headers) -> e.Event:
    return e.ChannelCreated(
        at=at,
        **_ids(h),
        **_texts(h, name="Channel", context="Context", exten="Exten", language="Language"),
        state=_int(h, "ChannelState"),
        caller_number=_known(h, "CallerIDNum"),
        caller_name=_known(h, "CallerIDName"),
    )


def _caller_id(at: Micros, h: Headers) -> e.Event:
    return e.CallerIdChanged(at=at, **_ids(h), number=_known(h, "CallerIDNum"), name=_known(h, "CallerIDName"))


def _member(at: Micros, h: Headers) -> e.Event:
    return e.MemberChanged(
        at=at,
        **_texts(
            h,
            queue="Queue",
            member="MemberName",
            interface="Interface",
            state_interface="StateInterface",
            pause_reason="PausedReason",
        ),
        status=_int(h, "Status"),
        paused=h.get("Paused") == "1",
        penalty=_int(h, "Penalty"),
        in_call=h.get("InCall") == "1",
        last_call=_int(h, "LastCall"),
        wrapup_s=_int(h, "Wrapuptime"),
        removed=h["Event"] == "QueueMemberRemoved",
    )


_DEST = {"dest_uniqueid": "DestUniqueid", "dest_linkedid": "DestLinkedid"}
_MEMBER_EVENTS = ("Status", "Added", "Removed", "Pause", "Penalty", "Ringinuse")

_TABLE: dict[str, Make] = {
    "Newchannel": _created,
    "Newstate": _of_channel(e.ChannelStateChanged, "state=ChannelState"),
    "Rename": _no_channel(e.ChannelRenamed, uniqueid="Uniqueid", name="Newname"),
    "NewCallerid": _caller_id,
    "HangupRequest": _fixed(e.HangupAsked, {"by_peer": True}, "cause=Cause"),
    "SoftHangupRequest": _fixed(e.HangupAsked, {"by_peer": False}, "cause=Cause"),
    "Hangup": _of_channel(e.ChannelHungUp, "cause=Cause", cause_text="Cause-txt"),
    "DialBegin": _no_channel(e.DialBegan, uniqueid="Uniqueid", **_DEST, dest_name="DestChannel", dialled="DialString"),
    "DialEnd": _no_channel(e.DialEnded, uniqueid="Uniqueid", **_DEST, status="DialStatus"),
    "BridgeEnter": _of_channel(e.BridgeEntered, bridge="BridgeUniqueid", bridge_type="BridgeType", name="Channel"),
    "BridgeLeave": _of_channel(e.BridgeLeft, bridge="BridgeUniqueid"),
    "BridgeMerge": _no_channel(e.BridgesMerged, kept="ToBridgeUniqueid", gone="FromBridgeUniqueid"),
    "BridgeDestroy": _no_channel(e.BridgeDestroyed, bridge="BridgeUniqueid"),
    "LocalBridge": _no_channel(e.LocalBridged, one="LocalOneUniqueid", two="LocalTwoUniqueid"),
    "Hold": _fixed(e.PhoneHeld, {"held": True}),
    "Unhold": _fixed(e.PhoneHeld, {"held": False}),
    "MixMonitorStart": _fixed(e.RecordingChanged, {"running": True}),
    "MixMonitorStop": _fixed(e.RecordingChanged, {"running": False}),
    "MusicOnHoldStart": _of_channel(e.MusicChanged, music="Class"),
    "MusicOnHoldStop": _fixed(e.MusicChanged, {"music": ""}),
    "BlindTransfer": _no_channel(
        e.BlindTransferred,
        by="TransfererUniqueid",
        by_linkedid="TransfererLinkedid",
        whom="TransfereeUniqueid",
        context="Context",
        exten="Extension",
        result="Result",
    ),
    "AttendedTransfer": _no_channel(
        e.AttendedTransferred,
        by_first="OrigTransfererUniqueid",
        first_linkedid="OrigTransfererLinkedid",
        by_second="SecondTransfererUniqueid",
        second_linkedid="SecondTransfererLinkedid",
        whom="TransfereeUniqueid",
        target="TransferTargetUniqueid",
        result="Result",
    ),
    "QueueCallerJoin": _of_channel(e.QueueJoined, "position=Position", queue="Queue"),
    "QueueCallerLeave": _of_channel(e.QueueLeft, queue="Queue"),
    "QueueCallerAbandon": _of_channel(e.QueueAbandoned, queue="Queue"),
    "AgentCalled": _of_offer(e.OfferMade, dest_linkedid="DestLinkedid", dest_name="DestChannel"),
    "AgentConnect": _of_offer(e.OfferConnected),
    "AgentRingNoAnswer": _of_offer(e.OfferUnanswered),
    "AgentDump": _of_offer(e.OfferDumped),
    "AgentComplete": _of_offer(e.OfferCompleted, reason="Reason"),
} | {f"QueueMember{what}": _member for what in _MEMBER_EVENTS}

_USER: dict[str, Make] = {
    "ZtEntry": _of_channel(e.CallEntered, trunk="Trunk", dialled="Dialled", recording="Recording", notice="Notice"),
    "ZtQueueEnd": _of_channel(e.QueueEnded, queue="Queue", status="Status", key="Key"),
    "ZtExpect": _of_channel(e.WaitTold, "minutes=Minutes", queue="Queue"),
    "ZtRefused": _of_channel(e.CallRefused, trunk="Trunk", dialled="Dialled", reason="Reason"),
    "ZtRecording": _of_channel(e.RecordingTold, "size=Bytes", state="State"),
    "ZtNotice": lambda at, h: e.NoticeTold(
        at=at, **_ids(h), **_texts(h, how="How", language="Language"), length=Micros(1000 * _int(h, "Length"))
    ),
    "ZtEnd": _of_channel(e.CallerLegEnded, "cause=Cause", queue="Queue", status="Status", source="Source"),
}
