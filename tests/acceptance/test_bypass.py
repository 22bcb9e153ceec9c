"""A phone that names a channel in its 302, so that Asterisk asks no dialplan: the bridge cuts what it has dialled."""

import asyncio
import json
from pathlib import Path

import pytest

from telephony.model.terms import Outcome
from tests.acceptance.desk import Desk, desk
from tests.acceptance.stage import Stage
from tests.integration.cli.typed import typed
from tests.integration.journal.mirror import assert_same
from zhitong.lab.phones.policy import Answer, Forward, Refuse, Ring
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

ABROAD = "00441632960961"


def silent(room: Desk) -> None:
    """All phones only ring from now on, and have forgotten the offers of before."""
    for phone in (room.citizen, *room.agents):
        phone.on_invite = Ring()
        while not phone._incoming.empty():
            phone._incoming.get_nowait()


async def sent_past(room: Desk, user: str) -> tuple[str, str]:
    """The phone that rings first sends the citizen's call there; the carrier's phone rings and is never answered. The
    other agent gets the citizen. Who sent it, who got it."""
    silent(room)
    call = await room.citizen.call("12345")
    await room.rings()
    thief, honest = sorted(room.agents, key=lambda agent: agent._incoming.empty())
    thief.on_invite, honest.on_invite = Refuse(), Answer()
    (await thief.next_call()).forward(user)
    stolen = await room.citizen.next_call(60)
    ending = await stolen.ended(30)
    assert ending.code == 487, "cancelled, and never answered"
    await call.answered(60)
    taken = await honest.next_call(60)
    await taken.answered()
    await asyncio.sleep(0.5)  # a talk, and no answer in the instant of an end
    await call.hangup()
    await Stage(room.scene).quiet()
    await room.idle()
    return thief.account.number, honest.account.number


async def colleague_sends_past(room: Desk, user: str) -> str:
    """One agent calls another, whose phone sends the call there. Whose it was."""
    caller, thief = room.agents
    silent(room)
    call = await caller.call(thief.account.number)
    (await thief.next_call()).forward(user)
    assert (await (await room.citizen.next_call(60)).ended()).code == 487
    await call.ended(60)
    await Stage(room.scene).quiet()
    await room.idle()
    return thief.account.number


async def test_a_call_sent_past_the_dialplan_is_cut_and_on_record(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools, agents=2) as room:
        trunk = room.scene.site.trunks[0]
        host, port = room.citizen.place
        who = [
            await sent_past(room, f"PJSIP%2F{ABROAD}%40trunk-{trunk.name}"),
            await sent_past(room, f"PJSIP%2F1001%2Fsip%3A{ABROAD}%40{host}%3A{port}"),
        ]
        rung = await colleague_sends_past(room, f"PJSIP%2F{ABROAD}%40trunk-{trunk.name}")
        *records, inside = sorted(await room.scene.records_of(3), key=lambda record: record.received_at)
        assert [(each.agent, each.reason) for each in inside.refused_out] == [(rung, "bypassed")]
        for (thief, honest), record in zip(who, records, strict=True):
            told = [(each.purpose, each.number, each.agent, each.reason) for each in record.refused_out]
            assert told == [("forward", ABROAD, thief, "bypassed")]
            assert (record.outcome, record.agent) == (Outcome.ANSWERED, honest)
        status = await typed(room.scene.site_file, "status", "--json")
        alarms = {each["name"]: each for each in json.loads(status.out)["alarms"]}
        assert alarms["call_bypassed"]["severity"] == "critical"
        assert all(f"agent {thief}" in alarms["call_bypassed"]["detail"] for thief, _ in who)
        await asyncio.to_thread(assert_same, [*records, inside], room.scene.lab.run / "log")


@pytest.mark.slow
async def test_a_call_back_that_the_agents_phone_sends_past_the_dialplan_is_cut(tmp_path: Path, tools: Tools) -> None:
    """The bridge itself has that phone rung, so that no channel dials."""
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        room.citizen.on_invite = Ring()
        room.agent.on_invite = Forward(f"PJSIP%2F{ABROAD}%40trunk-{room.scene.site.trunks[0].name}")
        await room.order()
        assert (await (await room.citizen.next_call(60)).ended()).code == 487
        records = await room.scene.records_of(3)
        told = [(each.number, each.agent, each.reason) for record in records for each in record.refused_out]
        assert told == [(ABROAD, "1001", "bypassed")]
