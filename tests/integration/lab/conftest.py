"""A lab with a PBX and phones for each test, on ports and in a directory of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from zhitong.lab.lab import Lab
from zhitong.lab.programs import Tools, find_tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Asterisk and SIPp, fetched once."""
    return find_tools()


@pytest.fixture
async def lab(tmp_path: Path, tools: Tools) -> AsyncIterator[Lab]:
    async with Lab(tmp_path / "run", tools, port_count=1000) as lab:
        yield lab
        await lab.stop_phones()
        await lab.pbx.kill()  # an orderly end takes Asterisk a second, and nothing is read any more
