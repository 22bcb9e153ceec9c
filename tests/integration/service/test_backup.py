"""Backup and restore as docs/operations.md has them: the commands of the page, run while the bridge writes."""

import asyncio
import re
import shlex
import shutil
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.post import Post
from tests.integration.service.test_store_away import call, citizens, numbers
from tests.unit.house import markdown

ROOT = Path(__file__).parents[3]
VAR = "/var/lib/zhitong"
NOT_HERE = ("systemctl ", "zt ")
"""What the test does by itself: there is no service manager."""


def blocks(heading: str) -> list[str]:
    """The shell blocks below this heading."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    part = re.split(r"(?m)^## ", page.split(f"\n## {heading}\n")[1])[0]
    return [block.text for block in markdown.parse(part).blocks if block.language == "sh"]


def here(block: str, post: Post) -> str:
    """The block as it is run here: in our folder, as our user, with our Python."""
    lines = [line for line in block.splitlines() if not line.startswith(NOT_HERE)]
    text = "\n".join(lines).replace(VAR, shlex.quote(str(post.site_file.parent / "var")))
    return text.replace("/opt/zhitong/bin/python", shlex.quote(sys.executable)).replace(" -o zhitong -g zhitong", "")


async def run(script: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *("sh", "-uc", script), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said.decode()
    return said.decode()


def kept(file: Path) -> set[str]:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = {row[0] for row in connection.execute("SELECT caller_number FROM calls")}
    connection.close()
    return found


@pytest.mark.parametrize("way", [pytest.param("sqlite3", marks=pytest.mark.slow), "python"])
async def test_a_copy_made_while_the_bridge_writes_is_what_one_goes_back_with(
    post: Post, pbx: FakePbx, way: str
) -> None:
    if shutil.which("sqlite3") is None and way == "sqlite3":
        pytest.skip("the program sqlite3 is not installed")
    with_program, with_python, restore = blocks("Back up and restore")
    var = post.site_file.parent / "var"
    await post.start()
    await post.ready()
    before, meanwhile, after, later = (citizens(first, 60) for first in (1, 61, 121, 181))
    await call(post, pbx, before)
    await post.recorded(60)
    telling = asyncio.create_task(call(post, pbx, meanwhile))
    await run(here(with_program if way == "sqlite3" else with_python, post))
    await telling
    (copy,) = var.glob("backup*.db")
    assert copy.stat().st_mode & 0o077 == 0
    in_copy = kept(copy)
    assert set(numbers(before)) <= in_copy <= set(numbers([*before, *meanwhile]))
    await call(post, pbx, after)
    await post.recorded(180)
    await post.stop(signal.SIGKILL)
    assert (var / "zhitong.db-wal").stat().st_size > 0  # the trap of the page
    (var / "zhitong.db").write_bytes(b"the disk was not well")
    copy.rename(var / "backup.db")
    steps = here(restore, post)
    if shutil.which("sqlite3") is None:
        steps = "\n".join(line for line in steps.splitlines() if not line.startswith("sqlite3 "))
    said = await run(steps)
    assert not said.replace("ok", "").strip() or "No such file" in said
    assert [path.name for path in var.glob("zhitong.db*")] == ["zhitong.db"]
    await post.start()
    await post.ready()
    assert {record.caller_number for record in await post.records()} == in_copy
    await call(post, pbx, later)
    await post.recorded(len(in_copy) + 60)
    assert kept(var / "zhitong.db") == {*in_copy, *numbers(later)}
