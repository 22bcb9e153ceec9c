"""Every ending on a real PBX: records and books agree or the difference is explained; one falsified record is named,
and no other."""

import msgspec
import pytest

from telephony.journal.rebuild import rebuild_records
from telephony.model.ids import CallId
from telephony.model.terms import OfferOutcome, Outcome, Side, VisitResult
from telephony.reconcile.finding import Kind, Reason, Report
from telephony.records.record import CallRecord
from tests.unit.telephony.journal.recorded import PBX, groups
from tests.unit.telephony.reconcile import recorded
from tests.unit.telephony.reconcile.alterations import alterations, doubled, part, with_

KILLED = "the-pbx-is-killed"
"""Its calls have no CDR, and an end that is a guess: what is falsified of them cannot be told in full."""
NOT_LET_IN = (VisitResult.QUEUE_FULL, VisitResult.QUEUE_EMPTY)
"""Which queue it was that let nobody in stands in neither book."""


def reasons(report: Report) -> set[Reason]:
    return {finding.because for call in report.calls for finding in call.findings if finding.because is not None}


def named(report: Report) -> list[CallId | None]:
    return [call.call_id for call in report.calls if not call.explained]


def of_story(name: str, records: tuple[CallRecord, ...]) -> Report:
    return msgspec.structs.replace(recorded.story(name), records=records).report()


@pytest.mark.parametrize("name", recorded.NAMES)
def test_all_that_differs_is_explained(name: str) -> None:
    report = recorded.story(name).report()
    assert recorded.unexplained(report) == []
    counts = report.counts
    assert counts.records == len(recorded.records(name)) == counts.agreed + counts.explained
    assert counts.unexplained == counts.unsettled == 0


@pytest.mark.parametrize("name", recorded.NAMES)
def test_what_the_journal_rebuilds_differs_no_more(name: str) -> None:
    """As if the bridge had been down."""
    told = [
        record for group in groups(recorded.cel(name), recorded.log(name)) for record in rebuild_records(PBX, group)
    ]
    assert recorded.unexplained(of_story(name, tuple(told))) == []


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("refused-486", Reason.REFUSAL_WRITTEN_AS_NO_ANSWER),
        ("refused-480", Reason.REFUSAL_WRITTEN_AS_NO_ANSWER),
        ("ring-all", Reason.OTHER_PHONE_QUICKER),
        ("queue-full", Reason.NOT_LET_IN),
        ("told-to-hang-up-while-waiting", Reason.TAKEN_AWAY),
        ("redirected-out-of-the-line", Reason.TAKEN_OUT_OF_THE_LINE),
        ("an-order-ends-a-talk", Reason.TAKEN_AWAY),
        ("into-a-room-and-a-third-joins", Reason.AFTER_TRANSFER),
        ("attended-into-a-queue", Reason.TRANSFER_BEYOND_THE_QUEUE),
        ("gives-up-in-the-instant-of-the-answer", Reason.INSTANT_OF_THE_ANSWER),
        ("the-pbx-is-stopped", Reason.PBX_STOPPED),
        (KILLED, Reason.PBX_KILLED),
    ],
)
def test_what_explains_it(name: str, because: Reason) -> None:
    assert because in reasons(recorded.story(name).report())


@pytest.mark.parametrize("name", ["caller-ends", "gives-up-waiting", "rings-out-then-the-next", "blind-by-refer"])
def test_nothing_is_to_be_explained_of_plain_calls(name: str) -> None:
    report = recorded.story(name).report()
    assert report.calls == ()
    assert report.counts.agreed == report.counts.queue_log == report.counts.cdr == 1


@pytest.mark.parametrize("name", [name for name in recorded.NAMES if name != KILLED])
def test_one_falsified_record_is_named_and_no_other(name: str) -> None:
    records = recorded.records(name)
    for index, record in enumerate(records):
        for what, altered in alterations(record):
            if what.partition(" ")[0] in record.estimated:
                continue  # the record itself calls it a guess
            report = of_story(name, (*records[:index], altered, *records[index + 1 :]))
            untold = what == "visits[0].queue" and record.visits[0].result in NOT_LET_IN
            expected = [] if untold and name != "everybody-leaves" else [record.call_id]
            assert named(report) == expected, what


@pytest.mark.parametrize("name", recorded.NAMES)
def test_a_record_that_is_missing_is_one_finding(name: str) -> None:
    records = recorded.records(name)
    for index, record in enumerate(records):
        report = of_story(name, records[:index] + records[index + 1 :])
        (lost,) = [call for call in report.calls if not call.explained]
        assert lost.call_id is None
        assert {finding.kind for finding in lost.findings} == {Kind.NO_RECORD}
        assert lost.uniqueid in record.uniqueids


@pytest.mark.parametrize("name", recorded.NAMES)
def test_a_call_told_twice_is_one_finding(name: str) -> None:
    records = recorded.records(name)
    for record in records:
        report = of_story(name, (*records, doubled(record)))
        (twice,) = [call for call in report.calls if not call.explained]
        assert [finding.kind for finding in twice.findings] == [Kind.DOUBLED]
        assert twice.call_id in (record.call_id, doubled(record).call_id)


# --- where one book alone admits it, CEL must bear witness -------------------------------------------------


def excused(name: str) -> CallRecord:
    """A caller who hung up while waiting, falsified into one whom the system took away."""
    (record,) = recorded.records(name)
    visits = part(record.visits, -1, result=VisitResult.UNKNOWN)
    return with_(record, outcome=Outcome.SYSTEM, abandoned_in=None, visits=visits, hung_up_by=Side.SYSTEM)


def test_an_abandoned_call_cannot_be_made_the_systems() -> None:
    report = of_story("gives-up-waiting", (excused("gives-up-waiting"),))
    assert "outcome" in {f.what for call in report.calls for f in call.findings if f.because is None}


def test_without_cel_queue_logs_word_admits_it() -> None:
    story = recorded.story("gives-up-waiting")
    report = msgspec.structs.replace(story, records=(excused("gives-up-waiting"),), cel=None).report()
    assert not report.cel
    assert reasons(report) == {Reason.TAKEN_AWAY}


def test_a_phone_that_rang_out_cannot_be_made_one_that_refused() -> None:
    (record,) = recorded.records("rings-out-then-the-next")
    index = next(i for i, offer in enumerate(record.offers) if offer.outcome is OfferOutcome.NO_ANSWER)
    altered = with_(record, offers=part(record.offers, index, outcome=OfferOutcome.REFUSED))
    assert named(of_story("rings-out-then-the-next", (altered,))) == [record.call_id]


@pytest.mark.parametrize("name", ["caller-ends", "agent-ends"])
def test_who_hung_up_cannot_be_turned_round(name: str) -> None:
    (record,) = recorded.records(name)
    other = Side.AGENT if record.hung_up_by is Side.CALLER else Side.CALLER
    for side in (other, Side.SYSTEM, Side.OTHER):
        assert named(of_story(name, (with_(record, hung_up_by=side),))) == [record.call_id], side


@pytest.mark.parametrize("name", ["caller-ends", "blind-by-refer", "ring-all", "times-out"])
def test_a_line_or_row_that_is_missing_or_doubled_is_named(name: str) -> None:
    """By the call it belongs to; a line of the PBX itself belongs to none."""
    story = recorded.story(name)
    for index, line in enumerate(story.lines):
        if "." in line.callid and line.event != "RINGCANCELED":
            without = msgspec.structs.replace(story, lines=story.lines[:index] + story.lines[index + 1 :])
            assert named(without.report()) == [story.records[0].call_id], line
    for index in range(len(story.rows)):
        without = msgspec.structs.replace(story, rows=story.rows[:index] + story.rows[index + 1 :])
        told = without.report()
        assert [call.call_id for call in told.calls] == [story.records[0].call_id]
