"""The bench of conferences: its figures and its table. What it measures is measured on a real PBX alone."""

import io

from rich.console import Console

from bench.conference.report import Measured, figures, table

FOUND = [
    Measured("consult", [float(at) for at in range(100)], [20.0] * 100),
    Measured("invite", [10.0], [30.44]),
]


def test_report_keys_hold_median_and_95th_of_a_hundred_by_kind() -> None:
    keys = figures(FOUND)
    assert set(keys) == {"invite_to_ring_ms", "answer_to_joined_ms"}
    assert keys["invite_to_ring_ms"]["consult"] == {"p50": 50.0, "p95": 95.0, "max": 99.0}
    assert keys["answer_to_joined_ms"]["invite"] == {"p50": 30.4, "p95": 30.4, "max": 30.4}


def test_the_table_has_a_row_for_each_figure_and_its_target() -> None:
    file = io.StringIO()
    Console(width=160, file=file).print(table(FOUND))
    text = file.getvalue()
    for part in ("consult first: 点击 → 振铃", "joins at once: 应答 → 入会", "95.0 ms", "30.4 ms", "≤ 50 ms"):
        assert part in text
