"""Draws are repeatable, belong to one person, and follow the law they are said to follow."""

import math
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhitong.lab.people import HUMAN_RING, Spread, draw, even_arrivals, poisson_arrivals, stream, times

SEEDS = st.integers(0, 2**32)


def test_the_draws_are_the_same_on_every_machine_and_python() -> None:
    # Written down once: two runs that are compared may be days and machines apart.
    assert times(7, "ring", "8001", HUMAN_RING, 4) == (3.666, 2.792, 5.58, 2.358)
    assert poisson_arrivals(7, 2.0, 3) == (1.52, 2.092, 2.197)


@given(SEEDS, st.integers(1, 20), st.integers(0, 20))
def test_a_longer_list_begins_with_the_shorter(seed: int, count: int, more: int) -> None:
    short = times(seed, "ring", "8001", HUMAN_RING, count)
    assert times(seed, "ring", "8001", HUMAN_RING, count + more)[:count] == short
    assert poisson_arrivals(seed, 3.0, count + more)[:count] == poisson_arrivals(seed, 3.0, count)


@given(SEEDS)
def test_people_and_kinds_and_seeds_have_streams_of_their_own(seed: int) -> None:
    lists = {
        times(seed, "ring", "8001", HUMAN_RING, 6),
        times(seed, "ring", "8002", HUMAN_RING, 6),
        times(seed, "talk", "8001", HUMAN_RING, 6),
        times(seed + 1, "ring", "8001", HUMAN_RING, 6),
    }
    assert len(lists) == 4


@given(SEEDS, st.floats(0.1, 60), st.floats(0, 2), st.floats(0, 1), st.floats(1, 100))
def test_no_time_is_outside_its_bounds(seed: int, median: float, sigma: float, least: float, most: float) -> None:
    spread = Spread(median, sigma, least, most)
    assert all(
        least - 0.0005 <= value <= most + 0.0005 for value in (draw(stream(seed, "x"), spread) for _ in range(5))
    )


def test_without_sigma_a_time_is_its_median() -> None:
    assert times(1, "ring", "8001", Spread(2.5), 3) == (2.5, 2.5, 2.5)


def test_times_are_log_normal_around_their_median() -> None:
    logs = [math.log(value) for value in times(3, "ring", "8001", Spread(2.5, 0.45), 4000)]
    assert math.exp(statistics.median(logs)) == pytest.approx(2.5, rel=0.05)
    assert statistics.stdev(logs) == pytest.approx(0.45, rel=0.05)


def test_poisson_arrivals_have_the_rate_and_the_spread_of_no_memory() -> None:
    arrivals = poisson_arrivals(5, 4.0, 4000)
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    assert min(gaps) >= 0
    # An exponential law has its mean as its standard deviation; an even one has none.
    assert statistics.mean(gaps) == pytest.approx(0.25, rel=0.06)
    assert statistics.stdev(gaps) == pytest.approx(0.25, rel=0.08)


def test_even_arrivals_are_even() -> None:
    assert even_arrivals(4.0, 5) == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert even_arrivals(4.0, 0) == ()
