"""The bench of growth: its stream is what a PBX would say, and what is made of the rounds."""

import io
import re
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import pytest
from rich.console import Console

from bench import plain
from bench.growth import report
from bench.growth.hotline import Hotline, Size
from bench.growth.report import BY_AGENTS, BY_CALLS, Found
from bench.growth.sizes import Grown, ratio
from bench.growth.stream import RATE, START, Stream, said
from telephony.model.events import CallEntered, ChannelHungUp, OfferMade
from telephony.model.ids import PbxName
from telephony.model.tracker import Tracker

FRAMES = len(said())


def test_a_call_of_the_stream_is_the_recorded_one_with_names_of_its_own() -> None:
    pieces = list(islice(Stream(agents=10, calls=5), 20 * FRAMES))
    events = list(plain.events(b"".join(piece.data for piece in pieces)))
    assert len(events) == len(pieces), "the model wants each of them"
    assert [event.at for event in events] == [piece.at for piece in pieces] == sorted(piece.at for piece in pieces)
    callers = {event.uniqueid for event in events if isinstance(event, CallEntered)}
    assert len(callers) >= 20
    offers = Counter(event.member for event in events if isinstance(event, OfferMade))
    assert set(offers) == {str(number) for number in range(10_001, 10_011)}


def test_what_the_pbx_says_in_one_breath_stays_so() -> None:
    few, many = (_gaps(calls) for calls in (1, 400))
    assert len(few) == len(many) == FRAMES - 1
    together = [gap for gap in few if gap < 7_000]
    assert len(together) == FRAMES - 3, "it came, was answered, ended"
    assert [gap for gap in many if gap < 7_000] == together


def _gaps(calls: int) -> list[int]:
    """Between the frames of the first call, microseconds."""
    name = b"13800000000"
    caller = next(iter(Stream(agents=50, calls=calls))).data
    assert name in caller
    linked = re.search(rb"Linkedid: (\S+)", caller)
    assert linked is not None
    end, agent = linked[1].partition(b".")[0], b"MemberName: 10001"
    whose = re.compile(re.escape(end) + rb"\.[01]\b|" + agent)
    times = [piece.at for piece in islice(Stream(agents=5_000, calls=calls), 500 * FRAMES) if whose.search(piece.data)]
    return [later - earlier for earlier, later in pairwise(times)]


@pytest.mark.parametrize("calls", [1, 5, 40])
def test_so_many_calls_are_in_progress_and_ten_begin_a_second(calls: int) -> None:
    begun, ended, most = 0, 0, 0
    for piece in islice(Stream(agents=50, calls=calls), 100 * FRAMES):
        (event,) = plain.events(piece.data)
        begun += isinstance(event, CallEntered)
        ended += isinstance(event, ChannelHungUp) and not event.uniqueid.endswith(("1", "3", "5", "7", "9"))
        most = max(most, begun - ended)
        assert begun <= (piece.at - START * 1_000_000) * RATE // 1_000_000 + 1
    assert abs(most - calls) <= 1


def test_the_tracker_finds_no_fault_with_it() -> None:
    tracker = Tracker(PbxName("pbx1"))
    data = b"".join(piece.data for piece in islice(Stream(agents=10, calls=5), 30 * FRAMES))
    kinds = Counter(type(change).__name__ for change in plain.changes(data, tracker))
    assert kinds["Anomaly"] == 0
    assert kinds["CallAnswered"] >= 20


async def test_the_service_keeps_every_call_that_ended(tmp_path: Path) -> None:
    async with Hotline.open(tmp_path, Size(agents=12, calls=4)) as hotline:
        cost = await hotline.go(40)
        assert cost.events > 30 * FRAMES / 2
        assert cost.seconds > 0
        assert 20 <= cost.records <= hotline.begun - hotline.in_progress
        assert abs(hotline.in_progress - 4) <= 1


def grown(size: Size, *us: float, in_progress: int | None = None) -> Grown:
    calls = size.calls if in_progress is None else in_progress
    return Grown(size, calls, 10_000 + 3 * size.agents + 20 * size.calls, 0, list(us))


def found(of_5000: tuple[float, ...] = (55.0, 66.0, 110.0)) -> Found:
    agents = [grown(size, *(of_5000 if size.agents == 5_000 else (50.0, 60.0, 50.0))) for size in BY_AGENTS]
    return Found(agents, [grown(size, 50.0, 60.0, 55.0) for size in BY_CALLS])


def test_a_ratio_is_of_neighbours_in_time() -> None:
    assert ratio(grown(Size(2, 1), 10.0, 40.0, 9.0), grown(Size(1, 1), 10.0, 20.0, 10.0)) == 1.0
    assert found().agents_5000_vs_50 == 1.1


def test_keys_and_memory() -> None:
    figures = report.figures(found())
    assert figures["us_per_event"]["50"] == 50.0
    assert set(figures["us_per_event_by_calls"]) == {"1", "10", "100", "1000"}
    assert (figures["kib_per_agent"], figures["kib_per_call"]) == (3.0, 20.0)


def test_a_hotline_that_is_not_of_its_size_is_worth_nothing() -> None:
    fine = found()
    assert report.wrong(fine) == ""
    off = Found([grown(BY_AGENTS[0], 1.0, in_progress=9), *fine.by_agents[1:]], fine.by_calls)
    assert "9 calls were in progress of 5" in report.wrong(off)


def test_the_table_names_the_target_of_both() -> None:
    file = io.StringIO()
    Console(width=140, file=file).print(report.table(found()))
    assert file.getvalue().count("≤ 1.2") == 2
    assert "1.10" in file.getvalue()
