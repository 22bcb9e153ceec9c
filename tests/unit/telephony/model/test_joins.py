"""Linkedids change silently, conversations begin apart and become one: who belongs to which call."""

from collections.abc import Callable

import msgspec
import pytest

from telephony.model import joins
from telephony.model.changes import CallsJoined
from telephony.model.events import (
    AttendedTransferred,
    CallerIdChanged,
    CallerLegEnded,
    ChannelRenamed,
    RecordingChanged,
)
from telephony.model.ids import Linkedid
from tests.unit.telephony.model.script import RING, Line, Pbx, Phone, Told, seconds, told
from tests.unit.telephony.model.transferring import end_all, talking


def specialist(pbx: Pbx) -> Line:
    """Originated by us: a conversation of its own."""
    line = pbx.originates("spec")
    line.up()
    return line


def test_a_specialist_under_a_linkedid_of_their_own_joins_when_it_changes() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    spec = specialist(pbx)
    pbx.wait(1)
    spec.linkedid = caller.linkedid  # BridgeAdd: seen with the next event, which is BridgeEnter
    bridge = caller.bridge
    assert bridge is not None
    spec.enters(bridge)
    pbx.wait(9)
    phone.leaves()
    phone.gone()
    pbx.wait(5)
    end_all(caller, spec)
    heard = told(pbx.events)
    assert seconds(heard.record) == [
        ("talk", ("1001",), 11.0),
        ("talk", ("1001", "spec"), 9.0),
        ("talk", ("spec",), 5.0),
    ]
    assert len(heard.record.aliases) == 1
    assert heard.record.linkedids == (caller.linkedid, Linkedid(spec.uniqueid))
    assert heard.anomalies == []


def test_the_older_call_keeps_its_id_when_neither_is_a_citizens() -> None:
    """Compared as numbers: ….9 is older than ….10."""
    pbx = Pbx()
    for _ in range(8):
        pbx.number()
    old = pbx.phone_dials("1001", "1002")
    new = pbx.phone_dials("1003", "1004")
    assert (old.uniqueid.endswith(".8"), new.uniqueid.endswith(".9")) == (True, True)
    newest = pbx.phone_dials("1005", "1006")
    newest.linkedid = new.linkedid
    newest.rings()
    new.linkedid = old.linkedid
    new.rings()
    heard = Told().hear(pbx.events)
    joined = [change for change in heard.changes if isinstance(change, CallsJoined)]
    kept = heard.tracker.world.by_leg[old.uniqueid]
    assert [change.kept for change in joined] == [joined[0].kept, kept.call_id]
    assert len({id(heard.tracker.world.by_leg[line.uniqueid]) for line in (old, new, newest)}) == 1
    assert set(kept.aliases) == {change.gone for change in joined}


def test_a_linkedid_not_heard_of_belongs_to_the_same_call() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.linkedid = Linkedid("pbx1-1.0")
    caller.joins()
    late = Line(pbx, "1001")
    late.linkedid = Linkedid("pbx1-1.0")
    late.created(0, "1001", "zt-phone", "s")
    heard = Told().hear(pbx.events)
    assert heard.tracker.world.by_leg[late.uniqueid] is heard.tracker.world.by_leg[caller.uniqueid]


def two_citizens_joined(pbx: Pbx) -> tuple[Line, Line]:
    """An agent with two citizens on two lines transfers one to the other."""
    first, phone_a = talking(pbx, "1001")
    phone_a.holds()
    second, phone_b = talking(pbx, "1001")
    pbx.say(
        lambda at: AttendedTransferred(
            at,
            phone_a.uniqueid,
            phone_a.linkedid,
            phone_b.uniqueid,
            phone_b.linkedid,
            first.uniqueid,
            second.uniqueid,
            "Success",
        )
    )
    first.leaves()
    phone_b.leaves()
    bridge = second.bridge
    assert bridge is not None
    second.linkedid = first.linkedid
    first.enters(bridge)
    phone_a.leaves()
    phone_a.gone()
    phone_b.gone()
    pbx.wait(20)
    return first, second


def test_two_citizens_joined_by_an_agent_stay_two_records_related() -> None:
    pbx = Pbx()
    first, second = two_citizens_joined(pbx)
    second.asks()
    second.leaves()
    second.ends()
    first.leaves()
    first.ends()
    heard = told(pbx.events)
    one, two = sorted(heard.records, key=lambda record: record.received_at)
    assert (one.related, two.related) == ((two.call_id,), (one.call_id,))
    assert (one.aliases, two.aliases) == ((), ())
    assert (one.outcome, two.outcome) == ("answered", "answered")
    assert seconds(one)[-1] == ("talk", ("13800138000",), 20.0), "the other citizen is named though not of this call"
    assert (one.hung_up_by, two.hung_up_by) == ("other", "caller")
    assert heard.of(CallsJoined) == []
    assert heard.anomalies == []
    assert heard.left_over == {}


def test_a_late_leg_of_a_call_that_has_just_ended_belongs_to_it() -> None:
    pbx = Pbx()
    caller, _phone = talking(pbx)
    caller.hangs_up()
    pbx.wait(0.5)
    late = Line(pbx, "spec")
    late.linkedid = caller.linkedid
    late.created(0, "", "zt-phone", "s")
    pbx.wait(5)
    late.gone()
    heard = told(pbx.events)
    assert len(heard.record.legs) == 3
    assert heard.record.legs[2].ended_at == pbx.now - 100
    assert heard.record.ended_at == heard.record.legs[0].ended_at, "the citizen's own leg is what counts"


def test_who_waits_in_a_call_that_is_joined_waits_in_the_other() -> None:
    pbx = Pbx()
    caller, _ = talking(pbx)
    second = pbx.phone_dials("1001", "8001")
    second.joins("tax")
    second.linkedid = caller.linkedid
    second.rings()
    world = Told().hear(pbx.events).tracker.world
    (waiting,) = world.queues[second.queue].waiting
    assert waiting.call_id == world.by_leg[caller.uniqueid].call_id
    assert waiting.call_id in world.calls


def test_a_conversation_named_like_another_calls_channel_is_a_call_of_its_own() -> None:
    """Ids that repeat: the second call gets a CallId of another generation."""
    pbx = Pbx()
    first, other = pbx.citizen(), Line(pbx, "1001")
    unlinked = [msgspec.structs.replace(event, linkedid=Linkedid("")) for event in pbx.events]
    pbx.events.clear()
    other.linkedid = Linkedid(first.uniqueid)
    other.created(RING, "1001", "zt-phone", "s")
    heard = Told().hear([*unlinked, *pbx.events])
    assert heard.anomalies == []
    assert len(heard.tracker.world.calls) == 2


def test_a_channel_renamed_unseen_is_named_when_it_enters_a_bridge() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    caller.name = "PJSIP/trunk-carrier-0000beef"
    caller.leaves()
    caller.enters(pbx.bridge())
    phone.say(lambda at, u, li: ChannelRenamed(at, u, "PJSIP/1001-0000cafe"))
    world = Told().hear(pbx.events).tracker.world
    assert world.channels[caller.uniqueid].name == "PJSIP/trunk-carrier-0000beef"
    assert world.channels[phone.uniqueid].name == "PJSIP/1001-0000cafe"


def test_what_says_nothing_of_a_known_channel_is_no_anomaly_and_of_a_stranger_is() -> None:
    pbx = Pbx()
    caller, _phone = talking(pbx)
    stranger = Line(pbx, "1009")
    quiet: list[Callable[[Line], None]] = [
        lambda line: line.say(lambda at, u, li: RecordingChanged(at, u, li, True)),
        lambda line: line.say(lambda at, u, li: CallerLegEnded(at, u, li, line.queue, "", 16, "")),
        lambda line: line.queue_abandoned(),
        lambda line: line.say(lambda at, u, li: ChannelRenamed(at, u, "PJSIP/1009-1")),
        lambda line: line.say(lambda at, u, li: CallerIdChanged(at, u, li, "1", "")),
        lambda line: line.holds(False),
        lambda line: line.up(),
        lambda line: line.queue_ended("TIMEOUT"),
        lambda line: line.refused("closed"),
        lambda line: line.enters_dialplan("12345"),
        lambda line: line.leaves_queue(),
        lambda line: line.asks(),
    ]
    for act in quiet:
        start = len(pbx.events)
        act(caller)
        assert Told().hear(pbx.events).anomalies == []
        del pbx.events[start:]
        act(stranger)
        assert len(Told().hear(pbx.events).anomalies) == 1
        del pbx.events[start:]


def test_events_of_the_dead_are_normal_and_of_strangers_are_not() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    caller.hangs_up()
    pbx.wait(30)
    phone.complete("caller")
    caller.rings()
    caller.leaves_queue()
    assert told(pbx.events).anomalies == []
    Phone(pbx, "1009", Line(pbx, "nobody")).rings()
    assert len(told(pbx.events).anomalies) == 1


def test_a_dead_channel_is_not_born_again() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    birth = pbx.events[0]
    caller.gone()
    heard = told([*pbx.events, birth])
    assert len(heard.records) == 1
    assert len(heard.anomalies) == 1
    heard.hear([birth]).settle()
    assert len(heard.records) == 1, "nor after its call was handed over"
    assert len(heard.anomalies) == 2


def test_a_channel_long_dead_is_not_born_again_while_its_call_lives() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    birth = next(e for e in pbx.events if getattr(e, "name", "") == phone.name)
    target = caller.calls("1005")
    target.picks_up(caller)
    phone.gone()
    pbx.wait(90)
    caller.holds(False)
    heard = Told().hear([*pbx.events, birth])
    assert phone.uniqueid not in heard.tracker.world.tombstones
    assert phone.uniqueid not in heard.tracker.world.channels
    assert [text.split(":")[0] for text in heard.anomalies] == ["clock set back", "dead channel created"]


def test_calls_too_big_to_join_are_related(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "MAX_LEGS", 2)
    pbx = Pbx()
    caller, _phone = talking(pbx)
    spec = specialist(pbx)
    spec.linkedid = caller.linkedid
    spec.rings()
    heard = Told().hear(pbx.events)
    world = heard.tracker.world
    assert world.by_leg[spec.uniqueid] is not world.by_leg[caller.uniqueid]
    assert world.by_leg[spec.uniqueid].related == [world.by_leg[caller.uniqueid].call_id]
