"""What must not bring the bridge down: a flood, a receiver that raises, a part of it that fails."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import NoReturn

import pytest

from telephony.ami.decode import Decoder
from telephony.live.alarms import AlarmName
from telephony.model.events import ChannelCreated
from telephony.model.ids import Micros, QueueName
from telephony.places import database_url
from telephony.records.store import RecordStore
from telephony.service import Service
from tests.integration.ami.conftest import until
from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.caller import SERVICE, Citizen
from tests.integration.service.post import Post
from tests.integration.service.test_service import numbers, serving

EVENTS = 50_000


@pytest.fixture
async def service(post: Post) -> AsyncIterator[Service]:
    async with serving(post) as made:
        yield made


def names(service: Service) -> set[AlarmName]:
    return {alarm.name for alarm in service.live.alarms.standing}


async def test_fifty_thousand_events_in_a_second(service: Service, post: Post, pbx: FakePbx) -> None:
    """At once, in fact: 500 calls of a hundred events each, as fast as the socket takes them. It stays up, says that
    events are late, and knows afterwards what it would know without the flood: the calls, who waits, every record.
    """
    calls = [Citizen(f"138{number:08d}", number) for number in range(EVENTS // 100)]
    waits = Citizen("13999999999", 999_999)
    frames = [frame for call in calls for frame in (*call.calls(), *call.is_noted(92), *call.hangs_up())]
    assert len(frames) == EVENTS
    before, began = service.ingest.counters.events, time.monotonic()
    pbx.send(*frames, *waits.calls())
    await until(lambda: service.ingest.counters.events >= before + EVENTS + 3, 60)
    if time.monotonic() - began > 1.5:  # else there is nothing to be said
        await until(lambda: AlarmName.EVENTS_LATE in names(service))
    assert service.ingest.counters.dropped == 0
    await until(lambda: service.writer.written == len(calls), 60)
    board = service.live.board()
    assert board.waiting == {QueueName(SERVICE): 1}
    assert (board.connected, board.epoch, sum(board.calls.values())) == (True, 1, 1)
    pbx.send(*waits.hangs_up())
    await until(lambda: service.writer.written == len(calls) + 1)
    assert service.ingest.counters.failures == 0
    store = await RecordStore.open(database_url(post.site_file, post.site))
    assert await store.count() == len(calls) + 1
    await store.close()


async def test_more_than_the_inbox_holds(service: Service, pbx: FakePbx, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is dropped, the link is renewed, and the snapshot makes the state right."""
    monkeypatch.setattr("telephony.ingest.INBOX_LIMIT", 1_000)
    waits = Citizen("13999999999", 999_999)
    pbx.channels, pbx.queues = [waits.seen()], [waits.waiting()]
    event = Decoder().decode(Citizen("13800000001", 1).calls()[0], Micros(time.time_ns() // 1_000))
    assert isinstance(event, ChannelCreated)
    for _ in range(EVENTS):
        service.ingest.deliver(event)
    assert service.ingest.counters.dropped == EVENTS - 1_000
    await until(lambda: service.live.board().epoch == 2, 30)
    await until(lambda: AlarmName.INBOX_OVERFLOW in names(service))
    board = service.live.board()
    assert (board.connected, sum(board.calls.values()), board.waiting) == (True, 1, {QueueName(SERVICE): 1})


async def test_a_receiver_that_raises(service: Service, post: Post, pbx: FakePbx) -> None:
    """The link stays, the others hear everything, it is counted and said."""

    def broken(_: object) -> NoReturn:
        raise RuntimeError("a bug in a sink")

    service.ingest._sinks = (broken, *service.ingest._sinks)
    calls = [Citizen(f"1380000{number:04d}", number) for number in range(1, 6)]
    pbx.send(*[frame for call in calls for frame in (*call.calls(), *call.hangs_up())])
    await until(lambda: service.writer.written == 5)
    assert await numbers(post) == [call.number for call in calls]
    assert service.ingest.counters.failures > 0
    assert pbx.logins == 1
    assert service.live.board().calls == {}
    await until(lambda: AlarmName.FAULT in names(service))
    (alarm,) = [alarm for alarm in service.live.alarms.standing if alarm.name is AlarmName.FAULT]
    assert "events or their receivers" in alarm.detail


@pytest.mark.parametrize("part", ["keeper", "probe", "watch"])
async def test_a_part_that_fails_begins_anew(
    post: Post, pbx: FakePbx, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls are followed meanwhile: nothing of it ends the service."""
    monkeypatch.setattr("telephony.service._FIRST_PAUSE_S", 0.01)
    tries = 0

    async def fails_twice() -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise RuntimeError("a bug in a part")
        await asyncio.Event().wait()

    async with serving(post, before=lambda made: setattr(getattr(made, part), "run", fails_twice)) as service:
        citizen = Citizen("13800000001", 1)
        pbx.send(*citizen.calls(), *citizen.hangs_up())
        await until(lambda: tries == 3, 30)
        await until(lambda: service.writer.written == 1)
        assert service.watch.failed_parts == 2
        assert pbx.logins == 1
