"""What an agent does from a plain phone with no bridge there: into a room, somebody of the directory, an emergency."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import Kept, heard, recorded
from tests.integration.dialplans.manager import Message
from tests.integration.dialplans.outside import MOBILE, Outside, dialled, left, outside
from tests.integration.dialplans.rig import Rig
from tests.integration.rooms.hall import AGENTS, CITIZEN, FIRST, MUSIC, SECOND, SITE, complaints, hall, hear, only
from zhitong.lab.phones.policy import Answer, Refuse

pytestmark = pytest.mark.acceptance

POLICE = 1350


async def on_duty(rig: Rig, code: str, *tries: str, department: str = "8300") -> None:
    """As the bridge has written ahead."""
    answer = await rig.manager.ask("Setvar", Variable=f"ZT_DIR_{code}", Value=f"{department}|{'&'.join(tries)}")
    assert answer["Response"] == "Success"


def invited(rig: Rig) -> list[tuple[str, ...]]:
    """What the dialplan has said of invitations, in order."""
    names = ("By", "Department", "Code", "Number", "Purpose", "Mode", "Status", "Left")
    return [tuple(event[name] for name in names) for event in rig.manager.all("ZtInvite")]


async def answers(out: Outside, hz: int = SECOND) -> None:
    out.carrier.tone_hz, out.carrier.on_invite = hz, Answer()


async def test_into_a_room_and_an_emergency_by_keys(make_rig: MakeRig, tmp_path: Path) -> None:
    async with outside() as out, make_rig(SITE, AGENTS, base=out.base) as rig:
        await answers(out)
        here = await hall(rig, tmp_path / "music")
        await here.citizen.dtmf("*8")  # these keys are the agent's
        await here.agent.dtmf("*8")
        await here.placed("1001", "room")
        await here.placed("", "room")
        await hear((here.citizen, FIRST), (here.agent, CITIZEN))
        await here.agent.dtmf("*0110")
        police = await out.carrier.next_call()
        assert dialled(police) == "110"
        await asyncio.gather(only(here.citizen, {FIRST, SECOND}), only(police, {CITIZEN, FIRST}))
        assert [each[:2] + each[3:7] for each in invited(rig)] == [
            ("1001", "", "110", "emergency", "room", "RINGING"),
            ("1001", "", "110", "emergency", "room", "ANSWER"),
        ]
        await here.agent.hangup()
        await asyncio.gather(only(here.citizen, {SECOND}), only(police, {CITIZEN}))
        await police.hangup()
        await here.citizen.ended()
        await here.silent()
        assert sorted(here.queue_log()) == ["COMPLETEAGENT", "CONNECT", "ENTERQUEUE"]
        kept = await asyncio.to_thread(Kept, await recorded(rig))
        assert kept.of(SECOND) == pytest.approx(heard(here.citizen, SECOND), abs=0.1), (
            "the recording goes on in the room"
        )
        assert complaints(rig) == []


@pytest.mark.slow
async def test_an_emergency_out_of_the_queues_bridge(make_rig: MakeRig, tmp_path: Path) -> None:
    async with outside() as out, make_rig(SITE, AGENTS, base=out.base) as rig:
        await answers(out)
        here = await hall(rig, tmp_path / "music")
        await here.agent.dtmf("*0119")
        fire = await out.carrier.next_call()
        await asyncio.gather(only(here.citizen, {FIRST, SECOND}), only(fire, {CITIZEN, FIRST}))
        assert left(rig) == [("emergency", "119", "1001", "carrier")]
        await here.citizen.hangup()
        await asyncio.gather(fire.ended(), here.agent.ended())
        await here.silent()


@pytest.mark.slow
async def test_an_emergency_out_of_a_consult(make_rig: MakeRig, tmp_path: Path) -> None:
    async with outside() as out, make_rig(SITE, AGENTS, base=out.base) as rig:
        await answers(out, POLICE)
        here = await hall(rig, tmp_path / "music")
        guest = await here.consult()
        await only(guest, {FIRST})
        await here.agent.dtmf("*0110")
        police = await out.carrier.next_call()
        everybody = {here.citizen: CITIZEN, here.agent: FIRST, guest: SECOND, police: POLICE}
        await hear(*((one, hz) for one in everybody for other, hz in everybody.items() if other is not one))
        await here.agent.dtmf("*0110*0119")  # who is there is not called twice
        await out.carrier.next_call()
        assert [number for _, number, _, _ in left(rig)] == ["110", "119"]
        await here.citizen.hangup()
        await asyncio.gather(police.ended(), guest.ended(), here.agent.ended())
        await here.silent()


@pytest.mark.slow
async def test_who_is_on_duty_by_keys_in_a_room(make_rig: MakeRig, tmp_path: Path) -> None:
    async with outside() as out, make_rig(SITE, AGENTS, base=out.base) as rig:
        out.carrier.on_invite = Refuse(486)
        here = await hall(rig, tmp_path / "music")
        await on_duty(rig, "8003", f"{MOBILE}:20:8301", "1002:20:8302")
        await here.agent.dtmf("*8")
        await here.placed("1001", "room")
        await here.agent.dtmf("*28003#")  # consulted: the first refuses, the next comes
        guest = await here.phones["1002"].next_call()
        await asyncio.gather(only(here.citizen, {MUSIC}), only(guest, {FIRST}))
        said = rig.manager.all("ZtConsult")
        assert [(each["Number"], each["Code"], each["Department"], each["Status"]) for each in said] == [
            (MOBILE, "8301", "8300", "RINGING"),
            (MOBILE, "8301", "8300", "BUSY"),
            ("1002", "8302", "8300", "RINGING"),
        ]
        await here.agent.dtmf("*1")
        await guest.ended()
        await hear((here.citizen, FIRST))
        await here.agent.dtmf("*78003#")  # joins at once
        guest = await here.phones["1002"].next_call()
        await asyncio.gather(only(here.citizen, {FIRST, SECOND}), only(guest, {FIRST, CITIZEN}))
        assert [each[2:] for each in invited(rig) if each[5] == "room"] == [
            ("8301", MOBILE, "specialist", "room", "RINGING", "1"),
            ("8301", MOBILE, "specialist", "room", "BUSY", "1"),
            ("8302", "1002", "specialist", "room", "RINGING", "0"),
            ("8302", "1002", "specialist", "room", "ANSWER", "0"),
        ]
        await here.agent.dtmf("*78009#")  # nobody is on duty there: told, and with the citizen again
        await here.placed("1001", "side")
        await here.placed("1001", "room")
        await hear((here.citizen, FIRST))
        await here.citizen.hangup()
        await here.silent()
        assert complaints(rig) == []


@pytest.mark.slow
async def test_a_code_by_the_phones_own_transfers(make_rig: MakeRig, tmp_path: Path) -> None:
    async with outside() as out, make_rig(SITE, AGENTS, base=out.base) as rig:
        out.carrier.on_invite = Refuse(486)
        here = await hall(rig, tmp_path / "music")
        await on_duty(rig, "8003", f"{MOBILE}:20:8301", "1002:20:8302")
        await here.agent.dtmf("*28003#")  # in the queue's bridge: Asterisk's own consult
        guest = await here.phones["1002"].next_call()
        await asyncio.gather(only(here.citizen, {MUSIC}), only(guest, {FIRST}))
        assert {each[0] for each in invited(rig)} == {"1001"}
        await here.agent.dtmf("*3")
        await asyncio.gather(only(here.citizen, {FIRST, SECOND}), only(guest, {FIRST, CITIZEN}))
        await guest.hangup()
        await only(here.citizen, {FIRST})
        rig.manager.events[:] = [event for event in rig.manager.events if event.get("UserEvent") != "ZtInvite"]
        await here.agent.dtmf("#18003#")  # handed over without staying
        guest = await here.phones["1002"].next_call()
        assert guest.number == "1001"  # not the citizen's
        await asyncio.gather(only(here.citizen, {SECOND}), only(guest, {CITIZEN}))
        await here.agent.ended()
        assert [(*each[:2], *each[3:7]) for each in invited(rig)] == [
            ("1001", "8300", MOBILE, "specialist", "hand-over", "RINGING"),
            ("1001", "8300", MOBILE, "specialist", "hand-over", "BUSY"),
            ("1001", "8300", "1002", "specialist", "hand-over", "RINGING"),
            ("1001", "8300", "1002", "specialist", "hand-over", "ANSWER"),
        ]
        # Who has the citizen now has the same keys.
        await guest.dtmf("*8")
        await here.placed("1002", "room")
        await hear((here.citizen, SECOND), (guest, CITIZEN))
        await guest.hangup()
        await here.citizen.ended()
        await here.silent()


@pytest.mark.slow
async def test_handed_over_to_nobody_the_citizen_is_the_next_in_line(make_rig: MakeRig, tmp_path: Path) -> None:
    async with outside() as out, make_rig(SITE, AGENTS, base=out.base) as rig:
        out.carrier.on_invite = Refuse(486)
        here = await hall(rig, tmp_path / "music")
        await on_duty(rig, "8003", f"{MOBILE}:20:8301")
        for code in ("8003", "8009"):
            before = len(here.phones["1001"].calls)
            await here.phones["1001"].calls[-1].dtmf(f"#1{code}#")
            again = await here.phones["1001"].next_call()
            await hear((here.citizen, FIRST), (again, CITIZEN))
            assert len(here.phones["1001"].calls) == before + 1
        assert [each[3:7] for each in invited(rig)] == [
            (MOBILE, "specialist", "hand-over", "RINGING"),
            (MOBILE, "specialist", "hand-over", "BUSY"),
        ]
        await here.citizen.hangup()
        await here.silent()


@pytest.mark.slow
async def test_an_idle_phone_dials_a_code(make_rig: MakeRig) -> None:
    async with outside() as out, make_rig(SITE, AGENTS, base=out.base) as rig:
        await answers(out)
        agent = await rig.agent("1001")
        await on_duty(rig, "8003", f"{MOBILE}:20:8301")
        call = await agent.call("8003")
        reached = await out.carrier.next_call()
        await hear((call, SECOND))
        assert (dialled(reached), reached.number) == (MOBILE, "056188812345")
        event: Message = await rig.manager.event("ZtOut")
        assert (event["Purpose"], event["Agent"]) == ("specialist", "1001")
        await call.hangup()
        assert (await (await agent.call("8009")).ended()).code >= 400, "nobody is on duty there"


@pytest.mark.slow
async def test_an_emergency_joins_a_call_out(make_rig: MakeRig) -> None:
    async with outside() as out, make_rig(SITE, AGENTS, base=out.base) as rig:
        agent = await rig.agent("1001")
        agent.tone_hz = FIRST
        await answers(out, CITIZEN)
        call = await agent.call(MOBILE)
        citizen = await out.carrier.next_call()
        await hear((call, CITIZEN), (citizen, FIRST))
        await citizen.dtmf("*0110")  # nobody outside has this key
        await answers(out)
        await call.dtmf("*0119")
        fire = await out.carrier.next_call()
        assert dialled(fire) == "119"
        await asyncio.gather(
            only(call, {CITIZEN, SECOND}), only(citizen, {FIRST, SECOND}), only(fire, {CITIZEN, FIRST})
        )
        await call.hangup()
        await asyncio.gather(only(citizen, {SECOND}), only(fire, {CITIZEN}))
        await citizen.hangup()
        await fire.ended()
        async with asyncio.timeout(30):
            while not (await rig.lab.pbx.cli("core show channels count")).startswith("0 "):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert left(rig)[1:] == [("emergency", "119", "1001", "carrier")]


@pytest.mark.slow
async def test_an_agent_whose_number_looks_like_a_code_is_the_agent(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(SITE + '\n[conference]\ncodes = ["10XX"]\n', AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        await here.agent.dtmf("*8")
        await here.placed("1001", "room")
        await here.agent.dtmf("*21002#")
        guest = await here.phones["1002"].next_call()
        await asyncio.gather(only(here.citizen, {MUSIC}), only(guest, {FIRST}))
        await here.citizen.hangup()
        await guest.hangup()
        await here.silent()
