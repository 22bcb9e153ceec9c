"""Calls that are turned away, and the baseline's menu: who gets in, and what is said of who does not."""

import datetime
import string
import zoneinfo

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import SITE, agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS, SENTENCE, codes, zt
from zhitong.lab.phones.policy import Answer

pytestmark = pytest.mark.acceptance


async def test_an_unknown_number_is_refused_and_told(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        await rig.agent("1001")  # a trunk may reach no agent, and no feature code, by dialling it
        citizen = await rig.citizen()
        for dialled in ("12346", "9", "*11", "+8612345", "1001", "abc", "12345678901234567890"):
            rig.manager.events.clear()
            call = await citizen.call(dialled)
            assert (await call.ended()).code == 404
            await rig.manager.event("ZtEnd")
            assert zt(rig.manager) == [
                ("ZtEntry", "carrier", dialled),
                ("ZtRefused", "carrier", dialled, "unknown-number"),
                ("ZtEnd", "", ""),
            ]
            assert "AgentCalled" not in rig.manager.names()
        await settled()
        assert rig.cel()[1::3] == [("ZT_REFUSED", "t=carrier&r=unknown-number")] * 7


HOSTILE = (
    "12345%2CReason:%20x",
    "1%0D%0AEvent:%20Evil%0D%0A%0D%0A",
    "%24%7BSHELL(id)%7D",
    "%24%5B1%2B1%5D",
    "9)%2CHangup(1",
    "x%22y'z",
    "%26%26s%3D1%26",
    "h%E5%BC%A0",
    "..",
)


async def test_a_hostile_number_adds_no_header_and_no_event(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        citizen = await rig.citizen()
        for dialled in HOSTILE:
            assert (await (await citizen.call(dialled)).ended()).code == 404, dialled
        await settled()
        told = [event for event in rig.manager.events if event["Event"] == "UserEvent"]
        assert len(told) == 3 * (len(HOSTILE) - 2), "Asterisk itself refuses control characters and what is not ASCII"
        for event in told:
            assert event["UserEvent"] in {"ZtEntry", "ZtRefused", "ZtEnd"}
            assert event.get("Reason", "unknown-number") == "unknown-number"
            assert set(event.get("Dialled", "")) <= set(string.ascii_letters + string.digits + "+*#")
        assert "Evil" not in rig.manager.names()
        pairs = {"ZT_ENTRY": 3, "ZT_REFUSED": 1, "ZT_END": 6}
        assert all(text.count("&") == pairs[kind] for kind, text in rig.cel())
        assert rig.complaints() == []


async def test_a_stranger_is_no_trunk_and_no_phone(make_rig: MakeRig) -> None:
    stranger = SITE.replace("127.0.0.2", "192.0.2.1")  # the citizen's address belongs to no trunk now
    async with make_rig(ALWAYS, agents_of("1001"), stranger) as rig:
        call = await (await rig.citizen()).call("12345")
        assert (await call.ended()).code == 401
        await settled()
        assert "Newchannel" not in rig.manager.names()


def opening(open_now: bool) -> str:
    """Opening rules for each day: the whole day, or an hour that is not this one."""
    hour = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Shanghai")).hour
    other = (hour + 12) % 23
    span = "00:00-24:00" if open_now else f"{other:02}:00-{other + 1:02}:00"
    days = "\n".join(f'{day} = ["{span}"]' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    return f"\n[opening]\n{days}\n"


async def test_outside_opening_hours_the_caller_is_told(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + opening(False), agents_of("1001")) as rig:
        (await rig.agent("1001")).on_invite = Answer()
        call = await (await rig.citizen()).call("12345")
        assert (await call.ended()).code == 480
        assert len(call.heard.packets()) > SENTENCE
        await rig.manager.event("ZtRefused")
        assert zt(rig.manager)[1] == ("ZtRefused", "carrier", "12345", "closed")


async def test_a_holiday_closes_and_an_ordinary_day_does_not(make_rig: MakeRig) -> None:
    today = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Shanghai")).date()
    others = f"holidays = [{today - datetime.timedelta(days=2)}, {today + datetime.timedelta(days=2)}]"
    async with make_rig(ALWAYS + opening(True) + others, agents_of("1001")) as rig:
        (await rig.agent("1001")).on_invite = Answer()
        await (await (await rig.citizen()).call("12345")).answered()
    async with make_rig(ALWAYS + opening(True) + f"holidays = [{today}]", agents_of("1001")) as rig:
        call = await (await rig.citizen()).call("12345")
        assert (await call.ended()).code == 480


MENU = """
[baseline]
prompts = ["vm-goodbye", "beep"]
numbers = ["12346"]
wait_s = 1
rounds = 2
"""


async def test_the_baseline_menu_answers_first_and_takes_a_key_while_it_speaks(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + MENU, agents_of("1001"), SITE) as rig:
        agent = await rig.agent("1001")
        agent.on_invite = Answer()
        call = await (await rig.citizen()).call("12346")
        await call.answered()
        assert codes(call) == ["100", "200"]
        await settled()
        assert "QueueCallerJoin" not in rig.manager.names()
        await call.dtmf("1")
        await (await agent.next_call()).answered()
        await rig.manager.event("ZtEntry")
        assert zt(rig.manager) == [("ZtEntry", "carrier", "12346")]


async def test_beside_the_menu_the_hotline_stays_direct(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + MENU, agents_of("1001"), SITE) as rig:
        (await rig.agent("1001")).on_invite = Answer()
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        assert codes(call) == ["100", "180", "200"]


async def test_who_presses_nothing_or_the_wrong_key_hears_the_menu_again_and_then_goodbye(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + MENU.replace('numbers = ["12346"]', ""), agents_of("1001"), SITE) as rig:
        call = await (await rig.citizen()).call("12345")
        await call.answered()
        await call.dtmf("9")
        ending = await call.ended(60)
        assert ending.cause == 16
        await rig.manager.event("ZtEnd")
        assert zt(rig.manager)[1] == ("ZtRefused", "carrier", "12345", "no-key")
