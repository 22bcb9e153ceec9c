"""What became of the notices, by queue; the figures by hand."""

from telephony.model.ids import Micros, QueueName
from telephony.records.notices import DEFINITIONS, NoticeFigures, figures_of
from telephony.records.record import CallRecord, NoticeHeard
from tests.unit.telephony.records.samples import record


def told(number: int, heard_ms: int, *, queue: str = "hotline", answered: bool = True, cost_ms: int = 0) -> CallRecord:
    notice = NoticeHeard(language="zh", length_ms=8000, heard_ms=heard_ms, whole=heard_ms >= 8000, cost_ms=cost_ms)
    return record(
        number,
        queue=QueueName(queue),
        answered_at=Micros(5) if answered else None,
        notice_heard=notice,
    )


def test_each_call_is_complete_or_cut_or_left() -> None:
    calls = [
        told(1, 8000),
        *(told(2 + number, 100 * (number + 1)) for number in range(20)),
        told(30, 3000, answered=False),
        told(31, 8000, answered=False),
        told(32, 0, queue="duty"),
        record(33),
    ]
    hotline = NoticeFigures("hotline", 23, 2, 20, 1, 1000, 1900, 0.0, None)
    assert figures_of(calls) == [NoticeFigures("duty", 1, 0, 1, 0, 0, 0, 0.0, None), hotline]


def test_what_whole_notices_cost() -> None:
    calls = [told(1, 8000, cost_ms=8100), told(2, 8000, cost_ms=8300), told(3, 2000, cost_ms=2000, answered=False)]
    (figures,) = figures_of(calls)
    assert (figures.calls, figures.complete, figures.left) == (3, 2, 1)
    assert (figures.cost_s, figures.cost_ms_per_call) == (18.4, 6133)


def test_every_figure_has_a_meaning() -> None:
    assert set(DEFINITIONS) == set(NoticeFigures.__struct_fields__) - {"queue"}
