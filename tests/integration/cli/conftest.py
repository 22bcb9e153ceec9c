"""A faultless PBX, and a site that is in order."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.cli.clinic import Clinic, open_clinic
from tests.integration.cli.good_pbx import GoodPbx

SECRET = "r1ght" * 4


@pytest.fixture
async def pbx() -> AsyncIterator[GoodPbx]:
    async with GoodPbx() as fake:
        fake.secret = SECRET
        yield fake


@pytest.fixture
async def clinic(tmp_path: Path, pbx: GoodPbx) -> Clinic:
    return await open_clinic(tmp_path, pbx.port, SECRET)
