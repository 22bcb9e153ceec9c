"""A database of each kind to test with."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from telephony.records.store import RecordStore
from tests.integration.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres.running() as server:
        yield server


def _new_postgres_database(server: Postgres) -> str:
    return server.new_database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'zhitong.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return _new_postgres_database(request.getfixturevalue("postgres"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[RecordStore]:
    opened = await RecordStore.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[RecordStore]:
    opened = await RecordStore.open(sqlite_url)
    yield opened
    await opened.close()
