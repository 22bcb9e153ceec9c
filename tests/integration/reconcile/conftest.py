"""A database of each kind with a maker of daily figures, and whoever has the file at hand."""

import datetime
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, select, update

from telephony.model.ids import CallId, Micros
from telephony.reconcile.days import bounds
from telephony.reconcile.figure import Figure
from telephony.reconcile.figures import FigureStore
from telephony.reconcile.nightly import SETTLE, Nightly
from telephony.reconcile.verify import Problem, verify
from telephony.records.record import CallRecord
from telephony.records.schema import calls
from telephony.records.store import RecordStore
from tests.integration.postgres import Postgres
from tests.unit.telephony.records.samples import record

KEY = "k" * 32
ZONE = "Asia/Shanghai"
FIRST = datetime.date(2026, 11, 20)


def on_day(number: int, day: int, **changes: Any) -> CallRecord:
    """Record ``number``, of the ``day``-th day from ``FIRST``, at ``number`` minutes past its midnight."""
    begins, _ = bounds(FIRST + datetime.timedelta(days=day), ZONE)
    return record(number, received_at=Micros(begins + number * 60_000_000), **changes)


def morning(day: int) -> Micros:
    """When the day-th day is over and settled."""
    return Micros(bounds(FIRST + datetime.timedelta(days=day), ZONE)[1] + SETTLE)


@dataclass
class Desk:
    """Records, figures, and the folder of their files."""

    records: RecordStore
    figures: FigureStore
    folder: Path
    key: str = KEY

    @property
    def maker(self) -> Nightly:
        return Nightly(self.figures, self.key, ZONE, self.folder)

    async def made(self, day: int) -> list[Figure]:
        """What is made on the morning after this day."""
        return await self.maker.make_up(morning(day))

    async def problems(self, day: str | None = None) -> dict[tuple[str, int], dict[Problem, tuple[CallId, ...]]]:
        """Of each figure that does not hold, by day and revision."""
        checks = await verify(self.figures, self.key, self.folder, day)
        return {(check.figure.day, check.figure.revision): check.problems for check in checks if not check.holds}

    async def falsify(self, call_id: CallId, **fields: Any) -> None:
        """Behind our back: the record and its columns, consistently."""
        async with self.records.database.writing() as connection:
            body = (await connection.execute(select(calls.c.body).where(calls.c.call_id == call_id))).scalar_one()
            changed = msgspec.json.encode({**msgspec.json.decode(body), **fields}).decode()
            columns = {name: value for name, value in fields.items() if name in calls.c}
            await connection.execute(update(calls).where(calls.c.call_id == call_id).values(body=changed, **columns))

    async def remove(self, call_id: CallId) -> None:
        async with self.records.database.writing() as connection:
            for table in calls.metadata.sorted_tables[::-1]:
                if table.name in ("call_channels", "offers", "aliases", "calls"):
                    await connection.execute(delete(table).where(table.c.call_id == call_id))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres.running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'zhitong.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


async def open_desk(url: str, folder: Path) -> Desk:
    records = await RecordStore.open(url)
    return Desk(records, FigureStore(records.database), folder)


@pytest.fixture
async def desk(url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await open_desk(url, tmp_path / "figures")
    yield opened
    await opened.records.close()


@pytest.fixture
async def sqlite_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await open_desk(f"sqlite:///{tmp_path / 'zhitong.db'}", tmp_path / "figures")
    yield opened
    await opened.records.close()
