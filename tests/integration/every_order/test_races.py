"""Hang-ups within 8 ms of each step, 16 tries of each; only `make test-all` has the time."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from telephony.errors import LabError
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.every_order.company import Table, company
from tests.integration.every_order.races import GOES, TAKEN, races, run

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

TRIES = 16
WITHIN_S = 0.008
LABS = 6
AT_ONCE = 6


@pytest.mark.parametrize("lab", range(LABS))
async def test_row_01_hang_ups_in_the_instant_of_a_step(
    make_rig: MakeRig, tmp_path: Path, lab: int, record_property: Callable[[str, object], None]
) -> None:
    """No lone leg, no lost caller."""
    mine = races()[lab::LABS]
    ahead = [(race, WITHIN_S * (2 * number / (TRIES - 1) - 1)) for race in mine for number in range(TRIES)]
    count, began, wrong = len(ahead), time.monotonic(), list[Exception]()

    async def at(table: Table) -> None:
        while ahead:
            try:
                await run(there, table, *ahead.pop())
            except (AssertionError, LabError, TimeoutError) as error:
                wrong.append(error)
                print(error, *error.__notes__)
                await table.cleared()

    async with company(make_rig, tmp_path, AT_ONCE) as there:
        await asyncio.gather(*(at(table) for table in there.tables))
        record_property("told", f"{len(mine)} races, {count} tries in {time.monotonic() - began:.0f} s")
        if wrong:
            raise ExceptionGroup(f"{len(wrong)} of {count} tries", wrong)


def test_each_step_and_who_hangs_up_is_there() -> None:
    assert {race.taken for race in races()} == set(TAKEN)
    assert {race.goes for race in races()} == set(GOES)
