"""Feature codes: agents work by their phones alone. No bridge runs in these tests."""

import pytest

from telephony.directory.agents import Agent, QueueMembership
from telephony.model.ids import MemberName, QueueName
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig, agents_of, settled
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer

pytestmark = pytest.mark.acceptance

BY_CODE = """
[[queue]]
name = "hotline"
[[queue]]
name = "housing"
"""
BOTH = "hotline;housing:5"


async def key(phone: Phone, code: str) -> None:
    """Dial a feature code and hear it out."""
    call = await phone.call(code)
    await call.answered()
    await call.ended(15)
    assert call.heard.packets(), "each code ends with a sound"


async def state(rig: Rig) -> dict[str, dict[str, tuple[int, bool]]]:
    return {queue.name: await rig.members(queue.name) for queue in rig.site.queues}


async def test_sign_in_joins_every_queue_of_the_agent_with_its_penalty(make_rig: MakeRig) -> None:
    async with make_rig(BY_CODE, agents_of("1001", "1002", queues=BOTH)) as rig:
        phone = await rig.agent("1001")
        assert await state(rig) == {"hotline": {}, "housing": {}}
        await key(phone, "*11")
        assert await state(rig) == {"hotline": {"1001": (0, False)}, "housing": {"1001": (5, False)}}
        assert "|hotline|1001|ADDMEMBER|" in (rig.lab.pbx.log_dir / "queue_log").read_text()
        phone.on_invite = Answer()
        await (await (await rig.citizen()).call("12345")).answered()
        assert rig.complaints() == []


async def test_signing_in_twice_changes_nothing_and_lifts_a_pause(make_rig: MakeRig) -> None:
    async with make_rig(BY_CODE, agents_of("1001", queues=BOTH)) as rig:
        phone = await rig.agent("1001")
        for code in ("*11", "*13", "*11"):
            await key(phone, code)
        assert await state(rig) == {"hotline": {"1001": (0, False)}, "housing": {"1001": (5, False)}}


async def test_sign_out_leaves_every_queue(make_rig: MakeRig) -> None:
    async with make_rig(BY_CODE, agents_of("1001", "1002", queues=BOTH)) as rig:
        first, second = await rig.agent("1001"), await rig.agent("1002")
        await key(first, "*11")
        await key(second, "*11")
        await key(first, "*12")
        assert await state(rig) == {"hotline": {"1002": (0, False)}, "housing": {"1002": (5, False)}}
        assert rig.complaints() == []


async def test_pause_and_unpause_cover_all_queues(make_rig: MakeRig) -> None:
    async with make_rig(BY_CODE, agents_of("1001", queues=BOTH)) as rig:
        phone = await rig.agent("1001")
        await key(phone, "*11")
        await key(phone, "*13")
        assert await state(rig) == {"hotline": {"1001": (0, True)}, "housing": {"1001": (5, True)}}
        reasons = {event["PausedReason"] for event in rig.manager.all("QueueMember")}
        assert reasons == {"feature-code"}
        await key(phone, "*14")
        assert await state(rig) == {"hotline": {"1001": (0, False)}, "housing": {"1001": (5, False)}}


async def test_a_pause_without_a_sign_in_is_answered_by_an_error_tone(make_rig: MakeRig) -> None:
    async with make_rig(BY_CODE, agents_of("1001", queues=BOTH)) as rig:
        phone = await rig.agent("1001")
        await key(phone, "*13")
        assert await state(rig) == {"hotline": {}, "housing": {}}


async def test_who_signed_in_is_still_in_after_a_restart_of_asterisk(make_rig: MakeRig) -> None:
    async with make_rig(BY_CODE, agents_of("1001", queues=BOTH)) as rig:
        await key(await rig.agent("1001"), "*11")
        await rig.lab.pbx.restart()
        shown = await rig.lab.pbx.cli("queue show")
        assert shown.count("1001 (PJSIP/1001)") == 2


async def test_a_phone_with_a_name_of_its_own_signs_in_under_its_agents_number(make_rig: MakeRig) -> None:
    membership = (QueueMembership(QueueName("hotline"), 3),)
    desk = Agent(MemberName("1001"), "李四", membership, "desk-7.b")
    async with make_rig(BY_CODE, [desk]) as rig:
        await key(await rig.agent("desk-7.b"), "*11")
        assert (await state(rig))["hotline"] == {"1001": (3, False)}
        assert "1001 (PJSIP/desk-7.b)" in await rig.lab.pbx.cli("queue show hotline")


async def test_where_agents_are_always_in_sign_out_is_a_pause(make_rig: MakeRig) -> None:
    async with make_rig('[agents]\nsign_in = "always"\n' + BY_CODE, agents_of("1001", queues=BOTH)) as rig:
        phone = await rig.agent("1001")
        assert await state(rig) == {"hotline": {"1001": (0, False)}, "housing": {"1001": (5, False)}}
        await key(phone, "*12")
        assert await state(rig) == {"hotline": {"1001": (0, True)}, "housing": {"1001": (5, True)}}
        await key(phone, "*11")
        assert await state(rig) == {"hotline": {"1001": (0, False)}, "housing": {"1001": (5, False)}}
        await settled()
        assert rig.complaints() == []


async def test_a_phone_needs_its_password(make_rig: MakeRig) -> None:
    async with make_rig(BY_CODE, agents_of("1001")) as rig:
        stranger = await Phone.start("1001", "wrong", ("127.0.0.1", rig.lab.ports.sip), register=False)
        async with stranger:
            call = await stranger.call("*11")
            assert (await call.ended()).code == 401
        assert await rig.members("hotline") == {}
