"""What the PBX is told of expected waits, when, and how it would have to be read. No PBX is needed."""

import pytest

from telephony.ami.actions import Action, Reply, Setvar
from telephony.control.forecaster import GOOD_FOR_S, Forecaster
from telephony.errors import AmiError, AmiUnreachable
from telephony.model.changes import EpochEnded
from telephony.model.ids import Micros, QueueName
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told

TALK_S, RING_S = 18.0, 2.0


class Hotline:
    """One agent, and a line in which there is always somebody; each call takes 20 seconds."""

    def __init__(self, *queues: str) -> None:
        self.pbx, self.heard = Pbx(), Told()
        self.said = 0
        self.sent: list[Action] = []
        self.trouble: AmiError | None = None
        world = self.heard.tracker.world
        self.forecaster = Forecaster(world, self.act, [QueueName(queue) for queue in queues])
        self.pbx.signs_in("1001")
        self.listen()
        self.talking = self.answer(self.comes(1))
        self.waiting = [self.comes(position) for position in (1, 2)]

    async def act(self, action: Action, timeout: float) -> Reply:
        assert timeout > 0
        self.sent.append(action)
        if self.trouble is not None:
            raise self.trouble
        return Reply({"Response": "Success"})

    def listen(self) -> None:
        for event in self.pbx.events[self.said :]:
            before = len(self.heard.changes)
            self.heard.hear([event])
            self.forecaster.fold(self.heard.changes[before:])
        self.said = len(self.pbx.events)

    def comes(self, position: int) -> Line:
        caller = self.pbx.citizen()
        caller.joins(position=position)
        self.listen()
        return caller

    def answer(self, caller: Line) -> Phone:
        phone = caller.offered("1001")
        self.listen()
        self.pbx.wait(RING_S)
        phone.answers()
        self.listen()
        return phone

    def next_call(self) -> None:
        """The agent's call ends, the first in line is taken, another comes."""
        self.pbx.wait(TALK_S)
        self.talking.hangs_up()
        self.listen()
        self.talking = self.answer(self.waiting.pop(0))
        self.waiting.append(self.comes(2))


async def test_it_tells_how_long_a_place_takes_and_until_when_it_may_be_said() -> None:
    hotline = Hotline("hotline")
    for _ in range(7):
        hotline.next_call()
    await hotline.forecaster.write()
    assert hotline.sent == []  # too few to promise anything
    hotline.next_call()
    await hotline.forecaster.write()
    (told,) = hotline.sent
    assert isinstance(told, Setvar)
    assert (told.variable, told.channel) == ("ZT_WAIT_hotline", "")
    expires, each = map(int, told.value.split(":"))
    assert each == pytest.approx(1000 * (TALK_S + RING_S), rel=0.001)
    assert expires == pytest.approx(hotline.heard.last / 1e6 + GOOD_FOR_S, abs=5)


async def test_nothing_is_told_of_a_queue_that_nobody_asked_for() -> None:
    hotline = Hotline("another")
    for _ in range(12):
        hotline.next_call()
    await hotline.forecaster.write()
    assert hotline.sent == []
    assert Hotline().forecaster.queues == ()


async def test_after_a_loss_of_the_link_it_begins_anew() -> None:
    hotline = Hotline("hotline")
    for _ in range(12):
        hotline.next_call()
    hotline.forecaster.fold([EpochEnded(Micros(hotline.heard.last), 1)])
    await hotline.forecaster.write()
    assert hotline.sent == []


async def test_a_pbx_that_is_away_is_no_trouble() -> None:
    hotline = Hotline("hotline")
    for _ in range(12):
        hotline.next_call()
    hotline.trouble = AmiUnreachable("away")
    await hotline.forecaster.write()
    assert len(hotline.sent) == 1
