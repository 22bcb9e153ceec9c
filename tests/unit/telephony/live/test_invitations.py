"""What desktops are shown of invitations as they go: as a real PBX told it."""

import pytest

from telephony.live.documents import CallDocument, Invited
from tests.integration.journal.invitations import STORIES
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.live.folding import Published, fold


@pytest.mark.parametrize("name", sorted(STORIES))
def test_after_any_event_the_deltas_tell_what_there_is(name: str) -> None:
    published = Published()
    for event in recorded.events(name):
        published.hear(event)
        assert published.snapshot.documents == published.anew(), event
    assert fold({}, published.deltas) == published.anew()


def documents(name: str) -> list[CallDocument]:
    """The call's documents, one after the other."""
    published = Published()
    found: list[CallDocument] = []
    for event in recorded.events(name):
        published.hear(event)
        found += [each for each, _ in published.snapshot.documents.values() if isinstance(each, CallDocument)]
    return found


def progress(name: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The first invitation's state and its tries, as they change."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for invited in [document.invites[0] for document in documents(name) if document.invites]:
        now = (invited.state, [(tried.number, tried.state) for tried in invited.tries])
        if now not in found[-1:]:
            found.append(now)
    return found


def last(name: str) -> Invited:
    return [document.invites[0] for document in documents(name) if document.invites][-1]


def test_of_one_after_another_each_is_seen_to_ring_and_why_it_did_not_come() -> None:
    seen = progress("invited-in-order-until-one-comes")
    assert seen[0] == ("ringing", [("1002", "ringing")])
    assert ("ringing", [("1002", "refused"), ("1003", "ringing")]) in seen
    assert ("ringing", [("1002", "refused"), ("1003", "refused"), ("1004", "ringing")]) in seen
    came = [("1002", "refused"), ("1003", "refused"), ("1004", "no_answer"), ("1005", "answered")]
    assert seen[-2:] == [("ringing", came), ("joined", came)]


def test_of_several_at_once_the_slower_are_seen_to_be_late() -> None:
    seen = progress("several-are-rung-at-once-and-one-comes")
    assert ("ringing", [("1003", "ringing"), ("1004", "ringing"), ("1005", "ringing")]) in [
        (state, sorted(tries)) for state, tries in seen
    ]
    state, tries = seen[-1]
    assert (state, sorted(tries)) == ("joined", [("1003", "refused"), ("1004", "late"), ("1005", "answered")])


def test_nobody_came_and_taken_back() -> None:
    assert [progress(name)[-1][0] for name in ("invited-and-nobody-comes", "asks-several-at-once-in-vain")] == [
        "failed",
        "failed",
    ]
    assert progress("invited-and-taken-back")[-1] == ("cancelled", [("1005", "cancelled")])


def test_between_two_tries_nothing_has_failed() -> None:
    for name in ("invited-in-order-until-one-comes", "asks-in-order-until-one-comes"):
        assert {state for state, _ in progress(name)} == {"ringing", "joined"}


def test_who_was_asked_for_and_who_it_is() -> None:
    invited = last("invited-at-once-and-the-agent-leaves")
    assert (invited.by, invited.to, invited.department, invited.code, invited.mode) == (
        *("1001", "8105", "81", "8105"),
        "room",
    )
    joined = [document for document in documents("invited-at-once-and-the-agent-leaves") if len(document.parties) == 3]
    (party,) = [party for party in joined[-1].parties if party.role == "specialist"]
    assert (party.who, party.code, party.place, party.invite, party.state) == ("1005", "8105", "room", "i1", "talking")
