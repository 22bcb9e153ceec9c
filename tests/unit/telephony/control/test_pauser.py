"""Pauses that nobody orders: when they come, when they end, and when they are none of our concern."""

import msgspec
import pytest

from telephony.ami.actions import Action, QueuePause, Reply, Setvar
from telephony.control.pauser import Pauser
from telephony.errors import AmiUnreachable
from telephony.model.changes import Change, OfferChanged, PauseDue, PauseOver
from telephony.model.ids import CallId, MemberName, Micros, QueueName, Uniqueid
from telephony.model.machines import OfferState
from telephony.site.desk import Desk
from tests.unit.telephony.control.test_many_wrapups import drive
from tests.unit.telephony.model.script import Pbx, Told

ME = MemberName("1001")
PAUSING = Desk(after_missed="pause", after_refused="pause")


class Bench:
    """A member in two queues, in this pause; ``sent`` is what the PBX was told."""

    def __init__(self, desk: Desk = PAUSING, reason: str = "") -> None:
        pbx = Pbx()
        for queue in ("hotline", "tax"):
            pbx.member(ME, queue, paused=bool(reason), pause_reason=reason)
        self.world = Told().hear(pbx.events).tracker.world
        self.sent: list[Action] = []
        self.away = False
        self.pauser = Pauser(self.world, self.act, desk, lambda: self.world.now)

    async def act(self, action: Action, _: float) -> Reply:
        if self.away:
            raise AmiUnreachable("away")
        self.sent.append(action)
        return Reply({"Response": "Success"})

    def hear(self, change: Change) -> list[Action]:
        self.pauser.fold([change])
        for due in self.pauser._take():
            drive(self.pauser._carry_out(*due))
        return self.sent


def offer(state: OfferState) -> OfferChanged:
    return OfferChanged(Micros(1), CallId("c"), QueueName("hotline"), ME, Uniqueid("1.2"), state)


PAUSED = {OfferState.NO_ANSWER: "missed-offer", OfferState.REFUSED: "refused-offer"}


@pytest.mark.parametrize("state", OfferState)
def test_which_ends_of_an_offer_pause(state: OfferState) -> None:
    """A caller's own hang-up, a lost race or a phone that cannot be reached is nobody's fault."""
    wanted = [QueuePause("PJSIP/1001", paused=True, reason=PAUSED[state])] if state in PAUSED else []
    assert Bench().hear(offer(state)) == wanted
    assert Bench(Desk(after_missed="next", after_refused="next")).hear(offer(state)) == []


@pytest.mark.parametrize("reason", ["meal", "wrap-up", "feature-code"])
def test_who_is_paused_already_keeps_that_pause(reason: str) -> None:
    assert Bench(reason=reason).hear(offer(OfferState.NO_ANSWER)) == []
    assert Bench(reason=reason).hear(PauseDue(Micros(1), ME, "desktop-gone")) == []
    assert Bench(reason=reason).hear(PauseOver(Micros(1), ME, "desktop-gone")) == []


def test_an_end_is_told_to_the_dialplan_too_if_it_is_a_wrap_ups() -> None:
    assert Bench(reason="desktop-gone").hear(PauseOver(Micros(1), ME, "desktop-gone")) == [
        QueuePause("PJSIP/1001", paused=False)
    ]
    bench = Bench(reason="wrap-up")
    bench.world.agents[ME].wrapup_mark = Micros(1_795_400_000_123_000)
    assert bench.hear(PauseOver(Micros(1), ME, "wrap-up")) == [
        QueuePause("PJSIP/1001", paused=False),
        Setvar("ZT_WRAP_1001", "1795400000123:"),
    ]


def test_a_wrap_up_that_was_extended_meanwhile_goes_on() -> None:
    bench = Bench(reason="wrap-up")
    bench.world.agents[ME].wrapup_until = Micros(bench.world.now + 1)
    assert bench.hear(PauseOver(Micros(1), ME, "wrap-up")) == []


def test_what_the_pbx_did_not_hear_is_to_be_tried_again() -> None:
    bench = Bench()
    bench.away = True
    bench.pauser.fold([PauseDue(Micros(1), ME, "desktop-gone")])
    ((change, tries),) = bench.pauser._take()
    assert msgspec.structs.asdict(change)["reason"] == "desktop-gone"

    async def again() -> None:
        assert not await bench.pauser._carry_out(change, tries)
        bench.away = False
        assert await bench.pauser._carry_out(change, tries)

    drive(again())
    assert bench.sent == [QueuePause("PJSIP/1001", paused=True, reason="desktop-gone")]
