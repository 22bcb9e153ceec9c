"""What the bench of free → offered makes of events, cells and books."""

import math
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from bench import plots
from bench.dispatch import figures, report
from bench.dispatch.cells import Cells
from bench.dispatch.grid import BENCH, LOADS, MOST_PER_SECOND, WINDOWS_S, Batch, Cell, batches, everything, planned
from bench.dispatch.hall import Desk, Played, Side, desks, judged, site_text
from bench.dispatch.line import Line
from bench.dispatch.listening import Heard, read
from telephony.model.ids import Micros
from zhitong.lab.books import Line as Written
from zhitong.lab.books import Seen, fold
from zhitong.lab.ports import Ports, reserve

CELL = Cell("human", 2, False, 95, 1)


def heard(at_ms: float, event: str, **rest: object) -> Heard:
    return msgspec.convert({"at": Micros(int(at_ms * 1000)), "event": event, "queue": "q", **rest}, Heard)


def joins(at: float, caller: str) -> Heard:
    return heard(at, "QueueCallerJoin", caller=caller, number=caller)


def called(at: float, member: str, caller: str) -> Heard:
    return heard(at, "AgentCalled", member=member, caller=caller, number=caller)


def status(at: float, member: str, state: int) -> Heard:
    return heard(at, "QueueMemberStatus", member=member, status=state)


def line(events: Iterable[Heard], *members: str, busy: bool = True) -> Line:
    """``busy``: all of them talk when the story begins."""
    made = Line(members)
    for member in members if busy else ():
        made.take(status(0, member, 2))
    for event in events:
        made.take(event)
    return made


def took(made: Line) -> list[float]:
    return [moment.took_us / 1000 for moment in made.moments]


def test_a_moment_is_from_free_to_the_offer() -> None:
    made = line([joins(100, "c"), status(500, "a", 1), called(740, "a", "c"), status(741, "a", 6)], "a")
    assert took(made) == [240]
    assert made.moments[0].same
    assert made.idle_us == 240_000


def test_who_comes_while_somebody_is_free_makes_no_moment() -> None:
    made = line([joins(100, "c"), called(102, "a", "c")], "a", busy=False)
    assert took(made) == []
    assert made.idle_us == 2_000


def test_a_second_free_agent_has_nobody_to_wait_for() -> None:
    made = line([joins(1, "c"), status(10, "a", 1), status(20, "b", 1), called(50, "b", "c")], "a", "b")
    assert took(made) == [40]
    assert not made.moments[0].same
    assert made.idle_us == 40_000


def test_a_caller_whose_offer_stands_does_not_wait() -> None:
    made = line([joins(1, "c"), status(2, "a", 1), called(3, "a", "c"), status(4, "a", 6), status(9, "b", 1)], "a", "b")
    assert took(made) == [1]
    made.take(joins(10, "d"))
    made.take(called(11, "b", "d"))
    assert took(made) == [1]


def test_a_state_told_late_frees_nobody_who_is_rung() -> None:
    made = line([joins(1, "c"), joins(2, "d"), status(5, "a", 1), called(6, "a", "c"), status(7, "a", 1)], "a")
    made.take(status(8, "a", 6))
    assert took(made) == [1]
    assert made.idle_us == 1_000


def test_a_caller_who_goes_ends_the_moment_without_an_offer() -> None:
    story = [joins(1, "c"), status(5, "a", 1), heard(9, "QueueCallerAbandon", caller="c")]
    made = line([*story, heard(9, "QueueCallerLeave", caller="c")], "a")
    assert (took(made), made.overtaken, made.gone, made.idle_us) == ([], 1, 1, 4_000)


def test_an_agent_who_is_paused_is_not_free() -> None:
    paused = heard(5, "QueueMemberStatus", member="a", status=1, paused=True)
    assert line([joins(1, "c"), paused], "a").idle_us == 0


def test_a_wait_is_from_joining_to_the_agent() -> None:
    story = [joins(100, "c"), called(101, "a", "c"), heard(3100, "AgentConnect", caller="c", number="c", member="a")]
    assert line(story, "a", busy=False).waits == {"c": 3_000_000}


def test_an_offer_not_answered_puts_the_caller_back_in_line() -> None:
    story = [joins(1, "c"), called(2, "a", "c"), heard(20, "AgentRingNoAnswer", caller="c", member="a")]
    made = line([*story, status(30, "b", 1), called(35, "b", "c")], "a", "b")
    assert (took(made), made.missed) == ([5], 1)


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_load_is_what_the_calls_themselves_take(load: int, seed: int) -> None:
    cell = Cell("human", 2, True, load, seed)
    calls = planned(cell, 300.0)
    work = sum(call.work_s for call in calls)
    room = load / 100 * cell.agents * 300.0
    assert room <= work < room + max(call.work_s for call in calls)
    assert [call.at for call in calls] == sorted(call.at for call in calls)
    assert planned(cell, 300.0) == calls


def test_rings_are_human_and_talks_have_the_mean_they_are_named_by() -> None:
    calls = planned(Cell("human", 10, True, 95, 1), 20_000.0)
    assert statistics.median(call.ring_s for call in calls) == pytest.approx(3.0, rel=0.03)
    assert statistics.fmean(call.talk_s for call in calls) == pytest.approx(10.0, rel=0.03)
    assert statistics.fmean(call.work_s for call in calls) == pytest.approx(CELL.work_s + 8, rel=0.03)


def test_both_have_the_same_calls() -> None:
    pair = desks(Batch((CELL,), 30.0))
    assert pair[0].calls == pair[1].calls
    assert not set(pair[0].callers) & set(pair[1].callers)
    assert not set(pair[0].members) & set(pair[1].members)
    assert [desk.wake for desk in pair] == [False, True]


def test_every_desk_has_numbers_of_its_own(ports: Ports) -> None:
    at = desks(Batch(tuple(everything()), 5.0))
    for values in ([d.queue for d in at], [d.number for d in at], [m for d in at for m in d.members]):
        assert len(values) == len(set(values))
    text = site_text(at[:2], ports)
    assert text.count("wake = false") == text.count("wake = true") == 1


@pytest.fixture
def ports(tmp_path: Path) -> Iterable[Ports]:
    with reserve(20, locks=tmp_path / "locks") as held:
        yield held


def test_the_grid_is_whole_and_no_batch_is_too_much() -> None:
    grid = everything()
    made = list(batches(grid))
    assert len(set(grid)) == 3 * 2 * 2 * 3 * 5
    assert [cell for batch in made for cell in batch.cells] == grid
    assert all(sum(cell.per_second for cell in batch.cells) <= MOST_PER_SECOND for batch in made)
    assert sum(batch.lasts_s for batch in made) <= 45 * 60
    assert BENCH.lasts_s <= 130
    assert {(cell.ring, cell.load) for cell in BENCH.cells} == {(r, n) for r in ("human", "instant") for n in LOADS}


def test_events_are_read_from_the_stream_with_the_pbx_s_own_microseconds() -> None:
    frame = (
        "Event: QueueMemberStatus\r\nTimestamp: 1763900000.012345\r\nQueue: q\r\nMemberName: 10001\r\n"
        "Status: 1\r\nPaused: 1\r\n\r\nEvent: FullyBooted\r\n\r\nEvent: AgentCalled\r\nTimestamp: 1763900000.5\r\n"
        "Queue: q\r\nUniqueid: pbx-1.2\r\nCallerIDNum: 139\r\nDestUniqueid: pbx-1.3\r\nMemberName: 10001\r\n\r\n"
    )
    assert list(read(b"Asterisk Call Manager/9\r\n" + frame.encode())) == [
        Heard(Micros(1_763_900_000_012_345), "QueueMemberStatus", "q", "", "", "10001", 1, True),
        Heard(Micros(1_763_900_000_500_000), "AgentCalled", "q", "pbx-1.2", "139", "10001"),
    ]


def side(free_to_offer: list[float], waits: list[float], idle: float = 1.0) -> Side:
    return Side(free_to_offer, list(free_to_offer), 0, idle, waits)


def played(cell: Cell = CELL, ours: float = 3.0, wait: float = 800.0) -> Played:
    stock = side([400.0, 600.0], [1000.0, 1000.0], 1000.0)
    return Played(cell, WINDOWS_S[cell.talk_s], 2, stock, side([ours, ours + 1], [wait, wait], 2 * ours))


def test_the_keys_of_the_report() -> None:
    cells = [played(replace(CELL, load=load, ring=ring)) for load in LOADS for ring in ("human", "instant")]
    made = figures.report(cells)
    assert made["free_to_offer_ms"]["95"]["zhitong"] == {"moments": 2.0, "mean": 3.5, "p95": 4.0, "max": 4.0}
    assert made["free_to_offer_ms"]["110"]["stock"]["mean"] == 500.0
    assert made["idle_share"] == {"80": 0.006, "95": 0.006, "110": 0.006}
    assert made["mean_wait_ratio"]["80"] == {"human": 0.8, "instant": 0.8}
    assert made["dispatch"]["slower_beyond_spread"] == []


def test_who_waits_longer_with_every_seed_is_named() -> None:
    cells = [played(replace(CELL, seed=seed), wait=wait) for seed, wait in enumerate((1001.0, 1100.0))]
    made = figures.report(cells)
    assert [kind.load for kind in made["dispatch"]["slower_beyond_spread"]] == [95]
    assert made["dispatch"]["worst_mean_wait_ratio"] == pytest.approx(1.05, abs=0.001)
    one = figures.report([*cells, played(replace(CELL, seed=9), wait=999.0)])
    assert one["dispatch"]["slower_beyond_spread"] == []


def test_a_ratio_to_nothing_is_no_miracle() -> None:
    assert figures.ratio(0, 0) == 1
    assert figures.ratio(1, 0) == math.inf


def test_cells_are_kept_until_the_run_is_over_or_the_code_is_another(tmp_path: Path) -> None:
    kept = Cells(tmp_path, "one")
    bad = replace(CELL, seed=2)
    kept.keep([played(), replace(played(bad), wrong="half of it")])
    assert kept.of(CELL) == played()
    assert kept.of(bad) is None
    assert Cells(tmp_path, "two").of(CELL) is None
    (tmp_path / f"{CELL.name}.json").write_bytes(b'{"code": "one", "pla')
    assert kept.of(CELL) is None
    kept.keep([played()])
    kept.forget(everything())
    assert not list(tmp_path.iterdir())


def written(at: float, role: str, event: str, number: str, other: str, detail: str = "") -> Written:
    return Written(at, role, event, number, other, f"{role}-{number}-{other}", detail)


def books(at: Sequence[Desk], *, talked: bool = True, ring_s: float | None = None) -> list[Seen]:
    """``ring_s``: what phones ring, whatever the calls were to."""
    lines = []
    for number, call in (pair for desk in at for pair in zip(desk.callers, desk.calls, strict=True)):
        end = "200" if talked else "487"
        lines += [written(1, "caller", "invite_sent", number, "6", ""), written(9, "caller", "end", number, "6", end)]
        lines += [
            written(2.002, "agent", "invite_received", "10001", number),
            written(2.002 + (call.ring_s if ring_s is None else ring_s), "agent", "answer_sent", "10001", number),
            written(9, "agent", "bye_received", "10001", number),
        ]
    return fold(lines)


def stream_of(queue: str, callers: Iterable[str]) -> bytes:
    frames = []
    for at, caller in enumerate(callers):
        for event, when in (("QueueCallerJoin", 1.0), ("AgentCalled", 2.0), ("AgentConnect", 5.0)):
            frames.append(
                f"Event: {event}\r\nTimestamp: {when:.6f}\r\nQueue: {queue}\r\nUniqueid: u{at}\r\n"
                f"CallerIDNum: {caller}\r\nMemberName: 10001\r\n\r\n"
            )
    return "".join(frames).encode()


def test_a_side_that_lost_a_call_is_not_believed() -> None:
    batch = Batch((CELL,), 3.0)
    at = desks(batch)
    whole = b"".join(stream_of(desk.queue, desk.callers) for desk in at)
    short = b"".join(stream_of(desk.queue, desk.callers[1:]) for desk in at)
    assert [each.wrong for each in judged(batch, at, whole, books(at))] == [""]
    assert "reached an agent" in judged(batch, at, short, books(at))[0].wrong
    assert "by the phones" in judged(batch, at, whole, books(at, talked=False))[0].wrong
    assert "longer than they were to" in judged(batch, at, whole, books(at, ring_s=0.0))[0].wrong


def test_tables_and_plots_are_made_of_what_was_played(tmp_path: Path) -> None:
    cells = [played(replace(CELL, load=load, ring=ring)) for load in LOADS for ring in ("human", "instant")]
    made = figures.rows(cells)
    assert report.table(made).row_count == 2 * len(made)
    assert report.table_of_all(made).row_count == len(made)
    drawn = plots.draw(report.drawn(cells), tmp_path, chinese="")
    assert [path.stat().st_size > 1000 for path in drawn] == [True] * 3


class _Killed(Exception):
    pass


async def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the PBX is made up: playing the grid takes forty minutes."""
    asked: list[Batch] = []

    async def play(batch: Batch, _tools: object) -> list[Played]:
        asked.append(batch)
        if len(asked) == 3:
            raise _Killed
        return [played(cell) for cell in batch.cells]

    monkeypatch.setattr(report, "play", play)
    monkeypatch.setattr(report, "find_tools", lambda: None)
    said: list[str] = []
    kept = Cells(tmp_path, "one")
    with pytest.raises(_Killed):
        await report.whole(lambda _, english: said.append(english), kept)
    done = [cell for batch in asked[:2] for cell in batch.cells]
    made = await report.whole(lambda _, english: said.append(english), kept)
    assert [each.cell for each in made] == everything()
    assert not {cell for batch in asked[3:] for cell in batch.cells} & set(done)
    assert said[3].startswith(f"dispatch: {len(done)} of 180 cells measured, about ")
    assert all(kept.of(cell) is None for cell in everything())
