"""Pairing two lists so that the sum of the costs is least: who belongs to whom, all taken together.

Pairing the nearest first would go wrong where it matters: two calls of one caller 10 ms apart.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Left = TypeVar("Left")
Right = TypeVar("Right")
_FAR = 1e12


def pair(lefts: Sequence[Left], rights: Sequence[Right], cost: Callable[[Left, Right], float | None]) -> dict[int, int]:
    """Index of left → index of right. ``cost`` is None where the two cannot belong together.

    As many pairs as possible first, then the least sum of costs.
    """
    table = {
        (i, j): value
        for i, left in enumerate(lefts)
        for j, right in enumerate(rights)
        if (value := cost(left, right)) is not None
    }
    pairs: dict[int, int] = {}
    for rows, columns in _islands(table):
        matrix = [[table.get((i, j), _FAR) for j in columns] for i in rows]
        for i, j in _least(matrix):
            if (rows[i], columns[j]) in table:
                pairs[rows[i]] = columns[j]
    return pairs


def _islands(table: Iterable[tuple[int, int]]) -> list[tuple[list[int], list[int]]]:
    """The rows and columns that hang together, so that no big matrix is ever solved."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for i, j in table:
        parent[root(("row", i))] = root(("column", j))
    islands: dict[tuple[str, int], tuple[list[int], list[int]]] = {}
    for node in list(parent):
        rows, columns = islands.setdefault(root(node), ([], []))
        (rows if node[0] == "row" else columns).append(node[1])
    return [(sorted(rows), sorted(columns)) for rows, columns in islands.values()]


def _least(matrix: list[list[float]]) -> list[tuple[int, int]]:
    if len(matrix) > len(matrix[0]):
        turned = [list(column) for column in zip(*matrix, strict=True)]
        return [(i, j) for j, i in _hungarian(turned)]
    return _hungarian(matrix)


def _hungarian(matrix: list[list[float]]) -> list[tuple[int, int]]:
    """Kuhn's Hungarian method with potentials; needs no more rows than columns."""
    rows, columns = len(matrix), len(matrix[0])
    lift, drop = [0.0] * (rows + 1), [0.0] * (columns + 1)
    held_by = [0] * (columns + 1)
    for row in range(1, rows + 1):
        held_by[0] = row
        came_from, last = _augment(matrix, lift, drop, held_by)
        while last:
            held_by[last] = held_by[came_from[last]]
            last = came_from[last]
    return [(held_by[j] - 1, j - 1) for j in range(1, columns + 1) if held_by[j]]


def _augment(
    matrix: list[list[float]], lift: list[float], drop: list[float], held_by: list[int]
) -> tuple[list[int], int]:
    columns = len(matrix[0])
    best, came_from, seen = [float("inf")] * (columns + 1), [0] * (columns + 1), [False] * (columns + 1)
    at = 0
    while held_by[at]:
        seen[at] = True
        row = held_by[at]
        for j in range(1, columns + 1):
            left_over = matrix[row - 1][j - 1] - lift[row] - drop[j]
            if not seen[j] and left_over < best[j]:
                best[j], came_from[j] = left_over, at
        nearest = min((j for j in range(1, columns + 1) if not seen[j]), key=best.__getitem__)
        step = best[nearest]
        for j in range(columns + 1):
            if seen[j]:
                lift[held_by[j]] += step
                drop[j] -= step
            else:
                best[j] -= step
        at = nearest
    return came_from, at
