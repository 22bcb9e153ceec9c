"""What every bench is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from rich.table import Table

if TYPE_CHECKING:  # drawn in bench.plots alone: a bench that is not drawn needs no matplotlib
    from matplotlib.figure import Figure

Say = Callable[[str, str], None]
"""Tells people, in Chinese and in English, what is being measured now."""


class Effort(msgspec.Struct, frozen=True):
    """``rounds`` of about ``seconds`` each, for everything that is raced; ``everything``: ``make bench-all``, in which
    a bench goes through its whole grid, however long it takes."""

    rounds: int = 7
    seconds: float = 1.0
    everything: bool = False


class Plot(msgspec.Struct, frozen=True):
    """One picture: ``name`` is the file without ``.png`` (lower case, digits, ``_``); ``draw`` is given an empty figure
    and puts axes on it. The suite picks size, fonts (Chinese where the machine has one) and the file."""

    name: str
    draw: Callable[[Figure], None]


class Section(msgspec.Struct, frozen=True):
    """``figures`` become keys of report.json, ``table`` is for people; ``wrong`` says why neither may be believed."""

    figures: dict[str, Any]
    table: Table
    wrong: str = ""
    plots: tuple[Plot, ...] = ()


Bench = Callable[[Effort, Say], Section]
