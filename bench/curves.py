"""A plot that several benches bring: which share of values is below what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def shares(
    title: str, unit: str, values: Mapping[str, Sequence[float]], targets: Mapping[float, str]
) -> Callable[[Figure], None]:
    """``values`` by the legend's names, at least one each; ``targets``: an upright line at each, and its name."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for label, found in values.items():
            axes.ecdf(found, label=label)
        for limit, label in targets.items():
            axes.axvline(limit, color="tab:red", linestyle=":", label=label)
        axes.set_xlim(left=0)
        axes.set_xlabel(unit)
        axes.set_ylabel("占比 share")
        axes.set_title(title)
        axes.legend(loc="lower right")

    return draw


def quantiles(ordered: Sequence[float], steps: int = 200) -> list[float]:
    """So many of many values that they draw the same line; all of them where they are few. ``ordered`` by size."""
    if len(ordered) <= steps:
        return list(ordered)
    return [ordered[(len(ordered) - 1) * step // (steps - 1)] for step in range(steps)]
