"""Who comes again goes on where it was: nothing missed, nothing told twice."""

import asyncio
from functools import partial

import msgspec
import pytest

from agent_bridge.client import Client
from agent_bridge.rebuilt import Change
from agent_bridge.settings import Settings
from agent_bridge.views import scope_of
from agent_bridge.wire.envelope import notification
from telephony.live.documents import AgentDocument
from tests.integration.agent_bridge.rig import PATIENCE_S, plain, running, until
from tests.integration.agent_bridge.world import agent, call_of, of, offered


async def test_who_comes_again_is_told_what_it_missed_and_no_more() -> None:
    async with running() as rig:
        async with plain(rig) as desktop:
            welcome = (await desktop.hello("wang"))["result"]
        rig.feed.put("agent/1001", agent("1001", "paused"), of("1001"))
        rig.feed.put("agent/1002", agent("1002", "paused"), of("1002"))
        rig.feed.put("agent/1001", agent("1001", "ready"), of("1001"))
        await until(lambda: rig.gateway.hub.shelf.position.sequence == rig.feed.sequence)
        async with plain(rig) as desktop:
            known = {name: welcome[name] for name in ("epoch", "sequence", "scope")}
            again = (await desktop.hello("wang", **known))["result"]
            assert again["documents"] is None
            told = [message["params"]["sequence"] for message in await desktop.up_to_now()]
            assert told == [7, 9]


async def test_another_scope_or_a_position_that_is_gone_brings_all_documents() -> None:
    async with running(Settings(resume_deltas=5)) as rig:
        async with plain(rig) as desktop:
            welcome = (await desktop.hello("wang"))["result"]
        known = {name: welcome[name] for name in ("epoch", "sequence", "scope")}
        for changed in ({"scope": "00"}, {"epoch": 6}, {"sequence": 999}):
            async with plain(rig) as desktop:
                assert (await desktop.hello("wang", **known | changed))["result"]["documents"]
        for number in range(8):
            rig.feed.put("agent/1001", agent("1001", f"state-{number}"), of("1001"))
        await until(lambda: rig.gateway.hub.shelf.position.sequence == rig.feed.sequence)
        async with plain(rig) as desktop:
            assert (await desktop.hello("wang", **known))["result"]["documents"]["agent/1001"]["state"] == "state-7"


async def test_a_gateway_that_has_just_begun_knows_what_came_before_it() -> None:
    async with running() as rig:
        async with plain(rig) as desktop:
            welcome = (await desktop.hello("wang"))["result"]
        await rig.stop()
        for number in range(5):
            rig.feed.put("agent/1001", agent("1001", f"state-{number}"), of("1001"))
        await rig.start()
        async with plain(rig) as desktop:
            known = {name: welcome[name] for name in ("epoch", "sequence", "scope")}
            assert (await desktop.hello("wang", **known))["result"]["documents"] is None
            told = [message["params"]["document"]["state"] for message in await desktop.up_to_now()]
            assert told == [f"state-{number}" for number in range(5)]


async def test_who_is_ahead_of_this_gateway_is_waited_for() -> None:
    """It comes from another gateway, which had read a little further."""
    async with running() as rig:
        async with plain(rig) as desktop:
            welcome = (await desktop.hello("wang"))["result"]
        known = {"epoch": welcome["epoch"], "sequence": rig.feed.sequence + 1, "scope": welcome["scope"]}
        async with plain(rig) as ahead:
            hello = asyncio.create_task(ahead.hello("wang", **known))
            await until(lambda: bool(rig.gateway.hub._behind))
            rig.feed.put("agent/1001", agent("1001", "paused"), of("1001"))
            assert (await hello)["result"]["documents"] is None
            assert await ahead.up_to_now() == []


async def test_a_slow_desktop_is_told_and_closed_and_the_others_are_unhurt() -> None:
    settings = Settings(queue_bytes=64 * 1024)
    async with running(settings) as rig, plain(rig, "wang", client_id="quick") as quick, plain(rig) as slow:
        await slow.hello("wang", client_id="slow")
        slow.connection.transport.pause_reading()
        number, seen = 0, 0
        while len(rig.gateway.hub.watchers.everyone) == 2:
            number += 1
            rig.feed.put("agent/1001", agent("1001", f"{number}-" + "x" * 200_000), of("1001"))
            while seen < number:
                seen = int((await quick.next("delta"))["document"]["state"].partition("-")[0])
        slow.connection.transport.resume_reading()
        assert await slow.close_code() == 4008
        assert slow.told[-1]["method"] == "closing"
        assert slow.told[-1]["params"]["retry_ms"] > 0
        last = [message["params"] for message in slow.told if message.get("method") == "delta"][-1]
        async with plain(rig) as again:
            known = {"epoch": last["epoch"], "sequence": last["sequence"]}
            scope = scope_of(rig.accounts.principals["wang"])
            welcome = (await again.hello("wang", client_id="slow", scope=scope, **known))["result"]
            assert welcome["documents"] is None
            told = [message["params"]["sequence"] for message in await again.up_to_now()]
            assert told == list(range(last["sequence"] + 1, rig.feed.sequence + 1))


async def test_the_client_comes_again_by_itself_after_a_restart_and_misses_nothing() -> None:
    async with running(Settings(retry_spread_ms=1)) as rig:
        states: list[str] = []
        async with Client([rig.url], "wang", "seat", first_pause_s=0.05) as client:

            def note(change: Change) -> None:
                if isinstance(change.document, AgentDocument):
                    states.append(change.document.state)

            client.on_change = note
            await client.connected(PATIENCE_S)
            rig.feed.put("agent/1001", agent("1001", "one"), of("1001"))
            await client.until(lambda: "one" in states, PATIENCE_S)
            await rig.stop()
            rig.feed.put("agent/1001", agent("1001", "two"), of("1001"))
            await rig.start()
            await client.until(lambda: client.hellos == 2 and "two" in states, PATIENCE_S)
            rig.feed.put("agent/1001", agent("1001", "three"), of("1001"))
            await client.until(lambda: "three" in states, PATIENCE_S)
            assert states[-3:] == ["one", "two", "three"]
            assert client.resumed == 1


async def test_a_client_with_two_gateways_goes_on_at_the_other() -> None:
    async with running(Settings(retry_spread_ms=1)) as one, running() as two:
        one.feed.put(f"call/{call_of(1)}", offered(1, "1001"), of("1001"))
        two.feed.put(f"call/{call_of(1)}", offered(1, "1001"), of("1001"))
        async with Client([one.url, two.url], "wang", "seat", first_pause_s=0.05) as client:
            await client.connected(PATIENCE_S)
            await one.stop()
            two.feed.put("agent/1001", agent("1001", "elsewhere"), of("1001"))
            await client.until(
                lambda: (found := client.state.agent("1001")) is not None and found.state == "elsewhere", PATIENCE_S
            )
            assert client.hellos == 2


def shows(client: Client, wanted: set[str]) -> bool:
    return set(client.state.documents) == wanted


async def test_row_20_all_desktops_come_back_at_once_after_a_restart() -> None:
    """Forty here; `make bench` has five hundred. The feed goes on meanwhile, and each desktop's documents end alike."""
    async with running() as rig:
        clients = [Client([rig.url], "wang", f"seat-{number}", first_pause_s=0.1) for number in range(40)]
        await asyncio.gather(*(client.__aenter__() for client in clients))
        try:
            await asyncio.gather(*(client.connected(PATIENCE_S) for client in clients))
            await rig.stop()
            for number in range(20):
                rig.feed.put(f"call/{call_of(number)}", offered(number, "1001"), of("1001"))
            await rig.start()
            for number in range(10):
                rig.feed.put(f"call/{call_of(number)}", None)
            wanted = {"system", "queue/general", "agent/1001"} | {f"call/{call_of(number)}" for number in range(10, 20)}
            for client in clients:
                await client.until(partial(shows, client, wanted), PATIENCE_S)
            assert [client.hellos for client in clients] == [2] * 40
            assert sum(client.resumed for client in clients) == 40
        finally:
            await asyncio.gather(*(client.__aexit__(None, None, None) for client in clients))


async def test_row_13_two_desktops_of_one_agent_agree() -> None:
    """What is asked at one is seen at both, in the same order; the same order from both is carried out once."""
    async with running() as rig, plain(rig, "wang", client_id="a") as one, plain(rig, "wang", client_id="b") as two:
        await asyncio.gather(
            one.ask("agent.pause", key="k", reason="小休"), two.ask("agent.pause", key="k", reason="小休")
        )
        assert len(rig.door.asked) == 1
        for state in ("paused", "ready", "offered"):
            rig.feed.put("agent/1001", agent("1001", state), of("1001"))
        await until(lambda: rig.gateway.hub.shelf.position.sequence == rig.feed.sequence)
        first, second = await one.up_to_now(), await two.up_to_now()
        assert [message["params"]["document"]["state"] for message in first] == ["paused", "ready", "offered"]
        assert first == second


async def test_row_19_a_desktop_that_is_asleep_is_known_to_be_and_goes_on_where_it_was() -> None:
    """Asleep: the connection stands, pings of the network are answered, and the page says nothing. The door hears of
    the first desktop that comes and the last that goes; whoever refreshes the page is back before that."""
    async with running(Settings(heartbeat_s=0.4)) as rig, plain(rig, "wang", client_id="page") as asleep:
        await until(lambda: rig.door.seen == [("1001", True)])
        assert await asleep.close_code() == 4010
        await until(lambda: rig.door.seen == [("1001", True), ("1001", False)])
        async with plain(rig, "wang", client_id="page"):
            await until(lambda: rig.door.seen[-1] == ("1001", True))


async def test_a_desktop_that_upstream_forgot_is_told_again() -> None:
    async with running() as rig, plain(rig, "wang"):
        await until(lambda: len(rig.door.seen) == 1)
        rig.feed.put("agent/1001", agent("1001", desktop=False), of("1001"))
        await until(lambda: len(rig.door.seen) == 2)
        assert rig.door.seen == [("1001", True)] * 2


async def test_a_desktop_that_nobody_speaks_for_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_bridge.gateway.SETTLE_S", 0.2)
    async with running() as rig, plain(rig, "wang"):
        await until(lambda: len(rig.door.seen) >= 3)
        assert set(rig.door.seen) == {("1001", True), ("1002", False), ("2001", False)}


async def test_a_delta_is_encoded_once_however_many_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(method: str, params: msgspec.Struct) -> str:
        made.append(method)
        return notification(method, params)

    monkeypatch.setattr("agent_bridge.shelf.notification", counted)
    async with running() as rig, plain(rig, "wang", client_id="a") as one, plain(rig, "wang", client_id="b") as two:
        rig.feed.put("agent/1001", agent("1001", "paused"), of("1001"))
        await one.next("delta")
        await two.next("delta")
        assert made == ["delta"]
