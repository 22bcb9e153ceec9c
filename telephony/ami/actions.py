"""What we may ask of a PBX: typed actions, and the reply. Pure.

A field is the AMI header of the same name (``extra_channel`` → ``ExtraChannel``; Asterisk does not mind the case).
Empty fields are left out. ``lists`` says that the reply is a list of events ended by ``…Complete``; all others are
answered by one ``Response``. Classes of rights (manager.conf ``write=``) stand at each action.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import ClassVar

import msgspec

from telephony.errors import AmiInputRefused

Fields = Iterable[tuple[str, str]]


class Action(msgspec.Struct, frozen=True, rename="pascal"):
    """Base of all actions. ``name`` is the AMI action; a subclass without one is named as its class."""

    name: ClassVar[str] = ""
    lists: ClassVar[bool] = False

    def __init_subclass__(cls, **_: object) -> None:
        if "name" not in cls.__dict__:
            cls.name = cls.__name__

    def fields(self) -> list[tuple[str, str]]:
        """The AMI headers, without ``Action`` and ``ActionID``."""
        values = ((header, getattr(self, field)) for field, header in _headers(type(self)))
        return [(header, _text(value)) for header, value in values if value not in ("", None)]


@cache
def _headers(kind: type[Action]) -> list[tuple[str, str]]:
    return [(field.name, field.encode_name) for field in msgspec.structs.fields(kind)]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Reply(msgspec.Struct, frozen=True):
    """What the PBX answered. ``items`` are the events of a list, without the closing one; ``output`` the lines of
    a ``Command``."""

    headers: dict[str, str]
    items: tuple[dict[str, str], ...] = ()
    output: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return self.headers.get("Message", "")

    @property
    def failed(self) -> bool:
        """Whether the PBX refused or could not do it."""
        return self.headers.get("Response") not in ("Success", "Follows", "Goodbye")


# --- asking ----------------------------------------------------------------------------------------------


class Ping(Action, frozen=True):
    """No right needed. Answers with the PBX's time (``Timestamp``)."""


class CoreSettings(Action, frozen=True):
    """system or reporting. Versions and the system name."""


class CoreStatus(Action, frozen=True):
    """system or reporting. When the PBX started, in its local time."""


class CoreShowChannels(Action, frozen=True):
    """system or reporting."""

    lists = True


class Getvar(Action, frozen=True):
    """call or reporting. A function's value, such as ``DEVICE_STATE(PJSIP/trunk-carrier)``, or a variable's: of a
    channel, or a global one."""

    variable: str
    channel: str = ""


class DBGet(Action, frozen=True):
    """system or reporting. One value of AstDB, as the list's one ``Val``; refused where there is none. (``Getvar`` of
    ``DB(…)`` gives nothing: seen on 22.10.)"""

    lists = True

    family: str
    key: str


class ShowDialPlan(Action, frozen=True):
    """config or reporting. Refused where there is no such place. Without an extension the whole context with what it
    includes, without a context all of them."""

    lists = True

    context: str = ""
    extension: str = ""


class DBGetTree(Action, frozen=True):
    """system or reporting. All values of a family of AstDB, as items with ``Key`` and ``Val``."""

    lists = True

    family: str


class QueueStatus(Action, frozen=True):
    """No right needed. All queues with members and waiting callers, or one of them."""

    lists = True

    queue: str = ""


class QueueRule(Action, frozen=True):
    """No right needed. The penalty rules of queuerules.conf, as repeated headers of the one response: ``RuleList`` is
    the name of the last one, and missing where there is none."""


class ConfbridgeList(Action, frozen=True):
    """reporting. Who is in this conference, each with ``Muted``; refused where there is none of the name."""

    lists = True

    conference: str


# --- calls -----------------------------------------------------------------------------------------------


def _one_channel(name: str, field: str) -> None:
    """AMI ``Hangup`` takes ``/…/`` for a regular expression over all channels."""
    if not name or name.startswith("/"):
        raise AmiInputRefused(f"{field}: {name!r:.80} is not the name of one channel")


class Hangup(Action, frozen=True):
    """system or call. ``cause`` is Q.850; 16 = normal clearing."""

    channel: str
    cause: int = 16

    def __post_init__(self) -> None:
        _one_channel(self.channel, "Channel")


class Redirect(Action, frozen=True):
    """call. Sends a channel, and another with it, to a place in the dialplan. Answers Success even where that
    place does not exist, and then the calls are lost: check the dialplan first, and watch the events."""

    channel: str
    context: str
    exten: str
    priority: int = 1
    extra_channel: str = ""
    extra_context: str = ""
    extra_exten: str = ""
    extra_priority: int | None = None

    def __post_init__(self) -> None:
        _one_channel(self.channel, "Channel")


class BlindTransfer(Action, frozen=True):
    """call. Sends whoever is in a bridge of two with ``channel`` to a place in the dialplan, as that phone's own blind
    transfer would; ``channel`` leaves. Refused where the bridge allows none (a conference)."""

    channel: str
    context: str
    exten: str

    def __post_init__(self) -> None:
        _one_channel(self.channel, "Channel")


class ConfbridgeKick(Action, frozen=True):
    """call. Sends everybody (``all``) out of a room, each on in the dialplan. Refused where there is no such room."""

    conference: str
    channel: str = "all"


class ConfbridgeMute(Action, frozen=True):
    """call. The others in the room hear this channel no longer. Refused where there is no such room, or it is not in
    it."""

    conference: str
    channel: str

    def __post_init__(self) -> None:
        _one_channel(self.channel, "Channel")


class ConfbridgeUnmute(Action, frozen=True):
    """call. They hear it again."""

    conference: str
    channel: str

    def __post_init__(self) -> None:
        _one_channel(self.channel, "Channel")


class Originate(Action, frozen=True):
    """originate. Rings ``channel`` (such as ``PJSIP/1001``) and sends it to ``context``/``exten`` once it answers.
    Always asynchronous: the reply says only that it was queued, an ``OriginateResponse`` event and the channel's
    own events say the rest. ``timeout`` is in milliseconds. ``channel_id`` becomes the channel's Uniqueid."""

    channel: str
    context: str
    exten: str
    timeout: int
    priority: int = 1
    caller_id: str = msgspec.field(default="", name="CallerID")
    channel_id: str = ""
    other_channel_id: str = ""
    variables: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if "/" not in self.channel or len(self.channel.encode()) > 255:
            raise AmiInputRefused(f"Channel: {self.channel!r:.80} is not a technology, a slash and a phone")

    def fields(self) -> list[tuple[str, str]]:
        plain = [(header, value) for header, value in super().fields() if header != "Variables"]
        return [*plain, ("Async", "true"), *(("Variable", _variable(*pair)) for pair in self.variables)]


_VARIABLE = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]*")
_SEPARATORS = re.compile(r'([\\,"()\[\]])')


def _variable(name: str, value: str) -> str:
    """Asterisk splits this header at commas, as it splits an application's arguments (``man_do_variable_value``),
    so what has a meaning there is escaped."""
    if not _VARIABLE.fullmatch(name):
        raise AmiInputRefused(f"Variable: {name!r:.60} is not the name of a channel variable")
    return f"{name}=" + _SEPARATORS.sub(r"\\\1", value)


class Setvar(Action, frozen=True):
    """call. Sets a channel's variable, or a global one when ``channel`` is empty."""

    variable: str
    value: str
    channel: str = ""


class UserEvent(Action, frozen=True):
    """user. ``body`` becomes headers of the event."""

    user_event: str
    body: tuple[tuple[str, str], ...] = ()

    def fields(self) -> list[tuple[str, str]]:
        return [("UserEvent", self.user_event), *self.body]


class MixMonitorMute(Action, frozen=True):
    """system or call. The channel's recorders write silence (``state`` 1) or voices (0). Answers Success also
    where there is no recorder; the event tells how many there were."""

    channel: str
    state: int
    direction: str = "both"

    def __post_init__(self) -> None:
        _one_channel(self.channel, "Channel")


class PlayDTMF(Action, frozen=True):
    """call. Presses a key for the channel, as if its own phone had (``receive``). ``duration`` is in milliseconds."""

    channel: str
    digit: str
    duration: int = 50
    receive: bool = True

    def __post_init__(self) -> None:
        _one_channel(self.channel, "Channel")


class MessageSend(Action, frozen=True):
    """message. A SIP MESSAGE, such as to ``pjsip:1001``; its body in base64, of 1300 bytes at most (main/message.c)."""

    to: str
    base64_body: str


class ControlPlayback(Action, frozen=True):
    """call. ``stop`` ends what a channel is playing, and so makes app_queue look again at a caller who waits."""

    channel: str
    control: str = "stop"

    def __post_init__(self) -> None:
        _one_channel(self.channel, "Channel")


class PjsipNotify(Action, frozen=True):
    """system. A NOTIFY within the dialog of a PJSIP channel: ``talk`` has a phone that knows it pick up."""

    name = "PJSIPNotify"

    channel: str
    event: str

    def __post_init__(self) -> None:
        _one_channel(self.channel, "Channel")

    def fields(self) -> list[tuple[str, str]]:
        return [("Channel", self.channel), ("Variable", f"Event={self.event}")]


# --- callers who wait ------------------------------------------------------------------------------------


class QueueChangePriorityCaller(Action, frozen=True):
    """No right needed. ``immediate``: the line is put in order at once. No event tells of it."""

    queue: str
    caller: str  # name of the channel
    priority: int
    immediate: str = "yes"


class QueueWithdrawCaller(Action, frozen=True):
    """No right needed. Queue() ends for this caller with QUEUESTATUS WITHDRAW; ``withdraw_info`` is then in
    QUEUE_WITHDRAW_INFO. While a member's phone rings for them, nothing ends before it has stopped."""

    queue: str
    caller: str
    withdraw_info: str = ""


# --- queue members ---------------------------------------------------------------------------------------


class QueueAdd(Action, frozen=True):
    """agent. Signs a member in."""

    queue: str
    interface: str
    member_name: str
    penalty: int = 0
    paused: bool = False
    state_interface: str = ""


class QueueRemove(Action, frozen=True):
    """agent. Signs a member out."""

    queue: str
    interface: str


class QueuePenalty(Action, frozen=True):
    """agent. Of a member in one queue, or in all when ``queue`` is empty."""

    interface: str
    penalty: int
    queue: str = ""


class QueuePause(Action, frozen=True):
    """agent. Pauses a member in one queue, or in all when ``queue`` is empty."""

    interface: str
    paused: bool
    reason: str = ""
    queue: str = ""
