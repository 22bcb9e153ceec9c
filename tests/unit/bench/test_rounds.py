"""Fair racing, by a clock that is moved by hand."""

import pytest

from bench.rounds import Spread, race, ratios, spread


class Track:
    """A clock, and runners that take a set time for each pass of 10 units."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ran: list[str] = []

    def runner(self, name: str, *takes: float):  # type: ignore[no-untyped-def]
        times = iter(takes)

        def run() -> int:
            self.ran.append(name)
            self.now += next(times)
            return 10

        return run

    def clock(self) -> float:
        return self.now


def test_contestants_take_turns() -> None:
    track = Track()
    runners = [track.runner("a", *[1.0] * 9), track.runner("b", *[1.0] * 9)]
    race(runners, rounds=3, seconds=1.0, clock=track.clock)
    assert track.ran == [*"aabb", *"ababab"]  # one pass to warm up, one to measure, then the rounds


def test_a_round_is_as_long_as_asked_for_whoever_is_quick() -> None:
    track = Track()
    quick, slow = track.runner("q", *[0.25] * 99), track.runner("s", *[0.75] * 99)
    rates = race([quick, slow], rounds=2, seconds=1.0, clock=track.clock)
    assert track.ran == [*"qqss", *"qqqqss", *"qqqqss"]
    assert rates == [[40.0, 40.0], [pytest.approx(10 / 0.75)] * 2]


def test_the_first_pass_is_not_counted() -> None:
    track = Track()
    rates = race([track.runner("a", 100.0, 1.0, 1.0)], rounds=1, seconds=1.0, clock=track.clock)
    assert rates == [[10.0]]


def test_a_pass_too_quick_for_the_clock_is_repeated_not_divided_by() -> None:
    track = Track()
    rates = race([track.runner("a", 0.0, 0.0, *[0.001] * 2000)], rounds=1, seconds=0.001, clock=track.clock)
    assert rates == [[pytest.approx(10_000)]]
    assert len(track.ran) >= 1000


def test_median_and_spread() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert spread([4.0, 1.0]) == Spread(2.5, 1.0, 4.0)


def test_ratios_are_of_neighbours_in_time() -> None:
    """A machine that is twice as slow in the second round changes no ratio."""
    assert ratios([400.0, 200.0], [100.0, 50.0]) == [4.0, 4.0]
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])
