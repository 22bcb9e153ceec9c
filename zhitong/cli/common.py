"""Options and openings that several commands share."""

import asyncio
import contextlib
import getpass
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from telephony.config import Site, read_site
from telephony.database.database import Database
from telephony.errors import ConfigError
from telephony.places import database_url
from telephony.records.store import RecordStore

Result = TypeVar("Result")

SiteOption = Annotated[
    Path,
    typer.Option("--site", envvar="ZHITONG_SITE", help="站点文件。 site.toml: numbers, trunks, queues, rules."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="给程序读。 For programs: JSON instead of a table.")]
ByOption = Annotated[
    str | None, typer.Option("--by", envvar="ZHITONG_BY", help="由谁。 By whose order; you, if left out.")
]
DEFAULT_SITE = Path("site.toml")


def who(by: str | None) -> str:
    """Who gives the order."""
    return by or getpass.getuser()


def group(text: str) -> typer.Typer:
    """A group of commands. ``text`` is its help."""
    return typer.Typer(help=text, no_args_is_help=True, add_completion=False, rich_markup_mode="markdown")


def wait_for(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine from a command."""
    return asyncio.run(work)


def read_given(file: Path) -> bytes:
    """A file that a person named. Raises ConfigError when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}.") from error


@contextlib.asynccontextmanager
async def open_database(path: Path, *, create: bool = True) -> AsyncIterator[tuple[Site, Database]]:
    """The site and its database, migrated; made if there is none, unless ``create`` is False."""
    site = read_site(path)
    database = await Database.open(database_url(path, site), create=create)
    try:
        yield site, database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def open_records(path: Path) -> AsyncIterator[tuple[Site, RecordStore]]:
    """The site and its call records. Raises StoreError where there has never been a database."""
    async with open_database(path, create=False) as (site, database):
        yield site, RecordStore(database)
