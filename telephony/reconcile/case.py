"""One call on record, and what each book says of it. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from telephony.journal.cdr import CdrRow
from telephony.journal.rows import CelRow, QueueLine
from telephony.model.ids import MICROS_PER_SECOND, Micros, Uniqueid
from telephony.model.terms import Role
from telephony.reconcile.finding import Book, Boot, Damage, Finding, Kind, Reason
from telephony.records.record import CallRecord, Leg

RESOLUTION = Micros(500_000)
"""A record's time and CDR's of one moment are both of the PBX's clock, but taken at two steps of its threads: some 5 ms
apart, and 120 ms on a machine that was short of processor time (measured). Smaller alterations are found by a record's
own contradictions, and by the daily figure."""
INSTANT = 200_000
"""Two things so close may have crossed."""
_SECOND = MICROS_PER_SECOND
_AROUND_CUT = Micros(2 * MICROS_PER_SECOND)


class Witness:
    """CEL on a channel's end: when, and whether its own phone asked for it. It is heard on how to take the words of the
    other books, and where they have none."""

    def __init__(self, rows: Iterable[CelRow] = ()) -> None:
        names: dict[Uniqueid, set[str]] = {}
        self._asked: dict[Uniqueid, bool] = {}
        self._ended: dict[Uniqueid, Micros] = {}
        for row in rows:
            names.setdefault(row.uniqueid, set()).add(row.name)
            if row.event == "HANGUP":
                self._asked[row.uniqueid] = row.detail("hangupsource") in names[row.uniqueid]
                self._ended[row.uniqueid] = row.at

    def asked(self, uniqueid: Uniqueid) -> bool | None:
        """Whether the phone behind this channel hung up itself; None when CEL does not tell."""
        return self._asked.get(uniqueid)

    def ended(self, uniqueid: Uniqueid) -> Micros | None:
        """When this channel was hung up; None when CEL does not tell."""
        return self._ended.get(uniqueid)


@dataclass(slots=True)
class Visit:
    """A stay in a queue as queue_log tells it. ``end`` is its last line before an agent's talk, ``finish`` that of the
    talk."""

    callid: str
    queue: str
    entered: QueueLine | None
    tries: list[QueueLine] = field(default_factory=list)
    end: QueueLine | None = None
    finish: QueueLine | None = None


class Case(msgspec.Struct, frozen=True):
    """``cut``: the start of the PBX before which this call was ended by the PBX's own end."""

    record: CallRecord
    lines: tuple[QueueLine, ...]
    rows: tuple[CdrRow, ...]
    witness: Witness
    cut: Boot | None = None
    damages: tuple[Damage, ...] = ()

    @property
    def caller(self) -> Uniqueid:
        """The channel that the call began with."""
        legs = [leg for leg in self.record.legs if leg.role is Role.CALLER] or list(self.record.legs)
        return legs[0].uniqueid if legs else next(iter(self.record.uniqueids), Uniqueid(""))

    @property
    def own_rows(self) -> list[CdrRow]:
        """The rows of the caller's channel, in order."""
        return sorted((row for row in self.rows if row.uniqueid == self.caller), key=lambda row: row.sequence)

    def leg(self, uniqueid: Uniqueid) -> Leg | None:
        """A leg of the record."""
        return next((leg for leg in self.record.legs if leg.uniqueid == uniqueid), None)

    def torn(self, book: Book, at: Micros | None) -> bool:
        """Whether a row of that time may be among bytes of this book that cannot be read."""
        mine = [damage for damage in self.damages if damage.book == book.value]
        return at is not None and any(damage.covers(at, _SECOND) for damage in mine)

    def no_row(self, book: Book, what: str, recorded: object, at: Micros | None, because: Reason | None) -> Finding:
        """The book has no row of something on record."""
        if because is None and self.torn(book, at):
            because = Reason.TORN
        return Finding(Kind.NO_ROW, book, what, shown(recorded), None, because)

    @property
    def killed(self) -> Reason | None:
        """Why the end of this call may be in no book."""
        return None if self.cut is None else Reason.PBX_KILLED

    def differs(self, book: Book, what: str, recorded: object, told: object, because: Reason | None = None) -> Finding:
        """Record and book do not agree. What the record calls a guess may differ."""
        fields = what.rpartition(".")[2].split(" + ")
        if because is None and any(field in self.record.estimated for field in fields):
            because = Reason.ESTIMATED
        return Finding(Kind.DIFFERS, book, what, shown(recorded), shown(told), because)


def visits_of(lines: Sequence[QueueLine]) -> list[Visit]:
    """The stays that these lines of one call tell of, in their order."""
    visits: list[Visit] = []
    current: dict[str, Visit] = {}
    for line in lines:
        if line.event == "ENTERQUEUE" or line.callid not in current:
            visit = Visit(line.callid, line.queue, line if line.event == "ENTERQUEUE" else None)
            if line.event not in FINISHES:
                visits.append(visit)
            current[line.callid] = visit
        _take(current[line.callid], line)
    return visits


FINISHES = frozenset(("COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "ATTENDEDTRANSFER"))
_TRIES = frozenset(("CONNECT", "RINGNOANSWER", "RINGCANCELED"))
_ENDS = frozenset(("CONNECT", "ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY", "WITHDRAW", "AGENTDUMP"))


def _take(visit: Visit, line: QueueLine) -> None:
    if line.event in _TRIES:
        visit.tries.append(line)
    if line.event in _ENDS:
        visit.end = line
    elif line.event in FINISHES:
        visit.finish = line


def cut_of(record: CallRecord, boots: Iterable[Boot]) -> Boot | None:
    """The start of the PBX that this call's end belongs to: it was the PBX that ended."""
    return next((boot for boot in boots if _is_cut(record, boot)), None)


def _is_cut(record: CallRecord, boot: Boot) -> bool:
    return record.received_at < boot.at + _SECOND and (
        boot.alive - _AROUND_CUT <= record.ended_at <= boot.at + _AROUND_CUT
    )


def in_second(at: Micros, line: QueueLine) -> bool:
    """Whether this moment can be that of the line: its second, give or take one (journal-facts: a coarse clock)."""
    return abs(at // _SECOND - line.second) <= 1


def near(one: Micros, other: Micros) -> bool:
    """Whether two times of microseconds can be of one moment."""
    return abs(one - other) <= RESOLUTION


def shown(value: object) -> str | None:
    """As findings show it."""
    return None if value is None else str(value)


def by_leg(record: CallRecord) -> Mapping[str, Uniqueid]:
    """The record's channels by name."""
    return {leg.name: leg.uniqueid for leg in record.legs}


def unmatched(count: int, used: Iterable[int]) -> Iterator[int]:
    """The indexes below ``count`` that were not used."""
    taken = set(used)
    return (index for index in range(count) if index not in taken)
