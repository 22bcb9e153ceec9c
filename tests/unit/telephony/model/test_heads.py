"""What the model keeps along, so that nobody need look through all agents or all calls: it is what looking comes to."""

from collections import Counter
from collections.abc import Callable

import pytest

from telephony.model.world import World
from tests.unit.telephony.model.script import Pbx, Told
from tests.unit.telephony.model.stories import STORIES
from tests.unit.telephony.model.test_memory import Hostile


def held(world: World) -> None:
    """Heads of each queue, and calls with rooms, by looking at all there is."""
    for queue in world.queues.values():
        assert queue.heads == Counter(world.agents[member].state for member in queue.members)
    with_rooms = {
        call.call_id
        for call in world.calls.values()
        if call.room or any(world.channels[one].leg.place for one in call.live if one in world.channels)
    }
    assert with_rooms <= set(world.rooms)
    assert set(world.rooms) <= set(world.calls), "of calls handed over nothing is kept"


@pytest.mark.parametrize("seed", range(3))
def test_it_is_right_whatever_a_pbx_says(seed: int) -> None:
    heard = Told()
    hostile, several, rooms = Hostile(seed, heard.tracker.world), 0, 0
    for number in range(3_000):
        if number % 1_000 == 0:
            hostile.change_mood()
        heard.hear([hostile.event()])
        held(heard.tracker.world)
        several = max(several, *(len(queue.heads) for queue in heard.tracker.world.queues.values()), 0)
        rooms = max(rooms, len(heard.tracker.world.rooms))
    assert several > 1, "no queue ever had members in several states"
    assert rooms


@pytest.mark.parametrize("story", STORIES)
def test_it_is_right_through_every_story(story: Callable[[Pbx], None]) -> None:
    heard, pbx = Told(), Pbx()
    story(pbx)
    for event in pbx.events:
        heard.hear([event])
        held(heard.tracker.world)
