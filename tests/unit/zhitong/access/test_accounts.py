"""What an account may be called, be, and be opened with."""

import asyncio
import threading

import pytest
from argon2 import PasswordHasher

from telephony.errors import AccessError
from telephony.model.ids import MemberName
from zhitong.access.accounts import (
    checked_account,
    checked_password,
    checked_role,
    checked_seen,
    may_be_an_account,
    normal_password,
)
from zhitong.access.passwords import Passwords, hasher, one_time_password
from zhitong.access.refused import NotNow, PasswordRefused
from zhitong.access.roles import Role

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.mark.parametrize("name", ["wang", "w1", "work-orders", "li.si_2"])
def test_names(name: str) -> None:
    assert checked_account(name) == name
    assert may_be_an_account(name)


@pytest.mark.parametrize("name", ["", "w", "1001", "Wang", "王", "a b", "a\n", "-a", "a" * 33])
def test_no_names(name: str) -> None:
    with pytest.raises(AccessError):
        checked_account(name)
    assert may_be_an_account(name) is (name == "1001")


def test_agents_answer_and_others_do_not() -> None:
    agent = MemberName("1001")
    for role in (Role.AGENT, Role.LEAD, Role.SUPERVISOR):
        assert checked_role(role, agent) is role
    for role in (Role.AUDITOR, Role.OPERATIONS, Role.INTEGRATION):
        assert checked_role(role, None) is role
        with pytest.raises(AccessError):
            checked_role(role, agent)
    with pytest.raises(AccessError):
        checked_role(Role.AGENT, None)


def test_queues_that_may_be_seen() -> None:
    assert checked_seen(["citizens", "*"], {"citizens"}) == {"citizens", "*"}
    for bad in ("policy", "", "a b", "**"):
        with pytest.raises(AccessError):
            checked_seen([bad], {"citizens", ""})


@pytest.mark.parametrize("password", ["correct horse battery", "直通热线我的密码一二三", "a1!b2@c3#d"])
def test_passwords(password: str) -> None:
    assert checked_password("1001", password) == password


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "a" * 129,
        "aaaaaaaaaaaa",
        "1212121212",
        "0123456789",
        "Qwertyuiop",
        "my 1001 pass",
        "tab\tinside it",
    ],
)
def test_passwords_that_will_not_do(password: str) -> None:
    with pytest.raises(PasswordRefused):
        checked_password("1001", password)


def test_two_keyboards_agree() -> None:
    assert normal_password("cafe\u0301 im Hof") == normal_password("caf\u00e9 im Hof")


def test_one_time_passwords_are_never_alike_and_would_be_taken() -> None:
    made = {one_time_password() for _ in range(500)}
    assert len(made) == 500
    assert all(checked_password("1001", each) and not set(each) & set("01ilo") for each in made)


async def test_hashed_and_known_again() -> None:
    passwords = Passwords(QUICK)
    hashed = await passwords.hash("right")
    assert hashed.startswith("$argon2id$")
    assert "right" not in hashed
    assert hashed != await passwords.hash("right"), "salted"
    answers = [await passwords.fits(each, kept) for each in ("right", "wrong", "\ud800") for kept in (hashed, None)]
    assert answers == [True, False, False, False, False, False]
    assert not await passwords.fits("right", "no hash")
    passwords.close()


def test_the_work_is_what_rfc_9106_asks_for() -> None:
    ours = hasher()
    assert (ours.time_cost, ours.memory_cost, ours.parallelism, ours.type.name) == (3, 65536, 1, "ID")
    assert Passwords(QUICK).is_dated(ours.hash("x"))


class Slow(PasswordHasher):
    """Takes as long as the test says."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.go = threading.Event()
        self.at_once, self.most = 0, 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        assert self.go.wait(30)
        self.at_once -= 1
        return super().hash(password, salt=salt)


async def test_a_flood_waits_for_one_thread_and_no_more_wait_than_are_let() -> None:
    slow = Slow()
    passwords = Passwords(slow, max_waiting=5)
    flood = [asyncio.create_task(passwords.hash(str(each))) for each in range(20)]
    done, _ = await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
    assert all(isinstance(each.exception(), NotNow) for each in done)
    slow.go.set()
    results = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(each, str) for each in results) == 5
    assert sum(isinstance(each, NotNow) and each.busy for each in results) == 15
    assert slow.most == 1
    passwords.close()
