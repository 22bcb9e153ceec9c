"""Who guesses waits. The clock is moved by hand."""

import pytest

from zhitong.access.lockout import Lockout, Pace, Rule, Rules, network
from zhitong.access.refused import NotNow

RULES = Rules(
    pair=Rule(free=3, first_s=10, most_s=100, forget_s=1000),
    account=Rule(free=6, first_s=20, most_s=100, forget_s=1000),
    address=Rule(free=8, first_s=30, most_s=100, forget_s=1000),
)


class Door:
    def __init__(self, kept: int = 100) -> None:
        self.now = 0.0
        self.lockout = Lockout(RULES, lambda: self.now, kept)

    def wait(self, account: str = "1001", address: str = "a") -> float:
        """How long one has to wait; a try that may begin is taken back."""
        try:
            self.lockout.begin(account, address)
        except NotNow as not_now:
            return not_now.wait_s
        self.lockout.withdrawn(account, address)
        return 0.0

    def guess(self, account: str = "1001", address: str = "a") -> bool:
        self.lockout.begin(account, address)
        return self.lockout.failed(account, address)


def test_the_wait_begins_after_some_failures_doubles_and_ends() -> None:
    door = Door()
    assert [door.guess() for _ in range(3)] == [False, False, True]
    waits = []
    for _ in range(6):
        waits.append(door.wait())
        door.now += door.wait() - 0.5
        assert door.wait() == 0.5
        door.now += 0.5
        assert door.wait() == 0
        door.guess()
    assert waits == [10, 20, 40, 80, 100, 100]


def test_a_success_forgives_ones_own_failures() -> None:
    door = Door()
    door.guess(), door.guess()
    door.lockout.begin("1001", "a")
    door.lockout.succeeded("1001", "a")
    assert [door.guess() for _ in range(3)] == [False, False, True]


def test_failures_are_forgotten_in_time() -> None:
    door = Door()
    door.guess(), door.guess()
    door.now += 1000
    assert [door.guess() for _ in range(3)] == [False, False, True]


def test_tries_that_come_at_once_count_before_they_are_judged() -> None:
    door = Door()
    for _ in range(3):
        door.lockout.begin("1001", "a")
    with pytest.raises(NotNow):
        door.lockout.begin("1001", "a")


def test_one_account_from_many_addresses_and_many_accounts_from_one() -> None:
    door = Door()
    for each in range(6):
        door.guess(address=f"from {each}")
    assert door.wait(address="yet another") == 20
    assert door.wait("1002", "yet another") == 0
    for each in range(8):
        door.guess(f"2{each:03}", "b")
    assert door.wait("1002", "b") == 30


def test_nobody_is_locked_out_of_the_desk_they_sit_at() -> None:
    door = Door()
    door.lockout.begin("1001", "office")
    door.lockout.succeeded("1001", "office")
    for each in range(12):
        door.guess("1001", f"from {each}") if each < 6 else door.guess(f"2{each:03}", "office")
    for each in range(2):
        door.guess(f"3{each:03}", "office")
    assert door.wait("1002", "office") == 30
    assert door.wait("1001", "elsewhere") == 20
    assert door.wait("1001", "office") == 0
    assert [door.guess("1001", "office") for _ in range(3)] == [False, False, True], "guessing from there is still that"


def test_who_has_one_address_of_a_network_has_them_all() -> None:
    door = Door()
    assert [door.guess(address=f"2001:db8::{each:x}") for each in range(3)] == [False, False, True]
    assert door.wait(address="2001:db8::ffff:1") == 10
    assert door.wait(address="2001:db8:0:1::1") == 0
    assert door.wait(address="192.0.2.1") == 0
    assert [network(each) for each in ("::ffff:192.0.2.1", "192.0.2.1", "?")] == ["192.0.2.1", "192.0.2.1", "?"]


def test_what_is_remembered_has_a_bound() -> None:
    door = Door(kept=10)
    for each in range(1000):
        door.guess(f"{each}", f"{each}")
    held = (door.lockout._pairs, door.lockout._accounts, door.lockout._addresses)
    assert [len(each) for each in held] == [10, 10, 10]


def test_an_address_has_a_pace() -> None:
    now = 0.0
    pace = Pace(per_s=2, burst=5, clock=lambda: now, kept=3)
    for _ in range(5):
        pace.take("a")
    with pytest.raises(NotNow) as refused:
        pace.take("a")
    assert refused.value.wait_s == 0.5
    pace.take("b")
    now = 0.5
    pace.take("a")
    with pytest.raises(NotNow):
        pace.take("a")
    for each in range(100):
        pace.take(f"{each}")
    assert len(pace._left) == 3
