"""A channel past the dialplan is hung up at once; what hinders it is tried again, and nothing else waits for ever."""

import asyncio

import pytest

from telephony.ami.actions import Action, Hangup, Reply
from telephony.control import cutter as module
from telephony.control.cutter import MAX_WAITING, TRIES, Cutter
from telephony.errors import AmiError, AmiOutcomeUnknown
from telephony.model.changes import CallBypassed
from telephony.model.ids import Micros


class Port:
    """A PBX that is asked; ``errors`` come first, one for each time, instead of an answer."""

    def __init__(self, errors: list[AmiError] | None = None, response: str = "Success") -> None:
        self.asked: list[Action] = []
        self.errors = errors or []
        self.response = response

    async def act(self, action: Action, _timeout: float) -> Reply:
        self.asked.append(action)
        if self.errors:
            raise self.errors.pop()
        return Reply({"Response": self.response, "Message": "No such channel"})


def bypassed(number: int) -> CallBypassed:
    return CallBypassed(Micros(1), "pbx1-1.1", f"PJSIP/trunk-carrier-{number:08x}", "1001")


async def worked(cutter: Cutter) -> None:
    work = asyncio.create_task(cutter.run())
    for _ in range(20 * MAX_WAITING):
        await asyncio.sleep(0)
    assert not work.done()
    work.cancel()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0)


@pytest.mark.parametrize("response", ["Success", "Error"])
async def test_each_is_hung_up_once(response: str) -> None:
    port = Port(response=response)
    cutter = Cutter(port.act)
    cutter.fold([bypassed(1), bypassed(2)])
    await worked(cutter)
    assert port.asked == [Hangup(f"PJSIP/trunk-carrier-0000000{number}", 21) for number in (1, 2)]


@pytest.mark.parametrize(("failures", "asked"), [(1, 2), (TRIES + 5, TRIES)])
async def test_what_fails_is_tried_again_and_not_for_ever(failures: int, asked: int) -> None:
    port = Port([AmiOutcomeUnknown("The link broke.") for _ in range(failures)])
    cutter = Cutter(port.act)
    cutter.fold([bypassed(1)])
    await worked(cutter)
    assert len(port.asked) == asked


async def test_of_too_many_the_newest_are_cut() -> None:
    port = Port()
    cutter = Cutter(port.act)
    cutter.fold([bypassed(number) for number in range(MAX_WAITING + 3)])
    await worked(cutter)
    assert len(port.asked) == MAX_WAITING
    assert port.asked[-1] == Hangup(f"PJSIP/trunk-carrier-{MAX_WAITING + 2:08x}", 21)
