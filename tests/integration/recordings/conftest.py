from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.recordings.shelf import Shelf, shelf_at


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    async with shelf_at(f"sqlite:///{tmp_path / 'zhitong.db'}", tmp_path / "monitor") as opened:
        yield opened
