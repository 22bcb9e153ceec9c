"""An agent looks for somebody who knows, brings them in, and says how it ended; the report tells it: on a real
PBX, by the protocol of desktops and the command line alone."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from agent_bridge.client import Client
from telephony.directory.specialists import Code, Department, Specialist
from telephony.live.documents import CallDocument
from tests.integration.agent_bridge.hall import ENOUGH_S, Hall, hall
from zhitong.lab.phones.policy import Answer, Refuse
from zhitong.lab.programs import find_tools

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

HUMAN = Department(Code("8100"), "人力资源和社会保障局", "人社局")
ONE = Specialist(Code("8101"), "单晓重", HUMAN.code, ("1002",), topics=("工伤认定",), order=1)
TWO = Specialist(Code("8102"), "曾经理", HUMAN.code, ("1003",), topics=("工伤认定",), order=2)


async def zhitong(room: Hall, *words: str) -> str:
    """What the command says."""
    command = (sys.executable, "-P", "-m", "zhitong", *words, "--site", str(room.scene.site_file))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, cwd=room.scene.lab.run)
    out, err = await asyncio.wait_for(process.communicate(), ENOUGH_S)
    assert process.returncode == 0, err.decode()
    return out.decode()


async def reported(room: Hall) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(await zhitong(room, "report", "departments", "--json"))
    return told


def the_call(desk: Client) -> CallDocument | None:
    return next(iter(desk.state.calls), None)


def joined(desk: Client) -> bool:
    call = the_call(desk)
    return call is not None and any(invite.state == "joined" for invite in call.invites)


async def test_a_specialist_is_found_asked_in_and_reported(tmp_path: Path) -> None:
    tools = await asyncio.to_thread(find_tools)
    async with hall(tmp_path, tools, "1001", "1002", "1003") as room, room.desktop("1001") as desk:
        await room.directory("1001", HUMAN, ONE, TWO)
        room.phones["1001"].on_invite = Answer()
        room.phones["1002"].on_invite = Refuse(486)
        room.phones["1003"].on_invite = Answer(0.5)
        await desk.sign_in(["service"])
        citizen = await room.citizen.call("12345")
        await desk.until(lambda: (call := the_call(desk)) is not None and call.state == "talking", ENOUGH_S)
        call = the_call(desk)
        assert call is not None
        (first, *_) = (await desk.search("rsj")).hits
        assert (first.code, first.on_duty) == (HUMAN.code, True)
        assert (await desk.invite(call.call_id, first.code)).taken == "accepted"
        await desk.until(lambda: joined(desk), ENOUGH_S)
        await desk.resolve(call.call_id, True)
        await desk.until(lambda: (call := the_call(desk)) is not None and call.resolved is True, ENOUGH_S)
        await asyncio.sleep(2)  # they talk
        await citizen.hangup()
        await desk.until(lambda: the_call(desk) is None, ENOUGH_S)
        async with asyncio.timeout(ENOUGH_S):
            while not (told := await reported(room))["departments"]:  # noqa: ASYNC110  # the file tells nobody
                await asyncio.sleep(0.5)
        (department,) = told["departments"]
        assert (department["name"], department["offers"], department["answered"]) == ("人社局", 1, 1)
        assert (department["told"], department["resolved_share"]) == (1, 1.0)
        assert 0.02 < department["with_caller_min"] < 0.5
        people = {each["name"]: (each["answered"], each["missed"]) for each in told["specialists"]}
        assert people == {"单晓重": (0, 1), "曾经理": (1, 0)}
        assert "已解决 resolved" in await zhitong(room, "calls", "show", call.call_id)
        hits = json.loads(await zhitong(room, "directory", "search", "gsrd", "--json"))
        assert [hit["names"] for hit in hits] == [["曾经理"], ["单晓重"]], "who has answered comes first now"
