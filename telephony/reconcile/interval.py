"""Records and books of one interval, call by call. Pure.

Lines and rows find their record by the names of channels. What finds none is a call that is not on record: all that one
conversation left behind is one such call, or one for each citizen in it. A call belongs to the interval in which it
began.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from telephony.journal.cdr import CdrRow
from telephony.journal.rows import QueueLine
from telephony.model.ids import MICROS_PER_SECOND, Micros, Uniqueid
from telephony.model.names import trunk_of
from telephony.reconcile import by_cdr, by_itself, by_queue_log
from telephony.reconcile.case import Case, Witness, cut_of
from telephony.reconcile.finding import Book, Boot, CallFindings, Counts, Damage, Finding, Kind, Report
from telephony.records.query import Damaged
from telephony.records.record import CallRecord

SETTLE = Micros(10 * MICROS_PER_SECOND)
"""What ended so lately may be missing from records or books as yet."""
_SLACK = Micros(2 * MICROS_PER_SECOND)


class Told(msgspec.Struct, frozen=True):
    """What the books hold that was written from the interval's beginning until its last call's end; ``witness`` is None
    without CEL. ``elsewhere`` are channels of calls on record that are none of the records at hand: they began in
    another interval, or their records are ``damaged``, of which there is nothing to compare."""

    lines: Sequence[QueueLine]
    rows: Sequence[CdrRow]
    boots: Sequence[Boot]
    damages: Sequence[Damage]
    witness: Witness | None
    elsewhere: Collection[str] = ()
    damaged: Sequence[Damaged] = ()


class Span(msgspec.Struct, frozen=True):
    """Calls that began from ``since`` to before ``until``, looked at ``now``."""

    since: Micros
    until: Micros
    now: Micros


@dataclass(slots=True)
class _Share:
    """What the books have of one record."""

    record: CallRecord
    lines: list[QueueLine] = field(default_factory=list)
    rows: list[CdrRow] = field(default_factory=list)


def reconcile(records: Sequence[CallRecord], told: Told, span: Span) -> Report:
    """Every difference between ``records`` (of the interval) and the books."""
    kept, doubled = _doubles(records)
    shares = {record.call_id: _Share(record) for record in kept}
    strangers = _deal(shares.values(), told)
    settled = [share for share in shares.values() if share.record.ended_at < span.now - SETTLE]
    found = [each for share in settled if (each := _judge(share, told)).findings]
    lost, under_way = _lost(strangers, told, span)
    unread = [_unreadable(each) for each in told.damaged]
    calls = sorted([*found, *lost, *doubled, *unread], key=lambda call: (call.at, call.uniqueid))
    unexplained = sum(not call.explained for call in calls)
    explained = len(found) - sum(not call.explained for call in found)
    counts = Counts(
        records=len(records) + len(unread),
        queue_log=sum(bool(share.lines) for share in shares.values()) + _telling(strangers, span, "lines"),
        cdr=sum(bool(share.rows) for share in shares.values()) + _telling(strangers, span, "rows"),
        agreed=len(settled) - len(found),
        explained=explained,
        unexplained=unexplained,
        unsettled=len(shares) - len(settled) + under_way,
    )
    return Report(span.since, span.until, counts, tuple(calls), tuple(told.damages), told.witness is not None)


def _judge(share: _Share, told: Told) -> CallFindings:
    case = Case(
        record=share.record,
        lines=tuple(share.lines),
        rows=tuple(share.rows),
        witness=told.witness or Witness(),
        cut=cut_of(share.record, told.boots),
        damages=tuple(told.damages),
    )
    findings = (*by_itself.compare(case), *by_queue_log.compare(case), *by_cdr.compare(case))
    return CallFindings(share.record.call_id, case.caller, share.record.received_at, findings)


# --- records ----------------------------------------------------------------------------------------------


def _doubles(records: Sequence[CallRecord]) -> tuple[list[CallRecord], list[CallFindings]]:
    """Records that tell of a channel that an earlier one tells of too are set aside, and named."""
    kept: list[CallRecord] = []
    doubled: list[CallFindings] = []
    owners: defaultdict[str, list[CallRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda each: (each.received_at, each.call_id)):
        first = next(
            (other for channel in record.uniqueids for other in owners[channel] if _overlap(other, record)), None
        )
        if first is None:
            kept.append(record)
            for channel in record.uniqueids:
                owners[channel].append(record)
        else:
            finding = Finding(Kind.DOUBLED, Book.RECORDS, "call_id", record.call_id, first.call_id)
            channel = next(iter(record.uniqueids), Uniqueid(""))
            doubled.append(CallFindings(record.call_id, channel, record.received_at, (finding,)))
    return kept, doubled


def _unreadable(damaged: Damaged) -> CallFindings:
    finding = Finding(Kind.UNREADABLE, Book.RECORDS, "call_id", damaged.call_id, damaged.why)
    return CallFindings(damaged.call_id, "", damaged.received_at, (finding,))


def _overlap(one: CallRecord, other: CallRecord) -> bool:
    """A Uniqueid that comes again after a restart is of another time."""
    return one.received_at <= other.ended_at + _SLACK and other.received_at <= one.ended_at + _SLACK


# --- whose is it? -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Stranger:
    """A conversation that no record tells of."""

    lines: list[QueueLine] = field(default_factory=list)
    rows: list[CdrRow] = field(default_factory=list)

    @property
    def began(self) -> Micros | None:
        """When it began; None when the book's part that was read has not its beginning."""
        if self.rows:
            return min(row.start for row in self.rows)
        entered = [line.at for line in self.lines if line.event == "ENTERQUEUE"]
        return min(entered, default=None)


def _deal(shares: Iterable[_Share], told: Told) -> list[_Stranger]:
    """Give each line and row to its record's share; the rest, by conversation."""
    owners: defaultdict[str, list[_Share]] = defaultdict(list)
    for share in shares:
        for channel in dict.fromkeys((*share.record.uniqueids, *(leg.uniqueid for leg in share.record.legs))):
            owners[channel].append(share)
    strangers = _Strangers(told.elsewhere, told.boots)
    for line in told.lines:
        if "." not in line.callid:
            continue
        if (owner := _owner(owners.get(line.callid, ()), line.at)) is not None:
            owner.lines.append(line)
        else:
            strangers.line(line)
    for row in told.rows:
        if (owner := _owner(owners.get(row.uniqueid, ()), row.start)) is not None:
            owner.rows.append(row)
        else:
            strangers.row(row)
    return strangers.all()


def _owner(shares: Sequence[_Share], at: Micros) -> _Share | None:
    begun = [share for share in shares if share.record.received_at <= at + _SLACK]
    return max(begun or shares, key=lambda share: share.record.received_at, default=None)


class _Strangers:
    """Conversations, closed under the channels and Linkedids that their rows name. A channel's name comes again after
    each start of the PBX."""

    def __init__(self, elsewhere: Collection[str], boots: Iterable[Boot]) -> None:
        self._elsewhere = elsewhere
        self._boots = sorted(boot.at for boot in boots)
        self._over: dict[str, str] = {}  # a key → another of the same conversation; itself at the top
        self._lines: list[tuple[str, QueueLine]] = []
        self._rows: list[tuple[str, CdrRow]] = []

    def line(self, line: QueueLine) -> None:
        key = self._tie(line.callid, line.field(1) if line.event == "CONNECT" else "")
        self._lines.append((key, line))

    def row(self, row: CdrRow) -> None:
        run = bisect_right(self._boots, row.start)
        names = [f"{run} {name}" for name in (row.channel, row.dst_channel) if name]
        key = self._tie(row.uniqueid, row.linkedid, *names)
        self._rows.append((key, row))

    def _tie(self, first: str, *others: str) -> str:
        top = self._top(first)
        for other in others:
            if other:
                self._over[self._top(other)] = top
        return first

    def _top(self, key: str) -> str:
        while (over := self._over.setdefault(key, key)) != key:
            self._over[key] = self._over[over]  # shorter, the next time
            key = over
        return key

    def all(self) -> list[_Stranger]:
        found: defaultdict[str, _Stranger] = defaultdict(_Stranger)
        known = {self._top(key) for key in self._elsewhere if key in self._over}
        for key, line in self._lines:
            found[self._top(key)].lines.append(line)
        for key, row in self._rows:
            found[self._top(key)].rows.append(row)
        return [one for top, one in found.items() if top not in known]


# --- calls without a record -------------------------------------------------------------------------------


def _citizens(conversation: _Stranger) -> list[_Stranger]:
    """A conversation by its citizens: two who were connected called twice, and each lost call counts."""
    callers = list(dict.fromkeys(row.uniqueid for row in conversation.rows if trunk_of(row.channel)))
    if len(callers) < 2:
        return [conversation]
    calls = {caller: _Stranger() for caller in callers}
    for row in conversation.rows:
        calls.get(row.uniqueid, calls[callers[0]]).rows.append(row)
    for line in conversation.lines:
        calls.get(Uniqueid(line.callid), calls[callers[0]]).lines.append(line)
    return list(calls.values())


def _within(strangers: Iterable[_Stranger], span: Span) -> Iterator[tuple[Micros, _Stranger]]:
    for one in (citizen for conversation in strangers for citizen in _citizens(conversation)):
        began = one.began
        if began is not None and span.since <= began < span.until:
            yield began, one


def _telling(strangers: Iterable[_Stranger], span: Span, book: str) -> int:
    return sum(bool(getattr(one, book)) for _, one in _within(strangers, span))


def _lost(strangers: Iterable[_Stranger], told: Told, span: Span) -> tuple[list[CallFindings], int]:
    lost: list[CallFindings] = []
    under_way = 0
    for began, one in _within(strangers, span):
        if _is_under_way(one, began, told, span):
            under_way += 1
        else:
            lost.append(CallFindings(None, _name(one), began, tuple(_missing(one))))
    return lost, under_way


def _is_under_way(one: _Stranger, began: Micros, told: Told, span: Span) -> bool:
    """Not over, or just now: CDR has no row as long as it lasts."""
    last = max([*(line.at for line in one.lines), *(row.at for row in one.rows)])
    over = bool(one.rows) or any(began <= boot.at for boot in told.boots) or _is_over(one.lines)
    return last > span.now - SETTLE or not over


_LAST_WORDS = frozenset(("ABANDON", "COMPLETEAGENT", "COMPLETECALLER", "EXITEMPTY", "EXITWITHTIMEOUT", "WITHDRAW"))


def _is_over(lines: Sequence[QueueLine]) -> bool:
    return bool(lines) and lines[-1].event in _LAST_WORDS


def _name(one: _Stranger) -> str:
    """Its first channel."""
    return str(min(one.rows, key=lambda row: row.start).uniqueid) if one.rows else one.lines[0].callid


def _missing(one: _Stranger) -> Iterator[Finding]:
    if one.lines:
        words = " ".join(dict.fromkeys(line.event for line in one.lines))
        yield Finding(Kind.NO_RECORD, Book.QUEUE_LOG, "call", None, words)
    if one.rows:
        words = ", ".join(dict.fromkeys(row.disposition for row in one.rows))
        yield Finding(Kind.NO_RECORD, Book.CDR, "call", None, words)
