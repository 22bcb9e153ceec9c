"""Who cut the notice is told what to say, on the phone that answered; nothing depends on it."""

import asyncio
import base64

import pytest

from telephony.ami.actions import Action, MessageSend, Reply
from telephony.control.sayer import MAX_WAITING, Sayer
from telephony.errors import AmiError, AmiOutcomeUnknown
from telephony.model import events as ev
from telephony.model.ids import Micros, PbxName
from telephony.model.tracker import Tracker
from tests.unit.telephony.model.script import Pbx

SENTENCE = "您好，本次通话将被录音。"


class Port:
    """A PBX that is asked; ``error`` is what comes instead of an answer."""

    def __init__(self) -> None:
        self.asked: list[Action] = []
        self.error: AmiError | None = None
        self.response = "Success"

    async def act(self, action: Action, _timeout: float) -> Reply:
        self.asked.append(action)
        if self.error is not None:
            raise self.error
        return Reply({"Response": self.response, "Message": "as you like"})


def cut_calls(tracker: Tracker, sayer: Sayer, count: int = 1, heard_s: float = 1) -> None:
    """So many calls whose notice of 8 s is cut by agent 1001."""
    pbx = Pbx()
    for _ in range(count):
        caller = pbx.citizen()
        caller.say(lambda at, u, li: ev.NoticeTold(at, u, li, "waiting", "zh", Micros(8_000_000)))
        caller.joins("hotline")
        caller.say(lambda at, u, li: ev.MusicChanged(at, u, li, "zt-notice-default"))
        phone = caller.offered("1001")
        pbx.wait(heard_s)
        caller.say(lambda at, u, li: ev.MusicChanged(at, u, li, ""))
        phone.answers()
    for event in pbx.events:
        sayer.fold(tracker.apply(event))


@pytest.fixture
def port() -> Port:
    return Port()


@pytest.fixture
def tracker() -> Tracker:
    return Tracker(PbxName("pbx1"))


async def worked(sayer: Sayer) -> None:
    work = asyncio.create_task(sayer.run())
    for _ in range(5 * MAX_WAITING):
        await asyncio.sleep(0)
    assert not work.done()
    work.cancel()


async def test_the_phone_that_answered_gets_the_sentence(port: Port, tracker: Tracker) -> None:
    sayer = Sayer(tracker.world, port.act, SENTENCE)
    cut_calls(tracker, sayer)
    await worked(sayer)
    (message,) = port.asked
    assert isinstance(message, MessageSend)
    assert message.to == "pjsip:1001"
    assert base64.b64decode(message.base64_body).decode() == SENTENCE


async def test_nobody_is_told_who_need_not_say_it(port: Port, tracker: Tracker) -> None:
    sayer = Sayer(tracker.world, port.act, SENTENCE)
    cut_calls(tracker, sayer, heard_s=9)
    silent = Sayer(tracker.world, port.act)
    cut_calls(Tracker(PbxName("pbx2")), silent)
    await worked(sayer)
    await worked(silent)
    assert port.asked == []


@pytest.mark.parametrize("error", [AmiOutcomeUnknown("no answer"), None])
async def test_what_fails_harms_nothing_and_the_next_is_told(
    port: Port, tracker: Tracker, error: AmiError | None
) -> None:
    port.error, port.response = error, "Error"
    sayer = Sayer(tracker.world, port.act, SENTENCE)
    cut_calls(tracker, sayer, 2)
    await worked(sayer)
    assert len(port.asked) == 2


async def test_the_oldest_gives_way_when_too_many_wait(port: Port, tracker: Tracker) -> None:
    sayer = Sayer(tracker.world, port.act, SENTENCE)
    cut_calls(tracker, sayer, MAX_WAITING + 3)
    await worked(sayer)
    assert len(port.asked) == MAX_WAITING
