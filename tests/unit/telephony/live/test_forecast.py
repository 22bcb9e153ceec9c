"""The forecast against what then happened: lines of callers, simulated call by call; and arithmetic by hand."""

import heapq
import random
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from telephony.live.forecast import FEWEST, Line
from telephony.model.ids import MICROS_PER_SECOND, Micros

HOUR = 3600.0


def micros(seconds: float) -> Micros:
    return Micros(round(seconds * MICROS_PER_SECOND))


class Told(NamedTuple):
    """A caller who met others waiting: how long it was said to take, and how long it took."""

    at: float
    forecast: float | None
    took: float


class Hall:
    """Callers in one line, agents who talk for times of their own. Nobody gives up. Seconds."""

    def __init__(self, agents: int, talk: float, seed: int) -> None:
        self.dice = random.Random(seed)
        self.talk = talk
        self.agents = agents
        self.line = Line()
        self.waiting: list[tuple[float, float | None]] = []
        self.ends: list[float] = []
        self.told: list[Told] = []

    def run(self, arrivals: Iterator[float], until: float, leave: tuple[float, int] = (1e9, 0)) -> list[Told]:
        """``leave``: at which time how many agents go home as their calls end."""
        coming = next(arrivals)
        while min(coming, self.ends[0] if self.ends else coming) < until:
            if self.ends and self.ends[0] <= coming:
                self._end(heapq.heappop(self.ends))
            else:
                if coming >= leave[0] and leave[1]:
                    self.agents -= leave[1]
                    leave = (1e9, 0)
                self._come(coming)
                coming = next(arrivals)
        return self.told

    def _come(self, at: float) -> None:
        self._look(at)
        each = self.line.per_place(micros(at))
        forecast = each / MICROS_PER_SECOND * (len(self.waiting) + 1) if each is not None and self.waiting else None
        self.waiting.append((at, forecast))
        self._serve(at)

    def _end(self, at: float) -> None:
        self._serve(at)

    def _serve(self, at: float) -> None:
        while self.waiting and len(self.ends) < self.agents:
            self._look(at)
            came, forecast = self.waiting.pop(0)
            self.line.answered(micros(at))
            heapq.heappush(self.ends, at + self.dice.expovariate(1 / self.talk))
            self.told.append(Told(came, forecast, at - came))
        self._look(at)

    def _look(self, at: float) -> None:
        free = max(0, self.agents - len(self.ends))
        self.line.look(micros(at), waiting=len(self.waiting), free=free, working=max(self.agents, len(self.ends)))


def arriving(every: float, seed: int) -> Iterator[float]:
    dice, at = random.Random(seed), 0.0
    while True:
        at += dice.expovariate(1 / every)
        yield at


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("agents", "talk", "every"), [(10, 180.0, 17.5), (40, 240.0, 5.8), (4, 120.0, 29.0)])
def test_what_was_said_is_what_it_took(agents: int, talk: float, every: float, seed: int) -> None:
    told = Hall(agents, talk, seed).run(arriving(every, 100 + seed), 8 * HOUR)
    said = [(each.forecast, each.took) for each in told if each.forecast is not None and each.forecast >= 60]
    assert len(said) > 100
    mean_said = sum(forecast for forecast, _ in said) / len(said)
    mean_took = sum(took for _, took in said) / len(said)
    assert mean_said == pytest.approx(mean_took, rel=0.25)
    close = sum(took / 2 - 60 <= forecast <= took * 2 + 60 for forecast, took in said)
    assert close > 0.85 * len(said)


def test_when_half_of_the_agents_leave_the_next_caller_is_told_twice_as_much() -> None:
    hall = Hall(20, 180.0, 1)
    hall.run(arriving(8.6, 7), 2 * HOUR)
    before = hall.line.per_place(micros(2 * HOUR))
    assert before is not None
    hall.line.look(micros(2 * HOUR), waiting=5, free=0, working=10)
    assert hall.line.per_place(micros(2 * HOUR)) == pytest.approx(2 * before, rel=0.01)


def served(line: Line, count: int, every: float = 10.0, working: int = 5) -> float:
    """A line in which somebody always waits, and one is taken every so many seconds. Returns when the last was."""
    line.look(micros(0), waiting=3, free=0, working=working)
    for number in range(1, count + 1):
        line.answered(micros(number * every))
    return count * every


def test_each_place_takes_as_long_as_between_two_answers() -> None:
    line = Line()
    end = served(line, FEWEST)
    assert line.per_place(micros(end)) == micros(10)


def test_too_few_answers_are_no_ground() -> None:
    line = Line()
    end = served(line, FEWEST - 1)
    assert line.per_place(micros(end)) is None


def test_answers_while_an_agent_is_free_say_nothing() -> None:
    line = Line()
    for number in range(100):
        line.look(micros(number * 30), waiting=1, free=3, working=5)  # the phone rings
        line.answered(micros(number * 30 + 3))
        line.look(micros(number * 30 + 3), waiting=0, free=2, working=5)
    assert line.per_place(micros(3000)) is None


def test_times_when_nobody_waits_do_not_count() -> None:
    line = Line()
    end = served(line, FEWEST)
    line.look(micros(end), waiting=0, free=0, working=5)
    line.look(micros(end + 900), waiting=1, free=0, working=5)
    line.answered(micros(end + 910))
    assert line.per_place(micros(end + 910)) == micros(10)


def test_a_line_that_no_longer_moves_refutes_its_forecast() -> None:
    line = Line()
    end = served(line, FEWEST)
    assert line.per_place(micros(end + 29)) is not None
    assert line.per_place(micros(end + 31)) is None


def test_what_is_long_ago_does_not_count() -> None:
    line = Line()
    end = served(line, FEWEST)
    line.look(micros(end), waiting=0, free=0, working=5)
    assert line.per_place(micros(end + 1700)) is not None
    assert line.per_place(micros(end + 1801)) is None


def test_nobody_at_work_and_a_new_beginning() -> None:
    line = Line()
    end = served(line, FEWEST)
    line.look(micros(end), waiting=0, free=0, working=0)
    assert line.per_place(micros(end)) is None
    line.look(micros(end), waiting=0, free=0, working=5)
    assert line.per_place(micros(end)) is not None
    line.forget()
    assert line.per_place(micros(end)) is None


def test_a_clock_that_steps_back_spoils_nothing() -> None:
    line = Line()
    served(line, FEWEST)
    line.look(micros(1), waiting=1, free=0, working=5)
    line.answered(micros(90))
    assert line.per_place(micros(90)) is not None
