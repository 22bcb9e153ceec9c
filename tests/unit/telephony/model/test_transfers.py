"""Transfers: by REFER and by feature code, blind, attended and blonde. The agent's time stops, the caller's goes on."""

import pytest

from telephony.model.changes import AgentStateChanged, CallsJoined, PartiesChanged
from telephony.model.events import AttendedTransferred, BridgeDestroyed, BridgesMerged
from telephony.model.ids import Micros, Uniqueid
from telephony.model.machines import AgentState
from telephony.model.terms import Role
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told, offers, seconds, told, visits


def talking(pbx: Pbx, agent: str = "1001") -> tuple[Line, Phone]:
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered(agent)
    phone.answers()
    pbx.wait(10)
    return caller, phone


def end_all(caller: Line, *others: Line) -> None:
    caller.asks()
    caller.leaves()
    for other in others:
        other.leaves()
        other.gone()
    caller.stopped()
    caller.ends()


def attended(pbx: Pbx, by: Line, second: Line, whom: Line, target: Line | None) -> None:
    reached = target.uniqueid if target is not None else Uniqueid("")
    pbx.say(
        lambda at: AttendedTransferred(
            at, by.uniqueid, by.linkedid, second.uniqueid, second.linkedid, whom.uniqueid, reached, "Success"
        )
    )


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


# --- attended, by feature code: over a Local channel ------------------------------------------------------


def consult_by_code(pbx: Pbx, caller: Line, phone: Phone) -> tuple[Line, Line, Line]:
    """``*2`` and a number. The PBX holds the caller (and never unholds), the agent goes to a bridge of their own."""
    phone.holds()
    pbx.wait(1)
    near, far = pbx.local(caller, "1005")
    side = pbx.bridge()
    near.enters(side)
    phone.leaves()
    phone.enters(side)
    colleague = far.calls("1005")
    near.rings()
    return near, far, colleague


def colleague_answers(pbx: Pbx, near: Line, far: Line, colleague: Line) -> None:
    colleague.up()
    far.dial_ended(colleague, "ANSWER")
    far.up()
    beyond = pbx.bridge()
    colleague.enters(beyond)
    near.up()
    far.enters(beyond)


def optimised_away(pbx: Pbx, near: Line, far: Line, colleague: Line) -> None:
    """The Local channel is taken out of the way: the colleague leaves and enters, but nobody left."""
    bridge = near.bridge
    assert bridge is not None
    colleague.leaves()
    near.leaves()
    colleague.enters(bridge)
    far.leaves()
    far.stopped()
    near.asks(16)
    near.gone()
    far.gone()


def test_attended_by_code_with_optimisation() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    main = caller.bridge
    assert main is not None
    near, far, colleague = consult_by_code(pbx, caller, phone)
    pbx.wait(2)
    colleague_answers(pbx, near, far, colleague)
    pbx.wait(5)
    side = near.bridge
    assert side is not None
    phone.asks()
    phone.leaves()
    pbx.say(lambda at: BridgesMerged(at, main, side))
    near.leaves()
    near.enters(main)
    attended(pbx, phone, phone, caller, near)
    phone.complete("transfer")
    pbx.say(lambda at: BridgeDestroyed(at, side))
    phone.gone()
    pbx.wait(0.5)
    optimised_away(pbx, near, far, colleague)
    pbx.wait(20)
    end_all(caller, colleague)
    heard = told(pbx.events)
    record = heard.record
    assert [(t.kind, t.by, t.to) for t in record.transfers] == [("attended", "1001", "1005")]
    assert seconds(record) == [("talk", ("1001",), 10.0), ("hold", ("1001",), 8.0), ("talk", ("1005",), 20.5)]
    assert record.hung_up_by == "caller", "the agent hung up first, but that completed the transfer"
    assert record.aliases == (), "all in one conversation from the start"
    assert heard.anomalies == []
    assert heard.left_over == {}


def test_optimisation_is_no_leaving_for_the_one_who_stays() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    main = caller.bridge
    assert main is not None
    near, far, colleague = consult_by_code(pbx, caller, phone)
    colleague_answers(pbx, near, far, colleague)
    pbx.wait(1)
    phone.leaves()
    near.leaves()
    near.enters(main)
    phone.gone()
    pbx.wait(0.5)
    optimised_away(pbx, near, far, colleague)
    pbx.wait(3)
    leg = Told().hear(pbx.events).tracker.world.by_leg[colleague.uniqueid].legs[colleague.uniqueid]
    with_caller = [span for span in leg.spans if span.partners == (caller.uniqueid,)]
    assert len(with_caller) == 1
    assert with_caller[0].end is None


def test_blonde_by_code() -> None:
    """The agent hangs up while the colleague's phone rings; the bridges are merged when it is answered."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    main = caller.bridge
    assert main is not None
    near, far, colleague = consult_by_code(pbx, caller, phone)
    pbx.wait(2)
    phone.asks()
    phone.leaves()
    near.leaves()
    near.enters(main)
    attended(pbx, phone, phone, caller, near)
    phone.complete("transfer")
    phone.gone()
    pbx.wait(4)
    colleague_answers(pbx, near, far, colleague)
    pbx.wait(10)
    colleague.asks()
    colleague.leaves()
    colleague.gone()
    far.leaves()
    far.gone()
    near.leaves()
    near.gone()
    caller.leaves()
    caller.ends()
    record = told(pbx.events).record
    assert [(t.kind, t.to) for t in record.transfers] == [("blonde", "1005")]
    assert seconds(record) == [
        ("talk", ("1001",), 10.0),
        ("hold", ("1001",), 3.0),
        ("gap", (), 4.0),
        ("talk", ("1005",), 10.0),
    ]
    assert record.hung_up_by == "other"


def test_blonde_by_code_and_the_event_names_no_target() -> None:
    """Seen on a real PBX: whether AttendedTransfer names the Local channel depends on which thread is quicker."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    main = caller.bridge
    assert main is not None
    near, far, colleague = consult_by_code(pbx, caller, phone)
    phone.asks()
    phone.leaves()
    near.leaves()
    near.enters(main)
    attended(pbx, phone, phone, caller, None)
    phone.gone()
    for line in (near, far, colleague, caller):
        line.gone()
    (transfer,) = told(pbx.events).records[0].transfers
    assert (transfer.kind, transfer.to) == ("blonde", "1005")


def test_swapped_to_and_fro() -> None:
    """Hold and Unhold are said of whichever bridge the agent leaves or enters; where the caller is, bridges tell."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    main = caller.bridge
    assert main is not None
    near, far, colleague = consult_by_code(pbx, caller, phone)
    colleague_answers(pbx, near, far, colleague)
    side = near.bridge
    assert side is not None
    pbx.wait(4)
    for bridge, seconds_there in ((main, 5.0), (side, 6.0), (main, 7.0)):
        phone.holds()
        phone.leaves()
        phone.enters(bridge)
        phone.holds(False)
        pbx.wait(seconds_there)
    caller.hangs_up()
    for line in (near, far, colleague):
        line.leaves()
        line.gone()
    record = told(pbx.events).record
    assert seconds(record) == [
        ("talk", ("1001",), 10.0),
        ("hold", ("1001",), 5.0),
        ("talk", ("1001",), 5.0),
        ("hold", ("1001",), 6.0),
        ("talk", ("1001",), 7.0),
    ]


def test_a_consult_that_outlasts_the_caller() -> None:
    """The citizen's call is over when the citizen has gone; the agents talk on, on their own account."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    near, far, colleague = consult_by_code(pbx, caller, phone)
    colleague_answers(pbx, near, far, colleague)
    pbx.wait(4)
    caller.asks()
    caller.leaves()
    caller.stopped()
    caller.ends()
    left = Micros(pbx.now - 100)
    pbx.wait(300)
    for line in (phone, near, far, colleague):
        line.leaves()
        line.gone()
    heard = told(pbx.events)
    record = heard.record
    assert (record.ended_at, record.hung_up_by) == (left, "caller")
    assert seconds(record) == [("talk", ("1001",), 10.0), ("hold", ("1001",), 5.0)]
    assert record.talk_ms == pytest.approx(10_000, abs=5)
    talked = [interval for leg in record.legs if leg.party == "1005" for interval in leg.talking]
    assert [round((i.end - i.start) / 1_000_000) for i in talked if i.end] == [304]
    assert heard.left_over == {}


def test_three_together_then_the_agent_leaves() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller, phone = talking(pbx)
    main = caller.bridge
    assert main is not None
    near, far, colleague = consult_by_code(pbx, caller, phone)
    colleague_answers(pbx, near, far, colleague)
    pbx.wait(5)
    side = near.bridge
    assert side is not None
    pbx.say(lambda at: BridgesMerged(at, main, side))
    near.leaves()
    near.enters(main)
    phone.leaves()
    phone.enters(main)
    attended(pbx, phone, phone, caller, near)
    pbx.wait(0.5)
    optimised_away(pbx, near, far, colleague)
    pbx.wait(7)
    phone.asks()
    phone.complete("agent")
    phone.leaves()
    phone.gone()
    pbx.member("1001")
    pbx.wait(6)
    colleague.asks()
    colleague.leaves()
    colleague.gone()
    caller.leaves()
    caller.queue_ended("CONTINUE")
    caller.ends()
    heard = told(pbx.events)
    assert seconds(heard.record) == [
        ("talk", ("1001",), 10.0),
        ("hold", ("1001",), 6.0),
        ("talk", ("1001", "1005"), 7.5),
        ("talk", ("1005",), 6.0),
    ]
    states = [c.state for c in heard.changes if isinstance(c, AgentStateChanged)]
    assert states[1:5] == [AgentState.OFFERED, AgentState.ON_CALL, AgentState.HOLD, AgentState.ON_CALL]
    assert heard.anomalies == []


def test_an_attended_transfer_into_a_queue_is_a_visit_of_the_local_channel() -> None:
    """Asterisk's queue sees Local;2 as the caller; the citizen is the same, and was answered long before."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    main = caller.bridge
    assert main is not None
    phone.holds()
    near, far = pbx.local(caller, "8001")
    side = pbx.bridge()
    near.enters(side)
    phone.leaves()
    phone.enters(side)
    far.joins("tax")
    second = far.offered("1003")
    pbx.wait(4)
    second.picked_up()
    beyond = pbx.bridge()
    far.up()
    second.enters(beyond)
    far.enters(beyond)
    pbx.wait(2)
    phone.asks()
    phone.leaves()
    near.leaves()
    near.enters(main)
    attended(pbx, phone, phone, caller, near)
    phone.gone()
    pbx.wait(15)
    end_all(caller, second)
    near.leaves()
    near.gone()
    far.leaves()
    far.gone()
    heard = told(pbx.events)
    record = heard.record
    assert [(visit.queue, visit.result, visit.uniqueid) for visit in record.visits] == [
        ("hotline", "connected", caller.uniqueid),
        ("tax", "connected", far.uniqueid),
    ]
    assert offers(record) == [("1001", "answered"), ("1003", "answered")]
    assert [(t.kind, t.to) for t in record.transfers] == [("attended", "1003")]
    assert seconds(record)[-1] == ("talk", ("1003",), 15.0)
    assert heard.anomalies == []
    assert heard.left_over == {}


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
