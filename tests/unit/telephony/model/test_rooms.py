"""Rooms: hold, consult, three together, handed over, sent back into the line. As a real PBX told it, and by hand."""

from collections.abc import Sequence

import pytest

from telephony.model.changes import AgentStateChanged
from telephony.model.events import Event, LinkLost, SnapshotTaken
from telephony.model.ids import MemberName, Micros, PbxName, Uniqueid
from telephony.model.machines import AgentState
from telephony.model.terms import Place, Side
from telephony.model.tracker import Tracker
from telephony.model.world import World
from telephony.records.record import CallRecord
from tests.integration.journal.rooms import STORIES
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.model.script import Told, offers, seconds, visits
from tests.unit.telephony.model.snapshots import seen_of

READY, OFFERED, ON_CALL, BUSY = AgentState.READY, AgentState.OFFERED, AgentState.ON_CALL, AgentState.BUSY
HOLD, CONSULT, CONFERENCE = AgentState.HOLD, AgentState.CONSULT, AgentState.CONFERENCE


OWN = "an-agents-own-call-is-held-and-handed-over"
QUEUED = sorted(STORIES.keys() - {OWN})
NOT_HERE = ("sent-back-by-order-from-the-queues-bridge", "looked-at-in-every-phase")
"""No room is entered; a PBX's own snapshots, of another start than those that are made here."""


def heard(name: str) -> Told:
    return Told().hear(recorded.events(name)).settle()


def states(told: Told, agent: str = "1001") -> list[AgentState]:
    """From the offer that was answered to the end of the call."""
    all_states = [c.state for c in told.changes if isinstance(c, AgentStateChanged) and c.member == agent]
    first = all_states.index(ON_CALL) if ON_CALL in all_states else len(all_states)
    return [state for state in all_states[first:] if state not in (READY, BUSY)]


def kinds(record: CallRecord) -> list[tuple[str, str, str]]:
    return [(transfer.kind, transfer.by, transfer.to) for transfer in record.transfers]


def asked(record: CallRecord) -> list[tuple[str, str, str]]:
    return [(consult.by, consult.whom, consult.result) for consult in record.consults]


def shares(record: CallRecord) -> list[tuple[str, tuple[str, ...]]]:
    """The timeline without its lengths and what is shorter than a tenth of a second."""
    return [(kind, parties) for kind, parties, _ in seconds(record)]


RING, TALK, HELD = ("ring", ("1001",)), ("talk", ("1001",)), ("hold", ("1001",))


@pytest.mark.parametrize("name", QUEUED)
def test_nothing_is_odd_and_nothing_is_left(name: str) -> None:
    told = heard(name)
    assert told.anomalies == []
    assert told.left_over == {}
    assert (told.record.agent, told.record.outcome) == ("1001", "answered")


@pytest.mark.parametrize("name", QUEUED)
def test_the_way_into_the_room_is_no_gap(name: str) -> None:
    """Only after an agent left for good may the caller be with nobody, and not for long."""
    record = heard(name).record
    answered = record.answered_at
    assert answered is not None
    left = min((transfer.at for transfer in record.transfers), default=record.ended_at)
    gaps = [segment for segment in record.timeline if segment.kind == "gap"]
    assert [gap for gap in gaps if answered < gap.start < left - 30_000 and gap.end - gap.start > 10_000] == []
    assert all(gap.end - gap.start < 100_000 for gap in gaps)
    assert (
        sum(gap.end - gap.start for gap in gaps) // 1_000 + record.talk_ms + record.hold_ms
        <= (record.ended_at - answered) // 1_000 + 1
    )


# --- holds ------------------------------------------------------------------------------------------------


def test_a_hold_is_a_hold_though_nobody_is_with_the_caller() -> None:
    told = heard("held-in-a-room")
    assert shares(told.record) == [RING, TALK, HELD, TALK, HELD, TALK]
    assert states(told) == [ON_CALL, HOLD, ON_CALL, HOLD, ON_CALL]
    assert told.record.hung_up_by is Side.CALLER
    assert (told.record.transfers, told.record.consults) == ((), ())
    agent = next(leg for leg in told.record.legs if leg.party == "1001")
    assert len(agent.talking) == 3, "their own time on the call stops while they hold"


def test_who_ends_a_call_that_was_held() -> None:
    assert heard("held-in-a-room-and-the-agent-ends").record.hung_up_by is Side.AGENT
    left = heard("the-caller-leaves-a-hold")
    assert (left.record.hung_up_by, shares(left.record)) == (Side.CALLER, [RING, TALK, HELD])


def test_an_agent_who_hangs_up_in_a_hold_sends_the_caller_back_into_the_line() -> None:
    """Two answered offers of one Uniqueid; who answered first stays the call's agent."""
    told = heard("the-agent-leaves-a-hold")
    record = told.record
    assert kinds(record) == [("requeue", "1001", "hotline")]
    assert visits(record) == [("hotline", "connected"), ("hotline", "connected")]
    answered = [(offer.member, offer.uniqueid) for offer in record.offers if offer.outcome == "answered"]
    assert [member for member, _ in answered] == ["1001", "1002"]
    assert len({uniqueid for _, uniqueid in answered}) == 2
    assert shares(record) == [RING, TALK, HELD, ("ring", ("1002",)), ("talk", ("1002",))]
    assert record.hung_up_by is Side.CALLER
    assert record.visits[1].position == 1
    assert record.wait_ms is not None
    assert record.wait_ms < 1_000, "until the first answer; the second wait is in the timeline"


def test_a_caller_who_waits_anew_and_gives_up_was_answered_all_the_same() -> None:
    record = heard("the-agent-leaves-a-hold-and-the-caller-waits-no-more").record
    assert visits(record) == [("hotline", "connected"), ("hotline", "abandoned")]
    assert offers(record)[-1][1] == "cancelled"
    assert record.hung_up_by is Side.CALLER, "the agent hung up before, but did not end the call"
    assert record.abandoned_in is None


def test_sent_back_by_order() -> None:
    """From a hold, and from the queue's bridge: no room was ever entered."""
    for name, before in (("from-a-hold", [TALK, HELD]), ("from-the-queues-bridge", [TALK])):
        told = heard(f"sent-back-by-order-{name}")
        assert kinds(told.record) == [("requeue", "1001", "hotline")]
        assert shares(told.record) == [RING, *before, ("ring", ("1002",)), ("talk", ("1002",))]
        assert visits(told.record) == [("hotline", "connected"), ("hotline", "connected")]
        assert told.record.hung_up_by is Side.CALLER


# --- consults ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "result", "then"),
    [
        ("asks-and-takes-it-back", "cancelled", [ON_CALL]),
        ("asks-and-is-refused", "busy", [HOLD, ON_CALL]),
        ("asks-and-the-colleague-leaves", "over", [HOLD, ON_CALL]),
    ],
)
def test_a_consult_that_comes_to_nothing(name: str, result: str, then: list[AgentState]) -> None:
    told = heard(name)
    assert asked(told.record) == [("1001", "1005", result)]
    assert shares(told.record) == [RING, TALK, HELD, TALK]
    assert states(told) == [ON_CALL, CONSULT, *then]
    assert kinds(told.record) == []


def test_a_consult_that_ends_with_the_agents_leaving_is_an_attended_transfer() -> None:
    """No event of Asterisk's says so, nor does queue_log: COMPLETEAGENT."""
    told = heard("asks-and-hands-over")
    record = told.record
    assert kinds(record) == [("attended", "1001", "1005")]
    assert asked(record) == [("1001", "1005", "completed")]
    assert shares(record) == [RING, TALK, HELD, ("talk", ("1005",))]
    assert record.hung_up_by is Side.OTHER
    agent, target = (next(leg for leg in record.legs if leg.party == party) for party in ("1001", "1005"))
    assert (agent.role, target.role) == ("agent", "target")
    assert agent.ended_at is not None
    assert agent.ended_at < record.ended_at - 500_000
    assert abs(record.transfers[0].at - agent.ended_at) < 1_000


def test_row_02_agent_time_stops_at_the_transfer_and_caller_time_goes_on() -> None:
    """Row 2: transfers through Local channels: one agent gets an hour of talk for two minutes. Here through a room."""
    for name in ("asks-and-hands-over", "three-in-a-room-and-the-agent-leaves", "asks-to-and-fro"):
        record = heard(name).record
        agent = next(leg for leg in record.legs if leg.party == "1001")
        caller = next(leg for leg in record.legs if leg.role == "caller")
        (left,) = (transfer.at for transfer in record.transfers)
        assert max(interval.end or record.ended_at for interval in agent.talking) <= left
        assert (caller.talking[-1].end or record.ended_at) > left + 500_000
        with_agent = [segment for segment in record.timeline if "1001" in segment.with_ and segment.kind != "ring"]
        assert max(segment.end for segment in with_agent) <= left + 1_000


def test_a_caller_who_hangs_up_in_a_consult() -> None:
    """The two go on; the citizen's call is over when the citizen is gone."""
    told = heard("asks-and-the-caller-leaves")
    record = told.record
    caller = next(leg for leg in record.legs if leg.role == "caller")
    assert (record.hung_up_by, record.ended_at) == (Side.CALLER, caller.ended_at)
    assert shares(record) == [RING, TALK, HELD]
    assert asked(record) == [("1001", "1005", "over")]
    assert kinds(record) == []
    agent = next(leg for leg in record.legs if leg.party == "1001")
    assert agent.ended_at is not None
    assert agent.ended_at > record.ended_at + 500_000
    assert states(told)[:2] == [ON_CALL, CONSULT]


def test_to_and_fro_is_one_consult() -> None:
    told = heard("asks-to-and-fro")
    assert shares(told.record) == [RING, TALK, HELD, TALK, HELD, ("talk", ("1005",))]
    assert asked(told.record) == [("1001", "1005", "completed")]
    assert states(told) == [ON_CALL, CONSULT, ON_CALL, CONSULT]


def test_a_phones_own_transfer_out_of_a_room() -> None:
    told = heard("a-phone-transfers-out-of-a-room")
    assert shares(told.record) == [RING, TALK, HELD, TALK, ("talk", ("1005",))]
    assert kinds(told.record) == [("attended", "1001", "1005")]
    assert len(told.record.aliases) == 1, "the agent's second call"


def test_an_agent_who_hangs_up_while_it_rings_hands_over_to_nobody() -> None:
    record = heard("asks-and-leaves-while-it-rings").record
    assert asked(record) == [("1001", "1005", "cancelled")]
    assert kinds(record) == [("requeue", "1001", "hotline")]
    assert record.hung_up_by is Side.AGENT
    assert shares(record)[-2:] == [("ring", ("1002",)), ("talk", ("1002",))]


def test_three_together() -> None:
    told = heard("three-in-a-room-and-the-agent-leaves")
    assert shares(told.record) == [RING, TALK, HELD, ("talk", ("1001", "1005")), ("talk", ("1005",))]
    assert CONFERENCE in states(told)
    assert (asked(told.record), kinds(told.record)) == (
        [("1001", "1005", "merged")],
        [("attended", "1001", "1005")],
    )
    other = heard("three-in-a-room-and-the-colleague-leaves")
    assert shares(other.record) == [RING, TALK, HELD, ("talk", ("1001", "1005")), TALK]
    assert kinds(other.record) == []
    assert other.record.hung_up_by is Side.AGENT


@pytest.mark.parametrize(
    ("name", "then"),
    [
        ("attended-by-keys", []),
        ("swapped-and-back", [ON_CALL, HOLD, CONSULT, ON_CALL]),
        ("three-together-by-keys", [CONFERENCE]),
        ("the-caller-leaves-a-consult", [ON_CALL]),
    ],
)
def test_by_a_phones_own_keys_it_is_a_consult_too(name: str, then: list[AgentState]) -> None:
    """No room, and no word of our dialplan's: who talks, and not with their caller, asks somebody."""
    assert states(heard(name))[: 3 + len(then)] == [ON_CALL, HOLD, CONSULT, *then]


def test_a_call_that_an_agent_made_is_told_of_whom_they_called() -> None:
    """That one's room it is: their hold, their talk with whom they were left to; and the agent is free of it."""
    told = heard(OWN)
    record = told.record
    assert shares(record)[1:] == [TALK, HELD, TALK, HELD, ("talk", ("1005",))]
    assert (kinds(record), asked(record)) == ([("attended", "1001", "1005")], [("1001", "1005", "completed")])
    assert record.hung_up_by is Side.OTHER
    assert told.anomalies == []
    assert told.left_over == {}


# --- where everybody stands, whoever looks ----------------------------------------------------------------


def shown(world: World) -> dict[str, object]:
    """What desktops are shown of rooms."""
    calls = {uniqueid: world.by_leg[uniqueid] for uniqueid in world.channels}
    return {
        "places": {uniqueid: call.legs[uniqueid].place for uniqueid, call in calls.items()},
        "rooms": {uniqueid: call.room for uniqueid, call in calls.items()},
        "asked": {
            uniqueid: (call.consult.by, call.consult.whom, call.consult.ringing)
            for uniqueid, call in calls.items()
            if call.consult is not None
        },
        "agents": {agent.member: agent.state for agent in world.agents.values()},
    }


def settled(world: World) -> bool:
    """Nobody is on the way: whoever has a place is in a bridge, or has somebody rung; who was asked is not in the room
    before who asked them."""
    for channel in world.channels.values():
        call, leg = channel.call, channel.leg
        ringing = call.consult is not None and call.consult.ringing and call.consult.by == leg.uniqueid
        if leg.place and channel.bridge is None and not ringing:
            return False
        if leg.place is Place.SIDE and ringing and not _rings(world, channel.uniqueid):
            return False
        if leg.place is Place.ROOM and call.consult is not None and call.consult.guest == leg.uniqueid:
            return False
    return True


def _rings(world: World, by: Uniqueid) -> bool:
    call = world.by_leg[by]
    return any(leg.answered_at is None and leg.role == "target" and not leg.ended_at for leg in call.legs.values())


def moments(events: Sequence[Event]) -> list[int]:
    """After how many events nobody is on the way and an agent is in a room."""
    tracker = Tracker(PbxName("pbx1"))
    found = []
    for number, event in enumerate(events, 1):
        tracker.apply(event)
        world = tracker.world
        agents = {uniqueid for call in world.calls.values() for uniqueid in call.offers}
        inside = any(world.channels[u].leg.place for u in agents & world.channels.keys())
        caller_there = all(call.caller in call.live for call in world.calls.values())
        if inside and caller_there and settled(world):
            found.append(number)
    return found


@pytest.mark.parametrize("name", [name for name in QUEUED if name not in NOT_HERE])
def test_a_bridge_that_starts_anew_in_any_phase_knows_where_everybody_stands(name: str) -> None:
    """By context and extension alone: both a bridge that knew nothing, and one that was cut off since the talk."""
    events = recorded.events(name)
    places = moments(events)
    assert places
    for number in places:
        tracker = Tracker(PbxName("pbx1"))
        for event in events[:number]:
            tracker.apply(event)
        picture = seen_of(tracker.world, Micros(tracker.world.now + 50), 2)
        fresh = Told().hear([picture])
        assert shown(fresh.tracker.world) == shown(tracker.world), number
        cut_off = Told().hear([*events[: places[0] - 10], LinkLost(events[places[0] - 10].at, 1), picture])
        assert shown(cut_off.tracker.world) == shown(tracker.world), number
        fresh.hear(events[number:]).settle()
        assert fresh.left_over == {}
        assert (fresh.record.outcome, fresh.record.agent) == ("answered", "1001")


def test_by_a_real_pbx_own_answer_it_is_the_same() -> None:
    """What it says of itself in each phase is all that a bridge needs that starts anew."""
    told, phases = Told(), []
    for event in recorded.events("looked-at-in-every-phase"):
        told.hear([event])
        if isinstance(event, SnapshotTaken) and event.channels:
            fresh = Told().hear([event])
            assert shown(fresh.tracker.world) == shown(told.tracker.world)
            phases.append(fresh.tracker.world.agents[MemberName("1001")].state)
    assert phases == [HOLD, CONSULT, CONSULT, ON_CALL, CONFERENCE, READY]
