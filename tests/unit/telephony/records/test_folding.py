"""The fold of what is told of a call: independent of order, repeats and batches; no call lost, none twice."""

import itertools
import random
from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.model.ids import CallId
from telephony.model.terms import Outcome, Provenance
from telephony.records.folding import Shelf, better, knowledge
from telephony.records.record import CallRecord
from tests.unit.telephony.records.samples import call_id, record, tellings

A, B, C, D, E = (call_id(number) for number in range(1, 6))


def told(batches: Iterable[Sequence[CallRecord]]) -> dict[CallId, CallRecord]:
    """What is stored after these batches, each folded into what the ones before left."""
    stored: dict[CallId, CallRecord] = {}
    for batch in batches:
        shelf = Shelf(stored.values())
        for one in batch:
            shelf.put(one)
        for gone in shelf.removed:
            del stored[gone]
        stored.update(shelf.changed)
    return stored


def joined(number: int, *aliases: int) -> CallRecord:
    return record(number, aliases=tuple(call_id(alias) for alias in aliases))


# --- which record of a call is kept -----------------------------------------------------------------------

WORSE_TO_BETTER = [
    pytest.param({"outcome": Outcome.UNOBSERVED}, {"provenance": Provenance.REBUILT}, id="an outcome at all"),
    pytest.param({"estimated": ("ended_at",)}, {"provenance": Provenance.COMPLETED}, id="seen, not estimated"),
    pytest.param({"provenance": Provenance.REBUILT}, {"provenance": Provenance.OBSERVED}, id="observed"),
    pytest.param({"provenance": Provenance.OBSERVED}, {"provenance": Provenance.COMPLETED}, id="completed"),
    pytest.param({"recording": None}, {"recording": "a.wav"}, id="one more fact"),
    pytest.param({"offers": ()}, {}, id="one more offer"),
    pytest.param({"schema_version": 1}, {"schema_version": 2}, id="a newer layout"),
]


@pytest.mark.parametrize(("worse", "best"), WORSE_TO_BETTER)
def test_what_knows_more_is_kept_in_either_order(worse: dict[str, object], best: dict[str, object]) -> None:
    one, other = record(1, **worse), record(1, **best)
    assert told([[one], [other]]) == {A: other}
    assert told([[other], [one]]) == {A: other}
    assert told([[one, other]]) == {A: other}


def test_a_call_observed_whole_keeps_its_own_times_when_the_journal_tells_others() -> None:
    observed = record(1)
    rebuilt = record(1, provenance=Provenance.REBUILT, ended_at=observed.ended_at + 700, talk_ms=60_001)
    assert told([[observed], [rebuilt]]) == {A: observed}


def test_a_call_whose_end_was_not_seen_is_completed_and_stays_so_when_the_outbox_is_replayed() -> None:
    seen = record(1, outcome=Outcome.UNOBSERVED, estimated=("ended_at",))
    completed = record(1, provenance=Provenance.COMPLETED)
    assert told([[seen], [completed], [seen]]) == {A: completed}


@given(tellings(st.just(1)), tellings(st.just(1)), tellings(st.just(1)))
def test_better_is_a_join(one: CallRecord, two: CallRecord, three: CallRecord) -> None:
    assert better(one, one) == one
    assert better(one, two) == better(two, one)
    assert better(better(one, two), three) == better(one, better(two, three))


@given(tellings(st.just(1)), tellings(st.just(1)))
def test_two_records_know_the_same_only_if_they_are_the_same(one: CallRecord, two: CallRecord) -> None:
    assert (knowledge(one) == knowledge(two)) == (one == two)


# --- aliases ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_chain_of_joined_calls_is_one_record_whatever_came_first(order: Sequence[int]) -> None:
    tells = [joined(1, 2), joined(2, 3), joined(3)]
    stored = told([[tells[index]] for index in order])
    assert {key: row.aliases for key, row in stored.items()} == {A: (B, C)}


def test_a_record_under_an_alias_is_taken_off_and_never_comes_back() -> None:
    stored = told([[record(2)], [joined(1, 2)], [record(2)], [record(2, caller_name="again")]])
    assert list(stored) == [A]


def test_aliases_stay_when_a_better_record_does_not_know_them() -> None:
    poor = record(1, aliases=(B,), provenance=Provenance.REBUILT)
    assert told([[poor], [record(1)]])[A].aliases == (B,)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_calls_that_claim_each_other_are_one_under_the_older_id(order: Sequence[int]) -> None:
    tells = [joined(1, 2), joined(2, 1)]
    stored = told([[tells[index]] for index in order])
    assert {key: row.aliases for key, row in stored.items()} == {A: (B,)}


def test_a_call_does_not_swallow_itself() -> None:
    assert told([[record(1, aliases=(A,))]]) == {A: record(1)}


def test_a_call_claimed_by_two_others_leaves_both_of_them() -> None:
    stored = told([[joined(1, 3)], [record(3)], [joined(2, 3)]])
    assert set(stored) == {A, B}


def test_only_what_differs_is_changed() -> None:
    shelf = Shelf([record(1), record(2)])
    shelf.put(record(1))
    shelf.put(record(2, provenance=Provenance.REBUILT))
    assert not shelf.changed
    assert not shelf.removed


# --- any order, any batches, any repeats ------------------------------------------------------------------


@st.composite
def forests(draw: st.DrawFn) -> list[CallRecord]:
    """Tellings of some calls in which no call is claimed by two: as a tracker and a journal that agree tell
    it.
    """
    count = draw(st.integers(1, 6))
    parents = {child: draw(st.integers(0, child)) for child in range(1, count)}
    rename = draw(st.permutations(range(count)))
    tells = []
    for number in range(count):
        children = tuple(call_id(rename[child]) for child, parent in parents.items() if parent == number)
        children = tuple(child for child in children if child != call_id(rename[number]))
        variants = draw(st.lists(tellings(st.just(rename[number])), min_size=1, max_size=2))
        tells += [msgspec.structs.replace(variant, aliases=children) for variant in variants]
    return tells


@given(forests(), st.randoms(use_true_random=False))
def test_the_result_depends_on_what_was_told_alone(tells: list[CallRecord], dice: random.Random) -> None:
    reference = told([[one] for one in tells])
    shuffled = tells + dice.choices(tells, k=3)
    dice.shuffle(shuffled)
    batches = []
    while shuffled:
        size = dice.randint(1, 4)
        batches.append(shuffled[:size])
        shuffled = shuffled[size:]
    assert told(batches) == reference


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 5), max_size=3)), max_size=12))
def test_whatever_is_claimed_every_call_told_leads_to_a_record_and_no_record_is_an_alias(
    claims: list[tuple[int, list[int]]],
) -> None:
    stored = told([[joined(number, *aliases)] for number, aliases in claims])
    leads = {key for row in stored.values() for key in (row.call_id, *row.aliases)}
    assert {call_id(number) for number, _ in claims} <= leads
    claimed = {alias for row in stored.values() for alias in row.aliases}
    assert not claimed & stored.keys()


@given(forests())
def test_telling_all_of_it_again_changes_nothing(tells: list[CallRecord]) -> None:
    shelf = Shelf(told([tells]).values())
    for one in tells:
        shelf.put(one)
    assert not shelf.changed
    assert not shelf.removed


@given(forests())
def test_each_record_kept_is_one_that_was_told(tells: list[CallRecord]) -> None:
    bare = [msgspec.structs.replace(one, aliases=()) for one in tells]
    for row in told([tells]).values():
        assert msgspec.structs.replace(row, aliases=()) in bare
