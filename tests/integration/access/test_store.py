"""Accounts in a real database of each kind."""

import asyncio
import dataclasses
from collections.abc import Callable

import msgspec
import pytest

from telephony.database.database import Database
from telephony.errors import AccessError
from telephony.model.ids import MemberName, QueueName
from zhitong.access.accounts import Account
from zhitong.access.roles import Role
from zhitong.access.store import AccountStore, New


@dataclasses.dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


LI = Account("1001", Role.LEAD, MemberName("1001"), frozenset({QueueName("b"), QueueName("a")}))
WANG = Account("wang", Role.AUDITOR, disabled=True, must_change=False)


def plain(account: Account) -> Account:
    return msgspec.structs.replace(account, generation=0)


def but(**fields: object) -> Callable[[Account], Account]:
    return lambda account: msgspec.structs.replace(account, **fields)


async def test_what_was_put_in_comes_out(database: Database) -> None:
    store = AccountStore(database)
    await store.add([New(WANG, "h2"), New(LI, "h1")])
    assert [plain(each) for each in await store.all()] == [LI, WANG]
    known = await store.get("1001")
    assert known is not None
    assert (plain(known.account), known.hashed) == (LI, "h1")
    assert "h1" not in repr(known)
    assert await store.get("1002") is None


async def test_all_are_added_or_none(database: Database) -> None:
    store = AccountStore(database)
    await store.add([New(LI, "h")])
    with pytest.raises(AccessError, match="1001"):
        await store.add([New(WANG, "h"), New(LI, "h")])
    assert len(await store.all()) == 1


async def test_each_change_that_ends_tokens_is_another_generation_whatever_the_clock_says(database: Database) -> None:
    clock = Clock()
    store = AccountStore(database, clock)
    await store.add([New(LI, "h")])
    seen = [(await store.standing()).generations["1001"]]
    for now in (1000.0, 500.0, 2000.0):
        clock.now = now
        changed = await store.change("1001", but(role=Role.SUPERVISOR), hashed="h2")
        seen.append(changed.generation)
        assert (await store.standing()).generations == {"1001": changed.generation}
    assert seen == sorted(set(seen))
    same = await store.change("1001", but(must_change=False), end_tokens=False)
    assert same.generation == seen[-1]
    await store.change("1001", but(disabled=True))
    assert (await store.standing()).generations == {"1001": -1}
    with pytest.raises(AccessError):
        await store.change("nobody", but())


async def test_a_change_that_raises_changes_nothing(database: Database) -> None:
    store = AccountStore(database)
    await store.add([New(LI, "h")])
    before = await store.get("1001")

    def refuse(_: Account) -> Account:
        raise AccessError("no")

    with pytest.raises(AccessError):
        await store.change("1001", refuse, hashed="h2")
    assert await store.get("1001") == before


async def test_changes_at_once_see_one_another(database: Database) -> None:
    store = AccountStore(database)
    await store.add([New(LI, "h")])
    await asyncio.gather(store.change("1001", but(disabled=True)), store.change("1001", but(must_change=False)))
    known = await store.get("1001")
    assert known is not None
    assert (known.account.disabled, known.account.must_change) == (True, False)


async def test_revoked_sign_ins_are_forgotten_when_they_are_over_anyway(database: Database) -> None:
    clock = Clock()
    store = AccountStore(database, clock)
    await store.revoke("a", 1500.0)
    await store.revoke("a", 1500.0)
    clock.now = 1400.0
    await store.revoke("b", 3000.0)
    assert (await store.standing()).revoked == {"a", "b"}
    clock.now = 1600.0
    await store.revoke("c", 3000.0)
    assert (await store.standing()).revoked == {"b", "c"}


async def test_who_is_removed_is_gone(database: Database) -> None:
    store = AccountStore(database)
    await store.add([New(LI, "h"), New(WANG, "h")])
    assert await store.remove(["1001", "1002"]) == ["1001"]
    assert list((await store.standing()).generations) == ["wang"]
    assert await store.remove([]) == []
