"""Transfers by REFER: blind, attended and blonde. The agent's time stops, the caller's goes on."""

import pytest

from telephony.model.changes import CallsJoined, PartiesChanged
from telephony.model.events import BlindTransferred
from telephony.model.terms import Role
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told, offers, seconds, told, visits
from tests.unit.telephony.model.transferring import attended, end_all, talking

# --- blind ------------------------------------------------------------------------------------------------


def test_blind_to_another_agent() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller, phone = talking(pbx)
    phone.blind_transfers("1005")
    target = caller.calls("1005")
    pbx.wait(4)
    target.picks_up(caller)
    pbx.wait(20)
    end_all(caller, target)
    heard = told(pbx.events)
    record = heard.record
    assert [(t.kind, t.by, t.to, t.context) for t in record.transfers] == [("blind", "1001", "1005", "zt-transfer")]
    assert seconds(record) == [("talk", ("1001",), 10.0), ("gap", (), 4.0), ("talk", ("1005",), 20.0)]
    assert (record.agent, record.hung_up_by) == ("1001", "caller")
    assert offers(record) == [("1001", "answered")], "a transfer is no offer of the queue"
    agent_talk = [interval.end - interval.start for interval in record.legs[1].talking if interval.end]
    assert sum(agent_talk) == pytest.approx(10_000_000, abs=5_000), "the agent's time stops at the transfer"
    assert heard.anomalies == []


@pytest.mark.parametrize("result", ["Invalid", "Fail", "Not Permitted"])
def test_a_transfer_that_came_to_nothing_is_none(result: str) -> None:
    """As in the logs, which tell of those alone that succeeded."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    whom = caller.uniqueid
    pbx.say(lambda at: BlindTransferred(at, phone.uniqueid, phone.linkedid, whom, "zt-transfer", "1005", result))
    pbx.wait(5)
    phone.hangs_up()
    record = told(pbx.events).record
    assert (record.transfers, record.hung_up_by) == ((), "agent")


def test_blind_to_another_queue() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    phone.blind_transfers("8001")
    caller.joins("tax")
    pbx.wait(6)
    second = caller.offered("1003")
    pbx.wait(3)
    second.answers()
    pbx.wait(30)
    second.hangs_up()
    record = told(pbx.events).record
    assert visits(record) == [("hotline", "connected"), ("tax", "connected")]
    assert offers(record) == [("1001", "answered"), ("1003", "answered")]
    assert (record.agent, record.queue, record.hung_up_by) == ("1001", "hotline", "agent")
    assert seconds(record) == [
        ("talk", ("1001",), 10.0),
        ("wait", ("tax",), 6.0),
        ("ring", ("1003",), 3.0),
        ("talk", ("1003",), 30.0),
    ]
    assert record.wait_ms == pytest.approx(0, abs=5), "the wait is the one until the first answer"


def test_blind_and_the_caller_gives_up_while_the_target_rings() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    phone.asks()  # phones send BYE once the transfer is accepted: that ends their part, not the call
    phone.blind_transfers("1005")
    target = caller.calls("1005")
    pbx.wait(8)
    caller.asks()
    target.gone(0)
    caller.stopped()
    caller.ends()
    record = told(pbx.events).record
    assert (record.outcome, record.hung_up_by) == ("answered", "caller")
    assert seconds(record) == [("talk", ("1001",), 10.0), ("gap", (), 8.0)]


def test_blind_and_the_target_hangs_up() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    phone.blind_transfers("1005")
    target = caller.calls("1005")
    target.picks_up(caller)
    pbx.wait(5)
    target.asks()
    target.leaves()
    target.gone()
    caller.leaves()
    caller.stopped()
    caller.ends()
    assert told(pbx.events).record.hung_up_by == "other"


def test_blind_and_the_target_is_busy() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    phone.blind_transfers("1005")
    target = caller.calls("1005")
    target.asks(17)
    target.gone(17)
    caller.stopped()
    caller.ends(17)
    record = told(pbx.events).record
    assert (record.outcome, record.hung_up_by, record.cause) == ("answered", "system", 17)


# --- attended, by REFER: the agent's phone makes a second call, joined later ------------------------------


def consult(pbx: Pbx, phone: Phone, to: str = "1005") -> tuple[Line, Line]:
    """The agent holds the caller and calls a colleague on another line: a conversation of its own."""
    phone.holds()
    pbx.wait(1)
    second = pbx.phone_dials(phone.agent, to)
    colleague = second.calls(to)
    return second, colleague


def test_attended_by_refer() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    second, colleague = consult(pbx, phone)
    pbx.wait(2)
    colleague.picks_up(second)
    pbx.wait(5)
    phone.holds(False)
    attended(pbx, phone, second, caller, colleague)
    caller.leaves()
    second.leaves()
    bridge = colleague.bridge
    assert bridge is not None
    colleague.linkedid = caller.linkedid
    caller.enters(bridge)
    phone.leaves()
    phone.gone()
    second.gone()
    pbx.wait(30)
    end_all(caller, colleague)
    heard = told(pbx.events)
    record = heard.record
    assert [(t.kind, t.by, t.to) for t in record.transfers] == [("attended", "1001", "1005")]
    assert seconds(record) == [("talk", ("1001",), 10.0), ("hold", ("1001",), 8.0), ("talk", ("1005",), 30.0)]
    joined = [change for change in heard.changes if isinstance(change, CallsJoined)]
    assert len(joined) == 1
    assert joined[0].kept == record.call_id
    assert record.aliases == (joined[0].gone,)
    assert record.direction == "inbound"
    assert [leg.role for leg in record.legs].count(Role.CALLER) == 1, "who began the consult is not the caller"
    assert [(leg.party, leg.role) for leg in record.legs[1:]] == [
        ("1001", "agent"),
        ("1001", "agent"),
        ("1005", "target"),
    ]
    assert heard.anomalies == []
    assert heard.left_over == {}


def test_blonde_by_refer() -> None:
    """Transferred before the colleague has picked up: AttendedTransfer names no target."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    second, colleague = consult(pbx, phone)
    pbx.wait(2)
    phone.holds(False)
    attended(pbx, phone, second, caller, None)
    caller.leaves()
    phone.leaves()
    phone.gone()
    second.stopped()
    second.gone()
    pbx.wait(3)
    colleague.linkedid = caller.linkedid
    colleague.picks_up(caller)
    pbx.wait(10)
    end_all(caller, colleague)
    heard = told(pbx.events)
    record = heard.record
    assert [(t.kind, t.by, t.to) for t in record.transfers] == [("blonde", "1001", "1005")]
    assert seconds(record) == [
        ("talk", ("1001",), 10.0),
        ("hold", ("1001",), 3.0),
        ("gap", (), 3.0),
        ("talk", ("1005",), 10.0),
    ]
    assert len(record.aliases) == 1


def test_a_consult_that_comes_to_nothing_stays_a_call_of_its_own() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    second, colleague = consult(pbx, phone)
    colleague.picks_up(second)
    pbx.wait(5)
    second.asks()
    second.leaves()
    colleague.leaves()
    colleague.gone()
    second.gone()
    phone.holds(False)
    pbx.wait(10)
    caller.hangs_up()
    records = told(pbx.events).records
    assert sorted(record.direction for record in records) == ["inbound", "internal"]
    citizen = next(record for record in records if record.direction == "inbound")
    assert seconds(citizen) == [("talk", ("1001",), 10.0), ("hold", ("1001",), 6.0), ("talk", ("1001",), 10.0)]
    assert citizen.aliases == ()


# --- moved by us ------------------------------------------------------------------------------------------


def test_a_move_to_another_bridge_is_no_parting() -> None:
    """Redirected into a room: 28 ms apart, as measured. Nobody left, and the announcer is nobody."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    caller.leaves()
    phone.leaves()
    pbx.wait(0.028)
    room = pbx.bridge()
    announcer = Line(pbx, "", "CBAnn/room-00000001;1")
    announcer.linkedid = announcer.uniqueid  # type: ignore[assignment]
    announcer.created(6, "", "default", "s")
    announcer.enters(room)
    caller.enters(room)
    phone.enters(room)
    pbx.wait(10)
    heard = Told().hear(pbx.events)
    leg = heard.tracker.world.by_leg[caller.uniqueid].legs[caller.uniqueid]
    assert [span.partners for span in leg.spans] == [(phone.uniqueid,)]
    parted = [change.partners for change in heard.changes if isinstance(change, PartiesChanged)]
    assert () in parted, "screens see it as it happens; the record knows better"


def test_alone_in_a_room_with_an_announcer_is_not_answered() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    room = pbx.bridge()
    announcer = Line(pbx, "", "CBAnn/room-00000001;1")
    announcer.created(6, "", "default", "s")
    announcer.enters(room)
    caller.up()
    caller.enters(room)
    pbx.wait(5)
    caller.asks()
    caller.leaves()
    caller.ends()
    heard = Told().hear(pbx.events)
    announcer.leaves()
    announcer.gone()
    record = next(r for r in told(pbx.events).records if r.direction == "inbound")
    assert (record.outcome, record.talk_ms) == ("abandoned", 0)
    assert heard.anomalies == []
