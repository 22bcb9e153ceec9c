"""What a caller met because of the desks: a rating, a limit on the number, an agent kept for them, a silent line.
Mutable, owned by the tracker alone; and the events that tell of it. Pure."""

from dataclasses import dataclass

import msgspec

from telephony.model.events import ChannelEvent
from telephony.model.ids import CallId, MemberName, Micros, QueueName
from telephony.model.local import LocalEvent

KEPT_QUEUE = "zt-sticky-"
"""Before the name of a queue: the line in which one caller at a time has one agent's phone rung before all others'.
Whoever waits there waits in that queue (dialplans/README.md, Sticky routing)."""


def queue_behind(name: str) -> QueueName:
    """The queue whose caller waits in the line of this name."""
    return QueueName(name.removeprefix(KEPT_QUEUE))


@dataclass(slots=True)
class Kept:
    """The phone of ``agent`` alone is rung, from ``at`` to ``until``."""

    agent: MemberName
    queue: QueueName
    at: Micros
    until: Micros | None = None


class Met(msgspec.Struct, gc=False):
    """``spoke`` None: nobody listened whether the caller gives a sound."""

    rating_asked: bool = False
    rating: int | None = None
    rated: str = ""  # the agent
    limited: str = ""
    kept: Kept | None = None
    spoke: bool | None = None
    silent: bool = False


class RatingTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtRating``: the caller is ``asked``, or has ``given`` ``value``, 1 to 5, to ``agent``."""

    state: str
    value: int
    agent: str


class LimitTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtLimit``: the caller's number is limited, thus: low-priority, one-call, refuse."""

    how: str


class KeptTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtSticky``: the phone of ``agent`` alone is ``offered`` the caller, or has ``passed``."""

    queue: QueueName
    agent: MemberName
    state: str


class CallerSpoke(ChannelEvent, frozen=True, gc=False):
    """AMI ``ChannelTalkingStart``: the first sound after a silence, where somebody listens."""


class CallerListenedTo(LocalEvent, frozen=True, gc=False):
    """The PBX tells from now on when the caller gives a sound; who gives none for ``after`` microseconds is silent."""

    call_id: CallId
    after: int
