"""Draws what the benches bring (`bench.section.Plot`) into PNG files, without a display."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench import fonts
from bench.section import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_INCHES = (8.0, 4.5)
DOTS_PER_INCH = 120
STYLE = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": DOTS_PER_INCH,
    "font.size": 10,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}
NAME = re.compile(r"[a-z][a-z0-9_]*")
_CHINESE = re.compile(r"(?:[\u2e80-\u9fff\uff00-\uffef\u3000-\u303f]+[\s→·/–]*)+")
"""Characters of it, and what stands between two of them."""


def draw(plots: Sequence[Plot], folder: Path, *, chinese: str | None = None) -> list[Path]:
    """Each as ``folder/NAME.png``. The same figures make the same bytes.

    ``chinese``: the family for Chinese characters; by default the one that is found. Where there is none, they are
    taken out of every label: the English beside them stays.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    family = fonts.chinese() if chinese is None else chinese
    written: list[Path] = []
    with mpl.rc_context({**STYLE, "font.family": ["DejaVu Sans", *([family] if family else [])]}):
        for plot in plots:
            figure = Figure(figsize=SIZE_INCHES, layout="constrained")
            canvas = FigureCanvasAgg(figure)
            plot.draw(figure)
            if not family:
                without_chinese(figure)
            written.append(folder / f"{_checked(plot.name)}.png")
            canvas.print_png(written[-1], metadata={"Software": None})
    return written


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"a plot is named in lower case, digits and _: {name!r}")
    return name


def without_chinese(figure: Figure) -> None:
    """Take Chinese characters out of all that is written on ``figure``."""
    from matplotlib.text import Text

    for axes in figure.get_axes():
        for axis in (axes.xaxis, axes.yaxis):
            places = axis.get_majorticklocs()
            labels = axis.get_major_formatter().format_ticks(places)
            if any(map(_CHINESE.search, labels)):  # written anew at each drawing, from where they are kept
                axis.set_ticks(places, [english(label) for label in labels])
    for text in figure.findobj(Text):
        text.set_text(english(text.get_text()))


def english(label: str) -> str:
    """What is left of a label in both languages without its Chinese."""
    return re.sub(r"^[\s:·,]+|[\s:·,]+$", "", _CHINESE.sub("", label))
