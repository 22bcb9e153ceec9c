"""Every order of the conference on a real PBX, in parallel labs; only `make test-all` has the time."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from telephony.conference.table import Deed, Step
from telephony.conference.walk import Path as Order
from telephony.conference.walk import Standing, after
from telephony.control.porter import LEFT_S
from telephony.errors import LabError
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.rig import settled
from tests.integration.every_order.choice import is_hasty, orders
from tests.integration.every_order.company import HASTY, Company, Table, company
from tests.integration.every_order.doing import DOES, play, step
from tests.integration.every_order.play import Play

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

LABS = 6
AT_ONCE = 6
EVERY = orders(DOES)


Tell = Callable[[str, object], None]


def test_there_are_as_many_as_were_asked_for(record_property: Tell) -> None:
    assert len(EVERY) >= 150
    record_property("told", f"{len(EVERY)} orders, {sum(map(len, EVERY))} steps")


@pytest.mark.parametrize("lab", range(LABS))
async def test_row_01_every_order(make_rig: MakeRig, tmp_path: Path, lab: int, record_property: Tell) -> None:
    """Each distinct path of three steps that the table allows, from wherever a call may be."""
    mine = [order for order in EVERY if not is_hasty(order)][lab::LABS]
    async with company(make_rig, tmp_path, AT_ONCE) as there:
        await _play_all(there, mine, record_property)


async def test_row_01_every_order_in_which_time_does_something(
    make_rig: MakeRig, tmp_path: Path, record_property: Tell
) -> None:
    """Limits of ten seconds and of five."""
    async with company(make_rig, tmp_path, AT_ONCE, HASTY) as there:
        await _play_all(there, [order for order in EVERY if is_hasty(order)], record_property)


async def test_a_caller_waits_for_who_is_rung_after_everybody_has_left(make_rig: MakeRig, tmp_path: Path) -> None:
    """Longer than the bridge leaves anybody alone."""
    async with company(make_rig, tmp_path, 1) as there:
        one, now = Play(there, there.tables[0]), Standing()
        await one.begin()
        for given in (Step.INVITE, Deed.AGENT_GOES):
            now = after(now, given)
            await step(one, given, now)
        await settled(LEFT_S + 2)
        await one.settled()
        await step(one, Deed.JOINS, after(now, Deed.JOINS))
        await one.finish()


async def _play_all(there: Company, mine: Sequence[Order], tell: Tell) -> None:
    began, ahead, wrong = time.monotonic(), list(mine), list[Exception]()

    async def at(table: Table) -> None:
        while ahead:
            try:
                await play(there, table, ahead.pop())
            except (AssertionError, LabError, TimeoutError) as error:
                wrong.append(error)
                print(error, *error.__notes__)
                await table.cleared()

    await asyncio.gather(*(at(table) for table in there.tables))
    tell("told", f"{len(mine)} orders in {time.monotonic() - began:.0f} s, {len(wrong)} of them wrong")
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} of {len(mine)} orders", wrong)
