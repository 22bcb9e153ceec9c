"""A log, and who writes it."""

from pathlib import Path

import pytest

from tests.unit.telephony.journal.pens import Pen


@pytest.fixture
def pen(tmp_path: Path) -> Pen:
    return Pen(tmp_path / "zhitong-cel.csv")
