"""A snapshot makes the model equal to the PBX, whatever was missed; what it infers is marked as inferred."""

import msgspec
import pytest

from telephony.model.changes import (
    AgentStateChanged,
    CallAnswered,
    CallEnded,
    CallStateChanged,
    EpochBegan,
    EpochEnded,
    MembershipChanged,
    QueueChanged,
)
from telephony.model.events import LinkLost
from telephony.model.ids import Micros, QueueName, micros_of
from telephony.model.machines import AgentState, CallState
from telephony.model.world import World
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told, member_changed, offers, seconds, told, visits
from tests.unit.telephony.model.snapshots import BOOT, asked, seen_of, snapshot, without


def busy_pbx() -> tuple[Pbx, Line, Phone, Line, Line, Phone]:
    """One talks, one waits, one is ringing somebody."""
    pbx = Pbx()
    pbx.signs_in("1001", "1002", "1003")
    talker = pbx.citizen("13800000001")
    talker.joins("hotline", 1)
    phone = talker.offered("1001")
    phone.answers()
    waiter = pbx.citizen("13800000002")
    waiter.joins("hotline", 1)
    ringer = pbx.citizen("13800000003")
    ringer.joins("hotline", 2)
    ringing = ringer.offered("1002")
    pbx.wait(7)
    pbx.member("1003", status=1)  # so that the last event is recent
    return pbx, talker, phone, waiter, ringer, ringing


def shape(world: World) -> dict[str, object]:
    """What a screen shows of a world."""
    return {
        "channels": {u: (c.name, c.bridge, c.leg.state, c.leg.role) for u, c in world.channels.items()},
        "calls": {u: (world.by_leg[u].state, world.by_leg[u].direction, world.by_leg[u].trunk) for u in world.channels},
        "lines": {q.name: [entry.uniqueid for entry in q.waiting] for q in world.queues.values()},
        "agents": {a.member: (a.state, set(a.offers), set(a.talking)) for a in world.agents.values()},
        "offers": {u: {o.uniqueid: o.state for o in world.by_leg[u].offers.values()} for u in world.channels},
    }


def test_a_snapshot_of_what_is_known_changes_nothing() -> None:
    pbx, *_ = busy_pbx()
    heard = Told().hear(pbx.events)
    before = shape(heard.tracker.world)
    heard.changes.clear()
    heard.hear([asked(pbx.events)])
    assert shape(heard.tracker.world) == before
    told_of = {type(change) for change in heard.changes} - {MembershipChanged}
    assert told_of == {EpochBegan}
    assert heard.anomalies == []


def test_a_snapshot_twice_is_a_snapshot_once() -> None:
    pbx, *_ = busy_pbx()
    taken = asked(pbx.events)
    fresh = Told().hear([taken])
    once = shape(fresh.tracker.world)
    fresh.changes.clear()
    fresh.hear([msgspec.structs.replace(taken, epoch=3)])
    assert shape(fresh.tracker.world) == once
    assert {type(change) for change in fresh.changes} <= {EpochBegan, MembershipChanged}


def test_a_fresh_start_in_the_middle_of_calls_knows_them_all() -> None:
    pbx, _talker, phone, waiter, ringer, ringing = busy_pbx()
    heard = Told().hear([asked(pbx.events)])
    observed = shape(Told().hear(pbx.events).tracker.world)
    found = shape(heard.tracker.world)
    assert found == observed
    world = heard.tracker.world
    assert world.agents[phone.agent].state is AgentState.ON_CALL
    assert world.agents[ringing.agent].state is AgentState.OFFERED
    assert [entry.uniqueid for entry in world.queues[QueueName("hotline")].waiting] == [
        waiter.uniqueid,
        ringer.uniqueid,
    ]
    assert heard.of(CallAnswered)
    assert heard.anomalies == []


def test_calls_found_half_way_are_told_to_the_end_with_the_guesses_marked() -> None:
    pbx, talker, _phone, waiter, ringer, ringing = busy_pbx()
    start = len(pbx.events)
    taken = asked(pbx.events)
    pbx.wait(5)
    talker.hangs_up()
    waiter.gives_up()
    ringing.answers()
    pbx.wait(4)
    ringer.hangs_up()
    heard = Told().hear([taken, *pbx.events[start:]]).settle()
    talked, waited, rang = sorted(heard.records, key=lambda record: record.caller_number)
    assert (talked.outcome, talked.agent, talked.queue, talked.hung_up_by) == ("answered", "1001", "hotline", "caller")
    beginning = ("received_at", "queued_at", "first_offered_at")
    then = ("answered_at", "wait_ms", "ring_ms", "talk_ms", "hold_ms")
    assert talked.estimated == waited.estimated == rang.estimated == (*beginning, *then)
    assert (talked.dialled, talked.trunk, talked.direction) == ("", "carrier", "inbound")
    assert (waited.outcome, visits(waited)) == ("abandoned", [("hotline", "abandoned")])
    assert (rang.outcome, offers(rang)) == ("answered", [("1002", "answered")])
    assert heard.anomalies == []
    assert heard.left_over == {}
    observed = sorted(told(pbx.events).records, key=lambda record: record.caller_number)
    assert [r.call_id for r in (talked, waited, rang)] == [r.call_id for r in observed], "the same call, the same id"
    for found, known in zip((talked, waited, rang), observed, strict=True):
        assert abs(found.received_at - known.received_at) <= micros_of(1), "ages are told in whole seconds"


def test_what_ended_while_the_link_was_down_is_ended_and_marked() -> None:
    pbx, talker, phone, waiter, ringer, ringing = busy_pbx()
    at = Micros(pbx.now + micros_of(30))
    taken = without(asked(pbx.events, at), talker.uniqueid, phone.uniqueid, waiter.uniqueid, ringing.uniqueid)
    heard = Told().hear(pbx.events)
    heard.hear([LinkLost(pbx.now, 1), taken]).settle()
    talked, waited = sorted(heard.records, key=lambda record: record.caller_number)
    assert (talked.outcome, talked.hung_up_by) == ("answered", "unknown")
    assert talked.estimated == ("ended_at", "talk_ms", "hold_ms")
    assert (waited.outcome, waited.hung_up_by) == ("unobserved", "unknown")
    open_ = ("first_offered_at", "answered_at", "ended_at", "wait_ms", "ring_ms", "talk_ms", "hold_ms")
    assert waited.estimated == open_
    assert waited.abandoned_in is None
    world = heard.tracker.world
    assert set(world.channels) == {ringer.uniqueid}
    still = world.by_leg[ringer.uniqueid]
    assert [offer.state.value for offer in still.offers.values()] == ["unknown"]
    assert still.state is CallState.WAITING
    assert world.agents[phone.agent].state is AgentState.BUSY, "as the PBX said"
    assert heard.anomalies == []
    heard.changes.clear()
    heard.hear([msgspec.structs.replace(taken, epoch=3, at=Micros(taken.at + micros_of(5)))])
    assert heard.anomalies == [], "ended once is ended"


def test_answered_while_the_link_was_down() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    caller.joins()
    seen = len(pbx.events)
    phone = caller.offered("1001")
    pbx.wait(3)
    phone.answers()
    pbx.wait(20)
    pbx.member("1001", status=2, in_call=True)
    taken = asked(pbx.events)
    after = len(pbx.events)
    pbx.wait(10)
    caller.hangs_up()
    heard = Told().hear([*pbx.events[:seen], taken, *pbx.events[after:]]).settle()
    record = heard.record
    assert (record.outcome, record.agent) == ("answered", "1001")
    assert record.estimated == ("first_offered_at", "answered_at", "wait_ms", "ring_ms", "talk_ms", "hold_ms")
    assert visits(record) == [("hotline", "connected")]
    assert heard.anomalies == []
    assert heard.left_over == {}


def test_left_the_line_while_the_link_was_down() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    pbx.wait(5)
    before = Told().hear(pbx.events)
    taken = msgspec.structs.replace(asked(pbx.events), callers=())
    before.hear([taken])
    call = before.tracker.world.by_leg[caller.uniqueid]
    assert call.state is CallState.RECEIVED
    assert [change.waiting for change in before.changes if isinstance(change, QueueChanged)] == [1, 0]
    caller.joins("hotline", 1)
    caller.gives_up()
    before.hear(pbx.events[-6:]).settle()
    assert before.record.outcome == "abandoned"
    assert before.anomalies == []


def test_the_pbx_restarted_every_call_is_over_at_the_moment_the_link_broke() -> None:
    pbx, _talker, _, _waiter, _ringer, _ = busy_pbx()
    heard = Told().hear([snapshot(Micros(pbx.events[0].at - 1000)), *pbx.events])
    lost_at = Micros(pbx.now + micros_of(1))
    back = snapshot(Micros(pbx.now + micros_of(60)), epoch=2, booted_at=Micros(BOOT + micros_of(5000)))
    heard.hear([LinkLost(lost_at, 1), back])
    records = sorted(heard.records, key=lambda record: record.caller_number)
    assert [record.outcome for record in records] == ["answered", "system", "system"]
    assert {record.hung_up_by for record in records} == {"system"}
    assert {record.ended_at for record in records} == {lost_at}
    assert records[0].estimated == ("ended_at", "talk_ms", "hold_ms")
    assert {record.estimated for record in records[1:]} == {("ended_at", "wait_ms")}
    assert heard.left_over == {}
    assert heard.of(EpochEnded)
    assert not heard.tracker.world.tombstones
    assert heard.anomalies == []


def test_a_restarted_pbx_may_use_the_same_ids_again() -> None:
    """Two starts in one second, or a clock set back: the counter begins anew."""
    pbx = Pbx()
    old = pbx.citizen("13800000001")
    old.joins()
    again = Pbx()
    new = again.citizen("13800000002")
    new.joins()
    assert new.uniqueid == old.uniqueid
    at = Micros(pbx.now + micros_of(3))
    back = msgspec.structs.replace(asked(again.events, at), booted_at=Micros(BOOT + micros_of(100)))
    again.wait(60)
    first_late = len(again.events)
    new.gives_up()
    heard = (
        Told().hear([snapshot(Micros(pbx.events[0].at - 1)), *pbx.events, back, *again.events[first_late:]]).settle()
    )
    assert [record.caller_number for record in heard.records] == ["13800000001", "13800000002"]
    assert [record.outcome for record in heard.records] == ["system", "abandoned"]


def test_a_start_told_a_second_later_is_the_same_start() -> None:
    """CoreStatus tells the start in whole seconds."""
    pbx, *_ = busy_pbx()
    taken = asked(pbx.events)
    heard = Told().hear([snapshot(Micros(pbx.events[0].at - 1000)), *pbx.events])
    heard.hear([msgspec.structs.replace(taken, booted_at=Micros(BOOT + micros_of(1)))])
    assert heard.of(CallEnded) == []


def test_events_that_repeat_the_snapshot_do_no_harm() -> None:
    """Made before the lists were read, delivered after them."""
    pbx, talker, phone, waiter, ringer, ringing = busy_pbx()
    taken = asked(pbx.events)
    heard = Told().hear([*pbx.events, taken, *pbx.events[-20:]])
    assert shape(heard.tracker.world) == shape(Told().hear(pbx.events).tracker.world)
    start = len(pbx.events)
    pbx.wait(3)
    for line in (talker, waiter):
        line.asks()
        line.ends()
    phone.gone()
    ringer.gives_up(ringing)
    heard.hear(pbx.events[start:]).settle()
    assert len(heard.records) == 3
    assert heard.left_over == {}


def test_members_who_are_no_longer_there_are_signed_out() -> None:
    heard = Told()
    at = Micros(BOOT + 1)
    both = [member_changed(at, "1001"), member_changed(at, "1002"), member_changed(at, "1001", "tax")]
    heard.hear([snapshot(at, members=both, queues=("hotline", "tax"))])
    heard.hear([snapshot(Micros(at + 5), members=both[:1], queues=("hotline", "tax"), epoch=2)])
    agents = heard.tracker.world.agents
    assert {name: agent.state for name, agent in agents.items()} == {
        "1001": AgentState.READY,
        "1002": AgentState.SIGNED_OUT,
    }
    assert list(agents[both[0].member].memberships) == ["hotline"]
    assert [c.state for c in heard.changes if isinstance(c, AgentStateChanged)][-1] is AgentState.SIGNED_OUT


def test_parted_unseen() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    target = caller.calls("1005")
    target.picks_up(caller)
    taken = asked(pbx.events)
    apart = tuple(msgspec.structs.replace(channel, bridge="") for channel in taken.channels)
    world = Told().hear([*pbx.events, msgspec.structs.replace(taken, channels=apart)]).tracker.world
    assert world.bridges == {}
    assert world.by_leg[caller.uniqueid].state is CallState.APART


def test_a_leg_to_a_trunk_whose_caller_is_unknown_goes_out() -> None:
    pbx = Pbx()
    line = pbx.originates("trunk-carrier")
    line.linkedid = Line(pbx, "1001").linkedid
    line.up()
    taken = asked(pbx.events)
    heard = Told().hear([taken])
    assert heard.tracker.world.by_leg[line.uniqueid].direction == "outbound"
    assert heard.tracker.world.by_leg[line.uniqueid].trunk == ""


def test_queues_without_members_or_callers_are_known_too() -> None:
    heard = Told().hear([snapshot(Micros(BOOT + 1), queues=("hotline", "night"))])
    assert set(heard.tracker.world.queues) == {"hotline", "night"}


def test_the_order_of_the_line_is_the_pbxs() -> None:
    pbx = Pbx()
    lines = [pbx.citizen(f"1380000000{number}") for number in range(3)]
    for place, line in enumerate(lines, 1):
        line.joins("hotline", place)
    heard = Told().hear(pbx.events)
    taken = asked(pbx.events)
    turned = tuple(msgspec.structs.replace(c, position=4 - c.position) for c in reversed(taken.callers))
    heard.changes.clear()
    heard.hear([msgspec.structs.replace(taken, callers=turned)])
    order = [entry.uniqueid for entry in heard.tracker.world.queues[QueueName("hotline")].waiting]
    assert order == [line.uniqueid for line in reversed(lines)]
    assert heard.of(QueueChanged), "a screen that shows the line must hear of it"


def test_a_phone_of_the_site_found_waiting_called_the_hotline() -> None:
    pbx = Pbx()
    caller = pbx.phone_dials("1005", "12345")
    caller.enters_dialplan("12345", trunk="internal")
    caller.joins()
    taken = asked(pbx.events)
    start = len(pbx.events)
    caller.gives_up()
    record = Told().hear([taken, *pbx.events[start:]]).settle().record
    assert (record.direction, record.outcome) == ("inbound", "abandoned")


def test_a_transfer_target_that_is_also_a_member_is_no_offer() -> None:
    """Reached by Dial after a transfer: app_queue does not say InCall of this member."""
    pbx = Pbx()
    pbx.signs_in("1001", "1002")
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    phone.blind_transfers("1002")
    target = caller.calls("1002")
    target.picks_up(caller)
    pbx.wait(1)
    pbx.member("1002", status=2)
    heard = Told().hear([asked(pbx.events)])
    call = heard.tracker.world.by_leg[caller.uniqueid]
    assert call.offers == {}
    assert call.legs[target.uniqueid].role == "target"


def test_an_audit_finds_a_channel_whose_beginning_was_missed_inside_a_known_call() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    caller.joins()
    known = len(pbx.events)
    phone = caller.offered("1001")
    pbx.wait(2)
    pbx.member("1001", status=6)
    taken = asked(pbx.events)
    pbx.wait(2)
    after = len(pbx.events)
    phone.answers()
    pbx.wait(5)
    caller.hangs_up()
    heard = Told().hear([*pbx.events[:known], taken, *pbx.events[after:]]).settle()
    assert offers(heard.record) == [("1001", "answered")]
    assert seconds(heard.record)[-1] == ("talk", ("1001",), 5.0)
    assert heard.anomalies == []


def test_a_linkedid_that_changed_unseen_joins_the_calls() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    spec = pbx.originates("spec")
    taken = asked(pbx.events)
    merged = tuple(
        msgspec.structs.replace(channel, linkedid=caller.linkedid) if channel.uniqueid == spec.uniqueid else channel
        for channel in taken.channels
    )
    world = Told().hear([*pbx.events, msgspec.structs.replace(taken, channels=merged)]).tracker.world
    assert world.by_leg[spec.uniqueid] is world.by_leg[caller.uniqueid]


def test_local_channels_found_are_paired_by_name() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    near, far = pbx.local(caller, "1005")
    colleague = far.calls("1005")
    one, two = pbx.bridge(), pbx.bridge()
    for line, bridge in ((caller, one), (near, one), (far, two), (colleague, two)):
        line.up()
        line.enters(bridge)
    heard = Told().hear([asked(pbx.events)])
    legs = heard.tracker.world.by_leg[caller.uniqueid].legs
    assert legs[caller.uniqueid].spans[-1].partners == (colleague.uniqueid,)


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_a_snapshot_at_any_moment(cut: int) -> None:
    """Who listened all along learns nothing from it; who comes new sees the same channels, bridges and lines."""
    pbx, talker, phone, waiter, _ringer, ringing = busy_pbx()
    phone.holds()
    talker.hangs_up()
    ringing.answers()
    waiter.gives_up()
    events = pbx.events[: len(pbx.events) - cut]
    heard = Told().hear(events)
    unbroken = heard.tracker.world
    before = shape(unbroken)
    taken = seen_of(unbroken, Micros(events[-1].at + 50), 1)
    fresh = Told().hear([taken])
    found = fresh.tracker.world
    assert shape(found)["lines"] == before["lines"]
    assert {u: (c.bridge, c.leg.state, c.leg.partners) for u, c in found.channels.items()} == {
        u: (c.bridge, c.leg.state, c.leg.partners) for u, c in unbroken.channels.items()
    }
    assert fresh.anomalies == []
    heard.hear([taken])
    assert shape(unbroken) == before
    assert heard.anomalies == []


def test_call_states_are_told_for_what_was_found() -> None:
    pbx, talker, _, waiter, ringer, _ = busy_pbx()
    heard = Told().hear([asked(pbx.events)])
    last = {c.call_id: c.state for c in heard.changes if isinstance(c, CallStateChanged)}
    calls = heard.tracker.world.by_leg
    assert [last[calls[line.uniqueid].call_id] for line in (talker, waiter, ringer)] == [
        CallState.TALKING,
        CallState.WAITING,
        CallState.OFFERED,
    ]
