"""What desktops are shown of a call that is held, of whom the agent asks, of three together: as a real PBX told it."""

import pytest

from telephony.live.documents import AgentDocument, CallDocument
from tests.integration.journal.rooms import STORIES
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.live.folding import Published, fold

CALLER = "13800000001"


@pytest.mark.parametrize("name", sorted(STORIES))
def test_after_any_event_the_deltas_tell_what_there_is(name: str) -> None:
    published = Published()
    for event in recorded.events(name):
        published.hear(event)
        assert published.snapshot.documents == published.anew(), event
    assert fold({}, published.deltas) == published.anew()


def shown(name: str) -> list[tuple[str, dict[str, str], str | None]]:
    """What the agent's desktop showed, one after the other: the agent's state, everybody's, and whose call it was."""
    published = Published()
    found: list[tuple[str, dict[str, str], str | None]] = []
    for event in recorded.events(name):
        published.hear(event)
        documents = [document for document, _ in published.snapshot.documents.values()]
        call = next((each for each in documents if isinstance(each, CallDocument)), None)
        agent = next((each for each in documents if isinstance(each, AgentDocument) and each.number == "1001"), None)
        if call is None or agent is None:
            continue
        now = (agent.state, {party.who: party.state for party in call.parties}, call.agent)
        if now not in found[-1:]:
            found.append(now)
    return found


def test_a_caller_on_hold_hears_music_and_the_agent_nobody() -> None:
    states = [(agent, parties) for agent, parties, _ in shown("held-in-a-room")]
    held = ("hold", {CALLER: "on-hold", "1001": "apart"})
    talk = ("on call", {CALLER: "talking", "1001": "talking"})
    assert [each for each in states if each in (held, talk)].count(held) == 2
    assert states.index(talk) < states.index(held)
    assert talk in states[states.index(held) :]


def test_of_a_consult_all_three_are_shown_and_the_agent_stays_the_callers() -> None:
    seen = shown("asks-and-hands-over")
    consult = [(parties, whose) for agent, parties, whose in seen if agent == "consult"]
    rings = ({CALLER: "on-hold", "1001": "apart", "1005": "ringing"}, "1001")
    asked = ({CALLER: "on-hold", "1001": "talking", "1005": "talking"}, "1001")
    assert consult.index(rings) < consult.index(asked)
    assert ({CALLER: "talking", "1005": "talking"}, "1001") in [(parties, whose) for _, parties, whose in seen], (
        "1005 is no agent of this site's directory"
    )


def test_of_a_swap_and_of_three_together() -> None:
    swapped = {CALLER: "talking", "1001": "talking", "1005": "on-hold"}
    assert ("on call", swapped, "1001") in shown("asks-to-and-fro")
    together = {CALLER: "talking", "1001": "talking", "1005": "talking"}
    assert ("conference", together, "1001") in shown("three-in-a-room-and-the-agent-leaves")
