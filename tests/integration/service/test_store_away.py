"""``zhitong serve`` while its database is away: it starts and goes on; no record is lost, none doubled."""

import asyncio
import contextlib
import gzip
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from telephony.config import read_site
from telephony.model.terms import Provenance
from telephony.places import outbox_of
from tests.integration.ami.conftest import until
from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.caller import Citizen
from tests.integration.service.post import Post

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextlib.asynccontextmanager
async def locked(file: Path) -> AsyncIterator[None]:
    """Another process has the database for itself."""
    pipe = asyncio.subprocess.PIPE
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, str(file), stdin=pipe, stdout=pipe)
    try:
        assert holder.stdout is not None
        assert await asyncio.wait_for(holder.stdout.readline(), 20) == b"locked\n"
        yield
    finally:
        holder.kill()
        await holder.wait()


def citizens(first: int, count: int) -> list[Citizen]:
    return [Citizen(f"1380000{number:04d}", number) for number in range(first, first + count)]


async def call(post: Post, pbx: FakePbx, calls: Sequence[Citizen]) -> None:
    """All of them call and hang up; returns when the bridge knows of their end."""
    before = post.log_text.count('"call ended"')
    pbx.send(*[frame for each in calls for frame in (*each.calls(), *each.hangs_up())])
    await until(lambda: post.log_text.count('"call ended"') == before + len(calls))


def numbers(calls: Sequence[Citizen]) -> list[str]:
    return [each.number for each in calls]


async def told(post: Post, count: int) -> list[str]:
    return [record.caller_number for record in await post.recorded(count, seconds=40)]


def database(post: Post) -> Path:
    return post.site_file.parent / "var" / "zhitong.db"


def waiting(post: Post) -> int:
    """Records in the outbox's files."""
    count = 0
    for file in outbox_of(post.site_file, post.site).iterdir():
        with contextlib.suppress(FileNotFoundError):  # done with meanwhile
            count += file.read_bytes().count(b"\n")
    return count


@pytest.mark.slow
async def test_it_starts_while_another_process_has_the_database_and_writes_when_that_has_gone(
    post: Post, pbx: FakePbx
) -> None:
    calls = citizens(1, 5)
    async with locked(database(post)):
        await post.start()
        await post.ready()
        await call(post, pbx, calls)
        await until(lambda: waiting(post) == 5)
    assert await told(post, 5) == numbers(calls)
    assert await post.stop() == 0
    assert list(outbox_of(post.site_file, post.site).iterdir()) == []


async def test_a_file_that_is_no_database_keeps_nobody_from_following_calls(post: Post, pbx: FakePbx) -> None:
    database(post).write_bytes(b"no database at all" * 100)
    calls = citizens(1, 3)
    await post.start()
    await post.ready()
    line = await post.logged("the store is away; records wait in the outbox")
    assert "zhitong.db" in line["reason"]
    assert "not an SQLite database" in line["reason"]
    await call(post, pbx, calls)
    database(post).rename(database(post).with_name("spoilt"))
    assert await told(post, 3) == numbers(calls)


async def test_killed_while_the_database_is_away_and_started_again(post: Post, pbx: FakePbx, tmp_path: Path) -> None:
    """Twice, and the database comes back in the middle of the third run."""
    volume = tmp_path / "volume"
    volume.write_text("not mounted")
    post.keep_in(f"sqlite:///{volume}/zhitong.db")
    first, second, third = citizens(1, 20), citizens(21, 20), citizens(41, 20)
    for calls in (first, second):
        await post.start()
        await post.ready()
        await call(post, pbx, calls)
        await until(lambda calls=calls: waiting(post) == int(calls[-1].number[-4:]))  # type: ignore[misc]
        await post.kill()
    await post.start()
    await post.ready()
    await call(post, pbx, third)
    volume.unlink()
    volume.mkdir()
    assert sorted(await told(post, 60)) == numbers([*first, *second, *third])
    assert await post.stop() == 0
    assert post.log[-1]["records"] == 60


@pytest.mark.slow
async def test_stopped_while_the_database_is_away(post: Post, pbx: FakePbx) -> None:
    """It does not insist, since what waits is safe; the next start writes it."""
    await post.start()
    await post.ready()
    calls = citizens(1, 10)
    async with locked(database(post)):
        await call(post, pbx, calls)
        assert await post.stop() == 0
        assert await stored(post) == 0
    said = await post.logged("call records wait for the next start")
    assert said["waiting"] == 10
    await post.start()
    assert await told(post, 10) == numbers(calls)


async def stored(post: Post) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{database(post)}?mode=ro", uri=True)) as reader:
        return int(reader.execute("SELECT count(*) FROM calls").fetchone()[0])


async def test_a_schema_that_is_too_new_when_the_database_comes_sets_no_record_aside(
    post: Post, pbx: FakePbx, tmp_path: Path
) -> None:
    """At the start it would be refused; now that calls are followed they go on waiting."""
    volume = tmp_path / "volume"
    volume.write_text("not mounted")
    post.keep_in(f"sqlite:///{volume}/zhitong.db")
    await post.start()
    await post.ready()
    volume.unlink()
    volume.mkdir()
    with contextlib.closing(sqlite3.connect(volume / "zhitong.db")) as newer:
        newer.execute("CREATE TABLE alembic_version (version_num TEXT PRIMARY KEY)")
        newer.execute("INSERT INTO alembic_version VALUES ('9999')")
        newer.commit()
    calls = citizens(1, 4)
    await call(post, pbx, calls)
    await until(lambda: "newer program" in post.log_text)
    assert post.manager.heard() == []
    (volume / "zhitong.db").unlink()
    assert await told(post, 4) == numbers(calls)


async def test_no_epoch_comes_twice_over_restarts(post: Post, pbx: FakePbx) -> None:
    for _ in range(2):
        await post.start()
        await post.ready()
        pbx.cut()
        logins = pbx.logins + 1
        await until(lambda logins=logins: post.log_text.count('"epoch began"') >= logins)  # type: ignore[misc]
        await post.kill()
    epochs = [line["epoch"] for line in post.log if line["event"] == "epoch began"]
    assert epochs == [1, 2, 1_000_001, 1_000_002]


BOOKS = Path(__file__).parents[2] / "unit" / "telephony" / "reconcile" / "recorded" / "agent-ends"


def with_logs(post: Post, folder: Path) -> None:
    """The PBX's own logs, of a call that nobody saw."""
    (folder / "cel-custom").mkdir(parents=True)
    for name, place in (("cel.csv.gz", "cel-custom/zhitong-cel.csv"), ("queue_log.gz", "queue_log")):
        (folder / place).write_bytes(gzip.decompress((BOOKS / name).read_bytes()))
    with post.site_file.open("a", encoding="utf-8") as file:
        file.write(f'[pbx.folders]\nlog = "{folder}"\n')
    post.site = read_site(post.site_file)


async def test_the_journal_waits_for_the_database_and_goes_on(post: Post, pbx: FakePbx, tmp_path: Path) -> None:
    """It began without it, and loses it again later; what it found is on record once."""
    with_logs(post, tmp_path / "log")
    volume = tmp_path / "volume"
    volume.write_text("not mounted")
    post.keep_in(f"sqlite:///{volume}/zhitong.db")
    await post.start()
    await post.ready()
    await post.logged("the journal cannot go on")
    await post.logged("the missed-call ledger waits for the store")
    volume.unlink()
    volume.mkdir()
    (record,) = await post.recorded(1, seconds=60)
    assert record.provenance is Provenance.REBUILT
    await post.logged("the missed-call ledger goes on")
    async with locked(volume / "zhitong.db"):
        seen = citizens(1, 3)
        await call(post, pbx, seen)
        await until(lambda: waiting(post) == 3)
    assert sorted(await told(post, 4)) == sorted([record.caller_number, *numbers(seen)])
    assert await post.stop() == 0
    assert "Traceback" not in post.log_text
