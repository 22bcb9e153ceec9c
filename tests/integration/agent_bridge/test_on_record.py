"""An order is done only once it is on the audit log; its key does not get round that."""

import asyncio
from typing import Any

from tests.integration.agent_bridge.rig import plain, running
from tests.integration.agent_bridge.world import call_of, of, talking


def ready(number: int, key: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "agent.ready", "params": {"key": key}}


async def test_what_could_not_be_put_on_record_is_not_done_when_asked_again() -> None:
    async with running() as rig, plain(rig, "wang") as desk:
        rig.audit.away = True
        for _ in range(2):
            answer = await desk.ask("agent.ready", key="k1")
            assert answer["error"]["data"]["reason"] == "unavailable"
        assert rig.door.asked == []
        rig.audit.away = False
        assert (await desk.ask("agent.ready", key="k1"))["result"]["taken"] == "accepted"
        assert [deed for _, deed, _ in rig.audit.notes] == ["agent.ready"]
        assert len(rig.door.asked) == 1


async def test_of_one_order_given_twice_neither_is_sent_before_it_is_on_record() -> None:
    async with running() as rig, plain(rig, "wang") as desk:
        gate, note = asyncio.Event(), rig.audit.note

        async def slow(by: str, deed: str, **details: str) -> None:
            await gate.wait()
            await note(by, deed, **details)

        rig.audit.note = slow  # type: ignore[method-assign]
        for number in (901, 902):
            await desk.send(ready(number, "k2"))
        pong = await desk.ask("ping")  # read after both
        assert "result" in pong
        assert rig.door.asked == []
        gate.set()
        answers = [await desk.answer_to(number) for number in (901, 902)]
        assert [answer["result"]["taken"] for answer in answers] == ["accepted", "accepted"]
        assert len(rig.door.asked) == len(rig.audit.notes) == 1


async def test_a_limit_set_by_a_call_is_answered_alike_when_the_call_is_over() -> None:
    async with running() as rig:
        rig.feed.put("call/" + call_of(1), talking(1, "1001"), of("1001"))
        async with plain(rig, "boss") as desk:
            asked = {"key": "k3", "call": call_of(1), "how": "refuse", "until": 2_000_000_000_000_000, "reason": "x"}
            first = await desk.ask("number.limit", **asked)
            rig.feed.put("call/" + call_of(1), None, of("1001"))
            await asyncio.sleep(0.2)
            again = await desk.ask("number.limit", **asked)
            assert first["result"] == again["result"]
            assert len(rig.door.asked) == 1
            other = await desk.ask("number.limit", **{**asked, "reason": "y"})
            assert other["error"]["data"]["field"] == "key"
