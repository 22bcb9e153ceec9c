"""kill -9 while a program puts deeds on record: whatever it was told is there is there, and the chain is whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.zhitong.access.deeds import deeds
from zhitong.access.trail import Trail
from zhitong.access.verify import verify

NOTING = """
import asyncio, os, sys
from pathlib import Path
from zhitong.access.audit import AuditLog
from zhitong.access.trail import Trail

async def main(folder):
    log = AuditLog(Trail(Path(folder) / "audit" / "serve", "pbx1", segment_bytes=20_000))
    async def note(by):
        for i in range(1_000_000):
            await log.note(by, "d", i=i, much="x" * (i % 300))
            os.write(1, f"{by} {i}\\n".encode())
    await asyncio.gather(*(note(by) for by in "abc"))

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize("lines", [1, 7, 300])
def test_killed_while_noting(tmp_path: Path, lines: int) -> None:
    told: list[str] = []
    for _ in range(2):  # the second goes on where the first was killed
        program = subprocess.Popen(
            [sys.executable, "-c", NOTING, str(tmp_path)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        assert program.stdout
        try:
            told += [program.stdout.readline() for _ in range(lines)]
        finally:
            program.kill()
        rest = program.stdout.read()
        program.wait()
        program.stdout.close()
        told += rest.splitlines(keepends=True)
    Trail(tmp_path / "audit" / "serve", "pbx1").note("after", "d")
    (found,) = verify(tmp_path / "audit")
    assert found.whole, found.faults
    noted = [f"{deed['by']} {deed['i']}" for deed in deeds(tmp_path, "serve") if deed["by"] != "after"]
    acknowledged = [line.rstrip("\n") for line in told if line.endswith("\n")]
    assert len(acknowledged) >= 2 * lines
    left = list(noted)
    for line in acknowledged:
        left.remove(line)
    assert len(left) <= 6, "no more than what was under way at each kill, one for each of three"
