"""A bridge and the PBX it serves, which does what a test tells it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.post import Post


@pytest.fixture
async def pbx() -> AsyncIterator[FakePbx]:
    async with FakePbx() as fake:
        yield fake


@pytest.fixture
async def post(tmp_path: Path, pbx: FakePbx) -> AsyncIterator[Post]:
    async with Post.open(tmp_path, pbx.port) as made:
        pbx.secret = made.secret
        yield made
