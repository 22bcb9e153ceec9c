"""Who is left in a room, as far as a real PBX cannot be made to leave somebody; and a PBX that has no rooms."""

import time

import pytest

from telephony.ami.actions import Action, Hangup, Redirect, Reply, ShowDialPlan
from telephony.control.handlers.moving import AGENT, CALLER, GUEST
from telephony.control.porter import LEFT_S, PLACES, Porter
from telephony.errors import AmiActionFailed, AmiError
from telephony.model.changes import EpochBegan
from telephony.model.ids import BridgeId, Micros
from telephony.model.room_events import ConsultTold, Walked
from tests.unit.dialplans.sites import plan, rendered
from tests.unit.telephony.model.lines import a_line, ends, says
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told
from tests.unit.telephony.model.test_recording import recorded


class Lodge:
    """A porter of a call that a tracker follows; ``sent`` is what reached the PBX."""

    def __init__(self, pbx: Pbx, caller: Line, phone: Phone) -> None:
        self.pbx, self.caller, self.phone = pbx, caller, phone
        self.told = Told()
        self.said = 0
        self.sent: list[Action] = []
        self.lacks: tuple[str, str] | None = None
        self.trouble: AmiError | None = None
        self.porter = Porter(self.told.tracker.world, self.act)
        self.began = time.monotonic()

    async def act(self, action: Action, timeout: float) -> Reply:
        assert timeout > 0
        self.sent.append(action)
        if self.trouble is not None:
            raise self.trouble
        there = not isinstance(action, ShowDialPlan) or (action.context, action.extension) != self.lacks
        return Reply({"Response": "Success" if there else "Error"})

    async def at(self, seconds: float) -> list[Action]:
        """What is sent so long after the beginning of the test."""
        before = len(self.told.changes)
        self.told.hear(self.pbx.events[self.said :])
        self.porter.fold(self.told.changes[before:])
        self.said = len(self.pbx.events)
        self.sent.clear()
        await self.porter.holder.follow()
        await self.porter.step(self.began + seconds)
        return list(self.sent)

    def walks(self, line: Line, place: str, bridge: str, role: str = "agent") -> None:
        if line.bridge is not None:
            line.leaves()
        line.say(lambda at, u, li: Walked(at, u, li, self.caller.uniqueid, place, role))
        line.enters(BridgeId(bridge))

    def held(self) -> None:
        self.caller.leaves()
        self.walks(self.phone, "side", "side")
        self.walks(self.caller, "room", "room", "caller")


@pytest.fixture
def lodge() -> Lodge:
    made = Lodge(*recorded())
    made.held()
    return made


async def test_a_hold_is_nobody_left(lodge: Lodge) -> None:
    assert await lodge.at(0) == []
    assert await lodge.at(LEFT_S + 1) == []


async def test_an_agent_whose_caller_has_gone_is_ended(lodge: Lodge) -> None:
    lodge.caller.leaves()
    lodge.caller.gone()
    assert await lodge.at(0) == []
    assert await lodge.at(LEFT_S - 0.1) == [], "the dialplan does it in a moment"
    assert await lodge.at(LEFT_S) == [Hangup(lodge.phone.name, 16)]
    assert await lodge.at(LEFT_S + 1) == [], "not at once again"
    assert await lodge.at(2 * LEFT_S) == [Hangup(lodge.phone.name, 16)]


async def test_a_consult_that_still_rings_ends_with_its_caller(lodge: Lodge) -> None:
    lodge.phone.leaves()
    room = lodge.caller.uniqueid
    lodge.phone.say(lambda at, u, li: ConsultTold(at, u, li, room, "1002", "RINGING"))
    lodge.caller.leaves()
    lodge.caller.gone()
    await lodge.at(0)
    assert await lodge.at(LEFT_S) == [Hangup(lodge.phone.name, 16)]


async def test_a_caller_whom_everybody_has_left_goes_back_into_the_queue(lodge: Lodge) -> None:
    lodge.phone.leaves()
    lodge.phone.gone()
    await lodge.at(0)
    assert await lodge.at(LEFT_S) == [Redirect(lodge.caller.name, "zt-room-caller", "left")]


async def test_a_caller_waits_for_who_is_rung_to_join_them(lodge: Lodge) -> None:
    line = a_line(lodge.pbx, lodge.caller)
    says(line, lodge.caller, "RINGING")
    lodge.phone.leaves()
    lodge.phone.gone()
    await lodge.at(0)
    assert await lodge.at(LEFT_S + 1) == [], "music, until the line is over"
    says(line, lodge.caller, "NOANSWER")
    line.gone()
    await lodge.at(LEFT_S + 2)
    assert await lodge.at(2 * LEFT_S + 2) == [Redirect(lodge.caller.name, "zt-room-caller", "left")]


async def test_a_caller_waits_for_who_is_told_what_it_is_about(lodge: Lodge) -> None:
    """The agent who asked them has hung up: the caller is theirs."""
    line = a_line(lodge.pbx, lodge.caller)
    says(line, lodge.caller, "RINGING", mode="side")
    guest = line.calls("trunk-carrier")
    guest.up()
    says(guest, lodge.caller, "ANSWER", mode="side")
    ends(line)
    lodge.phone.leaves()
    lodge.phone.gone()
    await lodge.at(0)
    assert await lodge.at(LEFT_S + 1) == []
    guest.gone()
    await lodge.at(LEFT_S + 2)
    assert await lodge.at(2 * LEFT_S + 2) == [Redirect(lodge.caller.name, "zt-room-caller", "left")]


async def test_who_was_to_call_a_citizen_back_with_another_and_is_alone_is_ended(lodge: Lodge) -> None:
    lodge.walks(lodge.caller, "side", "apart")
    lodge.walks(lodge.phone, "side", "apart", "guest")
    await lodge.at(0)
    assert await lodge.at(LEFT_S) == [], "these talk"
    lodge.phone.leaves()
    lodge.phone.gone()
    await lodge.at(LEFT_S)
    assert await lodge.at(2 * LEFT_S) == [Hangup(lodge.caller.name, 16)]


async def test_what_the_pbx_refuses_is_tried_again(lodge: Lodge) -> None:
    lodge.phone.leaves()
    lodge.phone.gone()
    lodge.trouble = AmiActionFailed("no such channel")
    await lodge.at(0)
    assert len(await lodge.at(LEFT_S)) == 1
    assert len(await lodge.at(2 * LEFT_S)) == 1


async def test_the_hold_key_of_a_phone_in_a_room(lodge: Lodge) -> None:
    lodge.walks(lodge.phone, "room", "room")
    assert await lodge.at(0) == []
    lodge.phone.holds()
    assert await lodge.at(1) == [Redirect(lodge.phone.name, "zt-room-agent", "side")]
    lodge.walks(lodge.phone, "side", "side")
    assert await lodge.at(2) == []
    lodge.phone.holds(False)
    assert await lodge.at(3) == [Redirect(lodge.phone.name, "zt-room-agent", "back")]
    assert await lodge.at(4) == []


async def test_a_hold_that_began_before_we_came_ends_with_it(lodge: Lodge) -> None:
    assert await lodge.at(0) == []
    lodge.phone.holds(False)
    assert await lodge.at(1) == [Redirect(lodge.phone.name, "zt-room-agent", "back")]
    assert await lodge.at(2) == []


async def test_without_rooms_nobody_is_sent_there(lodge: Lodge) -> None:
    assert lodge.porter.ready()
    lodge.lacks = PLACES[-1]
    lodge.porter.fold([EpochBegan(Micros(1), 1, 0)])
    await lodge.porter.ask()
    assert lodge.porter.missing == ",".join(PLACES[-1])
    assert not lodge.porter.ready()
    lodge.trouble = AmiActionFailed("away")
    await lodge.porter.ask()
    assert not lodge.porter.ready(), "what was known holds"
    lodge.trouble = lodge.lacks = None
    await lodge.porter.ask()
    assert lodge.porter.ready()


def test_every_place_that_is_asked_for_is_rendered() -> None:
    there = plan(rendered())
    assert [place for place in PLACES if place[1] not in there[place[0]]] == []
    assert {context for context, _ in PLACES} == {
        *(AGENT, CALLER, GUEST),
        *("zt-invited", "zt-hand-over", "zt-together"),
    }


async def test_a_caller_who_rates_the_call_is_left_in_peace(lodge: Lodge) -> None:
    """All others have gone, and the caller is out of the room, where the dialplan speaks."""
    lodge.phone.leaves()
    lodge.phone.gone()
    lodge.caller.leaves()
    await lodge.at(0)
    assert await lodge.at(LEFT_S) == []
    lodge.caller.queue_ended("CONTINUE")
    await lodge.at(LEFT_S + 1)
    leg = lodge.told.tracker.world.channels[lodge.caller.uniqueid].leg
    assert leg.place == ""
