"""Stays in queues and the phones rung from them, as both logs tell them together. Pure.

CEL knows when, queue_log knows why, to the second. A stay is an ``APP_START Queue`` that queue_log confirms by its
ENTERQUEUE. Without one the queue did not let the caller in, or it was no stay at all (a masquerade makes one of 0.4
ms), or the line is lost: then it lasted. queue_log's lines of a stay name no leg but in CONNECT: they are matched by
member, order and time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from telephony.journal.rows import CelRow, QueueLine
from telephony.model.ids import MICROS_PER_SECOND, Linkedid, MemberName, Micros, QueueName, Uniqueid
from telephony.model.met import queue_behind
from telephony.model.names import party_of

NEVER_JOINED = frozenset(("JOINEMPTY", "JOINUNAVAIL", "FULL"))
RING_NO_ANSWER, RING_CANCELED = "RINGNOANSWER", "RINGCANCELED"
_STATUS_OF = {
    "EXITWITHTIMEOUT": "TIMEOUT",
    "EXITEMPTY": "LEAVEEMPTY",
    "EXITWITHKEY": "EXITKEY",
    "WITHDRAW": "WITHDRAW",
}
"""queue_log's word → QUEUESTATUS, for a dialplan that does not say it."""
_PROOFS = frozenset(
    (*("ENTERQUEUE", "CONNECT", "ABANDON", "AGENTDUMP", RING_NO_ANSWER, RING_CANCELED), *_STATUS_OF),
)
"""What is written of who stands in the queue. A transfer's line is not: it can bear the id of a masqueraded channel."""
_SLACK = Micros(2 * MICROS_PER_SECOND)
"""queue_log's clock is coarse: a line can bear the second before (journal-facts §1.1), and floor takes one more."""
_INSTANT = _GIVEN_UP = Micros(MICROS_PER_SECOND // 20)
_IN_QUEUE = "AppQueue"
"""What CEL shows as the application of a channel that app_queue called."""


@dataclass(slots=True)
class Stay:
    """One run of Queue() by one channel."""

    uniqueid: Uniqueid
    linkedid: Linkedid
    queue: QueueName
    start: Micros
    end: Micros | None = None
    entered: bool = False
    status: str = ""  # what our dialplan said of its end
    lines: list[QueueLine] = field(default_factory=list)

    @property
    def lasted(self) -> bool:
        """Whether it was more than an instant: then it was a stay, though its line may be lost."""
        return self.end is None or self.end - self.start > _INSTANT

    @property
    def position(self) -> int:
        """On joining. ENTERQUEUE's data is ``url|number|position``, and the number is the caller's own text."""
        for line in self.lines:
            if line.event == "ENTERQUEUE":
                last = line.data.rpartition("|")[2]
                return int(last) if last.isascii() and last.isdigit() and len(last) < 6 else 0
        return 0

    @property
    def logged_status(self) -> tuple[str, str]:
        """QUEUESTATUS and key as queue_log tells them; empty when it does not."""
        for line in self.lines:
            if line.event in _STATUS_OF:
                return _STATUS_OF[line.event], line.field(0) if line.event == "EXITWITHKEY" else ""
        return "", ""

    def at_the_time(self, line: QueueLine) -> bool:
        """Whether the line can have been written during this stay."""
        end = self.end if self.end is not None else line.at
        return self.start - _SLACK <= line.at <= end + _SLACK


@dataclass(slots=True)
class Ring:
    """One leg that app_queue called. ``verdict`` is queue_log's word of its end, if it has one."""

    uniqueid: Uniqueid
    stay: Stay
    member: MemberName
    verdict: str = ""


def stays_of(rows: Iterable[CelRow], lines: Sequence[QueueLine]) -> list[Stay]:
    """The stays, in order of their beginning, each with its lines. What was none is left out."""
    stays = _started(rows)
    for line in lines:
        _give(stays, line)
    return [stay for stay in stays if stay.entered or stay.status or stay.lasted]


def _started(rows: Iterable[CelRow]) -> list[Stay]:
    """Nobody in a bridge begins to wait: there Queue() goes on after what a key had run meanwhile (a recorder begun
    anew), which CEL shows as its end and another beginning."""
    stays: list[Stay] = []
    running: dict[Uniqueid, Stay] = {}
    bridged: set[Uniqueid] = set()
    for row in rows:
        _move(bridged, row)
        last = running.get(row.uniqueid)
        if row.event == "APP_START" and row.app == "Queue" and last is not None and row.uniqueid in bridged:
            last.end = None
        elif row.event == "APP_START" and row.app == "Queue":
            queue = queue_behind(row.app_data.partition(",")[0])
            stays.append(Stay(row.uniqueid, row.linkedid, queue, row.at))
            running[row.uniqueid] = stays[-1]
        elif last is None:
            continue
        elif row.event in ("APP_END", "HANGUP") and last.end is None:
            last.end = row.at
        elif row.user_event == "ZT_QEND" and not last.status and row.words.get("q", "") == last.queue:
            last.status = row.words.get("s", "")
    return stays


def _move(bridged: set[Uniqueid], row: CelRow) -> None:
    if row.event == "BRIDGE_ENTER":
        bridged.add(row.uniqueid)
    elif row.event in ("BRIDGE_EXIT", "HANGUP"):
        bridged.discard(row.uniqueid)


def _give(stays: list[Stay], line: QueueLine) -> None:
    own = [stay for stay in stays if stay.uniqueid == line.callid and stay.queue == line.queue]
    if line.event == "ENTERQUEUE":
        own = [stay for stay in own if not stay.entered and abs(stay.start - line.at) <= _SLACK]
        chosen = own[0] if own else None
    else:
        own = [stay for stay in own if stay.at_the_time(line)]
        chosen = next((stay for stay in reversed(own) if stay.entered), own[-1] if own else None)
    if chosen is not None:
        chosen.entered = chosen.entered or line.event in _PROOFS
        chosen.lines.append(line)


def rings_of(
    rows: Sequence[CelRow], stays: Sequence[Stay], lines: Iterable[QueueLine], names: Mapping[str, MemberName]
) -> dict[Uniqueid, Ring]:
    """The legs that app_queue called, each with the member and queue_log's verdict. ``names``: endpoint → member."""
    endpoints = {row.uniqueid: party_of(row.name) for row in rows if row.event == "CHAN_START"}
    connects = {line.field(1): line for line in lines if line.event == "CONNECT"}
    known = {**names, **_told_names(endpoints, connects)}
    called = _called_by_queue(rows, connects)
    rings: dict[Uniqueid, Ring] = {}
    for row in rows:
        if row.uniqueid in called and row.uniqueid not in rings and row.event == "CHAN_START":
            stay = _stay_of(row, stays, connects.get(row.uniqueid))
            if stay is not None:
                endpoint = endpoints[row.uniqueid]
                rings[row.uniqueid] = Ring(row.uniqueid, stay, known.get(endpoint, MemberName(endpoint)))
    _judge(rings, rows)
    return rings


def _told_names(endpoints: Mapping[Uniqueid, str], connects: Mapping[str, QueueLine]) -> dict[str, MemberName]:
    """Endpoint → member, where queue_log names both; the member's interface is no name."""
    told = {leg: line.agent for leg, line in connects.items() if "/" not in line.agent}
    return {endpoint: MemberName(told[leg]) for leg, endpoint in endpoints.items() if leg in told}


def _called_by_queue(rows: Sequence[CelRow], connects: Mapping[str, QueueLine]) -> set[str]:
    """The legs that app_queue called: CEL shows it from the answer on, or at the end. Of a leg that has neither, since
    the PBX was killed, it is known if no Dial() can have called it."""
    shown = {row.uniqueid for row in rows if row.app == _IN_QUEUE} | connects.keys()
    begun = [row for row in rows if row.event == "CHAN_START" and row.exten == "s"]
    dialling = any(row.event == "APP_START" and row.app == "Dial" for row in rows)
    spoken = {row.uniqueid for row in rows if row.event != "CHAN_START"}
    return shown | {row.uniqueid for row in begun if row.uniqueid not in spoken and not dialling}


def _stay_of(leg: CelRow, stays: Sequence[Stay], connect: QueueLine | None) -> Stay | None:
    """The stay that this leg was rung from: the latest that was going on, of the same conversation if there is one."""
    if connect is not None:
        told = [stay for stay in stays if any(line is connect for line in stay.lines)]
        if told:
            return told[0]
    going_on = [stay for stay in stays if stay.start <= leg.at and (stay.end is None or leg.at <= stay.end)]
    return max(going_on, key=lambda stay: (stay.linkedid == leg.linkedid, stay.start), default=None)


def _judge(rings: Mapping[Uniqueid, Ring], rows: Iterable[CelRow]) -> None:
    """Give each leg that was not answered its line of queue_log; what has none is judged by the time."""
    answered = {row.uniqueid for row in rows if row.event == "ANSWER"}
    used: set[int] = set()
    for row in rows:
        ring = rings.get(row.uniqueid)
        if ring is None or row.event != "HANGUP" or row.uniqueid in answered:
            continue
        line = next((line for line in ring.stay.lines if id(line) not in used and _tells(line, ring, row)), None)
        if line is not None:
            used.add(id(line))
        given_up = ring.stay.end is not None and ring.stay.end - row.at < _GIVEN_UP
        ring.verdict = line.event if line is not None else RING_CANCELED if given_up else RING_NO_ANSWER


def _tells(line: QueueLine, ring: Ring, hangup: CelRow) -> bool:
    named = line.agent in (ring.member, hangup.name.rpartition("-")[0])
    return named and line.event in (RING_CANCELED, RING_NO_ANSWER) and abs(line.second - hangup.at // 1_000_000) <= 1
