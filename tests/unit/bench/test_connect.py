"""The bench of connect times: the same calls by four ways, cut into parts. What it measures needs a real PBX."""

import io

import pytest
from matplotlib.figure import Figure
from rich.console import Console

from bench.connect.quiet import STEPS
from bench.connect.report import Found, draw, figures, spread, table
from bench.connect.trace import Trace, traced
from bench.connect.ways import WAYS, callers, calls_of, numbers_of, offers
from bench.dispatch.listening import Heard
from telephony.model.ids import Micros
from zhitong.lab.books import Seen

BEGAN_S = 1_000.0
FOUND = Found(
    {
        "menu": [Trace(17_000.0, 1_000.0, 2_000.0, 10.0)],
        "stock": [Trace(10.0, 1_000.0, 2_000.0, 10.0)],
        "zhitong": [Trace(10.0, 100.0, 2_000.0, 10.0), Trace(10.0, 300.0, 2_000.0, 10.0)],
        "auto": [Trace(10.0, 0.0, 5.0, 14.0)],
    },
    {
        "zhitong": [dict(zip(STEPS, (1.0, 3.0, 0.5, 1.0, 1.5, 8.0), strict=True))],
        "auto": [dict(zip(STEPS, (1.0, 3.0, 0.5, 1.0, 4.5, 8.0), strict=True))],
    },
    17.1,
)


def heard(event: str, number: str, at_ms: float) -> Heard:
    return Heard(at=Micros(round((BEGAN_S * 1000 + at_ms) * 1000)), event=event, queue="", number=number)


def seen(role: str, number: str, other: str, invited_ms: float, answered_ms: float | None) -> Seen:
    return Seen(
        role=role,
        call_id="",
        number=number,
        other=other,
        invited_at=BEGAN_S + invited_ms / 1000,
        ringing_at=None,
        answered_at=None if answered_ms is None else BEGAN_S + answered_ms / 1000,
        ended_at=None,
        status=200,
        hung_up="",
        lines=(),
    )


def books() -> tuple[list[Heard], list[Seen]]:
    """A call each way: 10 ms to the queue, an offer nobody took, 700 ms for an agent, 3 s of ring, 4 ms more."""
    events, phones = [], []
    for way in WAYS:
        (number,) = numbers_of(way, 1)
        events += [heard("Newchannel", number, 2), heard("QueueCallerJoin", number, 10)]
        events += [heard("AgentCalled", number, 100), heard("AgentCalled", number, 709)]
        events += [heard("BridgeEnter", number, 3_714), heard("BridgeEnter", number, 9_000)]
        phones += [seen("caller", number, way.number, 0, 5), seen("agent", "1001", number, 101, None)]
        phones.append(seen("agent", "1002", number, 710, 3_710))
    return events, phones


def test_a_call_is_cut_at_what_pbx_and_phones_say() -> None:
    found, wrong = traced(*books(), 1)
    assert wrong == ""
    assert set(found) == {"menu", "stock", "zhitong", "auto"}
    for (trace,) in found.values():
        parts = (trace.entry, trace.wait, trace.ring, trace.answer)
        assert parts == pytest.approx((10, 700, 3_000, 4), abs=0.01)
        assert trace.connect == pytest.approx(3_714, abs=0.01)


@pytest.mark.parametrize("event", ["QueueCallerJoin", "BridgeEnter"])
def test_a_call_that_reached_nobody_makes_the_run_worth_nothing(event: str) -> None:
    events, phones = books()
    lost = numbers_of(WAYS[2], 1)[0]
    kept = [each for each in events if (each.number, each.event) != (lost, event)]
    assert "zhitong: 0 of 1" in traced(kept, phones, 1)[1]
    assert "zhitong: 0 of 1" in traced(events, [each for each in phones if each.other != lost], 1)[1]


def test_the_four_ways_have_the_same_calls_and_only_the_menu_has_keys() -> None:
    _, calls = calls_of(1, 20.0)
    made, answered = callers(calls, 17.1), {agent.number: agent.offers for agent in offers(calls)}
    by_way = {way.name: [each for each in made if each.dialled == way.number] for way in WAYS}
    assert len({tuple(call.start_at for call in of_way) for of_way in by_way.values()}) == 1
    assert len({tuple(answered[call.number] for call in of_way) for of_way in by_way.values()}) == 1
    assert {name for name, of_way in by_way.items() if any(call.keys for call in of_way)} == {"menu"}
    assert len({call.number for call in made}) == len(made) == 4 * len(calls)
    assert all(call.keys[0].after_s > 17.1 for call in by_way["menu"])


def test_report_keys() -> None:
    keys = figures(FOUND)
    assert keys["connect_ms"]["zhitong"] == {"mean": 2220.0, "p50": 2120.0, "p95": 2320.0, "max": 2320.0}
    assert keys["connect_parts_ms"]["zhitong"] == {"entry": 10.0, "wait": 200.0, "ring": 2000.0, "answer": 10.0}
    assert keys["connect_steps_ms"]["auto"]["answer"] == 4.5
    assert keys["connect_tone_ms"] == 3.0


def test_percentiles_are_values_that_were_measured() -> None:
    assert spread([float(at) for at in range(1, 101)]) == {"mean": 50.5, "p50": 50.0, "p95": 95.0, "max": 100.0}
    assert spread([]) == {}


def test_the_table_and_the_plot_show_every_way() -> None:
    file = io.StringIO()
    Console(width=200, file=file).print(table(FOUND))
    text = file.getvalue()
    for part in ("voice menu", "stock queue", "直通 Zhitong", "auto-answer", "quiet line", "17,000 ms", "0.111"):
        assert part in text
    figure = Figure()
    draw(FOUND, figure)
    bars = [sum(patch.get_width() for patch in axes.patches) for axes in figure.axes]
    assert bars[0] == pytest.approx(20.01 + 3.02 + 2.22 + 0.029, abs=0.001)
    assert bars[1] == pytest.approx(15.0 + 18.0, abs=0.001)
