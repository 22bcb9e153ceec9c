"""An emergency number by order of a desktop: into the living call at once, or from the agent's idle phone."""

import asyncio
from pathlib import Path

import pytest

from telephony.control.handlers import inviting
from telephony.control.orders.conference import Emergency
from telephony.control.reach import Done
from telephony.errors import AmiActionFailed
from telephony.model.ids import CallId
from telephony.model.terms import Direction
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.outside import left, outside
from tests.integration.rooms.hall import AGENTS, CITIZEN, FIRST, MUSIC, SECOND, SITE, complaints, hall, only
from tests.integration.rooms.office import ME, office
from zhitong.lab.phones.policy import Answer

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


async def test_help_joins_a_call_on_hold_and_is_called_from_an_idle_phone(make_rig: MakeRig, tmp_path: Path) -> None:
    site = f"{SITE}\n[outgoing]\nallow = []\ndaily_limit = 1\n"
    async with (
        outside() as out,
        make_rig(site, AGENTS, base=out.base) as rig,
        office(rig, tmp_path / "office") as bridge,
    ):
        out.carrier.tone_hz, out.carrier.on_invite = SECOND, Answer()
        here = await hall(rig, tmp_path / "music")
        desk = bridge.desk(here)
        await bridge.done(desk.hold())
        await only(here.citizen, {MUSIC})
        await bridge.done(desk.emergency("120"))
        doctor = await out.carrier.next_call()
        await asyncio.gather(
            only(here.citizen, {FIRST, SECOND}), only(here.agent, {CITIZEN, SECOND}), only(doctor, {CITIZEN, FIRST})
        )
        assert left(rig) == [("emergency", "120", "1001", "carrier")]
        await bridge.done(desk.complete())
        await here.agent.ended()
        await asyncio.gather(only(here.citizen, {SECOND}), only(doctor, {CITIZEN}))
        await here.citizen.hangup()
        await doctor.ended()
        await here.silent()
        begun = await bridge.done(Emergency(ME, "110", "test"))
        agent, police = await here.phones["1001"].next_call(), await out.carrier.next_call()
        await asyncio.gather(only(agent, {SECOND}), only(police, {FIRST}))
        call = bridge.service.reach.call(CallId(begun.call))
        assert (call.direction, call.dialled) == (Direction.OUTBOUND, "110")
        await agent.hangup()
        await police.ended()
        await here.silent()
        assert complaints(rig) == []


async def test_help_that_rings_is_not_refused_since_another_could_not_be_moved(
    make_rig: MakeRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> Done:
        raise AmiActionFailed("No Conference by that name found.")

    monkeypatch.setattr(inviting, "merged", gone)
    async with (
        outside() as out,
        make_rig(SITE, AGENTS, base=out.base) as rig,
        office(rig, tmp_path / "office") as bridge,
    ):
        out.carrier.on_invite = Answer()
        here = await hall(rig, tmp_path / "music")
        desk = bridge.desk(here)
        await bridge.done(desk.consult())
        asked = await here.phones["1002"].next_call()
        await asyncio.gather(only(here.agent, {SECOND}), only(asked, {FIRST}))
        await bridge.done(desk.emergency("120"))
        doctor = await out.carrier.next_call()
        await here.citizen.hangup()
        await doctor.ended()
        await here.agent.hangup()
        await asked.ended()
        await here.silent()
