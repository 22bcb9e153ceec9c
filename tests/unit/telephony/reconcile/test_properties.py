"""A whole day's calls at once: whichever record is altered, dropped or told twice, it is named, and no other."""

from functools import cache

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.model.terms import Direction, VisitResult
from telephony.reconcile.finding import Kind
from telephony.records.record import CallRecord
from tests.unit.telephony.reconcile import recorded
from tests.unit.telephony.reconcile.alterations import alterations, doubled
from tests.unit.telephony.reconcile.recorded import Altered

NAMES = [name for name in recorded.in_time() if name != "the-pbx-is-killed"]
"""What was never in CDR cannot be held against it."""
NOT_LET_IN = (VisitResult.QUEUE_FULL, VisitResult.QUEUE_EMPTY)


@cache
def day() -> Altered:
    """All stories, one after the other on one PBX."""
    stories = [recorded.story(name) for name in NAMES]
    return Altered(
        tuple(record for story in stories for record in story.records),
        tuple(line for story in stories for line in story.lines),
        tuple(row for story in stories for row in story.rows),
        tuple(row for story in stories for row in story.cel or ()),
    )


VICTIMS = st.sampled_from([record for record in day().records if not record.estimated])


def without(victim: CallRecord) -> tuple[CallRecord, ...]:
    return tuple(record for record in day().records if record.call_id != victim.call_id)


def test_the_day_is_in_order() -> None:
    report = day().report()
    assert recorded.unexplained(report) == []
    assert report.counts.agreed + report.counts.explained == report.counts.records == len(day().records)


@settings(max_examples=60, deadline=None)
@given(victim=VICTIMS, data=st.data())
def test_one_altered_record_is_named_exactly(victim: CallRecord, data: st.DataObject) -> None:
    what, altered = data.draw(st.sampled_from(list(alterations(victim))))
    if what == "visits[0].queue" and victim.visits[0].result in NOT_LET_IN:
        return  # neither book tells it
    report = msgspec.structs.replace(day(), records=(*without(victim), altered)).report()
    assert [call.call_id for call in report.calls if not call.explained] == [victim.call_id], what
    assert report.counts.unexplained == 1


@settings(max_examples=30, deadline=None)
@given(victims=st.sets(VICTIMS.map(lambda record: record.call_id), max_size=5))
def test_dropped_records_are_as_many_findings(victims: set[str]) -> None:
    kept = tuple(record for record in day().records if record.call_id not in victims)
    report = msgspec.structs.replace(day(), records=kept).report()
    lost = [call.uniqueid for call in report.calls if not call.explained]
    assert len(lost) == len(set(lost)) == report.counts.unexplained
    dropped = [record for record in day().records if record.call_id in victims]
    assert all(any(channel in record.uniqueids for record in dropped) for channel in lost)
    citizens = [record for record in dropped if record.direction is Direction.INBOUND]
    assert all(any(channel in lost for channel in record.uniqueids) for record in citizens)
    assert len(lost) >= len(citizens), "a phone that was only called into a room is of that conversation"


@settings(max_examples=30, deadline=None)
@given(victim=VICTIMS)
def test_a_doubled_record_is_named_exactly(victim: CallRecord) -> None:
    report = msgspec.structs.replace(day(), records=(*day().records, doubled(victim))).report()
    (twice,) = [call for call in report.calls if not call.explained]
    assert [finding.kind for finding in twice.findings] == [Kind.DOUBLED]
    assert twice.call_id in (victim.call_id, doubled(victim).call_id)
