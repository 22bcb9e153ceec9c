"""The bench of free → offered on a real PBX, a small one: both contestants have all their calls, and ours is sooner."""

import asyncio
import statistics

import pytest

from bench.dispatch.grid import Batch, Cell
from bench.dispatch.hall import play
from zhitong.lab.programs import find_tools

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


async def test_a_small_batch_is_believed() -> None:
    cell = Cell("instant", 2, True, 110, 7)
    found = await play(Batch((cell,), 15.0), await asyncio.to_thread(find_tools))
    assert [each.wrong for each in found] == [""]
    stock, ours = found[0].stock, found[0].zhitong
    assert len(stock.waits) == len(ours.waits) == found[0].calls
    assert min(len(stock.free_to_offer), len(ours.free_to_offer)) >= 5
    assert statistics.median(ours.free_to_offer) < statistics.median(stock.free_to_offer)
    assert statistics.median(ours.at_phones) < statistics.median(stock.at_phones)
