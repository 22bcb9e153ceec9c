"""The spine: events in order to the tracker, changes to the sinks, records to the writer; and nothing stops it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest

from telephony import ingest as module
from telephony.ingest import Ingest
from telephony.live.ages import UP_TO_MS
from telephony.model.changes import Anomaly, CallEnded, Change, EpochBegan
from telephony.model.events import Event, LinkLost, Tick
from telephony.model.ids import Micros, PbxName, micros_of
from telephony.model.tracker import Tracker
from telephony.records.record import CallRecord
from tests.unit.telephony.model.script import Pbx, Told, told
from tests.unit.telephony.model.snapshots import snapshot
from tests.unit.telephony.model.stories import STORIES, caller_ends


class Clock:
    """Our monotonic time, moved by hand."""

    def __init__(self) -> None:
        self.now = Micros(5_000_000)

    def __call__(self) -> Micros:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now = Micros(self.now + micros_of(seconds))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    yield clock


class Spine:
    """An ingest with everything it hands on."""

    def __init__(self, on_overflow: Callable[[], None] = lambda: None) -> None:
        self.records: list[CallRecord] = []
        self.batches: list[Sequence[Change]] = []
        tracker = Tracker(PbxName("pbx1"))
        self.ingest = Ingest(tracker, self.records.append, [self.batches.append], on_overflow)

    def hear(self, events: Sequence[Event]) -> "Spine":
        for event in events:
            self.ingest.deliver(event)
        self.ingest.drain()
        return self

    @property
    def changes(self) -> list[Change]:
        return [change for batch in self.batches for change in batch]


def story(tell: Callable[[Pbx], None] = caller_ends) -> list[Event]:
    pbx = Pbx()
    tell(pbx)
    return [*pbx.events, Tick(Micros(pbx.now + micros_of(5)))]


async def until(ready: Callable[[], object]) -> None:
    for _ in range(1_000):
        if ready():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never happened")


# --- what comes out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tell", STORIES)
async def test_the_same_changes_and_records_as_a_tracker_alone(tell: Callable[[Pbx], None], clock: Clock) -> None:
    events = story(tell)
    spine = Spine()
    began = events[0].at
    for event in events:
        clock.now = Micros(5_000_000 + event.at - began)
        spine.hear([event])
    heard = told(events)
    assert spine.records == heard.records
    assert spine.changes == heard.changes
    counters = spine.ingest.counters
    assert (counters.events, counters.changes) == (len(events), len(heard.changes))
    assert (counters.records, counters.failures, counters.dropped) == (len(heard.records), 0, 0)
    assert (counters.max_age, spine.ingest.clock.steps) == (0, 0)


async def test_in_the_order_of_arrival_one_batch_at_a_time() -> None:
    spine = Spine()
    events = [msgspec.structs.replace(event, at=Micros(story()[0].at + n)) for n, event in enumerate(story())]
    for event in events:
        spine.ingest.deliver(event)
    assert spine.ingest.waiting == len(events)
    assert spine.batches == []
    spine.ingest.drain(4)
    assert spine.ingest.waiting == len(events) - 4
    assert len(spine.batches) == 1
    spine.ingest.drain()
    assert spine.ingest.waiting == 0
    assert spine.changes == Told().hear(events).changes


async def test_at_the_end_a_call_that_has_just_ended_is_not_left_behind(clock: Clock) -> None:
    """A stop does not wait for a call to settle, and its record is made all the same."""
    spine = Spine()
    events = [event for event in story() if not isinstance(event, Tick)]
    for event in events:
        spine.ingest.deliver(event)
    spine.ingest.drain()
    assert spine.records == []
    spine.ingest.finish()
    assert len(spine.records) == 1


@pytest.mark.parametrize(("dialled", "records"), [("*11", 0), ("#1", 0), ("1002", 1), ("12345", 1)])
async def test_a_feature_code_is_no_call(dialled: str, records: int, clock: Clock) -> None:
    """An agent who signs in by code calls nobody: nothing to record, and nothing left in the model."""
    spine, pbx = Spine(), Pbx()
    phone = pbx.phone_dials("1001", dialled)
    phone.up()
    pbx.wait(1)
    phone.gone()
    for event in [*pbx.events, Tick(Micros(pbx.now + micros_of(5)))]:
        spine.ingest.deliver(event)
    spine.ingest.drain()
    assert len(spine.records) == records
    assert any(isinstance(change, CallEnded) for change in spine.changes)


async def test_it_works_by_itself_until_cancelled_and_loses_nothing() -> None:
    spine = Spine()
    running = asyncio.create_task(spine.ingest.run())
    events = story()
    for event in events:
        spine.ingest.deliver(event)
        await asyncio.sleep(0)
    await until(lambda: spine.records)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    spine.ingest.deliver(events[0])
    assert spine.ingest.waiting == 1
    spine.ingest.drain()
    assert spine.ingest.waiting == 0


async def test_a_flood_leaves_other_tasks_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 10)
    spine = Spine()
    for event in story() * 40:
        spine.ingest.deliver(event)
    running = asyncio.create_task(spine.ingest.run())
    turns = 0
    while spine.ingest.waiting:
        await asyncio.sleep(0)
        turns += 1
    running.cancel()
    assert turns > 20


async def test_a_tick_each_second_settles_a_call_when_nothing_else_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TICK_S", 0.01)
    monkeypatch.setattr(module, "_TICK_LAG", 0)
    spine = Spine()
    shift = 0

    def later() -> Micros:
        return Micros(shift)

    monkeypatch.setattr(module, "monotonic", later)
    spine.hear(story()[:-1])
    running = asyncio.create_task(spine.ingest.run())
    await asyncio.sleep(0.05)
    assert spine.records == [], "no time has passed"
    shift = 2_000_000
    await until(lambda: spine.records)
    running.cancel()


async def test_no_tick_before_the_pbx_has_said_what_time_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TICK_S", 0.005)
    spine = Spine()
    running = asyncio.create_task(spine.ingest.run())
    await asyncio.sleep(0.05)
    assert spine.ingest.counters.events == 0
    running.cancel()


async def test_ticks_stay_behind_events_on_their_way(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    spine = Spine()
    spine.hear(story()[:1])
    at = story()[0].at
    ticks: list[Event] = []
    monkeypatch.setattr(module, "_TICK_S", 0.005)
    monkeypatch.setattr(spine.ingest, "deliver", ticks.append)
    clock.wait(10)
    running = asyncio.create_task(spine.ingest._tick())
    await until(lambda: ticks)
    running.cancel()
    assert ticks[0].at == at + micros_of(9.5)


# --- time -------------------------------------------------------------------------------------------------


async def test_the_age_of_events_is_measured(clock: Clock) -> None:
    spine = Spine()
    events = story()
    began = events[0].at
    for number, event in enumerate(events[:20]):
        clock.now = Micros(5_000_000 + event.at - began + (250_000 if number == 12 else 0))
        spine.hear([event])
    assert spine.ingest.counters.max_age == pytest.approx(250_000, abs=5_000)
    spine.ingest.counters.max_age = 0
    spine.hear([events[20]])
    assert spine.ingest.counters.max_age < 300_000


@pytest.mark.parametrize("by", [3600.0, -3600.0])
async def test_a_step_of_the_pbxs_clock_in_the_middle_of_a_call(by: float, clock: Clock) -> None:
    events = story()
    plain = told(events).record
    spine = Spine()
    began, cut = events[0].at, len(events) - 12
    for number, event in enumerate(events):
        clock.now = Micros(5_000_000 + event.at - began)
        ahead = micros_of(by) if number >= cut else 0
        spine.hear([msgspec.structs.replace(event, at=Micros(event.at + ahead))])
    (record,) = spine.records
    assert (record.talk_ms, record.wait_ms, record.ring_ms) == (plain.talk_ms, plain.wait_ms, plain.ring_ms)
    assert record.ended_at == plain.ended_at + micros_of(by)
    assert spine.ingest.clock.steps == 1
    assert spine.ingest.counters.anomalies == {"clock set": 1}


async def test_a_clock_set_while_the_link_was_down_is_found_at_the_login(clock: Clock) -> None:
    """What was under way is moved before the snapshot ends or keeps it, so that its times make sense."""
    spine = Spine()
    events = story()
    spine.hear(events[:8])
    hour = micros_of(3600)
    clock.wait(30)
    at = Micros(events[7].at + micros_of(30) - hour)
    spine.hear([LinkLost(Micros(events[7].at + 1), 1), snapshot(at, epoch=2), Tick(Micros(at + micros_of(5)))])
    (record,) = spine.records
    assert spine.ingest.counters.anomalies == {"clock set": 1}
    assert record.received_at == events[2].at - hour
    assert record.ended_at - record.received_at == pytest.approx(micros_of(30), abs=5_000)
    assert {"received_at", "ended_at"} <= set(record.estimated)


@pytest.mark.parametrize("by", [3600.0, -3600.0])
async def test_a_link_lost_after_the_clock_was_set_was_lost_by_the_new_setting(by: float, clock: Clock) -> None:
    """Who follows the link has the PBX's time from the login. The calls under way ended when the link broke, not an
    hour before or after."""
    spine = Spine()
    events = story()
    first = snapshot(Micros(events[0].at - 1_000))
    ahead = micros_of(by)
    spine.hear([first, *events[:8]])
    clock.wait(20)
    spine.hear([msgspec.structs.replace(events[8], at=Micros(events[8].at + micros_of(20) + ahead))])
    clock.wait(10)
    by_the_login = Micros(events[8].at + micros_of(30))
    back = snapshot(Micros(by_the_login + micros_of(40) + ahead), epoch=2, booted_at=Micros(first.booted_at + 10**10))
    spine.ingest.deliver(LinkLost(by_the_login, 1))
    spine.ingest.drain()
    clock.wait(40)
    spine.hear([back])
    (record,) = spine.records
    assert record.ended_at == pytest.approx(by_the_login + ahead, abs=2_000_000)
    assert record.ended_at - record.received_at < micros_of(35)
    assert spine.ingest.counters.anomalies["clock set"] == 1


async def test_a_snapshot_that_took_long_to_read_is_no_step(clock: Clock) -> None:
    spine = Spine()
    events = story()
    taken = msgspec.structs.replace(snapshot(Micros(events[0].at - 1000)), age=micros_of(7))
    clock.wait(7)
    spine.hear([taken])
    began = clock.now - micros_of(7)
    for event in events:
        clock.now = Micros(began + 1000 + event.at - events[0].at)
        spine.hear([event])
    assert spine.ingest.clock.steps == 0
    assert spine.records[0].estimated == ()


async def test_a_pbx_in_another_time_than_ours_is_no_anomaly(clock: Clock) -> None:
    """Its wall clock is what counts; ours is only asked how much time has passed."""
    spine = Spine().hear([snapshot(Micros(1_000_000_000_000), booted_at=Micros(1))])
    clock.wait(1)
    spine.hear(story())
    assert spine.ingest.counters.anomalies.keys() <= {"clock set"}


# --- what goes wrong --------------------------------------------------------------------------------------


async def test_a_sink_that_fails_stops_neither_the_others_nor_the_records() -> None:
    def broken(_: object) -> None:
        raise RuntimeError("a screen is gone")

    seen: list[Sequence[Change]] = []
    records: list[CallRecord] = []
    ingest = Ingest(Tracker(PbxName("pbx1")), keep=records.append, sinks=[broken, seen.append])
    for event in story():
        ingest.deliver(event)
    ingest.drain()
    assert len(records) == 1
    assert seen
    assert ingest.counters.failures == 1, "one batch"


async def test_a_writer_that_fails_is_counted_and_the_next_record_is_tried() -> None:
    kept: list[CallRecord] = []

    def keep(record: CallRecord) -> None:
        kept.append(record)
        if len(kept) == 1:
            raise OSError("disk full")

    ingest = Ingest(Tracker(PbxName("pbx1")), keep=keep)
    other = Pbx(second=1_795_400_500)
    caller_ends(other)
    for event in [*story(), *other.events, Tick(Micros(other.now + micros_of(5)))]:
        ingest.deliver(event)
    ingest.drain()
    assert len(kept) == 2
    assert (ingest.counters.failures, ingest.counters.records) == (1, 2)


async def test_a_bug_in_a_handler_is_counted_and_the_spine_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    spine = Spine()
    events = story()
    apply = spine.ingest._tracker.apply

    def sometimes(event: Event) -> list[Change]:
        if event is events[3]:
            raise KeyError("a bug of ours")
        return apply(event)

    monkeypatch.setattr(spine.ingest._tracker, "apply", sometimes)
    spine.hear(events)
    assert spine.ingest.counters.failures == 1
    assert len(spine.records) == 1


async def test_anomalies_are_counted_by_kind_and_the_log_is_spared(capsys: pytest.CaptureFixture[str]) -> None:
    pbx = Pbx()
    stranger = pbx.citizen()
    strangers = [event for event in pbx.events if event is not pbx.events[0]]
    stranger.rings()
    spine = Spine().hear([*strangers, pbx.events[-1]] * 100)
    counted = spine.ingest.counters.anomalies
    assert counted["unknown channel"] == 200
    assert len([change for change in spine.changes if isinstance(change, Anomaly)]) == 200
    logged = capsys.readouterr().out
    assert 0 < logged.count("anomaly") <= 25


async def test_a_full_inbox_drops_events_but_never_a_snapshot_or_the_loss_of_the_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "INBOX_LIMIT", 10)
    cut: list[int] = []
    spine = Spine(on_overflow=lambda: cut.append(1))
    events = story()
    for event in events[:14]:
        spine.ingest.deliver(event)
    assert (spine.ingest.waiting, spine.ingest.counters.dropped, len(cut)) == (10, 4, 4)
    spine.ingest.deliver(LinkLost(events[14].at, 1))
    spine.ingest.deliver(snapshot(Micros(events[14].at + 5), epoch=2))
    assert spine.ingest.waiting == 12
    spine.ingest.drain(100)
    assert [change.epoch for change in spine.changes if isinstance(change, EpochBegan)] == [2]
    assert spine.ingest._tracker.world.channels == {}, "the snapshot has made it right"


async def test_calls_under_way_when_the_link_was_cut_are_told_to_the_end(clock: Clock) -> None:
    spine = Spine()
    events = story()
    spine.hear(events[:8])
    clock.wait((events[-1].at - events[7].at) / 1_000_000)
    lost = LinkLost(events[8].at, 1)
    spine.hear([lost, snapshot(Micros(events[-1].at), epoch=2), Tick(Micros(events[-1].at + micros_of(9)))])
    (record,) = spine.records
    assert record.estimated == ("answered_at", "ended_at", "wait_ms", "ring_ms", "talk_ms", "hold_ms")
    assert [change for change in spine.changes if isinstance(change, CallEnded)]


async def test_an_events_age_is_what_the_way_the_inbox_and_all_receivers_took(clock: Clock) -> None:
    events = story()[:3]
    ingest = Ingest(Tracker(PbxName("pbx1")), lambda _: None, sinks=[lambda _: clock.wait(0.002)])
    for nth, event in enumerate(events):
        clock.now = Micros(5_000_000 + event.at - events[0].at + (0, 6_000, 0)[nth])  # the second took 6 ms to come
        ingest.deliver(event)
        clock.wait(0.003)  # in the inbox
        ingest.drain()
    classes = zip(UP_TO_MS, ingest.ages.counts, strict=False)
    assert {bound: count for bound, count in classes if count} == {5: 2, 12: 1}
