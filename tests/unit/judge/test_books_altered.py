"""Damage to a book: the judge names the book, once, and finds nothing wrong with the record."""

import copy
from collections.abc import Callable, Iterator

import pytest

from tests.judge.findings import Kind
from tests.unit.judge.damage import Damage, to_cdr, to_phones, to_queue_log
from tests.unit.judge.judged import findings
from tests.unit.judge.stories import STORIES, tell
from tests.unit.judge.world import World

# Where a word of one book is not needed, or may be taken either way (see each).
NOT_TOLD: dict[str, set[str]] = {
    # In the instant of an answer every book may say either.
    "instant_dropped": {"offer NO ANSWER → ANSWERED", "end of an offer", "moved answer_sent", "drop cancel_sent"},
    "instant_connected": {"offer ANSWERED → NO ANSWER", "moved answer_sent"},
    # When the transfer took place no phone saw to the second; the caller's further way is right without it.
    "blind_transfer": {"moved BLINDTRANSFER", "moved invite_received", "moved answer_sent"},
    # Without this phone's ring nobody but the record tells that its REFER was about this call.
    "blind_transfer_and_onward": {"moved BLINDTRANSFER", "moved invite_received", "moved answer_sent",
                                  "drop invite_received", "drop the call of invite_received"},
    "blind_transfer_to_a_queue": {"moved BLINDTRANSFER"},
    # When two agents end a consult that outlasts the caller is not the record's claim.
    "leaves_during_a_consult": {"moved COMPLETECALLER"},
    # Whom a consult reached, and when, is not the record's claim.
    "attended_transfer": {"moved ATTENDEDTRANSFER", "drop invite_received", "drop the call of invite_received",
                          "moved invite_received", "moved answer_sent", "drop answer_sent"},
    "handed_over_in_a_room": {"moved COMPLETEAGENT", "drop invite_received", "drop the call of invite_received",
                              "moved invite_received", "moved answer_sent", "drop answer_sent"},
    # When an agent's phone was gone before the caller stood in line again: no other book saw the hold.
    "sent_back_from_a_hold": {"moved COMPLETEAGENT"},
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("damages", [to_queue_log, to_cdr, to_phones], ids=["queue_log", "cdr", "phones"])
def test_damage_to_a_book_is_named_once(story: str, damages: Callable[[World], Iterator[Damage]]) -> None:
    whole = tell([story])
    for damage in damages(whole):
        world = copy.deepcopy(whole)
        damage.do(world)
        found = findings(world)
        if damage.name in NOT_TOLD.get(story, ()):
            assert len(found) <= 1, (damage.name, found)
            continue
        assert len(found) == 1, (damage.name, found)
        assert found[0].books == (damage.book,), (damage.name, found)
        # Where only this book and the record speak of a fact, nobody can tell which of the two is wrong.
        assert found[0].kind in {Kind.BOOKS, Kind.DIFFERS}


@pytest.mark.parametrize("story", STORIES)
def test_damage_beside_a_good_call_is_found_at_the_damaged_one(story: str) -> None:
    whole = tell([story, "answered_caller_ends"])
    channels = {record["uniqueids"][0] for record in whole.records[:-1]}
    for damage in to_queue_log(tell([story])):
        world = copy.deepcopy(whole)
        damage.do(world)
        for finding in findings(world):
            assert finding.call.split(" ")[-1] in channels


def test_a_lost_record_and_a_damaged_book_are_two_findings() -> None:
    world = tell(["answered_caller_ends"])
    world.records.clear()
    world.log_lines.pop()
    assert sorted(finding.kind for finding in findings(world)) == [Kind.BOOKS, Kind.LOST]


def test_a_record_that_sides_with_no_book_is_wrong_too() -> None:
    world = tell(["answered_caller_ends"])
    world.records[0]["agent"] = "1003"
    world.log_lines = [(at, line.replace("|1001|", "|1002|")) for at, line in world.log_lines]
    kinds = sorted(finding.kind for finding in findings(world))
    assert Kind.BOOKS in kinds
    assert Kind.DIFFERS in kinds
