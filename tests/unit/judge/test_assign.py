"""Pairing with least cost, against trying every way."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from tests.judge.assign import pair

Cells = list[list[int | None]]
MATRICES = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.none() | st.integers(0, 20), min_size=width, max_size=width), min_size=1, max_size=5
    )
)


def best(cells: Cells) -> tuple[int, int]:
    """Most pairs, then least cost, by trying all."""
    rows, width = len(cells), len(cells[0])
    columns: list[int | None] = [*range(width), *[None] * rows]
    ways = []
    for way in set(permutations(columns, rows)):
        costs = [cells[i][j] for i, j in enumerate(way) if j is not None]
        if None not in costs:
            ways.append((-len(costs), sum(cost or 0 for cost in costs)))
    fewest, cost = min(ways)
    return -fewest, cost


@given(MATRICES)
def test_as_many_pairs_as_possible_at_the_least_cost(cells: Cells) -> None:
    if len(cells) * len(cells[0]) > 12:
        cells = [row[:3] for row in cells[:4]]
    pairs = pair(range(len(cells)), range(len(cells[0])), lambda i, j: cells[i][j])
    assert len(set(pairs.values())) == len(pairs)
    costs = [cells[i][j] for i, j in pairs.items()]
    assert None not in costs
    assert (len(costs), sum(cost or 0 for cost in costs)) == best(cells)


def test_nearest_first_would_be_wrong() -> None:
    calls, channels = [0, 10], [12, 14]
    assert pair(calls, channels, lambda a, b: float((a - b) ** 2)) == {0: 0, 1: 1}


def test_nothing_to_pair() -> None:
    assert pair([], [1], lambda _a, _b: 0.0) == {}
    assert pair([1], [2], lambda _a, _b: None) == {}
