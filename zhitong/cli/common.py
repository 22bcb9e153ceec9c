"""Options and openings that several commands share."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from telephony.config import Site, read_site
from telephony.database.database import Database
from telephony.places import database_url, var_of
from telephony.records.store import RecordStore

Result = TypeVar("Result")

SiteOption = Annotated[
    Path, typer.Option("--site", envvar="ZHITONG_SITE", help="site.toml: numbers, trunks, queues, rules.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs: JSON instead of a table.")]
DEFAULT_SITE = Path("site.toml")


def wait_for(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine from a command."""
    return asyncio.run(work)


@contextlib.asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[tuple[Site, Database]]:
    """The site and its database, migrated."""
    site = read_site(path)
    var_of(path, site).mkdir(parents=True, exist_ok=True)
    database = await Database.open(database_url(path, site))
    try:
        yield site, database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def open_records(path: Path) -> AsyncIterator[tuple[Site, RecordStore]]:
    """The site and its call records."""
    async with open_database(path) as (site, database):
        yield site, RecordStore(database)
