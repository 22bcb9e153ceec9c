"""What is said apart with an agent: a recording of its own, or none, and never in that of the call."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import Kept, files_of, recorded
from tests.integration.rooms.hall import AGENTS, CITIZEN, FIRST, MUSIC, SECOND, SITE, complaints, hall, only

pytestmark = pytest.mark.acceptance

RECORDED = SITE + "[recording]\non = true\nkeep_days = 30\n"


async def test_what_is_said_apart_is_recorded_apart(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(RECORDED, AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        guest = await here.consult()
        await only(guest, {FIRST}, 0.6)
        await here.agent.dtmf("*3")
        await asyncio.gather(only(here.citizen, {FIRST, SECOND}), only(guest, {FIRST, CITIZEN}))
        began, ended = rig.manager.all("ZtPrivate")
        assert [(each["State"], each["Room"]) for each in (began, ended)] == [
            ("began", here.room),
            ("ended", here.room),
        ]
        assert began["Channel"].startswith("PJSIP/1002-")
        assert began["Recording"] == ended["Recording"]
        await here.citizen.hangup()
        await here.silent()
        main = await recorded(rig)
        apart = main.parents[3] / began["Recording"]
        assert set(await asyncio.to_thread(files_of, rig)) == {main, apart}
        assert int(ended["Bytes"]) > 8000, "half a second at least, as it was ended"
        private, call = await asyncio.to_thread(Kept, apart), await asyncio.to_thread(Kept, main)
        assert min(private.of(FIRST), private.of(SECOND)) > 0.5
        assert (private.of(CITIZEN), private.of(MUSIC)) == (0, 0)
        assert call.of(MUSIC) > 0.5
        twins = [words for kind, words in rig.cel() if kind == "ZT_PRIVATE"]
        assert twins[0] == f"r={here.room}&s=began&f={began['Recording']}&b="
        assert complaints(rig) == []


@pytest.mark.slow
async def test_or_not_at_all(make_rig: MakeRig, tmp_path: Path) -> None:
    async with make_rig(RECORDED + "[conference]\nrecord_private = false\n", AGENTS) as rig:
        here = await hall(rig, tmp_path / "music")
        await only(await here.consult(), {FIRST})
        await here.citizen.hangup()
        await here.agent.hangup()
        await here.silent()
        assert await asyncio.to_thread(files_of, rig) == [await recorded(rig)]
        assert rig.manager.all("ZtPrivate") == []
