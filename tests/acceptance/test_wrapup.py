"""Wrap-up on a real Asterisk with the real bridge, while callers always wait: nobody is offered a call within it."""

from pathlib import Path

import pytest

from telephony.places import secrets_of
from telephony.secrets import ensure_secrets
from tests.acceptance.stage import Stage, people, stage
from tests.integration.dialplans.manager import Manager, Message, name_of
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

WRAPUP_S = 1
TRUNK = 'answer = "at-entry"'


async def eavesdropper(stage: Stage) -> Manager:
    """A second manager client: what Asterisk said, whatever the bridge makes of it."""
    scene = stage.scene
    ami, secrets = scene.site.pbx.ami, ensure_secrets(secrets_of(scene.site_file, scene.site), [])
    return await Manager.open(ami.port, ami.user, secrets.ami)


def at(event: Message) -> float:
    return float(event["Timestamp"])


def rested(events: list[Message]) -> list[float]:
    """How much longer than promised each wrap-up was, in seconds. Fails for an agent who was offered a call within
    one."""
    resting: dict[str, float] = {}
    longer: list[float] = []
    for event in sorted(events, key=lambda event: float(event.get("Timestamp", 0))):
        match name_of(event):
            case "ZtWrapup":
                resting[event["Agent"]] = int(event["Until"]) / 1_000
            case "QueueMemberPause" if event["Paused"] == "0" and event["MemberName"] in resting:
                longer.append(at(event) - resting.pop(event["MemberName"]))
            case "AgentCalled":
                assert event["MemberName"] not in resting, f"offered within wrap-up: {event}"
    return longer


async def busy_day(stage: Stage, ends: int, agents: int, *, kill: bool = False) -> list[float]:
    """As many calls, nearly all there from the beginning."""
    manager = await eavesdropper(stage)
    numbers = [f"10{n:02}" for n in range(agents)]
    await stage.lab.agents([Agent(number, (Offer(ring_s=0.0, talk_s=0.2),)) for number in numbers])
    citizens = [Caller(number=f"138{n:08}", dialled="12345", start_at=n / 50) for n in range(ends)]
    calls = await stage.lab.callers(citizens)
    if kill:
        await manager.event("ZtWrapup")
        await stage.scene.bridge.kill()
        await stage.scene.bridge.start()
    await calls.finished(300)
    await stage.quiet()
    await manager.close()
    return rested(manager.events)


async def test_twenty_ends_with_callers_always_waiting(tmp_path: Path, tools: Tools) -> None:
    persons = people([f"10{n:02}" for n in range(10)])
    async with stage(tmp_path, tools, persons, f"wrapup_s = {WRAPUP_S}", trunk=TRUNK) as there:
        longer = await busy_day(there, 20, 10)
        assert len(longer) >= 10
        assert min(longer) >= 0
        records = await there.scene.records_of(20, timeout_s=30.0)
    assert {record.outcome.value for record in records} == {"answered"}


@pytest.mark.slow
async def test_five_hundred_ends_and_a_kill_with_callers_always_waiting(tmp_path: Path, tools: Tools) -> None:
    persons = people([f"10{n:02}" for n in range(25)])
    async with stage(tmp_path, tools, persons, f"wrapup_s = {WRAPUP_S}", trunk=TRUNK) as there:
        longer = await busy_day(there, 500, 25, kill=True)
        assert len(longer) >= 475
        assert min(longer) >= 0
        assert max(longer) < 10, "nobody is left paused, whoever was killed"
