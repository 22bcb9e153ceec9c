"""The board is the world as its changes tell it: whoever folds them needs to ask nobody."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.live.board import Live
from telephony.model.changes import Change
from telephony.model.events import Event, LinkLost
from telephony.model.ids import Micros, PbxName
from telephony.model.machines import CallState
from telephony.model.tracker import Tracker
from telephony.model.world import World
from tests.unit.telephony.model.script import Pbx, Told
from tests.unit.telephony.model.snapshots import asked, snapshot
from tests.unit.telephony.model.stories import STORIES
from tests.unit.telephony.model.test_memory import Hostile
from tests.unit.telephony.model.test_properties import EVENTS


def agrees(live: Live, world: World) -> None:
    """The board says what the world holds."""
    board = live.board()
    calls = Counter(call.state.value for call in world.calls.values() if call.state is not CallState.ENDED)
    assert board.calls == calls
    assert {queue: n for queue, n in board.waiting.items() if n} == {
        name: len(queue.waiting) for name, queue in world.queues.items() if queue.waiting
    }
    seen = Counter(board.agents)
    seen.pop("signed out", None)  # who was never anything else is not told of
    held = Counter(agent.state.value for agent in world.agents.values())
    held.pop("signed out", None)
    assert seen == held


def folded(events: list[Event]) -> tuple[Live, Tracker]:
    live, tracker = Live(), Tracker(PbxName("pbx1"))
    for event in events:
        live.fold(tracker.apply(event))
    return live, tracker


@pytest.mark.parametrize("story", STORIES)
def test_after_every_event_of_every_story(story: Callable[[Pbx], None]) -> None:
    pbx = Pbx()
    story(pbx)
    live, tracker = Live(), Tracker(PbxName("pbx1"))
    for event in pbx.events:
        live.fold(tracker.apply(event))
        agrees(live, tracker.world)
    live.fold(tracker.apply(asked(pbx.events)))
    agrees(live, tracker.world)
    assert live.board().calls == {}


@settings(max_examples=80, deadline=None)
@given(st.lists(EVENTS, max_size=50))
def test_after_whatever_a_pbx_may_say(events: list[Event]) -> None:
    agrees(*_world(folded(events)))


def _world(pair: tuple[Live, Tracker]) -> tuple[Live, World]:
    return pair[0], pair[1].world


def test_after_a_hostile_pbx() -> None:
    live, tracker = Live(), Tracker(PbxName("pbx1"))
    hostile = Hostile(7, tracker.world)
    for number in range(6_000):
        if number % 500 == 0:
            hostile.change_mood()
        live.fold(tracker.apply(hostile.event()))
        if number % 100 == 0:
            agrees(live, tracker.world)


def test_a_snapshot_in_the_middle_of_calls_fills_an_empty_board() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    pbx.citizen().joins()
    live, tracker = folded([asked(pbx.events)])
    agrees(live, tracker.world)
    assert live.board().calls == {"talking": 1, "waiting": 1}
    assert live.board().waiting == {"hotline": 1}
    assert live.board().agents == {"on call": 1}


def test_connected_is_between_a_snapshot_and_the_loss_of_the_link() -> None:
    live = Live()
    tracker = Tracker(PbxName("pbx1"))
    assert (live.board().connected, live.board().epoch) == (False, 0)
    live.fold(tracker.apply(snapshot(Micros(10), epoch=4)))
    assert (live.board().connected, live.board().epoch) == (True, 4)
    live.fold(tracker.apply(LinkLost(Micros(20), 4)))
    assert (live.board().connected, live.board().epoch) == (False, 4)


def test_every_change_moves_the_sequence_on_by_one() -> None:
    pbx = Pbx()
    STORIES[0](pbx)
    changes: list[Change] = Told().hear(pbx.events).changes
    live = Live()
    live.fold(changes[:7])
    assert live.board().sequence == 7
    live.fold([])
    live.fold(changes[7:])
    assert live.board().sequence == len(changes)


def test_a_board_does_not_change_once_it_was_taken() -> None:
    pbx = Pbx()
    STORIES[0](pbx)
    live, tracker = folded(pbx.events[:4])
    before = live.board()
    for event in pbx.events[3:]:
        live.fold(tracker.apply(event))
    assert before.calls == {"received": 1}
    assert before != live.board()
