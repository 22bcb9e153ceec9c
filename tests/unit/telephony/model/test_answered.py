"""Calls that reach an agent: who answered, when, who ended it, and what time was spent on what."""

import pytest

from telephony.model.changes import AgentStateChanged, CallAnswered, CallStateChanged
from telephony.model.events import CallerIdChanged, Tick
from telephony.model.ids import Micros, micros_of
from telephony.model.machines import AgentState, CallState
from telephony.records.record import CallRecord
from tests.unit.telephony.model.script import Pbx, Told, offers, seconds, told, visits


def answered_call() -> Pbx:
    pbx = Pbx()
    pbx.signs_in("1001", "1002")
    caller = pbx.citizen("13800138000", recording="2026/11/23/a.wav", name="王小明")
    caller.joins("hotline")
    phone = caller.offered("1001")
    pbx.wait(3)
    phone.answers()
    pbx.wait(60)
    caller.hangs_up()
    return pbx


def test_answered_and_ended_by_the_caller() -> None:
    heard = told(answered_call().events)
    record = heard.record
    assert (record.outcome, record.hung_up_by, record.agent, record.queue) == ("answered", "caller", "1001", "hotline")
    assert (record.direction, record.trunk, record.dialled) == ("inbound", "carrier", "12345")
    assert (record.caller_number, record.caller_name) == ("13800138000", "王小明")
    assert record.recording == "2026/11/23/a.wav"
    assert record.cause == 16
    assert record.abandoned_in is None
    assert offers(record) == [("1001", "answered")]
    assert visits(record) == [("hotline", "connected")]
    assert seconds(record) == [("ring", ("1001",), 3.0), ("talk", ("1001",), 60.0)]
    assert [leg.role for leg in record.legs] == ["caller", "agent"]
    assert [leg.hung_up_first for leg in record.legs] == [True, False]
    assert heard.anomalies == []
    assert heard.left_over == {}


def test_answered_times_are_those_of_the_events() -> None:
    pbx = Pbx()
    began = pbx.now
    caller = pbx.citizen()
    queued = pbx.now
    caller.joins("hotline")
    pbx.wait(1)
    offered_at = Micros(pbx.now + 100)  # the channel is created first
    phone = caller.offered("1001")
    pbx.wait(4)
    picked_up = pbx.now
    phone.picked_up()
    pbx.wait(0.5)  # an announcement to the agent
    phone.bridged()
    bridged = Micros(pbx.now - 100)
    pbx.wait(10)
    caller.hangs_up()
    record = told(pbx.events).record
    assert record.received_at == began
    assert record.queued_at == queued
    assert record.first_offered_at == offered_at
    assert record.answered_at == bridged, "answered is: both in one bridge, not picked up"
    assert record.offers[0].ended_at == picked_up
    assert record.wait_ms == (bridged - queued) // 1000
    assert record.ring_ms == (picked_up - offered_at) // 1000
    assert record.ended_at == pbx.now - 100
    assert seconds(record) == [
        ("wait", ("hotline",), 1.0),
        ("ring", ("1001",), 4.0),
        ("wait", ("hotline",), 0.5),
        ("talk", ("1001",), 10.0),
    ]


def test_answered_and_ended_by_the_agent() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    pbx.wait(2)
    phone.answers()
    pbx.wait(30)
    phone.hangs_up()
    record = told(pbx.events).record
    assert (record.outcome, record.hung_up_by) == ("answered", "agent")
    assert visits(record) == [("hotline", "connected")]
    assert record.talk_ms == pytest.approx(30_000, abs=5)


def test_who_hung_up_first_counts_not_whose_channel_ended_first() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    pbx.wait(5)
    caller.asks()
    phone.asks()
    caller.part_and_end()
    assert told(pbx.events).record.hung_up_by == "caller"


@pytest.mark.parametrize("when", ["before parting", "after parting", "after both hang-ups", "never"])
def test_agent_complete_may_come_at_any_time_or_never(when: str) -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    pbx.wait(20)
    caller.asks()
    steps = [lambda: None, caller.leaves, phone.leaves, phone.gone, caller.gone]
    place = {"before parting": 0, "after parting": 2, "after both hang-ups": 4, "never": -1}[when]
    for number, step in enumerate(steps):
        step()
        if number == place:
            phone.complete("caller")
    heard = told(pbx.events)
    assert heard.record.talk_ms == pytest.approx(20_000, abs=5)
    assert heard.record.hung_up_by == "caller"
    assert heard.anomalies == []


def test_the_states_a_call_and_its_agent_pass_through() -> None:
    heard = told(answered_call().events)
    states = [change.state for change in heard.changes if isinstance(change, CallStateChanged)]
    assert states == [CallState.WAITING, CallState.OFFERED, CallState.TALKING, CallState.APART, CallState.ENDED]
    agents = [c.state for c in heard.changes if isinstance(c, AgentStateChanged) and c.member == "1001"]
    assert agents == [
        AgentState.READY,
        AgentState.OFFERED,
        AgentState.ON_CALL,
        AgentState.BUSY,  # until app_queue says that the device is free
        AgentState.READY,
    ]
    assert [c.member for c in heard.changes if isinstance(c, CallAnswered)] == ["1001"]


def test_a_caller_answered_by_the_pbx_itself_is_not_yet_answered() -> None:
    """Newstate Up of the caller comes from Answer() as well as from an agent."""
    pbx = Pbx()
    caller = pbx.citizen()
    caller.up()
    caller.joins()
    pbx.wait(8)
    caller.gives_up()
    record = told(pbx.events).record
    assert (record.outcome, record.answered_at, record.abandoned_in) == ("abandoned", None, "waiting")


def test_two_calls_of_one_caller_at_once_stay_two() -> None:
    pbx = Pbx()
    first, second = pbx.citizen("13800138000"), pbx.citizen("13800138000")
    first.joins("hotline", 1)
    second.joins("hotline", 2)
    one = first.offered("1001")
    two = second.offered("1002")
    two.answers()
    one.answers()
    pbx.wait(10)
    second.hangs_up()
    pbx.wait(10)
    first.hangs_up()
    records = sorted(told(pbx.events).records, key=lambda record: record.received_at)
    assert [record.agent for record in records] == ["1001", "1002"]
    assert [record.related for record in records] == [(), ()]
    assert records[0].call_id < records[1].call_id, "CallIds sort as the calls came"
    assert [round(record.talk_ms / 1000) for record in records] == [20, 10]


def test_the_phone_holds_twice_and_the_caller_hangs_up_on_hold() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    pbx.wait(5)
    phone.holds()
    pbx.wait(7)
    phone.holds(False)
    pbx.wait(4)
    phone.holds()
    pbx.wait(3)
    caller.hangs_up()
    record = told(pbx.events).record
    assert seconds(record) == [
        ("talk", ("1001",), 5.0),
        ("hold", ("1001",), 7.0),
        ("talk", ("1001",), 4.0),
        ("hold", ("1001",), 3.0),
    ]
    assert (round(record.talk_ms, -3), round(record.hold_ms, -3)) == (9000, 10000)
    held = record.legs[1].held
    assert len(held) == 2
    assert all(interval.end is not None for interval in held)


def test_a_hold_that_comes_before_the_bridge() -> None:
    """Seen on a real PBX: a phone that answers and holds in one go."""
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.picked_up()
    phone.holds()
    phone.bridged()
    pbx.wait(2)
    heard = Told().hear(pbx.events)
    assert heard.tracker.world.agents[phone.agent].state is AgentState.HOLD
    phone.holds(False)
    pbx.wait(3)
    caller.hangs_up()
    heard = told(pbx.events)
    assert seconds(heard.record) == [("hold", ("1001",), 2.0), ("talk", ("1001",), 3.0)]
    assert heard.anomalies == []


def test_a_caller_who_holds_is_on_hold_too() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    pbx.wait(2)
    caller.holds()
    pbx.wait(3)
    caller.holds(False)
    pbx.wait(1)
    caller.hangs_up()
    assert seconds(told(pbx.events).record)[0:2] == [("talk", ("1001",), 2.0), ("hold", ("13800138000",), 3.0)]


def test_an_internal_phone_that_dials_the_hotline_is_an_offered_call() -> None:
    pbx = Pbx()
    caller = pbx.phone_dials("1005", "12345")
    caller.enters_dialplan("12345", trunk="internal")
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    pbx.wait(5)
    caller.hangs_up()
    record = told(pbx.events).record
    assert (record.direction, record.trunk, record.caller_number) == ("inbound", "internal", "1005")


def test_a_call_between_two_phones_is_internal() -> None:
    pbx = Pbx()
    caller = pbx.phone_dials("1005", "1001")
    target = caller.calls("1001")
    pbx.wait(2)
    target.picks_up(caller)
    pbx.wait(5)
    target.asks()
    target.leaves()
    target.gone()
    caller.leaves()
    caller.gone()
    record = told(pbx.events).record
    assert (record.direction, record.outcome, record.hung_up_by) == ("internal", "answered", "other")
    assert (record.queue, record.agent, record.wait_ms, record.ring_ms) == (None, None, None, None)


def test_a_channel_the_pbx_dials_out_through_a_trunk_is_no_citizens_call() -> None:
    """Its context is the trunk's as well; only its state tells who began it."""
    pbx = Pbx()
    line = pbx.originates("trunk-carrier")
    line.up()
    line.gone()
    assert told(pbx.events).record.direction == "outbound"


def test_a_caller_number_that_comes_late_is_kept_and_the_first_is_not_overwritten() -> None:
    pbx = Pbx()
    caller = pbx.citizen(number="")
    caller.say(lambda at, u, li: CallerIdChanged(at, u, li, "13900139000", "李四"))
    caller.say(lambda at, u, li: CallerIdChanged(at, u, li, "5551234", "someone else"))
    caller.gone(16)
    record = told(pbx.events).record
    assert (record.caller_number, record.caller_name) == ("13900139000", "李四")


def test_what_becomes_of_others_names_and_of_names_in_a_talk_is_not_the_callers() -> None:
    pbx = Pbx()
    caller = pbx.citizen(number="")
    caller.joins()
    phone = caller.offered("1001")
    phone.say(lambda at, u, li: CallerIdChanged(at, u, li, "1001", "agent"))
    phone.answers()
    caller.say(lambda at, u, li: CallerIdChanged(at, u, li, "5551234", "connected line"))
    caller.hangs_up()
    record = told(pbx.events).record
    assert (record.caller_number, record.caller_name) == ("", "")


def test_the_first_time_a_phone_hangs_up_counts() -> None:
    """HangupRequest comes more than once."""
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    phone.asks()
    caller.asks()
    phone.asks()
    caller.part_and_end()
    assert told(pbx.events).record.hung_up_by == "agent"


def test_what_the_dialplan_says_after_the_talk_does_not_undo_the_connect() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    phone.leaves()
    caller.leaves()
    phone.gone()
    caller.queue_ended("TIMEOUT")
    caller.ends()
    assert visits(told(pbx.events).record) == [("hotline", "connected")]


def test_ticks_that_outrun_a_slow_link_change_no_time() -> None:
    """The link stalls for ten seconds, our clock goes on: the events that come then are as old as they say."""
    events = answered_call().events
    prompt = told(events).record
    heard = Told()
    for number, event in enumerate(events):
        heard.hear([event])
        if number % 3 == 0:
            heard.hear([Tick(Micros(event.at + micros_of(0.9)))])
    assert heard.settle().record == prompt


def test_a_record_is_handed_over_a_second_after_the_end() -> None:
    pbx = answered_call()
    heard = Told().hear(pbx.events)
    end = pbx.events[-1].at
    heard.hear([Tick(Micros(end + micros_of(0.99)))])
    assert heard.records == []
    heard.hear([Tick(Micros(end + micros_of(1.0)))])
    assert isinstance(heard.record, CallRecord)
    heard.hear([Tick(Micros(end + micros_of(50)))])
    assert len(heard.records) == 1
