"""The expected wait is said when it is true and to whom it can be said without making anybody wait; else nothing is."""

import time
from pathlib import Path

import pytest

from tests.integration.dialplans.rig import Rig, agents_of, running
from tests.integration.dialplans.speech import brief, listen, played, so_far, until
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.policy import Answer
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

MINUTE = 60_000
SITE = ALWAYS + "expected_wait = true\n"


class Hotline:
    """A queue whose callers come one after another, and what each of them hears before waiting."""

    def __init__(self, rig: Rig, log: Path) -> None:
        self.rig, self.log, self.came = rig, log, 0

    async def known(self, each_ms: int, good_for_s: int = 60) -> None:
        """Somebody writes how long each place takes, as the bridge does: with its user and its rights."""
        value = f"{int(time.time()) + good_for_s}:{each_ms}"
        answer = await self.rig.manager.ask("Setvar", Variable="ZT_WAIT_hotline", Value=value)
        assert answer["Response"] == "Success", answer

    async def caller_hears(self, trunk: str = "entry") -> str:
        """A citizen comes and waits. The sounds until then."""
        self.came += 1
        number = f"138000000{self.came:02}"
        before = len(so_far(self.log))
        await (await self.rig.citizen(number, trunk=trunk)).call("12345")
        await self.rig.manager.event("QueueCallerJoin", CallerIDNum=number)
        text = await until(self.log, rf"(?s).{{{before}}}.*Executing [^\n]* Queue\(")
        return " ".join(name for name in played(text[before:]) if name.startswith(("zt/wait", "digits", "zt/liang")))


async def test_it_is_said_only_while_it_is_known_and_somebody_waits_already(tools: Tools, tmp_path: Path) -> None:
    async with running(tmp_path / "run", SITE, agents_of("1001"), tools=brief(tools, tmp_path)) as rig:
        hotline = Hotline(rig, await listen(rig))
        agent = await rig.agent("1001")
        agent.on_invite = Answer()
        await hotline.known(5 * MINUTE)
        assert await hotline.caller_hears() == ""  # an agent is ready
        await agent.next_call()
        await rig.manager.event("AgentConnect")
        assert await hotline.caller_hears() == ""  # nobody waits before them
        # The second place: ten minutes and a moment, said in fives.
        assert await hotline.caller_hears() == "zt/wait_about digits/10 digits/5 zt/wait_minutes"
        await hotline.known(5 * MINUTE, good_for_s=-1)
        assert await hotline.caller_hears() == ""  # known no longer
        await hotline.known(MINUTE // 3)
        assert await hotline.caller_hears() == "zt/wait_about zt/liang zt/wait_minutes"  # the fourth: 80 s
        await hotline.known(MINUTE // 2)
        assert await hotline.caller_hears() == "zt/wait_about digits/3 zt/wait_minutes"  # the fifth: 150 s
        await hotline.known(MINUTE * 10)
        assert await hotline.caller_hears() == "zt/wait_long"
        await hotline.known(MINUTE // 20)
        assert await hotline.caller_hears() == ""  # less than a minute is not worth a word
        await hotline.known(5 * MINUTE)
        assert await hotline.caller_hears(trunk="carrier") == ""  # a caller who would not hear it
        told = [(event["CallerIDNum"][-1], event["Minutes"], event["Ahead"]) for event in rig.manager.all("ZtExpect")]
        assert told == [("3", "15", "1"), ("5", "2", "3"), ("6", "3", "4"), ("7", "65", "5")]
        rows = [text for kind, text in rig.cel() if kind == "ZT_EXPECT"]
        assert rows == [f"q=hotline&m={minutes}&a={ahead}" for _, minutes, ahead in told]


async def test_what_is_no_number_is_never_said(tools: Tools, tmp_path: Path) -> None:
    async with running(tmp_path / "run", SITE, agents_of("1001"), tools=brief(tools, tmp_path)) as rig:
        hotline = Hotline(rig, await listen(rig))
        agent = await rig.agent("1001")
        agent.on_invite = Answer()
        await hotline.caller_hears()
        await agent.next_call()
        await hotline.caller_hears()
        for value in ("", "x", "99999999999", "99999999999:", "99999999999:${EPOCH}x", ":300000"):
            await rig.manager.ask("Setvar", Variable="ZT_WAIT_hotline", Value=value)
            assert await hotline.caller_hears() == "", value
        assert not [line for line in rig.complaints() if "expression" in line or "MATH" in line]
