"""Whose line is it, what is lost, what is not over yet: by hand-made books."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.journal.cdr import CdrRow
from telephony.journal.rows import QueueLine
from telephony.model.ids import CallId, Linkedid, Micros, QueueName, Uniqueid
from telephony.model.terms import Outcome
from telephony.reconcile.case import Witness
from telephony.reconcile.finding import Boot, Damage, Kind, Reason, Report
from telephony.reconcile.interval import SETTLE, Span, Told, reconcile
from telephony.records.record import CallRecord
from tests.unit.telephony.reconcile import recorded

_SECOND = 1_000_000
DAY = Micros(1_795_400_000 * _SECOND)
SPAN = Span(DAY, Micros(DAY + 86_400 * _SECOND), Micros(DAY + 90_000 * _SECOND))


def at(seconds: float) -> Micros:
    return Micros(DAY + round(seconds * _SECOND))


def line(seconds: int, channel: str, event: str, data: str = "", agent: str = "NONE") -> QueueLine:
    callid = f"pbx1-{channel}" if "." in channel else channel
    return QueueLine(at(seconds) // _SECOND, callid, QueueName("service"), agent, event, data)


def row(begin: float, end: float, channel: str, linked: str = "", dst: str = "", of: str = "trunk-a") -> CdrRow:
    name, linkedid = Uniqueid(f"pbx1-{channel}"), Linkedid(f"pbx1-{linked or channel}")
    return CdrRow(
        *(at(begin), None, at(end), "NO ANSWER", name, linkedid, 1, f"PJSIP/{of}-{channel}", dst),
        *("13800000001", "s", "zt-queue-service", "Queue", "service,ct"),
    )


def told(
    lines: Sequence[QueueLine] = (),
    rows: Sequence[CdrRow] = (),
    boots: Sequence[Boot] = (),
    damages: Sequence[Damage] = (),
    elsewhere: Sequence[str] = (),
) -> Told:
    return Told(lines, rows, boots, damages, Witness(), elsewhere)


def report(records: Sequence[CallRecord], books: Told, span: Span = SPAN) -> Report:
    return reconcile(records, books, span)


# --- calls that are not on record --------------------------------------------------------------------------


def test_all_that_a_lost_call_left_behind_is_one_finding() -> None:
    """Two offers, a transfer's consult with a Linkedid of its own until it merged: one call."""
    rows = [row(1, 2, "7.1", dst="PJSIP/1001-01"), row(3, 9, "7.1", dst="PJSIP/1002-02")]
    rows += [row(4, 5, "7.4", of="1002"), row(5, 9, "7.4", "7.1", of="1002")]
    lines = [line(1, "7.1", "ENTERQUEUE"), line(3, "7.1", "CONNECT", "2|pbx1-7.3|1", "1002")]
    found = report([], told([*lines, line(9, "7.1", "COMPLETECALLER")], rows))
    (call,) = found.calls
    assert (call.call_id, call.uniqueid, call.at) == (None, "pbx1-7.1", at(1))
    assert [(f.kind, f.book.value) for f in call.findings] == [(Kind.NO_RECORD, "queue_log"), (Kind.NO_RECORD, "CDR")]
    assert (found.counts.unexplained, found.counts.queue_log, found.counts.cdr) == (1, 1, 1)


@given(st.sets(st.integers(1, 500), max_size=40))
def test_as_many_findings_as_lost_calls(numbers: set[int]) -> None:
    rows = [row(number, number + 5, f"9.{number}") for number in numbers]
    lines = [each for n in numbers for each in (line(n, f"9.{n}", "ENTERQUEUE"), line(n + 5, f"9.{n}", "ABANDON"))]
    found = report([], told(lines, rows))
    assert found.counts.unexplained == len(numbers) == len(found.calls)
    assert {call.uniqueid for call in found.calls} == {f"pbx1-9.{number}" for number in numbers}


def test_two_citizens_who_were_connected_are_two_lost_calls() -> None:
    rows = [row(1, 4, "7.1", dst="PJSIP/1001-01"), row(4, 6, "7.1", "7.5", dst="PJSIP/trunk-a-7.5"), row(2, 6, "7.5")]
    lines = [line(1, "7.1", "ENTERQUEUE"), line(2, "7.5", "ENTERQUEUE"), line(6, "7.5", "COMPLETECALLER")]
    found = report([], told(lines, rows))
    assert [call.uniqueid for call in found.calls] == ["pbx1-7.1", "pbx1-7.5"]
    assert (found.counts.unexplained, found.counts.queue_log, found.counts.cdr) == (2, 2, 2)


def test_a_channels_name_comes_again_after_a_start_of_the_pbx() -> None:
    again = msgspec.structs.replace(row(100, 105, "9.1"), channel="PJSIP/trunk-a-7.1")
    rows = [row(1, 5, "7.1"), again]
    assert len(report([], told(rows=rows, boots=[Boot(at(50), at(5))])).calls) == 2


def test_lines_of_no_call_are_of_no_call() -> None:
    lines = [line(1, "CLI", "ADDMEMBER"), line(2, "NONE", "CONFIGRELOAD"), line(3, "MANAGER", "PAUSE")]
    assert report([], told(lines)).calls == ()


def test_a_call_of_another_interval_is_not_ours() -> None:
    """By its beginning; and if that was not read, by its record."""
    before = [line(-60, "7.1", "ENTERQUEUE"), line(5, "7.1", "ABANDON")]
    assert report([], told(before, [row(-60, 5, "7.1")])).calls == ()
    assert report([], told([line(5, "7.1", "CONNECT", "1|pbx1-7.2|1"), line(9, "7.1", "COMPLETECALLER")])).calls == ()
    known = told([line(5, "7.1", "ENTERQUEUE"), line(6, "7.1", "ABANDON")], elsewhere=["pbx1-7.1"])
    assert report([], known).calls == ()


def test_a_call_under_way_is_not_lost() -> None:
    talking = [line(100, "7.1", "ENTERQUEUE"), line(101, "7.1", "CONNECT", "1|pbx1-7.2|1", "1001")]
    found = report([], told(talking))
    assert (found.calls, found.counts.unsettled) == ((), 1)
    booted = report([], told(talking, boots=[Boot(at(200), at(150))]))
    assert booted.counts.unexplained == 1, "the PBX was started again since: it is over"


def test_what_ended_this_moment_is_not_lost() -> None:
    now = Micros(at(110) + SETTLE // 2)
    found = report([], told(rows=[row(100, 110, "7.1")]), Span(DAY, at(86_400), now))
    assert (found.calls, found.counts.unsettled) == ((), 1)
    later = report([], told(rows=[row(100, 110, "7.1")]), Span(DAY, at(86_400), Micros(now + SETTLE)))
    assert later.counts.unexplained == 1


# --- records -----------------------------------------------------------------------------------------------


def only(name: str = "caller-ends") -> CallRecord:
    (record,) = recorded.records(name)
    return record


def of_story(name: str = "caller-ends") -> tuple[CallRecord, Told, Span]:
    record, story = only(name), recorded.story(name)
    books = Told(story.lines, story.rows, story.boots(), (), Witness(story.cel or ()))
    day = Micros(record.received_at - _SECOND)
    return record, books, Span(day, Micros(day + 3600 * _SECOND), Micros(day + 7200 * _SECOND))


def test_a_record_that_no_book_knows() -> None:
    record, books, span = of_story()
    bare = msgspec.structs.replace(books, lines=(), rows=())
    (call,) = report([record], bare, span).calls
    assert call.call_id == record.call_id
    assert {(f.kind, f.book.value) for f in call.findings} >= {(Kind.NO_ROW, "queue_log"), (Kind.NO_ROW, "CDR")}
    assert not call.explained


def test_a_torn_row_explains_one_that_is_missing_in_its_time() -> None:
    record, books, span = of_story()
    near = Damage(
        "CDR", "zhitong-cdr.csv", 100, 60, Micros(record.ended_at - _SECOND), Micros(record.ended_at + _SECOND)
    )
    (call,) = report([record], msgspec.structs.replace(books, rows=(), damages=(near,)), span).calls
    assert [finding.because for finding in call.findings] == [Reason.TORN]
    far = msgspec.structs.replace(near, after=Micros(record.ended_at + 60 * _SECOND), before=None)
    assert report([record], msgspec.structs.replace(books, rows=(), damages=(far,)), span).counts.unexplained == 1
    other = msgspec.structs.replace(near, book="queue_log")
    assert report([record], msgspec.structs.replace(books, rows=(), damages=(other,)), span).counts.unexplained == 1


def test_what_the_record_calls_a_guess_may_differ() -> None:
    record, books, span = of_story()
    later = Micros(record.ended_at + 30 * _SECOND)
    guess = msgspec.structs.replace(record, ended_at=later, timeline=(), talk_ms=0, hold_ms=0)
    assert report([guess], books, span).counts.unexplained == 1
    owned = msgspec.structs.replace(guess, estimated=("ended_at", "talk_ms"))
    found = report([owned], books, span)
    assert (found.counts.explained, found.counts.unexplained) == (1, 0)
    assert Reason.ESTIMATED in {f.because for call in found.calls for f in call.findings}


def test_an_outcome_that_nobody_saw_is_a_difference_as_long_as_the_books_tell_it() -> None:
    record, books, span = of_story("gives-up-waiting")
    unseen = msgspec.structs.replace(record, outcome=Outcome.UNOBSERVED, abandoned_in=None)
    assert report([unseen], books, span).counts.unexplained == 1


def test_a_record_of_just_now_is_not_judged() -> None:
    record, books, span = of_story()
    now = Span(span.since, span.until, Micros(record.ended_at + SETTLE // 2))
    found = report([record], msgspec.structs.replace(books, lines=(), rows=()), now)
    assert (found.calls, found.counts.unsettled, found.counts.agreed) == ((), 1, 0)


def test_a_uniqueid_that_comes_again_after_a_restart_is_of_another_call() -> None:
    """The PBX's clock was set back: the same channels, hours later by the records."""
    record, books, span = of_story()
    shift = 2000 * _SECOND
    again = shifted(record, shift)
    lines = [
        *books.lines,
        *(msgspec.structs.replace(each, second=each.second + shift // _SECOND) for each in books.lines),
    ]
    rows = [*books.rows, *(moved(each, shift) for each in books.rows)]
    found = report([record, again], msgspec.structs.replace(books, lines=lines, rows=rows, witness=None), span)
    assert [f for call in found.calls for f in call.findings] == []
    assert found.counts.agreed == 2


def moved(each: CdrRow, shift: int) -> CdrRow:
    answer = None if each.answer is None else Micros(each.answer + shift)
    start, end = Micros(each.start + shift), Micros(each.end + shift)
    return msgspec.structs.replace(each, start=start, answer=answer, end=end)


def shifted(record: CallRecord, shift: int) -> CallRecord:
    """The same call, later, under another id."""
    plain = _later(msgspec.to_builtins(record), shift)
    return msgspec.convert({**plain, "call_id": CallId(record.call_id[:-1] + "1")}, CallRecord)


def _later(value: Any, shift: int) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, list, tuple, dict)):
        return value
    if isinstance(value, int):
        return value + shift if value > 10**15 else value
    if isinstance(value, dict):
        return {key: _later(part, shift) for key, part in value.items()}
    return [_later(part, shift) for part in value]


@pytest.mark.parametrize("count", [3000])
def test_a_book_of_lost_calls_only_takes_no_longer_than_its_length(count: int) -> None:
    """Every record of a busy day is gone, and all its channels hang together by one conference."""
    rows = [row(number, number + 5, f"9.{number}", "9.0", of="1001") for number in range(count)]
    (call,) = report([], told(rows=rows)).calls
    assert call.uniqueid == "pbx1-9.0"
