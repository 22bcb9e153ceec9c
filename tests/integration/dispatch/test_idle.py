"""Agents who stay free while callers wait, on a real PBX, and the reason that is found."""

import asyncio
from pathlib import Path

import pytest

from telephony.live.alarms import AlarmName
from telephony.service import Service
from tests.acceptance.stage import people
from tests.integration.dispatch.floor import Floor, floor
from zhitong.lab.programs import find_tools

pytestmark = pytest.mark.acceptance

QUEUES = "".join(f'[[queue]]\nname = "{name}"\njoin_empty = true\nleave_empty = false\n' for name in ("service", "tax"))


async def test_the_alarm_names_what_keeps_agent_and_caller_apart(tmp_path: Path) -> None:
    tools = await asyncio.to_thread(find_tools)
    async with floor(tmp_path, tools, people(["1001"], "tax"), QUEUES) as here:
        phone = await here.agent("1001")
        async with here.bridge("service", "tax") as service:
            call = await (await here.citizen("13800000001")).call("12345")
            await here.waiting(1, "service")
            me = {"Queue": "service", "Interface": "PJSIP/1001"}
            await here.ear.ask("QueueAdd", **me, MemberName="1001", Paused="true", Reason="meal")
            await _said(here, service, "agent 1001 in service: free for", "paused in this queue only (meal)")
            await here.ear.ask("QueueRemove", **me)
            await here.until(lambda: AlarmName.AGENT_IDLE not in _standing(service))
            await here.lab.pbx.cli("devstate change Custom:desk INUSE")
            desk = {"Queue": "service", "Interface": "PJSIP/1002", "StateInterface": "Custom:desk"}
            await here.ear.ask("QueueAdd", **desk, MemberName="1002")
            await _said(here, service, "agent 1002 in service: free for", "device state 2, though they have no call")
            await here.lab.pbx.cli("devstate change Custom:desk NOT_INUSE")
            await here.until(lambda: "device state" not in _standing(service).get(AlarmName.AGENT_IDLE, ""))
        await call.hangup()
        await phone.stop()


def _standing(service: Service) -> dict[AlarmName, str]:
    return {alarm.name: alarm.detail for alarm in service.live.alarms.standing}


async def _said(here: Floor, service: Service, *words: str) -> None:
    await here.until(lambda: all(word in _standing(service).get(AlarmName.AGENT_IDLE, "") for word in words))
