"""Entries, story by story, and what holds of all stories."""

import bisect
from collections import defaultdict
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ledger.entry import (
    Answered,
    CallBegan,
    CallEnded,
    Closed,
    Entry,
    Fact,
    Missed,
    Withdrawn,
    fold,
    name_of,
    place,
)
from telephony.ledger.terms import BY_HAND, ENTRY, SYSTEM, CloseReason, EntryId, EntryInput, EntryState
from telephony.model.terms import Outcome
from tests.unit.telephony.ledger.samples import (
    answered,
    assigned,
    at,
    began,
    call_id,
    closed,
    missed,
    over,
    reopened,
    summary,
    withdrawn,
)


def one(*facts: Fact) -> Entry:
    (entry,) = fold(facts).entries
    return entry


# --- calls ------------------------------------------------------------------------------------------------


def test_a_missed_call_is_an_open_entry() -> None:
    entry = one(missed(7, 0))
    assert (entry.number, entry.state, entry.calls) == (7, EntryState.OPEN, 1)
    assert (entry.opened_at, entry.waited_ms, entry.owner, entry.closed) == (at(0), 20_000, None, None)
    assert entry.latest.outcome is Outcome.ABANDONED


def test_missed_calls_of_one_caller_are_merged_until_it_is_closed() -> None:
    entry = one(missed(1, 0, waited_ms=9_000, short=True), missed(2, 60, waited_ms=3_000, trunk="mobile", short=True))
    assert (entry.number, entry.calls, entry.waited_ms) == (1, 2, 9_000)
    assert (entry.opened_at, entry.latest.received_at, entry.latest.trunk) == (at(0), at(60), "mobile")
    assert entry.short
    assert not one(missed(1, 0, short=True), missed(2, 60)).short


def test_the_number_is_the_lowest_whichever_call_came_first() -> None:
    """The older call was found later, in Asterisk's logs: the number people know stays."""
    entry = one(missed(9, 0), missed(5, 60))
    assert (entry.number, entry.opened_at, entry.latest.number) == (5, at(0), 5)


def test_who_gets_through_later_is_not_owed_a_call_any_more() -> None:
    entry = one(missed(1, 0), missed(2, 60), answered(3, 120))
    assert entry.state is EntryState.CLOSED
    assert entry.closed is not None
    assert (entry.closed.reason, entry.closed.by) == (CloseReason.CALLED_AGAIN, SYSTEM)
    assert (entry.closed.at, entry.closed.call) == (at(120), call_id(3))


def test_who_got_through_before_is_owed_one() -> None:
    assert one(answered(3, 0), missed(1, 60)).state is EntryState.OPEN


def test_after_a_closing_the_next_missed_call_begins_anew() -> None:
    entries = fold([missed(1, 0), answered(2, 60), missed(3, 120), missed(4, 180)]).entries
    assert summary(entries) == [(1, "closed", 1, "called_again"), (3, "open", 2, None)]


def test_an_answer_closes_once() -> None:
    entry = one(missed(1, 0), answered(2, 60), answered(3, 90))
    assert entry.closed is not None
    assert entry.closed.call == call_id(2)


# --- what people order ------------------------------------------------------------------------------------


def test_assigned_and_assigned_again() -> None:
    entry = one(missed(1, 0), assigned(1, 10, "1001"), assigned(2, 20, "1002"), missed(2, 30))
    assert (entry.state, entry.owner, entry.owned_at, entry.calls) == (EntryState.ASSIGNED, "1002", at(20), 2)


def test_closed_by_hand_says_who_and_why() -> None:
    entry = one(missed(1, 0), assigned(1, 5), closed(2, 10))
    assert entry.closed is not None
    assert (entry.closed.reason, entry.closed.by, entry.closed.note) == (CloseReason.RESOLVED, "li", "说好了")
    assert (entry.owner, entry.closed.call) == ("1001", None)


def test_an_order_for_what_is_closed_by_then_has_no_effect_and_is_kept() -> None:
    folded = fold([missed(1, 0), answered(2, 5), assigned(1, 10), closed(2, 20)])
    (entry,) = folded.entries
    assert entry.closed is not None
    assert (entry.closed.reason, entry.owner) == (CloseReason.CALLED_AGAIN, None)
    assert folded.where["command:000000000001"] == folded.where["command:000000000002"] == 1


def test_orders_before_there_was_an_entry_belong_to_none() -> None:
    folded = fold([assigned(1, 0), missed(1, 10)])
    assert summary(folded.entries) == [(1, "open", 1, None)]
    assert set(folded.where) == {f"call:{call_id(1)}"}


# --- call-backs -------------------------------------------------------------------------------------------


def test_a_call_back_that_reaches_the_caller_closes() -> None:
    calling = one(missed(1, 0), began(7, 10))
    assert (calling.state, calling.calling, calling.owner) == (EntryState.CALLING, 7, "1001")
    entry = one(missed(1, 0), began(7, 10), over(7, 40, reached=True))
    assert entry.closed is not None
    assert (entry.closed.reason, entry.closed.by, entry.closed.at) == (CloseReason.CALLED_BACK, "1001", at(40))
    assert (entry.closed.call, entry.calling) == (call_id(907), None)


def test_one_that_does_not_leaves_it_to_who_tried() -> None:
    entry = one(missed(1, 0), began(7, 10), over(7, 40))
    assert (entry.state, entry.owner, entry.owned_at, entry.calling) == (EntryState.ASSIGNED, "1001", at(10), None)


def test_who_owned_it_owns_it_after_anothers_try() -> None:
    entry = one(missed(1, 0), assigned(1, 5, "1002"), began(7, 10, "1001"), over(7, 40))
    assert (entry.state, entry.owner, entry.owned_at) == (EntryState.ASSIGNED, "1002", at(5))


def test_the_caller_gets_through_while_being_called_back() -> None:
    entry = one(missed(1, 0), began(7, 10), answered(2, 20), over(7, 40))
    assert entry.closed is not None
    assert (entry.closed.reason, entry.calling) == (CloseReason.CALLED_AGAIN, None)


def test_who_was_reached_was_reached_for_the_newer_entry_too() -> None:
    """The try was begun for the first; the caller got through, missed again, and then was reached."""
    entries = fold([missed(1, 0), began(7, 10), answered(2, 20), missed(3, 25), over(7, 40, reached=True)]).entries
    assert summary(entries) == [(1, "closed", 1, "called_again"), (3, "closed", 1, "called_back")]


def test_the_end_of_another_entrys_try_does_not_end_this_ones() -> None:
    entries = fold([missed(1, 0), began(7, 10), answered(2, 20), missed(3, 25), began(8, 30), over(7, 40)]).entries
    assert (entries[1].state, entries[1].calling) == (EntryState.CALLING, 8)


def test_a_second_try_while_one_is_under_way_is_none() -> None:
    entry = one(missed(1, 0), began(7, 10, "1001"), began(8, 20, "1002"), over(8, 30))
    assert (entry.state, entry.calling, entry.owner) == (EntryState.CALLING, 7, "1001")


# --- what was told wrongly --------------------------------------------------------------------------------


def test_what_turns_out_answered_stays_closed_with_its_reason() -> None:
    entry = one(withdrawn(1, 0, since=300, by=1), answered(1, 3))
    assert (entry.number, entry.state) == (1, EntryState.CLOSED)
    assert entry.closed is not None
    assert (entry.closed.reason, entry.closed.by, entry.closed.at) == (CloseReason.TURNED_OUT, SYSTEM, at(300))
    assert entry.closed.call == call_id(1)


def test_what_turns_out_answered_closes_what_was_missed_before() -> None:
    folded = fold([missed(1, 0), withdrawn(2, 60, since=300, by=2), answered(2, 63)])
    assert summary(folded.entries) == [(1, "closed", 1, "called_again")]
    assert folded.where[f"call:{call_id(2)}"] == 1, "its number leads to the entry it was merged into"


def test_what_was_missed_after_it_is_still_owed() -> None:
    entries = fold([withdrawn(1, 0, since=300, by=1), answered(1, 3), missed(2, 60)]).entries
    assert summary(entries) == [(1, "closed", 1, "turned_out_answered"), (2, "open", 1, None)]


# --- reopened ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closer", "reason"),
    [
        (closed(1, 60), CloseReason.RESOLVED),
        (answered(2, 60), CloseReason.CALLED_AGAIN),
        (over(1, 60, reached=True), CloseReason.CALLED_BACK),
    ],
)
def test_a_closing_can_be_taken_back_and_is_not_forgotten(closer: Fact, reason: CloseReason) -> None:
    entry = one(missed(1, 0), closer, reopened(2, 90))
    assert (entry.state, entry.closed, entry.owner, entry.opened_at) == (EntryState.OPEN, None, None, at(0))
    (undone,) = entry.undone
    assert (undone.by, undone.note, undone.at, undone.closing.reason) == ("wang", "关错了", at(90), reason)


def test_the_owner_has_it_back() -> None:
    entry = one(missed(1, 0), assigned(1, 30), closed(2, 60), reopened(3, 90))
    assert (entry.state, entry.owner) == (EntryState.ASSIGNED, "1001")


def test_what_is_reopened_goes_on_as_before() -> None:
    entry = one(missed(1, 0), closed(1, 60), reopened(2, 90), missed(2, 100), answered(3, 120))
    assert (entry.calls, entry.closed and entry.closed.reason) == (2, CloseReason.CALLED_AGAIN)
    assert [undone.closing.reason for undone in entry.undone] == [CloseReason.RESOLVED]


def test_a_try_that_was_cut_short_by_the_closing_does_not_come_back() -> None:
    entry = one(missed(1, 0), began(1, 30), closed(1, 60), reopened(2, 90))
    assert (entry.state, entry.calling) == (EntryState.ASSIGNED, None)


def test_what_turned_out_answered_stays_so() -> None:
    """Reopened while it was thought missed and closed; then a more complete record came."""
    entry = one(withdrawn(1, 0, since=300, by=1), answered(1, 3), closed(1, 60), reopened(2, 90))
    assert (entry.state, entry.undone) == (EntryState.CLOSED, ())


def test_reopening_what_is_open_or_nothing_is_nothing() -> None:
    assert one(missed(1, 0), reopened(1, 30)).undone == ()
    assert fold([reopened(1, 30)]).entries == ()


# --- all stories ------------------------------------------------------------------------------------------


def test_only_a_person_opens_what_is_closed_and_the_table_knows_no_other_surprises() -> None:
    out = {entry for state, entry in ENTRY if state is EntryState.CLOSED}
    assert out == {EntryInput.REOPEN, EntryInput.GIVE_BACK}
    assert not [state for state, entry in ENTRY if entry in out and state is not EntryState.CLOSED]
    for state in (EntryState.OPEN, EntryState.ASSIGNED, EntryState.CALLING):
        assert ENTRY[state, EntryInput.MISS] is state
        for entry in (EntryInput.REACHED, EntryInput.CALLED_AGAIN, EntryInput.CLOSE):
            assert ENTRY[state, entry] is EntryState.CLOSED
    assert set(ENTRY.values()) == set(EntryState)


def _facts(draw: Any, *more: str) -> list[Fact]:
    """Facts of one caller at moments that may coincide; each call, command and try is told once."""
    moments = st.integers(0, 30)
    made: list[Fact] = []
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["missed", "missed", "answered", "assigned", "closed", "try", "withdrawn", *more]))
        moment = draw(moments)
        if kind == "try":
            made.append(began(number, moment))
            if draw(st.booleans()):
                made.append(over(number, moment + draw(st.integers(1, 9)), reached=draw(st.booleans())))
        elif kind == "withdrawn":
            made.append(withdrawn(number, moment, since=moment + 50))
        else:
            made.append(_MAKERS[kind](number, moment))
    return made


_MAKERS: dict[str, Any] = {
    "missed": missed,
    "answered": answered,
    "assigned": assigned,
    "closed": closed,
    "reopened": reopened,
}
stories = st.composite(_facts)()
reopening = st.composite(_facts)("reopened", "reopened")
"""Stories in which people also take closings back."""


@given(stories | reopening, st.randoms(use_true_random=False))
def test_neither_the_order_of_telling_nor_repeats_matter(facts: list[Fact], dice: Any) -> None:
    again = [*facts, *dice.choices(facts, k=len(facts))] if facts else []
    dice.shuffle(again)
    assert fold(again) == fold(facts)


@given(stories | reopening, st.integers(0, 30))
def test_going_on_from_the_last_entry_is_folding_all_at_once(facts: list[Fact], cut: int) -> None:
    ordered = [_numbered(fact, number) for number, fact in enumerate(sorted(facts, key=place))]
    first = fold(ordered[:cut])
    rest = fold(ordered[cut:], first.entries[-1] if first.entries else None)
    assert (*first.entries[:-1], *rest.entries) == fold(ordered).entries
    assert {**first.where, **rest.where} == fold(ordered).where


def _numbered(fact: Fact, number: int) -> Fact:
    """Calls are numbered as they are heard of."""
    if not isinstance(fact, Missed | Withdrawn):
        return fact
    return msgspec.structs.replace(fact, call=msgspec.structs.replace(fact.call, number=EntryId(number)))


def _closers(facts: list[Fact]) -> list[Fact]:
    """What closes whatever is open: an answer, a person, a caller who was reached."""
    ends = [f for f in facts if isinstance(f, CallEnded) and f.reached_at is not None]
    return sorted([*(f for f in facts if isinstance(f, Answered | Closed)), *ends], key=place)


@given(stories)
def test_the_entries_are_the_missed_calls_between_two_closings(facts: list[Fact]) -> None:
    """Told in another way than by the fold: each missed call belongs to the first closing that comes after it."""
    closers = _closers(facts)
    places = [place(closer) for closer in closers]
    groups: defaultdict[int, list[Missed]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, Missed):
            groups[bisect.bisect(places, place(fact))].append(fact)
    wanted = {
        frozenset(name_of(fact) for fact in group): index < len(closers) for index, group in groups.items() if group
    }
    folded = fold(facts)
    found: defaultdict[int, set[str]] = defaultdict(set)
    for fact in facts:
        if isinstance(fact, Missed):
            found[folded.where[name_of(fact)]].add(name_of(fact))
    states = {entry.number: entry.state is EntryState.CLOSED for entry in folded.entries}
    assert {frozenset(names): states[number] for number, names in found.items()} == wanted  # type: ignore[index]


@given(stories | reopening)
def test_every_missed_call_is_in_one_entry_and_no_closing_is_silent(facts: list[Fact]) -> None:
    folded = fold(facts)
    of_calls = [f for f in facts if isinstance(f, Missed)]
    turned = [e for e in folded.entries if e.closed is not None and e.closed.reason is CloseReason.TURNED_OUT]
    assert sum(entry.calls for entry in folded.entries if entry not in turned) == len(of_calls)
    assert all(entry.state is EntryState.CLOSED for entry in folded.entries[:-1])
    for entry in folded.entries:
        assert (entry.state is EntryState.CLOSED) == (entry.closed is not None)
        for closing in (*(undone.closing for undone in entry.undone), *([entry.closed] if entry.closed else [])):
            assert closing.by
            assert closing.call is not None or closing.reason in (*BY_HAND, CloseReason.TURNED_OUT)
        assert all(undone.by and undone.note for undone in entry.undone)
        assert (entry.calling is not None) == (entry.state is EntryState.CALLING)
        assert entry.owner is not None or entry.state not in (EntryState.ASSIGNED, EntryState.CALLING)
    assert len({entry.number for entry in folded.entries}) == len(folded.entries)
    assert len(turned) <= len([f for f in facts if isinstance(f, Withdrawn)])


@given(stories)
def test_an_open_entry_has_no_answer_behind_it(facts: list[Fact]) -> None:
    folded = fold(facts)
    if folded.entries and folded.entries[-1].closed is None:
        newest = folded.entries[-1]
        mine = [f for f in facts if isinstance(f, Missed) and folded.where[name_of(f)] == newest.number]
        assert all(place(closer) < place(call) for closer in _closers(facts) for call in mine)


@pytest.mark.parametrize("gap", [0, 1])
def test_at_one_moment_the_missed_call_comes_before_its_answer(gap: int) -> None:
    assert one(answered(2, 5 + gap), missed(1, 5)).state is EntryState.CLOSED


def test_a_try_without_an_entry_leaves_no_trace_in_any() -> None:
    assert fold([began(1, 0), CallEnded(at(5), began(1, 0).attempt, began(1, 0).agent, None, None)]).entries == ()
    assert isinstance(began(1, 0), CallBegan)


def test_an_entry_is_promised_as_soon_as_one_of_its_calls_was() -> None:
    (entry,) = fold([missed(1, 0), missed(2, 60, promised=True), missed(3, 120)]).entries
    assert (entry.promised, entry.latest.promised, entry.calls) == (True, False, 3)
    (plain,) = fold([missed(1, 0), missed(2, 60)]).entries
    assert not plain.promised


def test_a_new_entry_after_a_closing_promises_nothing_of_the_old_ones() -> None:
    old, new = fold([missed(1, 0, promised=True), closed(1, 30), missed(2, 60)]).entries
    assert (old.promised, new.promised) == (True, False)
