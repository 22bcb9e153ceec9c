"""A folder with a log, and who writes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.journal import grouping, journal
from tests.unit.telephony.journal.desk import Desk
from tests.unit.telephony.journal.pens import HeldPen, Logs, Pen


@pytest.fixture
def pen(tmp_path: Path) -> Pen:
    return Pen(tmp_path / "zhitong-cel.csv")


@pytest.fixture
def held(tmp_path: Path) -> Iterator[HeldPen]:
    pen = HeldPen(tmp_path / "queue_log")
    yield pen
    pen.close()


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(grouping, "SETTLE", 20_000)
    monkeypatch.setattr(journal, "_TRIES", 10_000)
    return Desk(tmp_path)
