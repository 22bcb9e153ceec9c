"""Who signed in at a desktop is known again after our restart."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from telephony.control.desks import Desks
from telephony.model.events import Event, MemberChanged, SnapshotTaken
from telephony.model.ids import MemberName, Micros, PbxName, QueueName
from telephony.model.local import DeskTold
from telephony.model.tracker import Tracker

ME = MemberName("1001")
MEMBER = MemberChanged(
    Micros(1), QueueName("hotline"), ME, "PJSIP/1001", "PJSIP/1001", 1, False, "", 0, False, 0, 0, False
)


def snapshot(*members: MemberChanged) -> SnapshotTaken:
    return SnapshotTaken(Micros(2), 1, Micros(1), (), (), members, (QueueName("hotline"),))


async def life(path: Path, *events: Event) -> bool:
    """One run of the bridge: whether the agent was at a desktop at its end."""
    tracker = Tracker(PbxName("pbx1"))
    desks = Desks(tracker.world)
    desks.load(path, lambda event: desks.fold(tracker.apply(event)))
    work = asyncio.create_task(desks.run())
    for event in events:
        desks.fold(tracker.apply(event))
    await asyncio.sleep(0)
    await desks._save()
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    return tracker.world.agents[ME].at_desk


@pytest.mark.parametrize("left", ["", "no list", '{"a": 1}'])
def test_kept_and_known_again_and_let_go(tmp_path: Path, left: str) -> None:
    path = tmp_path / "desks.json"
    if left:
        path.write_text(left)
    assert asyncio.run(life(path, snapshot(MEMBER), DeskTold(Micros(0), ME, at_desk=True)))
    assert path.read_text() == '["1001"]'
    assert asyncio.run(life(path, snapshot(MEMBER)))
    assert not asyncio.run(life(path, snapshot())), "signed out by their phone meanwhile"
    assert path.read_text() == "[]"
