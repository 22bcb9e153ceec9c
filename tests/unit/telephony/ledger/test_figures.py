"""The ledger's figures: counted by hand beside the fold."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ledger.attempts import Attempt
from telephony.ledger.entry import Entry, Fact, fold
from telephony.ledger.figures import Figures, age_ms, figures
from telephony.ledger.terms import AttemptId, AttemptOutcome, CallerKey, CloseReason, EntryId
from telephony.model.ids import MemberName, Micros
from telephony.model.terms import Outcome
from tests.unit.telephony.ledger.samples import answered, assigned, at, began, closed, missed, reopened
from tests.unit.telephony.ledger.test_attempts import ATTEMPT

NOW = at(1000)


def entries() -> list[Entry]:
    """Of four callers: open since 10 s, assigned since 200 s, closed after 90 s, reopened; and one more closed."""
    stories: list[list[Fact]] = [
        [missed(1, 990)],
        [missed(2, 800), missed(3, 900, outcome=Outcome.TIMED_OUT), assigned(1, 850)],
        [missed(4, 100, short=True), answered(5, 190)],
        [missed(6, 500), closed(2, 560), reopened(3, 600), began(1, 700, "1002")],
        [missed(7, 0), closed(4, 30, CloseReason.NUISANCE)],
    ]
    return [fold(story).entries[0] for story in stories]


def attempt(number: int, outcome: AttemptOutcome | None) -> Attempt:
    return msgspec.structs.replace(ATTEMPT, number=AttemptId(number), outcome=outcome)


def test_everything_is_counted_once() -> None:
    tries = [attempt(1, None), attempt(2, AttemptOutcome.BUSY), attempt(3, AttemptOutcome.BUSY)]
    assert figures(entries(), tries, NOW) == Figures(
        entries=5,
        calls=6,
        short=1,
        promised=0,
        reopened=1,
        states={"assigned": 1, "calling": 1, "closed": 2, "open": 1},
        reasons={"called_again": 1, "nuisance": 1},
        why={"abandoned": 4, "timed_out": 1},
        owners={"": 1, "1001": 1, "1002": 1},
        attempts={"busy": 2, "under_way": 1},
        oldest_open_ms=500_000,
        settled_ms_p50=30_000,
        settled_ms_p95=90_000,
    )


def test_of_nothing_nothing_is_claimed() -> None:
    told = figures([], [], NOW)
    assert (told.entries, told.calls, told.states, told.oldest_open_ms) == (0, 0, {}, None)
    assert (told.settled_ms_p50, told.settled_ms_p95) == (None, None)


@pytest.mark.parametrize(("facts", "age_s"), [([missed(1, 0)], 1000), ([missed(1, 0), closed(1, 70)], 70)])
def test_an_age_ends_with_the_closing(facts: list[Fact], age_s: int) -> None:
    assert age_ms(fold(facts).entries[0], NOW) == age_s * 1000


def test_a_clock_that_was_set_back_makes_no_negative_age() -> None:
    assert age_ms(fold([missed(1, 2000)]).entries[0], NOW) == 0


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_percentiles_are_the_nearest_rank(settled_s: list[int]) -> None:
    """At least so many per cent are no longer than it, and of the values there are none smaller would do."""
    told = figures([_settled(number, seconds) for number, seconds in enumerate(settled_s, 1)], [], NOW)
    for percent, value in ((50, told.settled_ms_p50), (95, told.settled_ms_p95)):
        enough = [s * 1000 for s in settled_s if 100 * sum(t <= s for t in settled_s) >= percent * len(settled_s)]
        assert value == min(enough, default=None)


def _settled(number: int, seconds: int) -> Entry:
    (entry,) = fold([missed(number, 0), closed(1, seconds)]).entries
    return msgspec.structs.replace(entry, number=EntryId(number), caller=CallerKey(str(number)))


def test_counts_do_not_depend_on_the_order() -> None:
    tries = [attempt(1, AttemptOutcome.REACHED), attempt(2, AttemptOutcome.BUSY)]
    forward, backward = figures(entries(), tries, NOW), figures(entries()[::-1], tries[::-1], NOW)
    assert msgspec.json.encode(forward) == msgspec.json.encode(backward)
    assert list(forward.owners) == sorted(forward.owners)


def test_owners_are_those_of_what_is_still_to_be_done() -> None:
    story: list[Fact] = [missed(1, 0), assigned(1, 10), closed(2, 20)]
    assert figures(fold(story).entries, [], Micros(NOW)).owners == {}
    assert figures(fold(story[:-1]).entries, [], NOW).owners == {MemberName("1001"): 1}
