"""A folder with a log, and who writes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.telephony.journal.pens import HeldPen, Pen


@pytest.fixture
def pen(tmp_path: Path) -> Pen:
    return Pen(tmp_path / "zhitong-cel.csv")


@pytest.fixture
def held(tmp_path: Path) -> Iterator[HeldPen]:
    pen = HeldPen(tmp_path / "queue_log")
    yield pen
    pen.close()
