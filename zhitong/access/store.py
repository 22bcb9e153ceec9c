"""Accounts in the database."""

import time
from collections.abc import Callable, Iterable, Sequence

import msgspec
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.database.database import Database
from telephony.errors import AccessError
from telephony.model.ids import MemberName, QueueName
from zhitong.access.accounts import Account
from zhitong.access.roles import Role
from zhitong.access.schema import accounts, revoked_tokens

Alter = Callable[[Account], Account]


class New(msgspec.Struct, frozen=True):
    """An account to be made, with the hash of its first password."""

    account: Account
    hashed: str


class Known(msgspec.Struct, frozen=True):
    """An account with the hash of its password; its repr does not show that."""

    account: Account
    hashed: str

    def __repr__(self) -> str:
        return f"Known({self.account!r})"


class AccountStore:
    """The accounts of a site. Raises StoreError when the database cannot be used. ``clock``: epoch seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    async def all(self) -> list[Account]:
        """All, by name."""
        async with self._database.reading() as connection:
            return [_account(row) for row in await connection.execute(select(accounts).order_by(accounts.c.name))]

    async def get(self, name: str) -> Known | None:
        """One, or None if there is none of this name."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(accounts).where(accounts.c.name == name))).first()
        return Known(_account(row), row.password) if row is not None else None

    async def add(self, new: Sequence[New]) -> None:
        """Make these, all or none. Raises AccessError when there is one of a name, or of an agent, already."""
        names = [each.account.name for each in new]
        async with self._database.writing() as connection:
            if held := await _held(connection, names):
                raise AccessError(f"There is an account {held[0]} already. `zhitong accounts list` shows them.")
            rows = [_row(each.account, each.hashed, self._first_generation()) for each in new]
            if rows:
                await connection.execute(insert(accounts), rows)

    async def change(self, name: str, alter: Alter, *, hashed: str | None = None, end_tokens: bool = True) -> Account:
        """Make the account what ``alter`` makes of it, and its hash ``hashed``; returns it as it is now. With
        ``end_tokens`` every token it has is void. ``alter`` sees the account as it is at that moment, and may raise:
        then nothing is changed. Raises AccessError when there is no such account."""
        async with self._database.writing() as connection:
            found = (await connection.execute(select(accounts).where(accounts.c.name == name))).first()
            if found is None:
                raise AccessError(f"There is no account {name}. `zhitong accounts list` shows who there is.")
            wanted = alter(_account(found))
            generation = max(found.generation + 1, self._first_generation()) if end_tokens else found.generation
            row = _row(wanted, hashed or found.password, generation)
            await connection.execute(update(accounts).where(accounts.c.name == name).values(**row))
        return msgspec.structs.replace(wanted, generation=generation)

    async def remove(self, names: Iterable[str]) -> list[str]:
        """Take these away, as far as there are any; returns whose there were. Their tokens are void."""
        async with self._database.writing() as connection:
            held = await _held(connection, list(names))
            await connection.execute(delete(accounts).where(accounts.c.name.in_(held)))
        return held

    async def revoke(self, token: str, expires_at: float) -> None:
        """End a sign-in's tokens (``tokens.sign_in_of``) before their time. Those that are over are forgotten."""
        async with self._database.writing() as connection:
            await connection.execute(delete(revoked_tokens).where(revoked_tokens.c.expires_at < int(self._clock())))
            known = await connection.execute(select(revoked_tokens.c.id).where(revoked_tokens.c.id == token))
            if known.first() is None:
                await connection.execute(insert(revoked_tokens), [{"id": token, "expires_at": int(expires_at) + 1}])

    async def standing(self) -> "Standing":
        """Whose tokens hold, as of now."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(accounts.c.name, accounts.c.generation, accounts.c.disabled))
            people = {row.name: -1 if row.disabled else row.generation for row in rows}
            revoked = await connection.execute(select(revoked_tokens.c.id))
            return Standing(people, frozenset(row.id for row in revoked))

    def _first_generation(self) -> int:
        """Milliseconds: an account that is made anew under a name never holds a token of the one before."""
        return int(self._clock() * 1000)


class Standing(msgspec.Struct, frozen=True):
    """``generations``: of each account's tokens, -1 for one that is disabled. ``revoked``: sign-ins ended early."""

    generations: dict[str, int]
    revoked: frozenset[str] = frozenset()


async def _held(connection: AsyncConnection, names: Sequence[str]) -> list[str]:
    found = await connection.execute(
        select(accounts.c.name).where(accounts.c.name.in_(names)).order_by(accounts.c.name)
    )
    return [row.name for row in found]


def _account(row: Row[tuple[object, ...]]) -> Account:
    queues = frozenset(map(QueueName, row.queues.split()))
    agent = None if row.agent is None else MemberName(row.agent)
    return Account(row.name, Role(row.role), agent, queues, row.disabled, row.must_change, row.generation)


def _row(account: Account, hashed: str, generation: int) -> dict[str, object]:
    return {
        "name": account.name,
        "role": account.role.value,
        "agent": account.agent,
        "queues": " ".join(sorted(account.queues)),
        "password": hashed,
        "disabled": account.disabled,
        "must_change": account.must_change,
        "generation": generation,
    }
