"""Plots: files without a display, in both languages or in English alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.curves import quantiles, shares
from bench.plots import draw, english
from bench.section import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def bars(figure: Figure) -> None:
    axes = figure.subplots()
    axes.bar([0, 1], [1, 2], label="座席 agents")
    axes.set_xticks([0, 1], ["原生 stock", "直通 Zhitong"])
    axes.set_title("空闲 → 派话 free → offered")
    axes.legend()


def test_a_plot_is_a_file_and_the_same_again(tmp_path: Path) -> None:
    (path,) = draw([Plot("dispatch_bars", bars)], tmp_path / "one", chinese="")
    (again,) = draw([Plot("dispatch_bars", bars)], tmp_path / "two", chinese="")
    assert path.name == "dispatch_bars.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.read_bytes() == again.read_bytes()


def test_without_a_chinese_font_nothing_is_drawn_that_has_no_glyph(tmp_path: Path) -> None:
    seen: list[Figure] = []

    def kept(figure: Figure) -> None:
        bars(figure)
        seen.append(figure)

    draw([Plot("bars", kept)], tmp_path, chinese="")  # a missing glyph is a warning, and warnings are errors
    axes = seen[0].get_axes()[0]
    assert axes.get_title() == "free → offered"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["stock", "Zhitong"]
    assert [label.get_text() for label in axes.get_legend().get_texts()] == ["agents"]


@pytest.mark.parametrize(
    ("label", "left"),
    [
        ("毫秒 ms", "ms"),
        ("95 % 负载 load", "95 % load"),
        ("座席空闲（每通）idle per call", "idle per call"),
        ("p95", "p95"),
        ("平均等待", ""),
    ],
)
def test_english_is_what_stands_beside_chinese(label: str, left: str) -> None:
    assert english(label) == left


@pytest.mark.parametrize("name", ["../out", "Bars", "a b", ""])
def test_a_plot_has_a_name_that_is_a_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="lower case"):
        draw([Plot(name, bars)], tmp_path, chinese="")


def test_many_values_are_drawn_by_some_of_them() -> None:
    many = [float(value) for value in range(1_001)]
    some = quantiles(many, 11)
    assert some == [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]
    assert quantiles(many[:5]) == many[:5]


def test_shares_are_drawn_with_their_targets(tmp_path: Path) -> None:
    seen: list[Figure] = []
    curve = shares("时延 age", "ms", {"直通 Zhitong": [1.0, 2.0]}, {25.0: "目标 target"})

    def kept(figure: Figure) -> None:
        curve(figure)
        seen.append(figure)

    draw([Plot("age", kept)], tmp_path, chinese="")
    axes = seen[0].get_axes()[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Zhitong", "target"]
    assert list(axes.get_lines()[0].get_ydata()) == [0, 0.5, 1]
