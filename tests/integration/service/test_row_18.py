"""Failure 18: status polling floods Asterisk. All that the bridge, as people run it, ever says to a PBX is counted."""

import asyncio
import time
from collections import Counter

from telephony.control import guide
from telephony.control.porter import PLACES
from telephony.dispatch import dispatcher
from tests.integration.ami.conftest import until
from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.caller import Citizen
from tests.integration.service.post import Post

CALLS = 400
_PINGS_A_SECOND = 1.0
VERDICTS = 2
"""At a login: which callers may be woken, by what the dialplan says of them and by all the rest of it."""


def said(pbx: FakePbx) -> Counter[str]:
    return Counter(action["Action"] for action in pbx.actions)


async def test_row_18_hundreds_of_calls_cost_no_question(post: Post, pbx: FakePbx) -> None:
    """Row 18: one event-driven session; snapshots only at a login. Nothing is asked about a call, an agent or a queue,
    however much happens; a ping a second says that the link is alive."""
    await post.start()
    await post.ready()
    began = time.monotonic()
    snapshot = said(pbx)
    assert (snapshot["CoreShowChannels"], snapshot["QueueStatus"], snapshot["CoreStatus"]) == (1, 1, 1)
    for number in range(CALLS):
        citizen = Citizen(f"138{number:08}", number + 1)
        pbx.send(*citizen.calls(), *citizen.hangs_up())
        await asyncio.sleep(0.01)
    await post.recorded(CALLS, 120)
    after = said(pbx)
    pings, lasted = after["Ping"] - snapshot["Ping"], time.monotonic() - began
    assert pings <= lasted * _PINGS_A_SECOND + 2
    asked = +(after - snapshot)
    at_login = len(PLACES) + VERDICTS
    assert asked.pop("ShowDialPlan", 0) <= at_login + lasted / dispatcher.AGAIN_S
    assert asked.pop("QueueRule", 0) <= 1
    # Nobody is in the directory: the mark that all was told, and whether the PBX still has it.
    assert asked.pop("Setvar", 0) <= 1
    assert asked.pop("Getvar", 0) <= lasted / guide.AGAIN_S + 1
    assert asked == +Counter({"Ping": pings})
    assert pbx.logins == len(pbx.lines) == 1


async def test_row_18_a_login_costs_one_look_and_no_more(post: Post, pbx: FakePbx) -> None:
    """Row 18: whatever had to be asked again was asked once a login."""
    await post.start()
    await post.ready()
    once_a_login = ("Login", "CoreStatus", "CoreShowChannels", "QueueStatus", "Getvar")  # Getvar: of the one trunk
    looked = {"QueueStatus", "Getvar"}
    for logins in (2, 3, 4):
        await until(lambda: all(len(pbx.asked(each)) == logins - 1 for each in looked), 60)  # noqa: B023
        pbx.cut()
    await until(lambda: all(len(pbx.asked(each)) == 4 for each in looked), 60)
    await asyncio.sleep(1.5)
    asked = said(pbx)
    assert {name: asked[name] for name in once_a_login} == dict.fromkeys(once_a_login, 4)
    assert asked["ShowDialPlan"] <= 4 * (len(PLACES) + VERDICTS)  # whether the dialplan has rooms, and who may be woken
    assert asked["QueueRule"] <= 4
    assert asked["Setvar"] <= 4  # that all was told of who is on duty
    assert set(asked) <= {*once_a_login, "ShowDialPlan", "QueueRule", "Setvar", "Ping"}
