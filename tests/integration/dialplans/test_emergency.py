"""Emergency numbers: nothing holds them up that holds up all other calls, on a real Asterisk with real SIP carriers."""

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import files_of
from tests.integration.dialplans.outside import MOBILE, dialled, left, outside, refused
from tests.integration.dialplans.rig import agents_of
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.policy import Answer, Refuse, Ring

pytestmark = pytest.mark.acceptance

SHUT = """
[outgoing]
allow = ["local"]
deny = ["service"]
daily_limit = 1
call_out = false
[emergency]
numbers = ["95110"]
"""
NO_LINE = "lines = 1\nreserved_in = 1\nmax_calls_out = 1"


async def test_an_emergency_leaves_past_every_list_and_limit(make_rig: MakeRig) -> None:
    async with outside() as out, make_rig(ALWAYS + SHUT, agents_of("1001"), base=out.site(NO_LINE, NO_LINE)) as rig:
        agent = await rig.agent("1001")
        out.carrier.on_invite, out.backup.on_invite = Answer(), Answer()
        first = await agent.call("110")
        await first.answered()
        reached = await out.carrier.next_call()
        assert (dialled(reached), reached.number) == ("110", "056188812345")
        assert len(files_of(rig)) == 1, "recorded as a call out is"
        # The one line is in use, two of the day's one have left, and the carrier does not know the number.
        out.carrier.on_invite = Refuse(404)
        for keyed in ("*0119", "95110"):
            call = await agent.call(keyed)
            await call.answered()
            assert dialled(await out.backup.next_call()) == keyed.removeprefix("*0")
            await call.hangup()
        await first.hangup()
        assert (await (await agent.call(MOBILE)).ended()).code == 404, "and agents' phones may call nobody else"
        await rig.manager.event("ZtOut", Number="95110", Trunk="backup")
        assert left(rig) == [
            ("emergency", "110", "1001", "carrier"),
            ("emergency", "119", "1001", "carrier"),
            ("emergency", "119", "1001", "backup"),
            ("emergency", "95110", "1001", "carrier"),
            ("emergency", "95110", "1001", "backup"),
        ]
        assert refused(rig) == []


async def test_what_is_no_emergency_number_does_not_pass_for_one(make_rig: MakeRig) -> None:
    async with outside() as out, make_rig(ALWAYS + SHUT, agents_of("1001"), base=out.base) as rig:
        agent = await rig.agent("1001")
        agent.on_invite = Ring()
        answer = await rig.manager.ask(
            "Originate",
            Channel="Local/s@zt-out/n",
            Application="Wait",
            Data="5",
            Variable=f"ARG1=emergency,ARG2={MOBILE}",
        )
        assert answer["Response"] == "Error"
        await rig.manager.event("ZtOutRefused", Purpose="emergency")  # a thread of its own says so
        assert out.calls == 0
        assert refused(rig) == [("emergency", MOBILE, "", "not-allowed")]
