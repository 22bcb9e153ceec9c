"""The PBX's clock: what it says, what we make of it when it is set, and what comes due."""

from collections.abc import Sequence

import msgspec
import pytest

from telephony.model.clock import STEP, PbxClock
from telephony.model.events import ClockSet, Event, LinkLost, Tick
from telephony.model.ids import Micros, micros_of
from telephony.model.machines import AgentState
from telephony.model.world import TOMBSTONE
from telephony.records.record import Interval, Leg
from tests.unit.telephony.model.script import Pbx, Told, seconds, told
from tests.unit.telephony.model.snapshots import snapshot

SECOND = 1_000_000
HOUR = 3_600 * SECOND


def moved(events: Sequence[Event], by: int) -> list[Event]:
    """The same events as a PBX tells them whose clock is ``by`` microseconds ahead."""
    return [msgspec.structs.replace(event, at=Micros(event.at + by)) for event in events]


def moved_leg(leg: Leg, by: int) -> Leg:
    """The same leg with all its times ``by`` later."""

    def moved(at: Micros | None) -> Micros | None:
        return None if at is None else Micros(at + by)

    def spans(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
        return tuple(Interval(Micros(one.start + by), moved(one.end)) for one in intervals)

    return msgspec.structs.replace(
        leg,
        created_at=Micros(leg.created_at + by),
        answered_at=moved(leg.answered_at),
        ended_at=moved(leg.ended_at),
        talking=spans(leg.talking),
        held=spans(leg.held),
    )


# --- our view of it ---------------------------------------------------------------------------------------


def test_age_is_how_much_later_than_the_fastest() -> None:
    clock = PbxClock()
    assert clock.see(Micros(1000 * SECOND), Micros(5 * SECOND)) == 0
    assert clock.see(Micros(1001 * SECOND), Micros(6 * SECOND + 3_000)) == pytest.approx(3_000, abs=600)
    assert clock.see(Micros(1002 * SECOND), Micros(7 * SECOND - 2_000)) == 0, "a faster one: the offset is its"
    assert clock.see(Micros(1003 * SECOND), Micros(8 * SECOND)) == pytest.approx(2_000, abs=600)
    assert clock.steps == 0


def test_the_time_at_the_pbx_now() -> None:
    clock = PbxClock()
    assert clock.now(Micros(0)) is None
    clock.see(Micros(1000 * SECOND), Micros(5 * SECOND))
    assert clock.now(Micros(9 * SECOND)) == 1004 * SECOND


def test_a_slow_link_is_no_step_however_slow() -> None:
    clock = PbxClock()
    clock.see(Micros(1000 * SECOND), Micros(0))
    ages = [clock.see(Micros((1001 + n) * SECOND), Micros((31 + n) * SECOND)) for n in range(20)]
    assert clock.steps == 0
    assert min(ages) > 29 * SECOND


def test_a_burst_of_late_events_does_not_hide_that_they_are_late() -> None:
    clock = PbxClock()
    clock.see(Micros(1000 * SECOND), Micros(0))
    late = [clock.see(Micros(1000 * SECOND + n), Micros(10 * SECOND + n)) for n in range(100_000)]
    assert late[-1] > 9.9 * SECOND


def test_set_forward_shows_at_once() -> None:
    clock = PbxClock()
    clock.see(Micros(1000 * SECOND), Micros(0))
    assert clock.see(Micros(1001 * SECOND + HOUR), Micros(SECOND)) == 0
    assert (clock.steps, clock.stepped) == (1, HOUR)
    clock.see(Micros(1002 * SECOND + HOUR), Micros(2 * SECOND))
    assert (clock.steps, clock.stepped) == (1, 0)


def test_set_back_shows_by_the_order_of_events() -> None:
    clock = PbxClock()
    clock.see(Micros(1000 * SECOND), Micros(0))
    clock.see(Micros(1001 * SECOND - HOUR), Micros(SECOND))
    assert (clock.steps, clock.stepped) == (1, -HOUR)
    assert clock.now(Micros(2 * SECOND)) == 1002 * SECOND - HOUR


def test_small_differences_are_no_step() -> None:
    clock = PbxClock()
    for number in range(100):
        clock.see(Micros(1000 * SECOND + number * STEP // 2), Micros(number * SECOND // 2))
    assert clock.steps == 0


def test_a_clock_that_runs_slower_is_followed() -> None:
    """400 ppm slow for two hours: nearly three seconds, and yet no age and no step."""
    clock = PbxClock()
    ages = [clock.see(Micros(1000 * SECOND + n * 999_600), Micros(n * SECOND)) for n in range(7_200)]
    assert max(ages) < 1_000
    assert clock.steps == 0


def test_set_back_by_less_than_an_outage_is_found_in_the_end() -> None:
    """Nothing went backwards in the stream, but everything has been late since."""
    clock = PbxClock()
    clock.see(Micros(1000 * SECOND), Micros(0))
    clock.login(Micros(1030 * SECOND), Micros(100 * SECOND))  # should be 1100
    for number in range(59):
        clock.see(Micros((1031 + number) * SECOND), Micros((101 + number) * SECOND))
    assert clock.steps == 0
    for number in range(59, 65):
        clock.see(Micros((1031 + number) * SECOND), Micros((101 + number) * SECOND))
    assert clock.steps == 1
    assert clock.now(Micros(166 * SECOND)) == 1096 * SECOND


def test_a_login_after_the_clock_was_set_back_or_forward() -> None:
    for by in (HOUR, -HOUR):
        clock = PbxClock()
        clock.see(Micros(10 * HOUR), Micros(0))
        clock.login(Micros(10 * HOUR + by + 60 * SECOND), Micros(60 * SECOND))
        assert (clock.steps, clock.stepped) == (1, by)


def test_events_older_than_the_snapshot_of_their_login_are_no_step() -> None:
    """The lists of a large PBX took five seconds to read; what came meanwhile is handed on after them."""
    clock = PbxClock()
    clock.see(Micros(900 * SECOND), Micros(-100 * SECOND))
    clock.login(Micros(1005 * SECOND), Micros(5 * SECOND))
    clock.see(Micros(1001 * SECOND), Micros(5 * SECOND))
    assert clock.steps == 0


def test_who_hung_up_first_is_the_same_on_both_sides_of_a_step() -> None:
    """The agent asked before the clock was set back, the caller after it."""
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    pbx.wait(5)
    phone.asks()
    cut = len(pbx.events)
    caller.asks()
    caller.part_and_end()
    after = [ClockSet(Micros(pbx.events[cut].at - HOUR), -HOUR), *moved(pbx.events[cut:], -HOUR)]
    assert Told().hear([*pbx.events[:cut], *after]).settle().record.hung_up_by == "agent"


# --- the model's time -------------------------------------------------------------------------------------


def test_what_went_before_a_step_keeps_its_durations_either_way() -> None:
    for by in (HOUR, -HOUR):
        pbx = Pbx()
        pbx.wrapup_s = 10
        pbx.member("1001")
        caller = pbx.citizen()
        caller.joins()
        pbx.wait(5)
        phone = caller.offered("1001")
        phone.answers()
        pbx.wait(20)
        phone.holds()
        pbx.wait(5)
        cut = len(pbx.events)
        phone.holds(False)
        pbx.wait(30)
        caller.hangs_up()
        straight = told(pbx.events).record
        step = ClockSet(Micros(pbx.events[cut].at + by), by)
        heard = Told().hear([*pbx.events[:cut], step]).hear(moved(pbx.events[cut:], by)).settle()
        record = heard.record
        assert seconds(record) == seconds(straight)
        assert (record.talk_ms, record.wait_ms, record.ring_ms) == (
            straight.talk_ms,
            straight.wait_ms,
            straight.ring_ms,
        )
        assert record.ended_at == straight.ended_at + by
        assert record.estimated == ("received_at",)
        assert [moved_leg(leg, by) for leg in straight.legs] == list(record.legs)
        for name in ("received_at", "queued_at", "first_offered_at", "answered_at"):
            assert getattr(record, name) == getattr(straight, name) + by
        for one, other in ((record.visits[0], straight.visits[0]), (record.offers[0], straight.offers[0])):
            assert one.ended_at == (other.ended_at or 0) + by
        assert [text.split(":")[0] for text in heard.anomalies] == ["clock set"]
        assert heard.left_over == {}


def test_who_waits_has_waited_as_long_after_a_step() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    pbx.wait(40)
    heard = Told().hear([*pbx.events, ClockSet(Micros(pbx.now - HOUR), -HOUR)])
    (line,) = heard.tracker.world.queues.values()
    assert line.waiting[0].joined_at == pbx.events[-1].at - HOUR


def test_without_ingest_a_clock_set_back_stops_nothing() -> None:
    """A tracker that is not told so still ends calls, forgets the dead and ends wrap-ups."""
    pbx = Pbx()
    pbx.wrapup_s = 10
    pbx.member("1001")
    first = pbx.citizen()
    first.joins()
    phone = first.offered("1001")
    phone.answers()
    pbx.wait(5)
    first.asks()
    first.leaves()
    phone.leaves()
    phone.gone()
    pbx.member("1001")
    first.gone()
    heard = Told().hear(pbx.events)
    other = Pbx(second=pbx.second - 7200)
    later = other.citizen()
    heard.hear(other.events)
    assert [text.split(":")[0] for text in heard.anomalies] == ["clock set back"]
    later.gone()
    other.wait(12)
    heard.hear(other.events[-1:])
    heard.hear([Tick(other.now)])
    world = heard.tracker.world
    assert len(heard.records) == 2
    assert {agent.state for agent in world.agents.values()} == {AgentState.READY}
    heard.hear([Tick(Micros(other.now + micros_of(70)))])
    assert world.tombstones == {}


def test_jitter_between_threads_is_no_step_and_never_turns_a_duration_round() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    caller.hangs_up()
    shaken = [moved([event], -1500 if number % 2 else 0)[0] for number, event in enumerate(pbx.events)]
    heard = told(shaken)
    assert heard.anomalies == []
    record = heard.record
    ends = [(span.start, span.end) for span in record.timeline]
    assert all(start < end for start, end in ends)


def test_tombstones_are_kept_a_minute_and_no_longer() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.gone()
    heard = Told().hear(pbx.events)
    died = pbx.events[-1].at
    heard.hear([Tick(Micros(died + TOMBSTONE - 1))])
    assert list(heard.tracker.world.tombstones) == [caller.uniqueid]
    heard.hear([Tick(Micros(died + TOMBSTONE))])
    assert not heard.tracker.world.tombstones


def test_a_tick_from_the_past_does_nothing() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.gone()
    heard = Told().hear([*pbx.events, Tick(Micros(1))])
    assert heard.records == []
    assert heard.anomalies == []


def test_the_loss_of_the_link_moves_no_time() -> None:
    pbx = Pbx()
    pbx.citizen()
    heard = Told().hear(pbx.events)
    now = heard.tracker.world.now
    heard.hear([LinkLost(Micros(0), 1), LinkLost(Micros(now + HOUR), 1)])
    assert heard.tracker.world.now == now
    assert heard.anomalies == []


def test_a_snapshot_long_after_the_link_was_lost_settles_what_had_ended() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.gone()
    heard = Told().hear([*pbx.events, LinkLost(pbx.now, 1), snapshot(Micros(pbx.now + HOUR), epoch=2)])
    assert len(heard.records) == 1
    assert heard.record.ended_at == pbx.now - 100
