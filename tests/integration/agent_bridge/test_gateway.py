"""The gateway, seen by a desktop that shares no code with it."""

import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from agent_bridge.settings import Settings
from telephony.control.commands import Reason
from telephony.control.orders.agents import Pause, SignIn
from telephony.control.orders.rooms import Hold
from telephony.live.documents import Audience, SystemDocument
from telephony.model.ids import MemberName
from tests.integration.agent_bridge.rig import Rig, plain, running, until
from tests.integration.agent_bridge.world import CALLER, agent, call_of, of, offered, talking
from zhitong.access.refused import Cause


async def test_hello_gives_what_an_agent_may_see_and_nothing_else() -> None:
    async with running() as rig, plain(rig) as desktop:
        welcome = (await desktop.hello("wang"))["result"]
        assert set(welcome["documents"]) == {"system", "queue/general", "agent/1001"}
        assert (welcome["epoch"], welcome["sequence"]) == (7, 6)
        assert welcome["agent"] == "1001"
        assert welcome["upstream"] is True


async def test_what_each_role_sees() -> None:
    async with running() as rig:
        rig.feed.put(f"call/{call_of(1)}", offered(1, "1001"), of("1001"))
        rig.feed.put(f"call/{call_of(2)}", offered(2, "2001"), of("2001", queue="tax"))
        general = {"system", "queue/general", "agent/1001", "agent/1002", f"call/{call_of(1)}"}
        everything = {*general, "queue/tax", "agent/2001", f"call/{call_of(2)}"}
        wanted = {
            "wang": {"system", "queue/general", "agent/1001", f"call/{call_of(1)}"},
            "li": {"system", "queue/general", "agent/1002"},
            "zhao": {"system", "queue/tax", "agent/2001", f"call/{call_of(2)}"},
            "lead": general,
            "boss": general,
            "ops": everything,
            "auditor": everything,
        }
        for account, keys in wanted.items():
            async with plain(rig) as desktop:
                assert set((await desktop.hello(account))["result"]["documents"]) == keys, account


async def test_deltas_come_in_order_and_only_to_those_they_concern() -> None:
    async with running() as rig, plain(rig, "wang") as wang, plain(rig, "li") as li:
        rig.feed.put("agent/1001", agent("1001", "paused"), of("1001"))
        rig.feed.put("agent/1002", agent("1002", "paused"), of("1002"))
        rig.feed.put("agent/1001", agent("1001", "ready"), of("1001"))
        await until(lambda: rig.gateway.hub.shelf.position.sequence == rig.feed.sequence)
        told = [message["params"] for message in await wang.up_to_now()]
        assert [(each["sequence"], each["key"], each["document"]["state"]) for each in told] == [
            (7, "agent/1001", "paused"),
            (9, "agent/1001", "ready"),
        ]
        assert [message["params"]["key"] for message in await li.up_to_now()] == ["agent/1002"]


async def test_a_document_that_no_longer_concerns_somebody_is_gone_for_them() -> None:
    async with running() as rig, plain(rig, "wang") as wang, plain(rig, "li") as li:
        rig.feed.put(f"call/{call_of(1)}", offered(1, "1001"), of("1001"))
        assert (await wang.next("delta"))["document"]["state"] == "offered"
        rig.feed.put(f"call/{call_of(1)}", offered(1, "1002"), of("1002"))
        assert (await wang.next("delta"))["document"] is None
        assert (await li.next("delta"))["document"]["offered"] == ["1002"]
        rig.feed.put(f"call/{call_of(1)}", None)
        assert (await li.next("delta"))["document"] is None
        assert await wang.up_to_now() == []


async def test_a_number_is_masked_until_the_agent_has_the_call() -> None:
    async with running() as rig, plain(rig, "wang") as wang, plain(rig, "boss") as boss:
        rig.feed.put(f"call/{call_of(1)}", offered(1, "1001"), of("1001"))
        offer = (await wang.next("delta"))["document"]
        assert CALLER not in json.dumps(offer)
        assert (offer["caller"], offer["caller_name"]) == ("138****7788", "张**")
        rig.feed.put(f"call/{call_of(1)}", talking(1, "1001"), of("1001"))
        assert (await wang.next("delta"))["document"]["caller"] == CALLER
        for message in await boss.up_to_now():
            assert CALLER not in json.dumps(message)


async def test_a_reveal_is_on_the_audit_log_and_for_those_with_the_right() -> None:
    async with running() as rig, plain(rig, "boss") as boss, plain(rig, "lead") as lead:
        rig.feed.put(f"call/{call_of(1)}", offered(1, "1001"), of("1001"))
        await boss.next("delta")
        refused = await lead.ask("number.reveal", key="k", call=call_of(1))
        assert refused["error"]["code"] == -32002
        assert refused["error"]["data"]["right"] == "see-numbers"
        shown = await boss.ask("number.reveal", key="k", call=call_of(1))
        assert shown["result"] == {"number": CALLER, "name": "张三丰"}
        assert rig.audit.notes == [("boss", "number.reveal", {"call": call_of(1)})]
        rig.audit.away = True
        assert (await boss.ask("number.reveal", key="k2", call=call_of(1)))["error"]["data"]["reason"] == "unavailable"


async def test_an_order_is_on_the_audit_log_and_then_at_the_door_in_the_agents_own_name() -> None:
    async with running() as rig, plain(rig, "wang") as desktop:
        answer = await desktop.ask("agent.pause", key="k1", reason="小休", deadline_s=3)
        assert answer["result"] == {"taken": "accepted", "seen": True, "attempt": None, "call": "", "invite": ""}
        await desktop.ask("agent.sign_in", key="k2")
        assert rig.door.asked == [
            Pause(MemberName("1001"), "小休", "wang"),
            SignIn(MemberName("1001"), "wang", (), desktop=True),
        ]
        assert rig.door.deadlines[0] == 3
        assert [note[:2] for note in rig.audit.notes] == [("wang", "agent.pause"), ("wang", "agent.sign_in")]
        assert rig.audit.notes[0][2] == {"reason": "小休"}


async def test_a_doubled_order_is_carried_out_once_and_answered_alike() -> None:
    async with running() as rig, plain(rig, "wang", client_id="a") as one, plain(rig, "wang", client_id="b") as two:
        first = await one.ask("call.hold", key="same", call=call_of(1))
        again = await two.ask("call.hold", key="same", call=call_of(1))
        assert first["result"] == again["result"]
        assert rig.door.asked == [Hold(call_of(1), MemberName("1001"), "wang")]
        other = await one.ask("call.resume", key="same", call=call_of(1))
        assert other["error"]["data"] == {"reason": "bad-value", "field": "key"}
        async with plain(rig, "li") as li:
            await li.ask("call.hold", key="same", call=call_of(1))
        assert rig.door.asked[1:] == [Hold(call_of(1), MemberName("1002"), "li")]


async def test_what_the_door_refuses_is_an_error_with_its_reason_and_field() -> None:
    async with running() as rig, plain(rig, "wang") as desktop:
        rig.door.refuses(Reason.WRONG_STATE, "call: agent 1001 takes no part in it at this moment.")
        error = (await desktop.ask("call.hold", key="k", call=call_of(1)))["error"]
        assert (error["code"], error["data"]) == (-32000, {"reason": "wrong-state", "field": "call"})


@pytest.mark.parametrize(
    ("account", "method", "params", "code", "reason"),
    [
        ("wang", "supervisor.listen", {"agent": "1002"}, -32002, "not-allowed"),
        ("wang", "supervisor.set_state", {"agent": "1002", "state": "ready"}, -32002, "not-allowed"),
        ("boss", "supervisor.set_state", {"agent": "2001", "state": "ready"}, -32000, "unknown-agent"),
        ("boss", "supervisor.set_state", {"agent": "1001", "state": "paused"}, -32602, "bad-value"),
        ("boss", "supervisor.take_over", {"call": call_of(2)}, -32000, "unknown-call"),
        ("desk-less", "supervisor.listen", {"agent": "1001"}, -32000, "not-allowed"),
        ("ops", "call.hold", {"call": call_of(1)}, -32002, "not-allowed"),
        ("boss", "number.limit", {"how": "refuse", "until": 1, "reason": "x"}, -32602, "bad-value"),
        ("lead", "recording.pause", {"call": call_of(1)}, -32000, "wrong-state"),
    ],
)
async def test_what_is_not_ones_to_ask_never_reaches_the_door(
    account: str, method: str, params: dict[str, object], code: int, reason: str
) -> None:
    async with running() as rig:
        rig.feed.put(f"call/{call_of(1)}", offered(1, "1001"), of("1001"))
        rig.feed.put(f"call/{call_of(2)}", offered(2, "2001"), of("2001", queue="tax"))
        async with plain(rig, account) as desktop:
            error = (await desktop.ask(method, key="k", **params))["error"]
        assert (error["code"], error["data"]["reason"]) == (code, reason)
        assert rig.door.asked == []


async def test_no_hello_no_answer() -> None:
    async with running() as rig, plain(rig) as desktop:
        assert (await desktop.ask("ping"))["error"]["code"] == -32003
        await desktop.hello("wang")
        assert (await desktop.hello("wang"))["error"]["code"] == -32003


async def test_close_codes_of_tokens() -> None:
    async with running(Settings(hello_s=0.2)) as rig:
        async with plain(rig) as desktop:
            assert await desktop.close_code() == 4001
            assert desktop.told[-1]["params"]["retry_ms"] == 0
        async with plain(rig) as desktop:
            assert (await desktop.hello("nobody"))["error"]["code"] == -32004
            assert await desktop.close_code() == 4001
        rig.accounts.revoked["wang"] = Cause.REVOKED
        async with plain(rig) as desktop:
            await desktop.hello("wang")
            assert await desktop.close_code() == 4002


async def test_whose_token_is_revoked_is_closed_within_a_heartbeat() -> None:
    async with running(Settings(heartbeat_s=0.5)) as rig, plain(rig, "wang") as desktop:
        rig.accounts.revoked["wang"] = Cause.REVOKED
        assert await desktop.close_code() == 4002


async def test_no_version_in_common() -> None:
    async with running() as rig, plain(rig) as desktop:
        answer = await desktop.hello("wang", versions=[99])
        assert (answer["error"]["code"], answer["error"]["data"]["versions"]) == (-32006, [1])
        assert await desktop.close_code() == 4003


async def test_the_same_desktop_again_replaces_the_one_before() -> None:
    async with running() as rig, plain(rig, "wang", client_id="seat") as old, plain(rig) as new:
        await new.hello("wang", client_id="seat")
        assert await old.close_code() == 4009
        assert "result" in await new.ask("ping")


async def test_the_heartbeat_carries_the_position_and_who_is_silent_is_closed() -> None:
    async with running(Settings(heartbeat_s=0.4)) as rig, plain(rig, "wang") as desktop:
        assert await desktop.next("heartbeat") == {"epoch": 7, "sequence": 6}
        assert await desktop.close_code() == 4010


async def test_a_page_of_another_origin_is_turned_away() -> None:
    rig = Rig()
    rig.origins = ("https://desk.example",)
    await rig.start()
    try:
        with pytest.raises(InvalidStatus, match="403"):
            await connect(rig.url, additional_headers={"Origin": "https://evil.example"})
        async with connect(rig.url, additional_headers={"Origin": "https://desk.example"}):
            pass
        with pytest.raises(InvalidStatus, match="404"):
            await connect(rig.url.replace("/agent", "/"))
    finally:
        await rig.stop()


async def test_who_asks_too_much_is_told_and_then_closed() -> None:
    async with running(Settings(requests_per_s=0.01, burst=3)) as rig, plain(rig, "wang") as desktop:
        answers = [await desktop.ask("ping") for _ in range(3)]
        assert "result" in answers[1]
        assert answers[2]["error"]["code"] == -32005
        for number in range(30):
            await desktop.send({"jsonrpc": "2.0", "id": f"x{number}", "method": "ping"})
        assert await desktop.close_code() == 4029


async def test_a_message_beyond_the_cap_closes() -> None:
    async with running(Settings(message_bytes=2000)) as rig, plain(rig, "wang") as desktop:
        await desktop.send("x" * 3000)
        assert await desktop.close_code() == 1009


async def test_too_many_from_one_address_are_turned_away() -> None:
    async with running(Settings(per_address=1)) as rig, plain(rig, "wang"):
        with pytest.raises(InvalidStatus, match="429"):
            async with plain(rig):
                pass


async def test_upstream_lost_is_said_and_heals_without_a_hole() -> None:
    async with running() as rig, plain(rig, "wang") as desktop:
        rig.feed.lose()
        assert await desktop.next("upstream") == {"state": "lost"}
        async with plain(rig) as late:
            assert (await late.hello("li"))["result"]["upstream"] is False
        rig.feed.put("agent/1001", agent("1001", "paused"), of("1001"))
        rig.feed.heal()
        assert await desktop.next("upstream") == {"state": "back"}
        assert (await desktop.next("delta"))["sequence"] == 7


async def test_another_run_upstream_brings_a_snapshot() -> None:
    async with running() as rig, plain(rig, "wang") as desktop:
        rig.feed.lose()
        await desktop.next("upstream")
        rig.feed.heal(another_run=True)
        rig.feed.put("system", SystemDocument(connected=False, epoch=8), Audience(everyone=True))
        told = await desktop.next("snapshot")
        assert told["epoch"] == 8
        assert set(told["documents"]) == {"system", "queue/general", "agent/1001"}


async def test_a_gateway_that_never_heard_upstream_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_bridge.session.STATE_WAIT_S", 0.1)
    rig = Rig()
    rig.feed.lose()
    await rig.start()
    try:
        async with plain(rig) as desktop:
            assert (await desktop.hello("wang"))["error"]["code"] == -32007
            assert await desktop.close_code() == 4012
    finally:
        await rig.stop()
