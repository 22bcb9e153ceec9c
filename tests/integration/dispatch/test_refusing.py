"""A phone that refuses everything at once is rung as often as app_queue alone rings it: no storm of offers."""

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.stage import ALWAYS, people, stage
from zhitong.lab.programs import find_tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = pytest.mark.acceptance

PATIENCE_S = 4.0


@pytest.mark.parametrize("code", [486, 503])
async def test_a_phone_that_refuses_everything(tmp_path: Path, code: int) -> None:
    """app_queue looks once a second. Woken for each refusal it rang such a phone forty times a second."""
    tools = await asyncio.to_thread(find_tools)
    async with stage(tmp_path, tools, people(["1001"]), "wake = true", ALWAYS) as play:
        caller = Caller(number="13800000001", dialled="12345", give_up_after_s=PATIENCE_S)
        await play.play([caller], [Agent("1001", (Offer(refuse=code),))], timeout_s=60)
        log = await asyncio.to_thread((play.scene.lab.run / "log" / "queue_log").read_text, encoding="utf-8")
    assert log.count("|ABANDON|") == 1
    assert 2 <= log.count("|RINGNOANSWER|") <= 4 * PATIENCE_S
