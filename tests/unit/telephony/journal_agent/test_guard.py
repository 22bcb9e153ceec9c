"""Who may ask, and how often."""

import pytest

from telephony.journal.agent.guard import BURST, FAILURES, FAILURES_S, RATE, Failures, Guard, Pace

ONE, TWO = "a" * 32, "b" * 32


@pytest.mark.parametrize("given", [f"Bearer {ONE}", f"bearer {ONE}", f"BEARER  {ONE} "])
def test_the_token_is_known(given: str) -> None:
    assert Guard([ONE]).knows(given)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        ONE,
        f"Basic {ONE}",
        f"Bearer {ONE}x",
        f"Bearer {ONE[:-1]}",
        "Bearer 令牌",
        "Bearer \udce4",
    ],
)
def test_anything_else_is_not(given: str) -> None:
    assert not Guard([ONE]).knows(given)


def test_two_tokens_while_one_takes_the_others_place() -> None:
    guard = Guard([ONE, TWO])
    assert guard.knows(f"Bearer {ONE}")
    assert guard.knows(f"Bearer {TWO}")
    assert not guard.knows(f"Bearer {ONE}{TWO}")


def test_no_token_lets_nobody_in() -> None:
    assert not Guard([]).knows("Bearer ")


def test_wrong_tokens_are_told_of_so_often_and_then_only_counted() -> None:
    now = [0.0]
    failures = Failures(lambda: now[0])
    assert [failures.too_many() for _ in range(FAILURES + 3)] == [False] * FAILURES + [True] * 3
    now[0] = FAILURES_S
    assert not failures.too_many()


def test_a_burst_passes_and_then_so_many_a_second() -> None:
    now = [1_000.0]
    pace = Pace(lambda: now[0])
    assert [pace.delay() for _ in range(BURST)] == [0.0] * BURST
    assert [round(pace.delay(), 6) for _ in range(3)] == [round(n / RATE, 6) for n in (1, 2, 3)]
    now[0] += 1.0
    assert pace.delay() == 0.0


def test_rest_is_not_saved_up_beyond_a_burst() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    pace.delay()
    now[0] += 3_600
    assert [pace.delay() > 0 for _ in range(BURST + 1)] == [False] * BURST + [True]
