"""A database of each kind, and an office whose people sign in over real HTTP. Clocks are moved by hand."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from argon2 import PasswordHasher

from telephony.database.database import Database
from telephony.directory.agents import Agent, QueueMembership
from telephony.directory.store import AgentStore
from telephony.model.ids import MemberName, QueueName
from tests.integration.postgres import Postgres
from zhitong.access.accounts import Account
from zhitong.access.audit import AuditLog
from zhitong.access.http import AuthApi
from zhitong.access.keys import FixedKeys
from zhitong.access.lockout import Lockout, Pace
from zhitong.access.opening import People, serving
from zhitong.access.passwords import Passwords
from zhitong.access.roles import Role
from zhitong.access.sign_in import SignIn
from zhitong.access.standings import Kept
from zhitong.access.store import AccountStore, New
from zhitong.access.tokens import Tokens
from zhitong.access.trail import Trail

PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


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


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await Database.open(url)
    yield opened
    await opened.close()


class Clock:
    """Begins now, since tokens live in a database that knows no other time."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


class Said(NamedTuple):
    status: int
    body: Any
    headers: Any


class Office:
    """The API on a free port, with agent 1001 who has a password of their own, and supervisor wang."""

    def __init__(self, var: Path, database: Database) -> None:
        self.var, self.clock, self.database = var, Clock(), database
        self.accounts = AccountStore(database, self.clock)
        self.passwords = Passwords(QUICK)
        self.standings = Kept(self.accounts, clock=self.clock)
        self.tokens = Tokens("pbx1", FixedKeys({"k1": "k" * 32}), self.standings, clock=self.clock)
        self.audit = AuditLog(Trail(var / "audit" / "serve", "pbx1"))
        self.sign_in = SignIn(
            self.accounts,
            People(database),
            self.tokens,
            self.standings,
            self.audit,
            passwords=self.passwords,
            lockout=Lockout(clock=self.clock),
        )
        self.api = AuthApi(self.sign_in, clock=self.clock, pace=Pace(clock=self.clock))
        self.session: aiohttp.ClientSession
        self.base = ""

    async def furnish(self) -> None:
        queues = (QueueMembership(QueueName("citizens")),)
        await AgentStore(self.database).import_agents([Agent(MemberName("1001"), "张三", queues, "1001")])
        hashed = await self.passwords.hash(PASSWORD)
        one = Account("1001", Role.AGENT, MemberName("1001"), must_change=False)
        wang = Account("wang", Role.SUPERVISOR, None, frozenset({QueueName("policy")}), must_change=True)
        await self.accounts.add([New(one, hashed), New(wang, hashed)])

    async def post(self, path: str, body: Any = None, token: str | None = None, **how: Any) -> Said:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self.session.post(self.base + path, json=body, headers=headers, **how) as answer:
            text = await answer.read()
            assert answer.headers["Cache-Control"] == "no-store"
            return Said(answer.status, await answer.json(content_type=None) if text else None, answer.headers)

    async def enter(self, password: str = PASSWORD, account: str = "1001") -> Said:
        return await self.post("/auth/token", {"account": account, "password": password})

    async def token(self) -> str:
        said = await self.enter()
        assert said.status == 200, said.body
        return str(said.body["token"])


@contextlib.asynccontextmanager
async def open_office(var: Path, database: Database) -> AsyncIterator[Office]:
    office = Office(var, database)
    await office.furnish()
    async with serving(office.api.app(), "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
        office.session, office.base = session, f"http://127.0.0.1:{port}"
        yield office
    office.passwords.close()
    await office.audit.close()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    database = await Database.open(f"sqlite:///{tmp_path / 'zhitong.db'}")
    async with open_office(tmp_path, database) as opened:
        yield opened
    await database.close()
