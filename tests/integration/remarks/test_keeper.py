"""What a person was told is kept is kept: killed at any moment, with the database there or not, each once, in order."""

import asyncio
import random
import shutil
import sqlite3
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.database.faults import StoreUnavailable
from telephony.records.spool import OutboxTaken
from telephony.remarks.keeper import RemarkKeeper
from telephony.remarks.store import Remarks
from tests.unit.telephony.records.samples import call_id
from tests.unit.telephony.remarks.told import remark

ROOT = Path(__file__).parents[3]
ROUNDS = 4


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Somebody else has the database."""
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield


async def keys_in(url: str) -> list[str]:
    database = await Database.open(url)
    try:
        return [each.key for each in await Remarks(database).history(call_id(1))]
    finally:
        await database.close()


async def kept_until_killed(url: str, folder: Path, first: int, after: float) -> int:
    """How many the process said are kept, before it was killed ``after`` seconds of keeping."""
    command = (sys.executable, "-m", "tests.integration.remarks.victim", url, str(folder), str(first))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, limit=2**24)
    assert process.stdout is not None
    said = await asyncio.wait_for(process.stdout.readline(), 60)
    await asyncio.sleep(after)
    process.kill()
    said += await process.stdout.read()
    assert await process.wait() == -9
    return int([line for line in said.split(b"\n")[:-1] if line][-1])


async def test_what_was_said_to_be_kept_survives_kill_9_whether_the_database_is_there_or_not(tmp_path: Path) -> None:
    dice = random.Random("remarks")
    file, folder = tmp_path / "zhitong.db", tmp_path / "remarks"
    url = f"sqlite:///{file}"
    await (await Database.open(url)).close()
    first = 0
    for number in range(ROUNDS):
        with locked(file) if number % 2 else nullcontext():
            first = await kept_until_killed(url, folder, first, dice.uniform(0, 0.3))
    database = await Database.open(url)
    async with RemarkKeeper.open(database, folder):
        pass
    await database.close()
    assert list(folder.iterdir()) == []
    keys = await keys_in(url)
    assert len(keys) == len(set(keys))
    assert [key for key in keys if int(key[1:]) < first] == [f"k{each}" for each in range(first)]


class Shaky(Database):
    """A database that is ``away`` when told so, and whose next answer may be ``lost`` after it has done all."""

    away = lost = False

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        if self.away:
            raise StoreUnavailable("away")
        async with super().writing() as connection:
            yield connection
        if self.lost:
            self.lost = False
            raise StoreUnavailable("the answer was lost")


STEPS = st.lists(st.sampled_from(["take", "take", "again", "away", "back", "lose", "stop"]), max_size=12)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_whatever_happens_in_between_each_is_written_once_in_order(steps: list[str], template: Path) -> None:
    asyncio.run(_play(steps, template))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with its schema, to copy."""
    file = tmp_path_factory.mktemp("template") / "zhitong.db"

    async def make() -> None:
        await (await Database.open(f"sqlite:///{file}")).close()

    asyncio.run(make())
    return file


async def _play(steps: list[str], template: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, url = Path(place) / "remarks", f"sqlite:///{place}/zhitong.db"
        shutil.copyfile(template, Path(place) / "zhitong.db")
        runs: list[list[str]] = [[]]
        for step in steps:
            runs.append([]) if step == "stop" else runs[-1].append(step)
        taken, away = 0, False
        for run in runs:
            taken, away = await _run(run, url, folder, taken, away)
        database = await Database.open(url)
        async with RemarkKeeper.open(database, folder) as keeper:
            await asyncio.wait_for(keeper.writer.flush(), 60)
            assert keeper.writer.put_aside == 0
        await database.close()
        assert list(folder.iterdir()) == []
        assert await keys_in(url) == [f"k{each}" for each in range(1, taken + 1)]


async def _run(steps: list[str], url: str, folder: Path, taken: int, away: bool) -> tuple[int, bool]:
    """One process' life; "again" takes the last remark once more, as who got no answer does."""
    database = cast(Shaky, Shaky.later(url))
    database.away = away
    async with RemarkKeeper.open(database, folder, write_on_s=0.01) as keeper:
        for step in steps:
            if step == "take" or (step == "again" and taken):
                taken += step == "take"
                assert keeper.take(remark(taken))
                await asyncio.wait_for(keeper.kept(), 60)
            elif step in ("away", "back"):
                database.away = step == "away"
            elif step == "lose":
                database.lost = True
        if not database.away:  # SQLite's lock outlives a write that is cancelled, as long as this process does
            await asyncio.wait_for(keeper.writer.flush(), 60)
    await database.close()
    return taken, database.away


async def test_a_folder_is_one_processs_alone(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'zhitong.db'}")
    async with RemarkKeeper.open(database, tmp_path / "remarks"):
        with pytest.raises(OutboxTaken):
            async with RemarkKeeper.open(database, tmp_path / "remarks"):
                pass
    await database.close()


async def test_a_disk_that_takes_nothing_keeps_nothing(tmp_path: Path) -> None:
    """The folder's name is taken by a file: nobody is told that anything is kept, until it is."""
    folder = tmp_path / "remarks"
    folder.write_text("in the way")
    database = Database.later(f"sqlite:///{tmp_path}/nowhere/zhitong.db", create=False)
    async with RemarkKeeper.open(database, folder, write_on_s=0.05) as keeper:
        assert keeper.take(remark(1))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(keeper.kept(), 0.2)
        folder.unlink()
        await asyncio.wait_for(keeper.kept(), 30)
        assert folder.is_dir()
    await database.close()
