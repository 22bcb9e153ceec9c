"""When the hotline is open, the emergency closure, and numbers with queues of their own."""

import asyncio
import datetime
import time
import zoneinfo

import pytest

from telephony.ami import snapshot
from telephony.ami.account import Account
from telephony.ami.session import Session
from telephony.model.ids import Micros
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import Rig, agents_of
from tests.integration.dialplans.test_calls import ALWAYS, codes
from tests.integration.dialplans.test_overflow import SENTENCE, promised
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Ring

pytestmark = pytest.mark.acceptance

CLOSURE = '[closure]\nclosers = ["1001"]\nmax_hours = 2\n[prompts]\nemergency = "vm-goodbye"\npromise = "beep"\n'
BASE = """
name = "某市12345"
hotline = ["12345"]
[[trunk]]
name = "carrier"
hosts = ["127.0.0.2"]
"""
SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")


async def is_let_in(rig: Rig, number: str) -> bool:
    """Whether a new call comes to the queue; it is given up at once."""
    call = await (await rig.citizen(number)).call("12345")
    await rig.manager.event("ZtEntry", CallerIDNum=number)
    while not (joined := rig.manager.all("QueueCallerJoin", CallerIDNum=number)) and call.ending is None:  # noqa: ASYNC110
        await asyncio.sleep(0.02)  # one or the other comes
    await call.hangup()
    return bool(joined)


async def known_at_login(rig: Rig) -> str:
    """What the bridge learns of the closure when it logs in, by the rights of its own user."""
    account = Account("127.0.0.1", rig.site.pbx.ami.user, rig.secrets.ami, rig.lab.ports.ami)
    async with await Session.open(account, lambda *_: None) as session:
        taken = await snapshot.take(session.act, snapshot.Login(1, Micros(0)), closure=True)
    return taken.snapshot.closure


async def keyed(rig: Rig, phone: Phone, code: str) -> tuple[str, str]:
    """What came of a code: its state, and by whom. Nobody listens to what is said then."""
    before = len(rig.manager.all("ZtClosure"))
    call = await phone.call(code)
    async with asyncio.timeout(30):
        while len(rig.manager.all("ZtClosure")) == before:  # noqa: ASYNC110 - the next one, whatever it says
            await asyncio.sleep(0.02)
    await call.hangup()
    event = rig.manager.all("ZtClosure")[-1]
    return event["State"], event["By"]


async def test_an_agent_who_may_closes_the_hotline_and_opens_it_again(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + CLOSURE, agents_of("1001", "1002"), base=BASE) as rig:
        closer, other = await rig.agent("1001"), await rig.agent("1002")
        closer.on_invite = other.on_invite = Ring()
        assert await keyed(rig, other, "*91") == ("denied", "1002")
        assert await is_let_in(rig, "13800000001"), "a phone that may not has closed nothing"
        before = int(time.time())
        assert await keyed(rig, closer, "*91") == ("closed", "1001")
        until = int(rig.manager.all("ZtClosure", State="closed")[0]["Until"])
        assert before + 2 * 3600 <= until <= int(time.time()) + 2 * 3600
        assert (await known_at_login(rig)).startswith(f"{until}:1001:")
        refused = await (await rig.citizen("13800000002")).call("12345")
        await refused.ended(60)
        assert codes(refused)[-1] == "200", "or a carrier without early media would let nobody hear why"
        assert len(refused.heard.packets()) > SENTENCE
        await rig.manager.event("ZtRefused", Reason="emergency", CallerIDNum="13800000002")
        assert await keyed(rig, other, "*92") == ("denied", "1002")
        assert not await is_let_in(rig, "13800000003")
        assert await keyed(rig, closer, "*92") == ("open", "1001")
        assert await known_at_login(rig) == ""
        assert await is_let_in(rig, "13800000004")
        assert ("ZT_CLOSURE", "s=open&by=1001&u=0") in rig.cel()


async def test_a_closure_outlasts_a_restart_and_not_its_time(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS + CLOSURE, agents_of("1001"), base=BASE) as rig:
        closer = await rig.agent("1001")
        assert await keyed(rig, closer, "*91") == ("closed", "1001")
        await rig.lab.pbx.stop()
        await rig.lab.pbx.start()
        call = await (await rig.citizen("13800000002")).call("12345")
        await call.ended(60)
        assert len(call.heard.packets()) > SENTENCE
        past = int(time.time()) - 1
        await rig.lab.pbx.cli(f"database put zt closure {past}:1001:{past - 7200}")
        again = await (await rig.citizen("13800000003")).call("12345")
        await again.ended(60)  # nobody's phone is registered since the restart
        rows = [text for kind, text in rig.cel() if kind in ("ZT_REFUSED", "ZT_QEND")]
        assert rows[0] == "t=carrier&r=emergency"
        assert rows[1].startswith("q=hotline&s=JOIN")


def dates(spans: str) -> str:
    """Today and tomorrow, so that midnight may pass."""
    today = datetime.datetime.now(SHANGHAI).date()
    return ", ".join(f"{today + datetime.timedelta(days=more)} = {spans}" for more in (0, 1))


async def test_dates_with_hours_of_their_own_and_a_route_with_its_own_rule(make_rig: MakeRig) -> None:
    """Every weekday is closed: today is worked all the same; the office's day is a holiday, and promises a call."""
    site = f"""
{ALWAYS}
overflow = "hangup"
[prompts]
promise = "vm-goodbye"
closed = "vm-goodbye"
[opening]
special = {{ {dates('["00:00-24:00"]')} }}
[openings.office]
closed = "callback"
mon = ["00:00-24:00"]
special = {{ {dates("[]")} }}
[[route]]
numbers = ["96001"]
queues = {{ hotline = 1 }}
opening = "office"
"""
    async with make_rig(site, agents_of("1001"), base=BASE) as rig:
        (await rig.agent("1001")).on_invite = Ring()
        assert await is_let_in(rig, "13800000001")
        call = await (await rig.citizen("13800000002")).call("96001")
        await call.ended(60)
        assert await promised(rig, "13800000002") == [("closed", "given"), ("closed", "heard")]
        refused = await rig.manager.event("ZtRefused", CallerIDNum="13800000002")
        assert (refused["Dialled"], refused["Reason"]) == ("96001", "closed")


async def test_a_number_of_several_queues_leads_to_each_by_lot(make_rig: MakeRig) -> None:
    site = (
        ALWAYS
        + 'overflow = "hangup"\n[[queue]]\nname = "dialect"\noverflow = "hangup"\n'
        + '[prompts]\nno_agent = "beep"\n'
        + '[[route]]\nnumbers = ["96001"]\nlanguage = "en"\nqueues = { hotline = 1, dialect = 1 }\n'
        + '[[route]]\nnumbers = ["96002"]\ntrunk = "carrier"\nqueues = { dialect = 1 }\n'
    )
    async with make_rig(site, agents_of("1001"), base=BASE) as rig:
        citizen = await rig.citizen()
        drawn: set[str] = set()
        for _ in range(60):  # one chance in 2**59 to see but one
            call = await citizen.call("96001")
            await call.ended(60)
            drawn = {event["Queue"] for event in rig.manager.all("ZtQueueEnd")}
            if len(drawn) == 2:
                break
        assert drawn == {"hotline", "dialect"}
        assert {event["Language"] for event in rig.manager.all("ZtEntry")} == {"en"}
        rig.manager.events.clear()
        await (await citizen.call("96002")).ended(60)
        told = await rig.manager.event("ZtQueueEnd")
        assert (told["Queue"], told["Language"]) == ("dialect", "zh")
