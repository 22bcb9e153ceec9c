"""The table of the link's states, and when a link counts as dead."""

import pytest

from telephony.ami.keepalive import KeepAlive
from telephony.ami.link import LINK, LinkInput, LinkState


def reachable(start: LinkState) -> set[LinkState]:
    found, new = {start}, [start]
    while new:
        state = new.pop()
        for (source, _), target in LINK.items():
            if source is state and target not in found:
                found.add(target)
                new.append(target)
    return found


def test_every_state_can_be_reached_and_left_and_stopped() -> None:
    assert reachable(LinkState.DOWN) == set(LinkState)
    assert {source for source, _ in LINK} == set(LinkState)
    for state in set(LinkState) - {LinkState.DOWN}:
        assert LINK[state, LinkInput.STOP] is LinkState.DOWN


def test_every_input_is_used() -> None:
    assert {entry for _, entry in LINK} == set(LinkInput)


def test_only_a_snapshot_makes_a_link_live() -> None:
    assert [pair for pair, target in LINK.items() if target is LinkState.LIVE] == [(LinkState.SYNCING, LinkInput.SYNC)]


def test_every_way_back_leads_through_waiting() -> None:
    sources = {source for (source, _), target in LINK.items() if target is LinkState.CONNECTING}
    assert sources == {LinkState.DOWN, LinkState.WAITING}


@pytest.mark.parametrize(
    ("silent", "unanswered", "why"),
    [
        (0.0, 0.0, None),
        (3.8, 20.0, None),
        (3.9, 0.0, "nothing came from the PBX for 3.9 s"),
        (3600.0, 3600.0, "nothing came"),
        (0.1, 20.1, "has not answered a ping for 20 s"),
    ],
)
def test_verdict(silent: float, unanswered: float, why: str | None) -> None:
    error = KeepAlive().verdict(silent, unanswered)
    assert (error is None) if why is None else why in str(error)
