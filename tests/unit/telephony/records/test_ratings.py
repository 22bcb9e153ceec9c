"""What callers keyed, counted: an average never stands without its response rate."""

import msgspec
import pytest

from telephony.model.ids import MemberName, Micros, QueueName
from telephony.records.ratings import By, RatingFigures, RatingFold
from telephony.records.record import CallerMet
from tests.unit.telephony.records.samples import record

NOON = 1_795_406_400_000_000  # 2026-11-23 12:00 in Shanghai


def told(agent: str, rating: int | None, at: int = NOON) -> object:
    met = CallerMet(rating_asked=True, rating=rating, rated=MemberName(agent))
    return msgspec.structs.replace(record(), met=met, received_at=Micros(at), queue=QueueName("hotline"))


def figures(by: By, *records: object) -> list[RatingFigures]:
    fold = RatingFold(by, "Asia/Shanghai")
    for each in records:
        fold.add(each)  # type: ignore[arg-type]
    return fold.figures()


def test_by_agent() -> None:
    found = figures(By.AGENT, told("1001", 5), told("1001", 2), told("1001", None), told("1002", None), record())
    assert [(each.of, each.asked, each.given, each.response_rate, each.average) for each in found] == [
        ("1001", 3, 2, pytest.approx(0.667), 3.5),
        ("1002", 1, 0, 0.0, None),
    ]
    assert found[0].counts == (0, 1, 0, 0, 1)


def test_by_queue_and_by_the_sites_day() -> None:
    late = NOON + 13 * 3600 * 1_000_000
    assert [each.of for each in figures(By.QUEUE, told("1001", 1), told("1002", 1))] == ["hotline"]
    assert [each.of for each in figures(By.DAY, told("1001", 1), told("1001", 1, late))] == ["2026-11-23", "2026-11-24"]


def test_who_was_not_asked_counts_nowhere() -> None:
    assert figures(By.AGENT, record()) == []
