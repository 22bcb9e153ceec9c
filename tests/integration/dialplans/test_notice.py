"""The notice of a PBX that was rendered for elsewhere, where nobody could measure its sounds."""

import shutil
from pathlib import Path

import pytest

from dialplans import notice, render
from telephony.site.site import Site
from tests.integration.dialplans.rig import agents_of, running, settled
from tests.integration.dialplans.telling import NOTICE_HZ, telling
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

TOLD = "[recording]\non = true\nkeep_days = 3\n[notice]\non = true\n" + ALWAYS.replace(
    "timeout_s = 2", "timeout_s = 20"
)


def unseen(site: Site, data: Path) -> notice.Spoken:
    """As on a machine without Asterisk's sounds; the paths are right there."""
    return notice._elsewhere(site, data / "sounds", ["zh"])


async def test_the_pbx_measures_it_itself(tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "spoken", unseen)
    told = telling(tools, tmp_path, 1.5)
    async with running(tmp_path / "pbx", TOLD, agents_of("1001"), tools=told) as rig:
        agent = await rig.agent("1001")
        call = await (await rig.citizen(trunk="entry")).call("12345")
        taken = await agent.next_call()
        await call.hears(NOTICE_HZ, call.began.mono)
        await settled(2)
        taken.answer()
        await taken.answered()
        said = await rig.manager.event("ZtNotice")
        assert said["How"] == "waiting"
        assert 1500 <= int(said["Length"]) <= 1510
        assert abs(20 * len(call.heard.times(NOTICE_HZ)) - 1500) <= 60
        await call.hangup()
        shutil.rmtree(told.asterisk.data / "sounds" / "zh" / "zt")
        rig.manager.events.clear()
        unheard = await (await rig.citizen("13800000002", trunk="entry")).call("12345")
        said = await rig.manager.event("ZtNotice")
        assert (said["How"], said["Length"]) == ("failed", "0")
        await unheard.hangup()
        assert rig.complaints() == []
