"""A database of each kind to test with. PostgreSQL runs where it is installed, with its driver: started for
the run on a socket of its own, stopped by pid.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from telephony.records.store import RecordStore

_NUMBERS = count()
_USER = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root


def _postgres_program(name: str) -> str | None:
    found = shutil.which(name)
    if found:
        return found
    return next((str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The folder of the socket of a running PostgreSQL."""
    initdb, server = _postgres_program("initdb"), _postgres_program("postgres")
    if initdb is None or server is None or importlib.util.find_spec("asyncpg") is None:
        pytest.skip("PostgreSQL or the package asyncpg is not installed")
    folder = Path(tempfile.mkdtemp(prefix="ztpg-"))  # short: a socket's path has 107 characters at most
    if _USER:
        shutil.chown(folder, _USER)
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": _USER, "cwd": folder}
    subprocess.run([initdb, "-D", data, "-A", "trust", "-U", "zt", "-E", "UTF8", "--no-sync"], check=True, **quiet)  # type: ignore[call-overload]
    arguments = [server, "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    process = subprocess.Popen(arguments, **quiet)  # type: ignore[call-overload]
    try:
        _wait_until_ready(folder)
        yield folder
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(folder: Path) -> None:
    ready = _postgres_program("pg_isready")
    assert ready is not None
    command = [ready, "-h", str(folder), "-U", "zt", "-d", "postgres", "-q"]
    for _ in range(60):
        if subprocess.run(["timeout", "1", *command], check=False).returncode == 0:
            return
        subprocess.run(["sleep", "0.25"], check=True)
    pytest.fail("PostgreSQL did not start within 15 s")


def _new_postgres_database(folder: Path) -> str:
    createdb = _postgres_program("createdb")
    assert createdb is not None
    name = f"zt{next(_NUMBERS)}"
    subprocess.run([createdb, "-h", str(folder), "-U", "zt", name], check=True)
    return f"postgresql://zt@/{name}?host={folder}"


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
