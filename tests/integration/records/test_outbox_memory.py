"""A long outage costs disk, not memory."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ALLOWED_KB = 20 * 1024


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(2_000, 20_000, id="twenty thousand"),
        pytest.param(10_000, 100_000, id="a hundred thousand", marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
)
async def test_records_that_wait_are_on_disk_and_nowhere_else(tmp_path: Path, first: int, last: int) -> None:
    """While the store is away, and while what waited is written once it is back."""
    folder = tmp_path / "outbox"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.records.weigh", str(folder), str(first), str(last)),
        cwd=ROOT,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        said, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, errors.decode()
    sizes = [line.split()[1] for line in said.decode().splitlines() if line.startswith("resident ")]
    at_first, at_last, after = map(int, sizes)
    assert at_last - at_first < ALLOWED_KB
    assert after - at_first < ALLOWED_KB
    assert list(folder.iterdir()) == []
