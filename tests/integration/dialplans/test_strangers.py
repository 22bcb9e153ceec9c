"""A trunk is where its calls come from: who knows its name, and nothing else, reaches no dialplan."""

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import agents_of, settled
from tests.integration.dialplans.test_calls import ALWAYS
from zhitong.lab.phones.phone import Phone, Setup

pytestmark = pytest.mark.acceptance


async def test_whoever_sends_a_trunks_name_from_elsewhere_is_turned_away(make_rig: MakeRig) -> None:
    """``endpoint_identifier_order`` has the name before the address in this lab, where callers and phones share one:
    ``identify_by = ip`` is what keeps the stranger out."""
    async with make_rig(ALWAYS, agents_of("1001")) as rig:
        server = ("127.0.0.1", rig.lab.ports.sip)
        stranger = await Phone.start("trunk-carrier", "", server, register=False, setup=Setup(host="127.0.0.9"))
        async with stranger:
            assert (await (await stranger.call("12345")).ended()).code == 401
        await settled()
        assert rig.manager.all("ZtEntry") == []
        await rig.agent("1001")
        call = await (await rig.citizen()).call("12345")
        await call.ringing()
        await rig.manager.event("ZtEntry", Trunk="carrier")  # the trunk itself gets in
        await call.hangup()
