"""The bridge at a glance, for ``zhitong status`` and for health: what stands, what waits. Pure."""

import msgspec

from telephony.live.alarms import Alarm
from telephony.model.ids import CallId, Micros, QueueName


class Link(msgspec.Struct, frozen=True):
    """``state`` as in ``telephony.ami.link``; ``why`` there is none. ``event_age_ms``: of the slowest event lately.
    ``event_ages``: how many events since the start were how old when all was done, by the classes of ``live.ages``."""

    state: str
    epoch: int
    why: str
    event_age_ms: int
    event_ages: tuple[int, ...] = ()


class Records(msgspec.Struct, frozen=True):
    """Since the start: ``written`` to the database, of which ``rebuilt`` came out of the PBX's own logs; ``refused``
    found the outbox full. ``waiting`` now. ``fill`` of the outbox: 1 is full."""

    store: str
    written: int
    rebuilt: int
    waiting: int
    refused: int
    set_aside: int
    fill: float


class Journal(msgspec.Struct, frozen=True):
    """Calls that are ``due`` wait to be compared with the records; ``behind_s`` since the logs' end was reached."""

    due: int
    behind_s: float
    problem: str | None


class ToSay(msgspec.Struct, frozen=True):
    """An agent whose pick-up cut the notice of the recording: what of it the caller heard."""

    call_id: CallId
    agent: str
    language: str
    heard_ms: int
    length_ms: int


class Waking(msgspec.Struct, frozen=True):
    """What waking does in a queue (``telephony.dispatch``), since the start. ``verdict``: ``on``, or why nobody is
    woken there. Of ``wakes`` the ``useful`` were followed by an offer; the ``wasted`` were not; the ``spare`` were one
    more, lest the first was just leaving; the ``refused`` came when the caller had gone. From free to offered, in
    milliseconds by the PBX's clock, of the newest offers that followed a wake; None before the first."""

    queue: QueueName
    verdict: str
    wakes: int
    useful: int
    wasted: int
    spare: int
    refused: int
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None


class Status(msgspec.Struct, frozen=True):
    """At ``at`` of our wall clock. ``journal`` is None where the PBX's logs are out of reach. ``refused_out``:
    calls over a trunk that the list or the day's limit refused, by agent, since the start. ``waking``: of each queue;
    empty where it is off."""

    at: Micros
    alarms: tuple[Alarm, ...]
    link: Link
    calls: int
    waiting: int
    records: Records
    journal: Journal | None
    to_say: tuple[ToSay, ...] = ()
    refused_out: dict[str, int] = {}
    waking: tuple[Waking, ...] = ()
