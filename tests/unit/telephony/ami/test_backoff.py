"""How long a link waits before the next try; no clock runs here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ami.backoff import WAITS, Backoff, Trouble, Wait, trouble_of
from telephony.errors import AmiError, AmiOutcomeUnknown, AmiProtocolError, AmiRefused, AmiUnreachable


def test_waits_double_up_to_a_cap() -> None:
    assert [Wait(0.5, 6.0).after(failures) for failures in range(7)] == [0.5, 0.5, 1.0, 2.0, 4.0, 6.0, 6.0]


@given(st.sampled_from(Trouble), st.integers(1, 10**9), st.floats(0, 0.999))
def test_every_wait_lies_between_its_bounds(trouble: Trouble, failures: int, chance: float) -> None:
    backoff = Backoff()
    delay = backoff.delay(trouble, failures, chance)
    assert 0 < WAITS[trouble].first * (1 - backoff.jitter) <= delay <= WAITS[trouble].longest


def test_chance_spreads_the_tries() -> None:
    backoff = Backoff(jitter=0.5)
    delays = [backoff.delay(Trouble.REFUSED, 1, chance) for chance in (0.0, 0.5, 0.99)]
    assert delays == sorted(delays, reverse=True)
    assert delays[0] == pytest.approx(5.0)
    assert delays[1] == pytest.approx(3.75)


def test_a_refused_login_waits_longest() -> None:
    longest = {trouble: wait.longest for trouble, wait in WAITS.items()}
    assert max(longest, key=lambda trouble: longest[trouble]) is Trouble.REFUSED
    first = {trouble: wait.first for trouble, wait in WAITS.items()}
    assert max(first, key=lambda trouble: first[trouble]) is Trouble.REFUSED


def test_a_pbx_that_returns_is_found_within_two_seconds_even_after_a_week() -> None:
    """The issue's limit for a right state after the link's return; the rest of it is login and snapshot."""
    assert Backoff().delay(Trouble.UNREACHABLE, 600_000, 0.0) <= 1.0


@pytest.mark.parametrize(
    ("error", "logged_in", "trouble"),
    [
        (AmiUnreachable("x"), False, Trouble.UNREACHABLE),
        (AmiUnreachable("x"), True, Trouble.UNSTABLE),
        (AmiOutcomeUnknown("x"), True, Trouble.UNSTABLE),
        (AmiProtocolError("x"), False, Trouble.FOREIGN),
        (AmiProtocolError("x"), True, Trouble.UNSTABLE),
        (AmiRefused("x"), False, Trouble.REFUSED),
    ],
)
def test_kinds_of_trouble(error: AmiError, logged_in: bool, trouble: Trouble) -> None:
    assert trouble_of(error, logged_in) is trouble
