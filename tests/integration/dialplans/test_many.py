"""Many calls at once, from SIPp: callers and agents who share one address, as in the demo."""

from collections import Counter
from pathlib import Path

import pytest

from dialplans.render import Lab as Moved
from dialplans.render import render, write
from telephony.config import parse_site
from telephony.secrets import Secrets, generate
from tests.integration.dialplans.manager import Manager
from tests.integration.dialplans.rig import SITE, agents_of
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.lab import Lab
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

NUMBERS = tuple(str(number) for number in range(1001, 1006))


@pytest.mark.timeout(180)
async def test_each_of_forty_calls_is_told_once_and_reaches_somebody(tmp_path: Path, tools: Tools) -> None:
    people = agents_of(*NUMBERS)
    secrets = Secrets(ami=generate(), phones={agent.phone: generate() for agent in people})
    site = parse_site(SITE.replace("127.0.0.2", "127.0.0.1") + ALWAYS.replace("timeout_s = 2", "timeout_s = 20"))
    async with Lab(tmp_path, tools, port_count=1500) as lab:
        moved = Moved(
            contacts={number: f"sip:{number}@127.0.0.1:{lab.ports.agents}" for number in NUMBERS},
            bind="127.0.0.1",
            sip_port=lab.ports.sip,
            ami_port=lab.ports.ami,
            rtp=(lab.ports.rtp.start, lab.ports.rtp.stop - 1),
            modules=[path.stem for path in tools.asterisk.modules.glob("*.so")],
            shared_address=True,
        )
        write(lab.etc, render(site, people, secrets, lab=moved))
        await lab.pbx.start()
        manager = await Manager.open(lab.ports.ami, "zhitong", secrets.ami)
        await lab.agents([Agent(number, (Offer(ring_s=0.5),)) for number in NUMBERS])
        callers = await lab.callers(
            [Caller(number=f"138{index:08}", dialled="12345", start_at=index * 0.15, talk_s=0.5) for index in range(40)]
        )
        await callers.finished(timeout_s=60)
        await manager.event("ZtEnd", CallerIDNum="13800000039")
        for name in ("ZtEntry", "ZtEnd"):
            told = Counter(event["CallerIDNum"] for event in manager.all(name))
            assert told == {f"138{index:08}": 1 for index in range(40)}, name
        assert {event["Status"] for event in manager.all("ZtEnd")} == {""}, "every caller hung up after talking"
        assert len(manager.all("AgentConnect")) == 40
        await manager.close()
        log = (lab.pbx.log_dir / "messages.log").read_text(encoding="utf-8")
        assert [line for line in log.splitlines() if "WARNING[" in line or "ERROR[" in line] == []
