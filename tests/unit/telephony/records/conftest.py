"""A folder for an outbox, and the disk it is on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.records.spool import Spool
from tests.unit.telephony.records.disk import Disk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def spool(folder: Path) -> Iterator[Spool]:
    opened = Spool(folder)
    assert opened.open() == []
    yield opened
    opened.close()
