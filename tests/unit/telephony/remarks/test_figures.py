"""The direct answer rate and its neighbours, counted by hand."""

from typing import Any

from telephony.model.ids import Micros
from telephony.model.terms import AbandonedIn, Direction, Outcome
from telephony.records.record import CallRecord
from telephony.remarks.figures import DEFINITIONS, TopicFigures, figures_of
from telephony.remarks.remark import remarked
from tests.unit.telephony.records.samples import record
from tests.unit.telephony.remarks.told import remark

ZONE = "Asia/Shanghai"


def call(number: int, said: list[dict[str, Any]], **changes: Any) -> CallRecord:
    """``said``: what each remark says."""
    held = remarked([remark(place, **each) for place, each in enumerate(said)]) if said else None
    return record(number, remarks=held, **changes)


def missed(number: int, said: list[dict[str, Any]] | None = None) -> CallRecord:
    ended = {"outcome": Outcome.ABANDONED, "abandoned_in": AbandonedIn.WAITING, "answered_at": None, "agent": None}
    return call(number, said or [], **ended)


CALLS = [
    call(1, [{"topics": ("water",), "answered": True}]),
    call(2, [{"topics": ("water", "road"), "answered": False}]),
    call(3, [{"topics": ("road",)}], agent="1002"),
    call(4, []),
    call(5, [{"topics": ("water",), "answered": True}, {"mark": "nuisance"}]),
    call(6, [{"mark": "silent"}]),
    missed(7, [{"mark": "silent"}]),
    missed(8),
    call(9, [{"topics": ("water",), "answered": True}], direction=Direction.OUTBOUND),
    call(10, [{"topics": ("water",), "answered": True}], trunk="internal"),
]


def line(each: TopicFigures) -> tuple[object, ...]:
    return (each.of, each.offered, each.answered, each.disposed, each.direct, each.nuisance, each.silent)


def test_marked_calls_stay_in_every_figure_and_calls_that_are_no_citizens_in_none() -> None:
    found = figures_of(CALLS, ZONE).all
    assert line(found) == ("", 8, 6, 4, 2, 1, 2)
    assert found.direct_rate == round(2 / 6, 4)  # metrics.md: closed on the line ÷ answered
    assert found.direct_of_disposed == round(2 / 3, 4)


def test_by_topic_the_most_first_and_a_call_in_each_of_its_topics() -> None:
    found = figures_of(CALLS, ZONE).by_topic
    assert [line(each) for each in found] == [
        ("", 4, 2, 0, 0, 0, 2),
        ("water", 3, 3, 3, 2, 1, 0),
        ("road", 2, 2, 2, 0, 0, 0),
    ]


def test_by_agent() -> None:
    found = figures_of(CALLS, ZONE).by_agent
    assert [line(each) for each in found] == [
        ("", 2, 0, 0, 0, 0, 1),
        ("1001", 5, 5, 3, 2, 1, 1),
        ("1002", 1, 1, 1, 0, 0, 0),
    ]
    assert found[0].direct_rate is None


def test_a_day_is_the_sites() -> None:
    """23:59:59 and 00:00:00 in Shanghai are 15:59:59 and 16:00:00 UTC."""
    midnight = 1_795_363_200_000_000 // 86_400_000_000 * 86_400_000_000 + 16 * 3_600_000_000
    calls = [call(1, [], received_at=Micros(midnight - 1)), call(2, [], received_at=Micros(midnight))]
    first, second = figures_of(calls, ZONE).by_day
    assert (first.offered, second.offered) == (1, 1)
    assert first.of < second.of
    assert len(figures_of(calls, "UTC").by_day) == 1


def test_every_figure_has_its_definition() -> None:
    fields = [name for name in TopicFigures.__struct_fields__ if name != "of"]
    assert list(DEFINITIONS) == fields


def test_no_calls_have_no_rates() -> None:
    found = figures_of([], ZONE)
    assert (found.all.direct_rate, found.all.direct_of_disposed, found.by_topic) == (None, None, ())
