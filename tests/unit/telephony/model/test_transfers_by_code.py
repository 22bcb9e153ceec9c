"""Attended transfers by feature code: over a Local channel, with and without its optimisation."""

import pytest

from telephony.model.changes import AgentStateChanged
from telephony.model.events import BlindTransferred, BridgeDestroyed, BridgesMerged
from telephony.model.ids import Micros
from telephony.model.machines import AgentState
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told, offers, seconds, told
from tests.unit.telephony.model.transferring import attended, end_all, talking

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


def test_when_a_local_half_leaves_those_beyond_it_are_parted_too() -> None:
    pbx = Pbx()
    caller, phone = talking(pbx)
    near, far, colleague = consult_by_code(pbx, caller, phone)
    colleague_answers(pbx, near, far, colleague)
    world = Told().hear(pbx.events).tracker.world
    assert world.channels[colleague.uniqueid].leg.partners == (phone.uniqueid,)
    near.leaves()
    world = Told().hear(pbx.events).tracker.world
    assert world.channels[colleague.uniqueid].leg.partners == ()
    assert world.channels[phone.uniqueid].leg.partners == ()


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


@pytest.mark.parametrize("merged", ["before", "after"])
def test_who_hangs_up_while_bridges_merge_talks_with_nobody_any_more(merged: str) -> None:
    """BridgeMerge tells of those who are moved. Whether it comes before or after the BridgeLeave of who hung up depends
    on which thread is quicker; that channel lives on until the colleague answers, but it is in no bridge."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    main = caller.bridge
    assert main is not None
    near, far, colleague = consult_by_code(pbx, caller, phone)
    pbx.wait(2)
    side = near.bridge
    assert side is not None
    phone.asks()
    if merged == "after":
        phone.leaves()
    pbx.say(lambda at: BridgesMerged(at, main, side))
    if merged == "before":
        phone.leaves()
    near.leaves()
    near.enters(main)
    attended(pbx, phone, phone, caller, near)
    pbx.wait(4)
    colleague_answers(pbx, near, far, colleague)
    phone.gone()
    optimised_away(pbx, near, far, colleague)
    pbx.wait(10)
    end_all(caller, colleague)
    heard = told(pbx.events)
    assert seconds(heard.record) == [
        ("talk", ("1001",), 10.0),
        ("hold", ("1001",), 3.0),
        ("gap", (), 4.0),
        ("talk", ("1005",), 10.0),
    ]
    assert heard.anomalies == []
    assert heard.left_over == {}


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


def test_a_pbx_that_shuts_down_in_a_consult_transfers_nobody() -> None:
    """It ends the agent's channel, takes that for the agent's hanging up, and says Success of a caller it ends too."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    near, far, colleague = consult_by_code(pbx, caller, phone)
    colleague_answers(pbx, near, far, colleague)
    lines = (caller, phone, near, far, colleague)
    for line in lines:
        line.stopped(4)
    attended(pbx, phone, phone, caller, None)
    for line in lines:
        line.gone()
    record = told(pbx.events).record
    assert record.transfers == ()
    assert record.hung_up_by == "system"


def test_a_colleague_who_sends_a_consult_on_transfers_no_citizen() -> None:
    """The citizen stays where they are, and so says queue_log."""
    pbx = Pbx()
    caller, phone = talking(pbx)
    near, far, colleague = consult_by_code(pbx, caller, phone)
    colleague_answers(pbx, near, far, colleague)
    place = (far.uniqueid, "zt-transfer", "1012", "Success")
    colleague.leaves()
    pbx.say(lambda at: BlindTransferred(at, colleague.uniqueid, colleague.linkedid, *place))
    colleague.gone()
    other = far.calls("1012")
    other.picks_up(far)
    pbx.wait(3)
    for line in (other, far, near, phone):
        line.leaves()
        line.gone()
    pbx.wait(1)
    caller.leaves()
    caller.ends()
    assert told(pbx.events).record.transfers == ()


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
    together = [AgentState.ON_CALL, AgentState.HOLD, AgentState.CONSULT, AgentState.CONFERENCE]
    assert states[2:6] == together
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
