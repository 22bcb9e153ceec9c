"""Whatever comes over the link, the bridge stays up, says so, and stays right: the link, the spine and the model put
together, at a PBX that does what no PBX should."""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import cast

import pytest
from structlog.testing import capture_logs

from telephony import ingest as ingest_module
from telephony.ami.account import Account
from telephony.ami.codec import FRAME_LIMIT
from telephony.ami.connection import OVERSIZED, Connection
from telephony.ami.link import LinkState
from telephony.ingest import Ingest
from telephony.live.alarms import AlarmName
from telephony.live.symptoms import Readings, Symptoms
from telephony.model.changes import Anomaly, Change, EpochBegan
from telephony.model.events import ChannelCreated, Event
from telephony.model.ids import Micros, PbxName, micros_of
from telephony.model.tracker import HANDLERS, Tracker
from telephony.records.record import CallRecord
from tests.integration.ami.conftest import until
from tests.integration.ami.fake_pbx import FakePbx, Headers, Line, lines, success
from tests.integration.ami.test_connection import FAST

HOUR = 3600.0


class Bridge:
    """Link, spine and model, and what comes of them."""

    def __init__(self, account: Account) -> None:
        self.records: list[CallRecord] = []
        self.changes: list[Change] = []
        self.ingest = Ingest(
            Tracker(PbxName("pbx1")),
            self.records.append,
            sinks=[self.changes.extend],
            on_doubt=lambda why: self.connection.doubt(why),  # noqa: PLW0108  # there is none yet
        )
        self.connection = Connection(account, self.ingest.deliver, settings=FAST)
        self.tasks = [asyncio.create_task(work) for work in (self.ingest.run(), self.connection.run())]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def live(self, epoch: int) -> None:
        await until(lambda: self.epochs[-1:] == [epoch] and self.connection.status.state is LinkState.LIVE)

    @property
    def epochs(self) -> list[int]:
        return [change.epoch for change in self.changes if isinstance(change, EpochBegan)]

    @property
    def anomalies(self) -> list[str]:
        return [change.kind for change in self.changes if isinstance(change, Anomaly)]

    async def has(self, count: int) -> None:
        """So many calls are over and on record."""
        await until(lambda: len(self.records) >= count, 120)


@pytest.fixture
async def bridge(account: Account) -> AsyncIterator[Bridge]:
    bridge = Bridge(account)
    yield bridge
    await bridge.stop()


class Says:
    """A PBX's events about calls, stamped with its time."""

    def __init__(self, pbx: FakePbx) -> None:
        self.pbx = pbx
        self.ahead = 0.0  # of our clock
        self.count = 0

    def now(self) -> str:
        return f"{time.time() + self.ahead:.6f}"

    def event(self, name: str, number: int, *more: tuple[str, str]) -> bytes:
        uniqueid = f"pbx1-1795400000.{number}"
        ids = (("Uniqueid", uniqueid), ("Linkedid", uniqueid))
        return lines(("Event", name), ("Timestamp", self.now()), *ids, *more)

    def begins(self, number: int) -> bytes:
        return self.event(
            "Newchannel",
            number,
            ("Channel", f"PJSIP/trunk-carrier-{number:08x}"),
            ("ChannelState", "4"),
            ("CallerIDNum", f"138{number:08}"),
            ("Context", "zt-in-carrier"),
            ("Exten", "12345"),
        )

    def ends(self, number: int) -> list[bytes]:
        return [self.event("HangupRequest", number), self.event("Hangup", number, ("Cause", "16"))]

    def call(self, number: int) -> None:
        """One that comes and goes."""
        self.pbx.send(self.begins(number), *self.ends(number))

    def shows(self, number: int) -> Headers:
        """The channel in a snapshot."""
        return {
            "Event": "CoreShowChannel",
            "Channel": f"PJSIP/trunk-carrier-{number:08x}",
            "ChannelState": "4",
            "Uniqueid": f"pbx1-1795400000.{number}",
            "Linkedid": f"pbx1-1795400000.{number}",
            "CallerIDNum": f"138{number:08}",
            "Context": "zt-in-carrier",
            "Application": "Queue",
            "Duration": "00:00:01",
        }


@pytest.fixture
def says(pbx: FakePbx) -> Says:
    says = Says(pbx)

    def ping(_: Line, action: Headers) -> list[bytes]:
        return [success(action, "", ("Ping", "Pong"), ("Timestamp", says.now()))]

    pbx.answers["Ping"] = ping
    return says


# --- a call that begins while the snapshot is read -----------------------------------------------------------


async def test_a_call_that_begins_while_the_snapshot_is_read_is_seen_from_its_first_moment(
    account: Account, pbx: FakePbx, says: Says
) -> None:
    """Over a slow link that takes seconds. The lists show it as it stands; its own events tell how it came to."""
    plain = pbx.answers["CoreShowChannels"]

    def begins_first(line: Line, action: Headers) -> list[bytes]:
        pbx.channels = [says.shows(1), says.shows(2)]
        return [says.begins(2), *plain(line, action)]

    pbx.answers["CoreShowChannels"] = begins_first
    bridge = Bridge(account)
    try:
        await bridge.live(1)
        assert len(bridge.ingest.world.channels) == 2
        pbx.send(*says.ends(1), *says.ends(2))
        await bridge.has(2)
        found, seen = sorted(bridge.records, key=lambda record: record.caller_number)
        assert "received_at" in found.estimated
        assert seen.estimated == ()
        assert (seen.direction, seen.trunk, seen.dialled) == ("inbound", "carrier", "12345")
        assert bridge.anomalies == []
    finally:
        await bridge.stop()


async def test_a_call_that_comes_and_goes_before_the_snapshot_is_dated_keeps_its_times(
    account: Account, pbx: FakePbx, says: Says
) -> None:
    """The login is a second old when the PBX is asked for the time: what came between is not moved to that time."""
    plain = pbx.answers["Login"]
    told: list[float] = []

    def with_a_call(line: Line, action: Headers) -> list[bytes]:
        frames = []
        for says.ahead in (-1.0, -0.4):
            told.append(time.time() + says.ahead)
            frames += [says.begins(3)] if says.ahead < -0.5 else says.ends(3)
        says.ahead = 0.0
        return [*plain(line, action), *frames]

    pbx.answers["Login"] = with_a_call
    bridge = Bridge(account)
    try:
        await bridge.has(1)
        (record,) = bridge.records
        assert record.received_at / 1e6 == pytest.approx(told[0], abs=0.05)
        assert record.ended_at / 1e6 == pytest.approx(told[1], abs=0.05)
        assert record.estimated == ()
        assert bridge.anomalies == []
        assert bridge.ingest.clock.steps == 0
    finally:
        await bridge.stop()


# --- a handler that raises --------------------------------------------------------------------------------


async def test_item3_a_handler_of_the_model_that_raises(
    bridge: Bridge, pbx: FakePbx, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event is lost, the spine is not; it is counted; and a snapshot tells of the call that was not taken in."""
    await bridge.live(1)
    created = HANDLERS[ChannelCreated]

    def sometimes(world: object, event: ChannelCreated) -> None:
        if event.uniqueid.endswith(".7") and len(bridge.epochs) == 1:
            raise KeyError("a bug of ours")
        created(world, event)  # type: ignore[arg-type]

    monkeypatch.setitem(cast("dict[type, object]", HANDLERS), ChannelCreated, sometimes)
    pbx.channels = [says.shows(7)]
    pbx.send(says.begins(7))
    says.call(8)
    await bridge.live(2)
    assert bridge.ingest.counters.failures == 1
    assert [*bridge.ingest.world.channels] == ["pbx1-1795400000.7"]
    pbx.channels = []
    pbx.send(*says.ends(7))
    await bridge.has(2)
    assert {record.caller_number for record in bridge.records} == {"13800000007", "13800000008"}
    assert bridge.connection.status.state is LinkState.LIVE


async def test_item3_a_handler_that_raises_at_every_event_does_not_keep_the_link_from_working(
    bridge: Bridge, pbx: FakePbx, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bridge.live(1)

    def never(world: object, event: Event) -> None:
        raise KeyError("a bug of ours")

    monkeypatch.setitem(cast("dict[type, object]", HANDLERS), ChannelCreated, never)
    with capture_logs() as logged:
        pbx.send(says.begins(0))
        await bridge.live(2)
        pbx.send(*(says.begins(number) for number in range(1, 100)))
        await until(lambda: bridge.ingest.counters.failures == 100)
    assert pbx.logins == 2, "asked how it is once a minute, not a hundred times"
    told = [entry["times"] for entry in logged if entry["event"] == "an event could not be applied"]
    assert told == [1, 2, 4, 8, 16, 32, 64], "nor is the log filled"


# --- late and unreadable ------------------------------------------------------------------------------------


async def test_row_07_events_that_come_minutes_late_are_seen_to_be_late(
    bridge: Bridge, pbx: FakePbx, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 7: events minutes late. Their age is measured; the alarm ``events_late`` is raised by it. Their times are
    those of the PBX all the same."""
    await bridge.live(1)
    pbx.send(says.begins(1))
    await until(lambda: bool(bridge.ingest.world.channels))
    bridge.ingest.take_age()
    late = micros_of(180)
    ours = ingest_module.monotonic
    monkeypatch.setattr(ingest_module, "monotonic", lambda: Micros(ours() + late))
    pbx.send(*says.ends(1))
    await until(lambda: bridge.ingest.counters.max_age > 0)
    assert late - micros_of(5) < bridge.ingest.take_age() < late + micros_of(60)
    await bridge.has(1)
    assert bridge.records[0].ended_at - bridge.records[0].received_at < micros_of(60)
    assert bridge.ingest.clock.steps == 0
    judged = Symptoms().judge(Readings(now=1.0, event_age_s=180.0))
    assert judged[AlarmName.EVENTS_LATE] is not None


async def test_row_07_a_bad_event_is_an_anomaly_and_never_an_outage(bridge: Bridge, pbx: FakePbx, says: Says) -> None:
    """Row 7: an exception in a handler closes the link. Here neither a receiver that raises, nor an event that cannot
    be read, nor one that makes no sense does; each is counted, and the link is the same one as before."""
    await bridge.live(1)

    def broken(_: object) -> None:
        raise RuntimeError("a screen is gone")

    bridge.ingest._sinks = (*bridge.ingest._sinks, broken)
    pbx.send(lines(("Event", "Hangup"), ("Cause", "16")))
    pbx.send(lines(("Event", "Newstate"), ("Uniqueid", "1.1"), ("Linkedid", "1.1"), ("ChannelState", "up")))
    pbx.send(*says.ends(77))
    pbx.send_raw(b"\x00\xff\xfe nothing at all\r\n\r\n")
    says.call(1)
    await bridge.has(1)
    assert bridge.connection.undecoded == {"Hangup": 1, "Newstate": 1}
    assert bridge.anomalies == ["unknown channel", "unknown channel"]
    assert bridge.ingest.counters.failures > 0
    assert (bridge.connection.status.epoch, pbx.logins) == (1, 1)


# --- a message of 10 MB -----------------------------------------------------------------------------------

_TEN_MB = 10 << 20
_HEADER = b"CallerIDName: " + b"x" * _TEN_MB + b"\r\n"
_HEADERS = b"".join(b"ChanVariable(%d): %s\r\n" % (number, b"x" * 80) for number in range(_TEN_MB // 100))


@pytest.mark.parametrize("body", [_HEADER, _HEADERS], ids=["one header", "a hundred thousand headers"])
async def test_item3_a_message_of_10_mb(bridge: Bridge, pbx: FakePbx, says: Says, body: bytes) -> None:
    """It is dropped and counted, no more of it than the limit is ever held, a snapshot follows in case it was of
    importance, and the next call is right."""
    await bridge.live(1)
    gc.collect()
    tracemalloc.start()
    try:
        line = pbx.lines[0]
        line.writer.write(b"Event: Newchannel\r\nUniqueid: pbx1-1795400000.1\r\n")
        for start in range(0, len(body), 1 << 16):
            line.writer.write(body[start : start + (1 << 16)])
            await line.writer.drain()
        line.writer.write(b"\r\n")
        await until(lambda: bridge.connection.undecoded[OVERSIZED] == 1)
        await bridge.live(2)
        held = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/telephony/ami/*")])
        assert sum(stat.size for stat in held.statistics("filename")) < 2 * FRAME_LIMIT
    except ConnectionError:  # the link was renewed while this was being said
        await bridge.live(2)
    finally:
        tracemalloc.stop()
    assert bridge.connection.undecoded == {OVERSIZED: 1}
    says.call(9)
    await bridge.has(1)
    assert bridge.records[0].caller_number == "13800000009"
    assert bridge.ingest.counters.failures == 0


async def test_item3_messages_of_10_mb_again_and_again(bridge: Bridge, pbx: FakePbx, says: Says) -> None:
    """After the first the link stays: a PBX gone mad does not keep us logging in."""
    await bridge.live(1)
    for count in (1, 2, 3):
        pbx.send_raw(b"Event: Newchannel\r\n" + _HEADER + b"\r\n")
        await until(lambda: bridge.connection.undecoded[OVERSIZED] == count)  # noqa: B023  # awaited before the next
        await bridge.live(2)
    says.call(9)
    await bridge.has(1)
    assert pbx.logins == 2


# --- 50,000 events in a second ----------------------------------------------------------------------------


async def test_item3_a_flood_of_50_000_events(bridge: Bridge, pbx: FakePbx, says: Says) -> None:
    """All at once, faster than they can be taken in: none is lost, none dropped, and each call is on record."""
    await bridge.live(1)
    calls = 50_000 // 3
    flood = [frame for number in range(calls) for frame in (says.begins(number), *says.ends(number))]
    pbx.send(*flood)
    await bridge.has(calls)
    counters = bridge.ingest.counters
    assert (counters.dropped, counters.failures, pbx.logins) == (0, 0, 1)
    assert len({record.call_id for record in bridge.records}) == calls
    assert bridge.ingest.world.channels == {}
    assert bridge.anomalies == []


# --- clocks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["forward", "back"])
async def test_item3_the_pbxs_clock_jumps_by_an_hour(by: float, bridge: Bridge, pbx: FakePbx, says: Says) -> None:
    """In the middle of a call: it has not lasted an hour, and none but it is moved."""
    await bridge.live(1)
    pbx.send(says.begins(1))
    await until(lambda: bool(bridge.ingest.world.channels))
    before = time.time()
    says.ahead += by
    pbx.send(*says.ends(1))
    says.call(2)
    await bridge.has(2)
    moved, after = sorted(bridge.records, key=lambda record: record.caller_number)
    assert 0 <= moved.ended_at - moved.received_at < 60 * 1_000_000
    assert moved.ended_at / 1e6 - by == pytest.approx(before, abs=60)
    assert moved.estimated == ("received_at",)
    assert after.estimated == ()
    assert bridge.anomalies == ["clock set"]
    assert bridge.ingest.clock.steps == 1
    assert bridge.connection.status.epoch == 1, "nothing to log in again for"


@pytest.mark.parametrize("stamped", [True, False], ids=["a PBX that tells the time", "one that does not"])
@pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["forward", "back"])
async def test_item3_our_clock_jumps_by_an_hour(
    by: float, stamped: bool, bridge: Bridge, pbx: FakePbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times are the PBX's, so it is nothing to us. Of a PBX that does not say what time it is ours must do, and its
    jump is seen as the PBX's is."""
    says = Says(pbx)
    if stamped:
        pbx.answers["Ping"] = lambda _, action: [success(action, "", ("Ping", "Pong"), ("Timestamp", says.now()))]
    await bridge.live(1)

    def say(*frames: bytes) -> None:
        pbx.send(*(frame if stamped else _unstamped(frame) for frame in frames))

    say(says.begins(1))
    await until(lambda: bool(bridge.ingest.world.channels))
    real = time.time_ns
    monkeypatch.setattr("telephony.ami.session.time.time_ns", lambda: real() + round(by * 1e9))
    say(*says.ends(1))
    say(says.begins(2), *says.ends(2))
    await bridge.has(2)
    for record in bridge.records:
        assert 0 <= record.ended_at - record.received_at < 60 * 1_000_000
    assert bridge.anomalies == ([] if stamped else ["clock set"])
    assert bridge.connection.status.state is LinkState.LIVE
    assert bridge.connection.status.epoch == 1


def _unstamped(frame: bytes) -> bytes:
    return b"\r\n".join(line for line in frame.split(b"\r\n") if not line.startswith(b"Timestamp"))


def test_ten_megabytes_are_more_than_a_message_may_have() -> None:
    assert FRAME_LIMIT < _TEN_MB
    assert len(_HEADERS) > 9 << 20
