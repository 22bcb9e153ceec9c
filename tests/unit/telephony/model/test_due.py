"""What comes due is found without looking through what does not: an event costs the same in a big centre."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telephony.ami.decode import Undecoded
from telephony.model.ids import MICROS_PER_SECOND, PbxName
from telephony.model.tracker import Tracker
from telephony.model.world import TOMBSTONE, World
from tests.recordings.captures import captures, heard, load
from tests.unit.telephony.model.script import Pbx, member_changed


def all_due(world: World) -> Iterator[int]:
    """Everything that is waiting for its time, looked through one by one."""
    yield from world.settling.values()
    yield from (died + TOMBSTONE for died in world.tombstones.values())
    for member in world.wrapping_up:
        until = world.agents[member].wrapup_until
        assert until is not None
        yield until


@pytest.mark.parametrize("path", captures(), ids=lambda path: path.name.removesuffix(".ami.gz"))
def test_nothing_is_ever_overdue(path: Path) -> None:
    tracker = Tracker(PbxName("pbx1"))
    world = tracker.world
    for event in heard(load(path).frames):
        assert not isinstance(event, Undecoded)
        tracker.apply(event)
        waiting = list(all_due(world))
        assert world.due <= min(waiting, default=world.due)
        assert all(due > world.now for due in waiting)


class Counting(dict[Any, Any]):
    """A book that counts how often it is looked into."""

    looks = 0

    def __getitem__(self, key: object) -> Any:
        self.looks += 1
        return super().__getitem__(key)

    def get(self, key: object, default: object = None) -> Any:
        self.looks += 1
        return super().get(key, default)


def looks_of_a_ring(agents: int) -> int:
    """How often the agents are looked up while a phone rings, when so many agents wrap up."""
    pbx, tracker = Pbx(), Tracker(PbxName("pbx1"))
    pbx.wrapup_s = 600
    for number in range(agents):
        pbx.signs_in(str(2000 + number))
        caller = pbx.citizen()
        caller.joins()
        phone = caller.offered(str(2000 + number))
        phone.answers()
        caller.hangs_up()
    caller = pbx.citizen()
    for event in pbx.events:
        tracker.apply(event)
    assert len(tracker.world.wrapping_up) == agents
    tracker.world.agents = counting = Counting(tracker.world.agents)
    before = len(pbx.events)
    for _ in range(10):
        pbx.wait(2)
        caller.rings()
    for event in pbx.events[before:]:
        tracker.apply(event)
    return counting.looks


def test_an_event_does_not_look_at_agents_it_is_not_about() -> None:
    assert looks_of_a_ring(agents=3) == looks_of_a_ring(agents=60)


def test_wrap_ups_of_several_lengths_end_each_in_its_time() -> None:
    pbx, tracker = Pbx(), Tracker(PbxName("pbx1"))
    for number, wrapup_s in (("1001", 30), ("1002", 5), ("1003", 15)):
        pbx.wrapup_s = wrapup_s
        pbx.signs_in(number)
        caller = pbx.citizen()
        caller.joins()
        phone = caller.offered(number)
        phone.answers()
        caller.hangs_up()
    start = pbx.now
    ended: dict[str, int] = {}
    for _ in range(40):
        pbx.wait(1)
        pbx.say(lambda at: member_changed(at, "9999"))
    for event in pbx.events:
        for change in tracker.apply(event):
            if str(getattr(change, "previous", "")) == "wrap-up":
                ended[str(getattr(change, "member", ""))] = round((change.at - start) / MICROS_PER_SECOND)
    assert ended == {"1002": 5, "1003": 15, "1001": 30}
