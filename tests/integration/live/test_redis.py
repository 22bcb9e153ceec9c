"""Redis killed, hanging, empty, set back, full of others' bytes; bridges that end, and two at once."""

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest

from telephony.config import parse_site
from telephony.control.commands import AskStatus, Request
from telephony.control.door import Door
from telephony.control.redis_end import RedisEnd
from telephony.control.redis_orders import RedisOrders
from telephony.control.redis_taking import RedisTaking
from telephony.errors import ConfigError
from telephony.live import redis_feed, redis_outlet
from telephony.live.alarms import AlarmName
from telephony.live.board import Live
from telephony.live.desk.publisher import Publisher
from telephony.live.desk.roster import Person, roster_of
from telephony.live.port import Position, PositionGone, UpstreamLost
from telephony.live.redis_feed import RedisFeed, places
from telephony.live.redis_link import keys_of, open_redis
from telephony.model.events import Event
from telephony.model.ids import MemberName, PbxName
from telephony.model.tracker import Tracker
from telephony.secrets import Secrets
from tests.integration.ami.asterisk import make_certificate
from tests.integration.live.rig import PATIENCE_S, Reader, Site, Source, soon
from tests.recordings.captures import FOLDER, heard, load
from tests.unit.telephony.live.folding import Published, fold
from zhitong.lab.redis_server import RedisServer


async def heal(reader: Reader, source: Source) -> None:
    """As a gateway does it: read on; where the place is gone read whole; where all is lost try again."""

    async def whole() -> bool:
        try:
            async with asyncio.timeout(0.5):
                await reader.follow(source.position)
        except PositionGone:
            await reader.look()
        except TimeoutError:
            pass
        return reader.at == source.position

    await soon(whole)
    assert reader.held == source.documents


async def is_away(outlet: redis_outlet.RedisOutlet) -> None:
    async def away() -> bool:
        return outlet.away is not None

    await soon(away)


async def test_redis_is_killed_and_returns_empty(pbx: Site, server: RedisServer) -> None:
    source = Source()
    outlet = pbx.publish(source)
    reader = await Reader(pbx.feed()).look()
    source.say(20, batch=3)
    await reader.follow(source.position)
    server.kill()
    with pytest.raises(UpstreamLost):
        await anext(reader.feed.deltas(reader.at))
    with pytest.raises(UpstreamLost):
        await reader.feed.snapshot()
    source.say(20, batch=3)
    await is_away(outlet)
    server.start()
    source.say(1)
    await heal(reader, source)
    source.say(20, batch=3)
    await reader.follow(source.position)
    assert reader.held == source.documents


async def test_redis_hangs_and_nobody_of_ours_does(
    pbx: Site, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_outlet, "WAITING_LIMIT", 500)
    source = Source()
    outlet = pbx.publish(source)
    reader = await Reader(pbx.feed()).look()
    old = reader.at
    with server.hanging():
        began = time.monotonic()
        source.say(2_000, batch=1)
        assert time.monotonic() - began < PATIENCE_S
        assert len(outlet._waiting) <= 500
    await heal(reader, source)
    with pytest.raises(PositionGone):  # what was let go is a hole, and said to be one
        await anext(pbx.feed().deltas(old))


async def test_a_copy_of_before_is_found_out_and_written_anew(pbx: Site) -> None:
    source = Source()
    pbx.publish(source)
    reader = await Reader(pbx.feed()).look()
    source.say(10)
    await reader.follow(source.position)
    client = pbx.client()
    names = (pbx.keys.head, pbx.keys.documents, pbx.keys.deltas)
    copies = [await client.dump(name) or b"" for name in names]
    source.say(10)
    await reader.follow(source.position)
    for name, copy in zip(names, copies, strict=True):
        await client.restore(name, 60_000, copy, replace=True)
    with pytest.raises(UpstreamLost):
        await reader.feed.snapshot()
    source.say(1)
    await heal(reader, source)


@pytest.mark.parametrize("which", ["head", "documents"])
async def test_what_another_deleted_is_written_anew(pbx: Site, which: str) -> None:
    source = Source()
    pbx.publish(source)
    reader = await Reader(pbx.feed()).look()
    source.say(3)
    await reader.follow(source.position)
    await pbx.client().delete(getattr(pbx.keys, which))
    source.say(3)
    await heal(reader, source)
    assert (await Reader(pbx.feed()).look()).held == source.documents


async def test_a_bridge_that_is_gone_leaves_nothing(pbx: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_outlet, "ALIVE_S", 1)
    monkeypatch.setattr(redis_outlet, "KEPT_S", 2)
    monkeypatch.setattr(redis_feed, "PLACE_S", 2)
    source = Source()
    pbx.publish(source)
    reader = await Reader(pbx.feed("gateway-1")).look()
    source.say(3)
    await reader.follow(source.position)
    begun = reader.feed.deltas(reader.at)
    await pbx.stop()
    with pytest.raises(UpstreamLost):
        await asyncio.wait_for(anext(begun), PATIENCE_S)
    client = pbx.client()

    async def nothing() -> bool:
        return [key async for key in client.scan_iter(match=f"{pbx.keys.prefix}*")] == []

    await soon(nothing)


async def test_who_is_told_to_stop_does_at_whatever_moment(pbx: Site) -> None:
    source = Source()
    pbx.publish(source)
    feed = pbx.feed("gateway")
    await Reader(feed).look()

    async def read() -> None:
        async for _ in feed.deltas(source.position):
            pass

    for number in range(150):
        reading = asyncio.create_task(read())
        source.say()
        await asyncio.sleep(number % 50 / 10_000)
        reading.cancel()
        done, _ = await asyncio.wait({reading}, timeout=PATIENCE_S)
        assert done


async def test_it_is_known_how_far_each_reader_is(pbx: Site) -> None:
    source = Source()
    pbx.publish(source)
    one, two = await Reader(pbx.feed("gateway-1")).look(), await Reader(pbx.feed("gateway-2")).look()
    source.say(3)
    await one.follow(source.position)
    await two.follow(source.position)
    for reader in (one, two):
        asyncio.get_running_loop().call_later(0.05, source.say)
        await reader.follow(Position(source.epoch, source.sequence + 1))
    client = pbx.client()

    async def noted() -> bool:
        return set(await places(client, pbx.keys)) == {"gateway-1", "gateway-2"}

    await soon(noted)
    assert all(at <= source.position for at in (await places(client, pbx.keys)).values())


@pytest.mark.parametrize(
    "fields",
    [
        {"v": "1", "after": "7000000-3", "deltas": b"\xff\x00"},
        {"v": "1", "after": "7000000-3", "deltas": b"\x90"},
        {"v": "1", "after": "x", "deltas": b"\x90"},
        {"v": "2", "after": "7000000-3", "deltas": b"\x90"},
        {"hello": "world"},
    ],
)
@pytest.mark.parametrize("many", [1, 2])  # the next place is taken by another, or the one after is ours
async def test_bytes_that_are_none_of_ours_are_refused_loudly(
    pbx: Site, many: int, fields: dict[str, str | bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    source = Source()
    pbx.publish(source)
    reader = await Reader(pbx.feed()).look()
    source.say(3)
    await reader.follow(source.position)
    await pbx.client().xadd(pbx.keys.deltas, fields, id="7000000-4")  # type: ignore[arg-type]
    with pytest.raises(PositionGone):
        await anext(reader.feed.deltas(reader.at))
    assert "what is in Redis cannot be read" in capsys.readouterr().out
    source.say(many)
    await heal(reader, source)


async def test_a_document_that_is_none_of_ours_is_refused_loudly(pbx: Site) -> None:
    source = Source()
    pbx.publish(source)
    reader = await Reader(pbx.feed()).look()
    await pbx.client().hset(pbx.keys.documents, "queue/first", "\x00")
    with pytest.raises(UpstreamLost):
        await reader.feed.snapshot()


async def test_of_two_bridges_the_one_started_last_is_heard(pbx: Site) -> None:
    old, new = Source(), Source(epoch=8_000_000)
    first = pbx.publish(old)
    reader = await Reader(pbx.feed()).look()
    await asyncio.sleep(0.01)
    pbx.publish(new)
    old.say(3)
    new.say(3)
    old.say()
    await is_away(first)
    await heal(reader, new)


async def test_all_that_was_captured_is_told_over_redis_as_it_is(pbx: Site) -> None:
    published = Published()
    outlet = redis_outlet.RedisOutlet(pbx.client(), pbx.keys, lambda: published.snapshot)
    published.publisher.outlets.append(outlet)
    pbx.start(outlet.run())
    reader = await Reader(pbx.feed()).look()
    first = dict(reader.held)
    for number, event in enumerate(heard(load(_LONG).frames)):
        if isinstance(event, Event):
            published.hear(event)
        if number % 500 == 0:
            await asyncio.sleep(0)
    at = Position(published.snapshot.epoch, published.snapshot.sequence)
    await reader.follow(at)
    assert reader.deltas == published.deltas[-len(reader.deltas) :]
    assert fold(first, reader.deltas) == reader.held == published.anew()
    assert (await pbx.feed().snapshot()) == published.snapshot


_LONG = Path(FOLDER) / "queue-calls" / "filtered.ami.gz"


_USER = ["--user", "zhitong", "on", ">s3cret", "~zhitong:*", "+@all", "-@admin", "--user", "default", "off"]


async def test_a_user_with_a_password_may_do_all_that_is_needed_over_tls(tmp_path: Path) -> None:
    certificate = await asyncio.to_thread(make_certificate, tmp_path / "redis.pem")
    tls = [
        "--tls-cert-file",
        str(certificate),
        "--tls-key-file",
        str(certificate.with_suffix(".key")),
        "--tls-auth-clients",
        "no",
    ]
    with RedisServer.running([*_USER, *tls, "--tls-port", "{tls}"]) as server:
        url = f"rediss://zhitong@localhost:{server.tls_port}/0"
        pbx, source = Site(server, partial(open_redis, url, "s3cret", str(certificate))), Source()
        pbx.publish(source)
        reader = await Reader(pbx.feed("gateway")).look()
        taking = RedisTaking(pbx.client(), pbx.keys, Door({}).handle)
        orders = RedisOrders(pbx.client(), pbx.keys)
        pbx.start(taking.run()), pbx.start(orders.run())
        source.say(5)
        await reader.follow(source.position)

        async def taken() -> bool:
            return (await orders.handle(Request("k", AskStatus(), 1.0))).why.startswith("Nobody here")

        await soon(taken)
        for bad in (open_redis(url, "wrong", str(certificate)), open_redis(url, "s3cret")):
            with pytest.raises(UpstreamLost, match="Redis does not answer"):
                await RedisFeed(bad, pbx.keys).snapshot()
            await bad.aclose()
        await pbx.close()


_SITE = 'name = "x"\nhotline = ["12345"]\n[pbx]\nsystemname = "{}"\n[[queue]]\nname = "q"\n[store]\nredis_url = "{}"\n'


async def test_the_bridge_publishes_takes_orders_and_tells_when_redis_is_away(server: RedisServer) -> None:
    site = parse_site(_SITE.format("pbxend", server.url))
    world, live = Tracker(PbxName("pbxend")).world, Live()
    publisher = Publisher(world, live, 0)
    end = RedisEnd(site, Secrets(ami="x" * 16), publisher, live.alarms)
    work = asyncio.create_task(end.run(Door({}).handle))
    keys, redis = keys_of(PbxName("pbxend")), open_redis(server.url)
    reader = Reader(RedisFeed(redis, keys))
    publisher.enrol(roster_of([Person(MemberName("1001"), "甲", "1001")], {}))
    publisher.beat()
    await reader.look()
    assert reader.held == publisher.snapshot().documents
    assert "agent/1001" in reader.held
    orders = RedisOrders(redis, keys)
    answering = asyncio.create_task(orders.run())

    async def taken() -> bool:
        return (await orders.handle(Request("k", AskStatus(), 1.0))).why.startswith("Nobody here")

    await soon(taken)
    server.kill()

    async def told() -> bool:
        return [alarm.name for alarm in live.alarms.standing] == [AlarmName.REDIS_AWAY]

    await soon(told)
    server.start()

    async def over() -> bool:
        return not live.alarms.standing and (await reader.feed.snapshot()).documents.keys() == reader.held.keys()

    await soon(over)
    for task in (work, answering):
        task.cancel()
    await asyncio.gather(work, answering, return_exceptions=True)
    await redis.aclose()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1", "redis://", "127.0.0.1:6379", "redis://a b/0", "redis://h:1\n", "redis://:s3cret@h"]
)
def test_an_address_that_is_none_is_refused_by_its_key(url: str) -> None:
    with pytest.raises(ConfigError, match=r"store\.redis_url"):
        parse_site(_SITE.format("pbx1", url.replace("\n", "\\n")))
