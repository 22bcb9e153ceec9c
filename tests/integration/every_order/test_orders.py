"""Orders of the conference on a real PBX: a sample, another one when the seed changes."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.dialplans.conftest import MakeRig
from tests.integration.every_order.choice import orders, sample
from tests.integration.every_order.company import company
from tests.integration.every_order.doing import DOES, play

pytestmark = pytest.mark.acceptance

SEED = 12345


async def test_row_01_a_sample_of_orders(
    make_rig: MakeRig, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Whoever leaves, holds or hangs up in which order: each stands where the table says and
    hears whom they should."""
    chosen = sample(orders(DOES), 8, SEED)
    async with company(make_rig, tmp_path, 4) as there:
        began = time.monotonic()
        for part in (chosen[:4], chosen[4:]):
            async with asyncio.TaskGroup() as playing:
                for table, path in zip(there.tables, part, strict=True):
                    playing.create_task(play(there, table, path))
        record_property("told", f"{len(chosen)} orders in {time.monotonic() - began:.1f} s")
