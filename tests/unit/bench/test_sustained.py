"""The benches of sustained load and of the ceiling: what is made of what was seen."""

import io
import os
import time

import pytest
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from bench.sustained import ceiling, report, steps
from bench.sustained.burst import Age, Burst, Moment, age_of, seen_of, share
from bench.sustained.hall import Books, Witness, processor_s
from bench.sustained.steps import Ceiling, Step
from telephony.errors import LabError
from telephony.live.ages import UP_TO_MS
from zhitong.lab.books import Seen


def books(at: float, bridge_s: float) -> Books:
    return Books(at, bridge_s, 0.0, 0, (), 0)


def burst(**other: object) -> Burst:
    usual = Burst(
        agents=500,
        calls=600,
        answered=600,
        seconds=59.9,
        events=17_400,
        event_age_ms=Age(2.0, 10.0, 40.0),
        seen_ms=Age(2.3, 13.7, 60.0),
        bridge_share=0.199,
        pbx_share=0.17,
        records=600,
        records_per_s=10.1,
        lost=0,
        doubled=0,
        moments=[Moment(1.0, 0.2, 0.2, 40)],
    )
    return replace(usual, **other)


def step(rate: float, gave_up: str = "") -> Step:
    return Step(
        per_second=rate,
        reached=rate,
        calls=80,
        answered=80,
        connect_ms=20.0,
        event_age_ms=Age(2.0, 15.0, 20.0),
        bridge_share=0.3,
        pbx_share=0.4,
        gave_up=gave_up,
    )


def seen(count: int, answered_after: float | None) -> list[Seen]:
    return [
        Seen(
            role="caller",
            call_id=str(number),
            number=str(number),
            other="12345",
            invited_at=100.0,
            ringing_at=None,
            answered_at=None if answered_after is None else 100.0 + answered_after,
            ended_at=None,
            status=200,
            hung_up="",
            lines=(),
        )
        for number in range(count)
    ]


def printed(table: Table) -> str:
    file = io.StringIO()
    Console(width=160, file=file).print(table)
    return file.getvalue()


def test_a_process_has_the_time_that_it_used() -> None:
    before, began = processor_s(os.getpid()), time.process_time()
    while time.process_time() - began < 0.1:
        sum(range(1_000))
    assert processor_s(os.getpid()) - before == pytest.approx(time.process_time() - began, abs=0.03)
    with pytest.raises(LabError, match="ended"):
        processor_s(None)


def test_a_share_is_of_one_core() -> None:
    assert share(1.0, 2.5, [books(10.0, 1.0), books(20.0, 2.5)]) == 0.15


def test_ages_of_both_kinds() -> None:
    counts = [0] * (len(UP_TO_MS) + 1)
    counts[UP_TO_MS.index(2)], counts[UP_TO_MS.index(30)] = 990, 10
    assert age_of(counts) == Age(2.0, 2.0, 30.0)
    assert seen_of([1_000 * number for number in range(1, 101)]) == Age(50.0, 99.0, 100.0)
    assert seen_of([]) == Age(0.0, 0.0, 0.0)
    assert Witness().ages == []


def test_figures_are_worth_nothing_when_a_call_is_missing() -> None:
    assert report.wrong(burst()) == ""
    assert "599 of 600 calls were answered" in report.wrong(burst(answered=599))
    assert "1 calls are not on record, 0 twice" in report.wrong(burst(lost=1))
    assert "0 calls are not on record, 2 twice" in report.wrong(burst(doubled=2))


def test_targets_stand_beside_the_figures() -> None:
    text = printed(report.table(burst()))
    for said in ("≤ 10 ms", "≤ 100 ms", "19.9%", "≤ 25%", "10.1"):
        assert said in text


@pytest.mark.parametrize(
    ("count", "late_s", "after", "p99", "who"),
    [
        (80, 0.0, 0.05, 10.0, ""),
        (79, 0.0, 0.05, 10.0, "SIPp"),
        (80, 0.6, 0.05, 10.0, "SIPp"),
        (80, 0.0, None, 10.0, "Asterisk"),
        (80, 0.0, 1.2, 10.0, "Asterisk"),
        (80, 0.0, 0.05, 150.0, "bridge"),
    ],
)
def test_who_gave_up_first(count: int, late_s: float, after: float | None, p99: float, who: str) -> None:
    connect_s = float("inf") if after is None else after
    told = steps._who_gave_up(seen(count, after), 80, late_s, connect_s, Age(1.0, p99, p99))
    assert who in told
    assert bool(told) == bool(who)


def test_the_ceiling_is_the_last_step_that_everybody_kept_up_with() -> None:
    found = Ceiling(steps=[step(20.0), step(40.0), step(60.0, "Asterisk: …")], calls=240, records=240, lost=0)
    figures = ceiling.figures(found)
    assert (figures["calls_per_s"], figures["gave_up"]) == (40.0, "Asterisk: …")
    assert figures["event_age_ms"] == Age(2.0, 15.0, 20.0)
    assert ceiling.wrong(found) == ""
    assert "Asterisk: …" in printed(ceiling.table(found))


def test_a_first_step_that_fails_is_no_ceiling() -> None:
    found = Ceiling(steps=[step(20.0, "SIPp: …")], calls=80, records=80, lost=0)
    assert ceiling.figures(found)["calls_per_s"] == 0.0
    assert "not even the first step" in ceiling.wrong(found)
    assert "2 of 160" in ceiling.wrong(Ceiling(steps=[step(20.0), step(40.0)], calls=160, records=158, lost=2))
