"""The recorders of live calls: what the PBX is told, when, and how often. No PBX is needed."""

import time
from collections.abc import Callable

import pytest

from telephony.ami.actions import Action, MixMonitorMute, PlayDTMF, Reply
from telephony.control.recorder import RETRY_S, SETTLED_S, TRIES, Recorder
from telephony.errors import AmiError, AmiUnreachable, RecordingError
from telephony.model import events as ev
from telephony.model.changes import EpochBegan
from telephony.model.ids import Micros
from telephony.model.room_events import PrivateTold
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told
from tests.unit.telephony.model.test_recording import mutes, recorded, recorder, says

PAUSE_MAX_S = 60.0


class Room:
    """A recorder of a call that a tracker follows; ``sent`` is what reached the PBX, ``trouble`` what it raises."""

    def __init__(self, pbx: Pbx, caller: Line, phone: Phone, *, on: bool = True) -> None:
        self.pbx, self.caller, self.phone = pbx, caller, phone
        self.heard = Told()
        self.said = 0
        self.sent: list[Action] = []
        self.trouble: AmiError | None = None
        self.recorder = Recorder(self.heard.tracker.world, self.act, on=on, pause_max_s=PAUSE_MAX_S)
        self.began = time.monotonic()
        self.listen()

    async def act(self, action: Action, timeout: float) -> Reply:
        assert timeout > 0
        self.sent.append(action)
        if self.trouble is not None:
            raise self.trouble
        return Reply({"Response": "Success"})

    def listen(self) -> None:
        """Hear what the PBX has said since."""
        before = len(self.heard.changes)
        self.heard.hear(self.pbx.events[self.said :])
        self.said = len(self.pbx.events)
        self.recorder.fold(self.heard.changes[before:])

    async def after(self, seconds: float) -> list[Action]:
        """So long after the beginning of the test: what is sent then."""
        self.listen()
        self.sent.clear()
        await self.recorder.step(self.began + seconds)
        return list(self.sent)

    @property
    def press(self) -> list[Action]:
        return [PlayDTMF(self.caller.name, "D")]

    def mute(self, state: int) -> list[Action]:
        return [MixMonitorMute(self.caller.name, state)]


@pytest.fixture
def room() -> Room:
    return Room(*recorded())


def hand_on(room: Room) -> None:
    """The first agent leaves, another talks with the citizen: an attended transfer, as the bridges show it."""
    bridge = room.caller.bridge
    assert bridge is not None
    second = Line(room.pbx, "1002")
    second.linkedid = room.caller.linkedid
    second.created(0, "1002", "zt-phone", "s")
    second.up()
    room.phone.leaves()
    room.pbx.wait(1)
    second.enters(bridge)
    room.pbx.wait(1)


async def test_a_pause_by_command_silences_the_citizen_s_recorder(room: Room) -> None:
    await room.recorder.pause(room.caller.uniqueid, 5)
    assert room.sent == room.mute(1)
    mutes(room.caller, True)
    room.listen()
    room.sent.clear()
    await room.recorder.pause(next(iter(room.heard.tracker.world.calls)), 5)
    assert room.sent == [], "it is silent already"
    await room.recorder.resume(room.phone.uniqueid, 5)
    assert room.sent == room.mute(0)


async def test_a_key_s_pause_ends_by_beginning_anew(room: Room) -> None:
    says(room.caller, "paused")
    room.listen()
    await room.recorder.resume(room.caller.uniqueid, 5)
    assert room.sent == room.press


async def test_a_pause_older_than_the_bridge_can_be_ended(room: Room) -> None:
    await room.recorder.resume(room.caller.uniqueid, 5)
    assert room.sent == room.press


@pytest.mark.parametrize(("key", "why"), [("nobody", "no live call"), ("/./", "no live call"), ("", "no live call")])
async def test_who_is_not_on_the_line_cannot_be_paused(room: Room, key: str, why: str) -> None:
    with pytest.raises(RecordingError, match=why):
        await room.recorder.pause(key, 5)
    assert room.sent == []


async def test_what_is_not_recorded_cannot_be_paused() -> None:
    pbx = Pbx()
    waiting = pbx.citizen()
    waiting.joins("hotline")
    room = Room(pbx, waiting, Phone(pbx, "1001", waiting))
    with pytest.raises(RecordingError, match="not being recorded"):
        await room.recorder.pause(waiting.uniqueid, 5)
    off = Room(*recorded(), on=False)
    with pytest.raises(RecordingError, match="not being recorded"):
        await off.recorder.pause(off.caller.uniqueid, 5)


@pytest.mark.parametrize("by", ["key", "command"])
async def test_a_pause_ends_by_itself(room: Room, by: str) -> None:
    begin: dict[str, Callable[[], None]] = {
        "key": lambda: says(room.caller, "paused"),
        "command": lambda: mutes(room.caller, True),
    }
    begin[by]()
    assert await room.after(PAUSE_MAX_S - 1) == []
    expected = room.press if by == "key" else room.mute(0)
    assert await room.after(PAUSE_MAX_S + 1) == expected
    assert await room.after(PAUSE_MAX_S + 1 + RETRY_S / 2) == []
    room.trouble = AmiUnreachable("no link")
    assert await room.after(PAUSE_MAX_S + 2 + RETRY_S) == expected, "again, until the PBX says it is over"
    mutes(room.caller, False)
    says(room.caller, "resumed")
    assert await room.after(PAUSE_MAX_S + 60) == []


async def test_a_pause_that_was_ended_is_left_alone(room: Room) -> None:
    says(room.caller, "paused")
    says(room.caller, "resumed")
    assert await room.after(PAUSE_MAX_S * 2) == []


async def test_when_the_parties_change_the_recorder_begins_anew(room: Room) -> None:
    hand_on(room)
    assert await room.after(0) == []
    assert await room.after(SETTLED_S + 1) == room.press
    recorder(room.caller, False)
    recorder(room.caller)
    assert await room.after(100) == []


async def test_a_recorder_that_the_dialplan_began_anew_needs_nothing(room: Room) -> None:
    room.phone.leaves()
    recorder(room.caller, False)
    room.pbx.wait(1)
    recorder(room.caller)
    room.phone.enters(room.caller.bridge)  # type: ignore[arg-type]
    assert await room.after(100) == []


async def test_it_is_tried_again_and_not_for_ever(room: Room) -> None:
    hand_on(room)
    pressed = 0
    for number in range(10):
        pressed += len(await room.after(10.0 * (number + 1)))
    assert pressed == TRIES


async def test_a_pause_is_not_cut_short_because_the_parties_change(room: Room) -> None:
    says(room.caller, "paused")
    hand_on(room)
    assert await room.after(10) == []
    recorder(room.caller)
    says(room.caller, "resumed")
    assert await room.after(100) == [], "it began anew by itself"


async def test_silence_by_command_ends_by_beginning_anew_where_the_parties_changed(room: Room) -> None:
    mutes(room.caller, True)
    hand_on(room)
    room.listen()
    await room.recorder.resume(room.caller.uniqueid, 5)
    assert room.sent == room.press


async def test_after_a_gap_of_ours_no_pause_lasts_for_ever(room: Room) -> None:
    """Who has just come does not know of a pause, nor of a transfer: the recorder begins anew, once."""
    room.recorder.fold([EpochBegan(Micros(0), 2, 1)])
    assert await room.after(PAUSE_MAX_S - 1) == []
    assert await room.after(PAUSE_MAX_S + 1) == room.press
    assert await room.after(PAUSE_MAX_S * 3) == []


async def test_a_gap_of_ours_makes_no_pause_longer(room: Room) -> None:
    says(room.caller, "paused")
    room.listen()
    room.recorder._ends = dict.fromkeys(room.recorder._ends, room.began + 5)
    room.recorder.fold([EpochBegan(Micros(0), 2, 1)])
    assert await room.after(6) == room.press


async def test_after_a_gap_of_ours_who_waits_hears_no_key() -> None:
    pbx = Pbx()
    waiting = pbx.citizen()
    waiting.joins("hotline")
    room = Room(pbx, waiting, Phone(pbx, "1001", waiting))
    room.recorder.fold([EpochBegan(Micros(0), 2, 1)])
    assert await room.after(PAUSE_MAX_S + 1) == []


async def test_what_is_over_is_forgotten(room: Room) -> None:
    says(room.caller, "paused")
    hand_on(room)
    room.caller.gone()
    room.phone.gone()
    room.listen()
    for each in list(room.heard.tracker.world.channels):
        room.heard.hear([ev.ChannelHungUp(room.heard.last, each, room.caller.linkedid, 16, "")])
    room.recorder.fold(room.heard.changes)
    before = len(room.heard.changes)
    room.heard.settle()
    room.recorder.fold(room.heard.changes[before:])
    assert await room.after(PAUSE_MAX_S * 2) == []
    assert (room.recorder._anew, room.recorder._ends) == ({}, {})


async def test_what_is_said_apart_is_at_a_pause_too(room: Room) -> None:
    path = "2026/11/23/apart.wav"

    def private(state: str) -> None:
        room.phone.say(lambda at, u, li: PrivateTold(at, u, li, room.caller.uniqueid, state, path, 0))

    private("began")
    assert await room.after(0) == []
    await room.recorder.pause(room.caller.uniqueid, 1)
    mutes(room.caller, True)
    assert room.sent == [*room.mute(1), MixMonitorMute(room.phone.name, 1)]
    assert await room.after(1) == [], "once"
    mutes(room.caller, False)
    assert await room.after(2) == [MixMonitorMute(room.phone.name, 0)]
    mutes(room.caller, True)
    assert await room.after(3) == [MixMonitorMute(room.phone.name, 1)]
    private("ended")
    mutes(room.caller, False)
    assert await room.after(4) == [], "it runs no longer"
