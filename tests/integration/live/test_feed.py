"""What every Feed keeps to: in process, and over a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from telephony.live.port import Feed, Position, PositionGone
from tests.integration.live.rig import PATIENCE_S, Reader, Site, Source, in_process
from zhitong.lab.redis_server import RedisServer

Make = Callable[..., Awaitable[Feed]]


@pytest.fixture(params=["in process", "redis"])
async def feed_of(request: pytest.FixtureRequest, server: RedisServer) -> AsyncIterator[Make]:
    """Makes a feed of a source, which holds what that says from then on."""
    pbx = Site(server)

    async def make(source: Source, kept: int = 10_000) -> Feed:
        if request.param == "in process":
            return in_process(source, kept)
        pbx.publish(source, kept)
        await Reader(pbx.feed()).look()
        return pbx.feed()

    yield make
    await pbx.close()


async def test_who_reads_on_holds_what_there_is(feed_of: Make) -> None:
    source = Source()
    reader = await Reader(await feed_of(source)).look()
    assert reader.held == source.documents
    source.say(300, batch=7)
    await reader.follow(source.position)
    assert reader.held == source.documents
    assert reader.deltas == source.said
    assert (await Reader(reader.feed).look()).held == source.documents


async def test_any_place_is_one_to_read_on_from(feed_of: Make) -> None:
    source = Source()
    feed = await feed_of(source)
    source.say(40, batch=9)
    await (await Reader(feed).look()).follow(source.position)
    for delta in source.said[:-1]:
        reader = Reader(feed)
        reader.at = Position(delta.epoch, delta.sequence)
        await reader.follow(source.position)
        assert reader.deltas == source.said[delta.sequence :]


async def test_who_is_at_the_end_hears_what_comes_when_it_comes(feed_of: Make) -> None:
    source = Source()
    reader = await Reader(await feed_of(source)).look()
    following = asyncio.create_task(reader.follow(Position(source.epoch, 3)))
    await asyncio.sleep(0.1)
    assert not following.done()
    for _ in range(3):
        source.say()
        await asyncio.sleep(0.02)
    await following
    assert reader.deltas == source.said


@pytest.mark.parametrize(
    "wrong",
    [
        Position(7_000_000, 31),  # not yet
        Position(7_000_000, 10**15),
        Position(7_000_001, 20),  # of a login that was none
        Position(6_999_999, 20),
        Position(6_000_000, 20),  # another run's
        Position(8_000_000, 0),
        Position(0, 0),
        Position(0, 30),
    ],
)
async def test_a_place_that_never_was_is_gone(feed_of: Make, wrong: Position) -> None:
    source = Source()
    feed = await feed_of(source)
    source.say(30, batch=4)
    await (await Reader(feed).look()).follow(source.position)
    with pytest.raises(PositionGone):
        await anext(feed.deltas(wrong))


async def test_what_is_no_longer_kept_is_gone_and_a_slow_reader_is_told_so(feed_of: Make) -> None:
    source = Source()
    feed = await feed_of(source, kept=10)
    quick, slow = await Reader(feed).look(), await Reader(feed).look()
    begun = feed.deltas(slow.at)
    source.say(5)
    slow.take(await asyncio.wait_for(anext(begun), PATIENCE_S))
    await quick.follow(source.position)
    for _ in range(60):
        source.say(8)
        await quick.follow(source.position)
    with pytest.raises(PositionGone):
        for _ in range(source.sequence):
            slow.take(await asyncio.wait_for(anext(begun), PATIENCE_S))
    assert quick.held == source.documents
    with pytest.raises(PositionGone):
        await anext(feed.deltas(slow.at))
    assert (await slow.look()).held == source.documents


async def test_readers_do_not_hinder_each_other(feed_of: Make) -> None:
    source = Source()
    feed = await feed_of(source)
    readers = [await Reader(feed).look() for _ in range(5)]
    following = [asyncio.create_task(reader.follow(Position(source.epoch, 200))) for reader in readers]
    following[2].cancel()
    for _ in range(20):
        source.say(10, batch=3)
        await asyncio.sleep(0.01)
    await asyncio.gather(*following, return_exceptions=True)
    for reader in readers[:2] + readers[3:]:
        assert (reader.held, reader.deltas) == (source.documents, source.said)


async def test_a_new_login_goes_on_and_a_new_run_begins_anew(feed_of: Make) -> None:
    source = Source()
    reader = await Reader(await feed_of(source)).look()
    source.say(5)
    source.epoch += 1
    source.say(5)
    await reader.follow(source.position)
    assert reader.held == source.documents
    assert source.position == Position(7_000_001, 10)
    anew = await feed_of(Source(epoch=8_000_000))
    with pytest.raises(PositionGone):
        await anext(anew.deltas(reader.at))
