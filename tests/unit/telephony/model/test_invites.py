"""Invitations: who was rung and why they did not come, who came, who was in and how. As a real PBX told it, and by
hand."""

from collections.abc import Sequence

import msgspec
import pytest

from telephony.model import events as ev
from telephony.model.calls import Leg
from telephony.model.ids import MemberName, Micros, PbxName
from telephony.model.invites import Invite
from telephony.model.machines import AgentState
from telephony.model.terms import InviteState, Place, TryResult
from telephony.model.tracker import Tracker
from telephony.records.record import CallRecord, Invitation
from tests.integration.journal.invitations import STORIES
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.model.lines import a_line, connected, ends, says
from tests.unit.telephony.model.script import Line, Pbx, Told, told
from tests.unit.telephony.model.snapshots import seen_of


def heard(name: str) -> Told:
    return Told().hear(recorded.events(name)).settle()


def only(record: CallRecord) -> Invitation:
    (invitation,) = record.invitations
    return invitation


def tries(invitation: Invitation) -> list[tuple[str, str]]:
    return [(tried.number, tried.result.value) for tried in invitation.tries]


def stretches(record: CallRecord, who: str) -> list[str]:
    return [stretch.kind for one in record.participants if one.who == who for stretch in one.stretches]


@pytest.mark.parametrize("name", sorted(STORIES))
def test_nothing_is_odd_and_nothing_is_left(name: str) -> None:
    found = heard(name)
    assert found.anomalies == []
    assert found.left_over == {}
    assert found.record.agent == "1001"


@pytest.mark.parametrize("name", sorted(STORIES))
def test_to_hear_an_event_twice_changes_nothing(name: str) -> None:
    twice = [event for event in recorded.events(name) for _ in range(2)]
    assert Told().hear(twice).settle().record == heard(name).record


# --- who came ---------------------------------------------------------------------------------------------


def test_one_after_another_each_with_its_reason() -> None:
    invitation = only(heard("invited-in-order-until-one-comes").record)
    assert tries(invitation) == [
        *(("1002", "refused"), ("1003", "refused"), ("1004", "no_answer"), ("1005", "answered")),
    ]
    assert [tried.reason for tried in invitation.tries] == ["busy", "chanunavail", "noanswer", "answer"]
    rang = [round(((tried.ended_at or 0) - tried.at) / 1_000_000, 1) for tried in invitation.tries]
    assert rang == [0.3, 0.3, 2.0, 0.4]
    assert (invitation.result, invitation.by, invitation.to) == ("joined", "1001", "81")


def test_nobody_came() -> None:
    invitation = only(heard("invited-and-nobody-comes").record)
    assert tries(invitation) == [("1009", "unreachable"), ("1004", "no_answer")]
    assert (invitation.result, invitation.guest, invitation.joined_at) == ("failed", None, None)


@pytest.mark.parametrize("name", ["invited-and-taken-back", "invited-and-the-caller-leaves"])
def test_given_up_while_it_rings(name: str) -> None:
    invitation = only(heard(name).record)
    assert (invitation.result, tries(invitation)) == ("cancelled", [("1005", "cancelled")])


@pytest.mark.parametrize("name", ["several-are-rung-at-once-and-one-comes", "asks-several-at-once"])
def test_of_several_at_once_one_comes(name: str) -> None:
    invitation = only(heard(name).record)
    assert dict(tries(invitation)).items() >= {("1004", "late"), ("1005", "answered")}
    assert (invitation.result, invitation.to, invitation.department) == ("joined", "81", "81")


def test_a_consult_over_several_numbers_is_one() -> None:
    record = heard("asks-in-order-until-one-comes").record
    assert tries(only(record)) == [("1003", "refused"), ("1005", "answered")]
    assert [(consult.whom, consult.result) for consult in record.consults] == [("1005", "merged")]


def test_while_lines_ring_for_a_consult_the_agent_asks() -> None:
    tracker = Tracker(PbxName("pbx1"))
    states: list[AgentState] = []
    for event in recorded.events("asks-several-at-once-in-vain"):
        tracker.apply(event)
        agent = tracker.world.agents.get(MemberName("1001"))
        if agent is not None and agent.state is not (states[-1] if states else None):
            states.append(agent.state)
    at = states.index(AgentState.HOLD)
    assert states[at : at + 4] == [AgentState.HOLD, AgentState.CONSULT, AgentState.HOLD, AgentState.ON_CALL]


# --- who was in, and how ----------------------------------------------------------------------------------


def test_who_came_at_once_was_never_apart() -> None:
    record = heard("invited-at-once-and-leaves-again").record
    assert stretches(record, "1005") == stretches(record, "1001") == ["caller"]
    assert record.private_parts == ()
    assert record.hold_ms == 0
    (guest,) = [one for one in record.participants if one.who == "1005"]
    assert (guest.role, guest.code, guest.department, guest.invited_by) == ("specialist", "8105", "81", "1001")


def test_what_is_said_apart_is_marked() -> None:
    record = heard("swapped-with-who-was-asked").record
    assert stretches(record, "1005") == ["private", "hold", "caller"]
    assert stretches(record, "1001") == ["caller", "hold", "private", "hold", "caller"]
    (part,) = record.private_parts
    assert part.who == ("1001", "1005")
    held = [segment for segment in record.timeline if segment.kind == "hold"]
    assert any(segment.start <= part.start and part.end <= segment.end + 50_000 for segment in held)


def test_an_agent_who_leaves_and_comes_back_is_an_agent() -> None:
    record = heard("the-agent-leaves-and-comes-back").record
    assert [(one.who, one.role.value) for one in record.participants] == [
        *(("13800000001", "caller"), ("1001", "agent"), ("1005", "specialist"), ("1001", "agent")),
    ]
    assert [(transfer.kind, transfer.by, transfer.to) for transfer in record.transfers] == [
        ("attended", "1001", "8105")
    ]


def test_a_hand_over_needs_nobody_to_stay() -> None:
    record = heard("handed-over-to-a-department").record
    invitation = only(record)
    assert (invitation.mode, invitation.result, tries(invitation)) == ("hand-over", "joined", [("1005", "answered")])
    assert stretches(record, "1005") == ["caller"]


# --- by hand ----------------------------------------------------------------------------------------------


def invite_in(found: Told) -> Invite:
    (call,) = found.tracker.world.calls.values()
    (invite,) = call.invites
    return invite


def test_a_line_is_no_call_of_its_own() -> None:
    pbx, caller, _ = connected()
    a_line(pbx, caller)
    found = Told().hear(pbx.events)
    assert len(found.tracker.world.calls) == 1


def test_what_asterisk_makes_of_a_line_that_ended_is_no_call() -> None:
    """Where the context of its other half has an extension ``failed``."""
    pbx = Pbx()
    failed = Line(pbx, "", "OutgoingSpoolFailed")
    failed.created(0, "", "zt-invite", "failed")
    failed.stopped()
    failed.gone()
    found = told(pbx.events)
    assert (found.records, found.anomalies, found.left_over) == ([], [], {})


def test_an_agent_who_wants_nobody_any_more_has_given_it_up() -> None:
    """Whoever answers in that instant is told so (LATE, after ANSWER) and hung up."""
    pbx, caller, _ = connected()
    line = a_line(pbx, caller)
    says(line, caller, "RINGING", mode="side")
    guest = line.calls("trunk-carrier")
    guest.up()
    says(guest, caller, "ANSWER", mode="side")
    line.gone()
    assert invite_in(Told().hear(pbx.events)).guest == guest.uniqueid
    says(guest, caller, "LATE", mode="side")
    guest.gone()
    invite = invite_in(Told().hear(pbx.events))
    assert (invite.state, invite.guest, invite.tries[0].result) == (InviteState.CANCELLED, None, TryResult.LATE)


def test_who_hangs_up_in_the_whisper_never_came() -> None:
    pbx, caller, _ = connected()
    line = a_line(pbx, caller)
    says(line, caller, "RINGING")
    guest = line.calls("trunk-carrier")
    guest.up()
    line.gone()  # its end and the answer come in either order
    says(guest, caller, "ANSWER")
    guest.asks()
    guest.gone()
    invite = invite_in(Told().hear(pbx.events))
    assert (invite.state, invite.joined_at, invite.tries[0].result) == (InviteState.FAILED, None, TryResult.ANSWERED)


def test_a_line_that_ends_before_its_answer_is_told_has_not_given_up() -> None:
    pbx, caller, _ = connected()
    line = a_line(pbx, caller)
    says(line, caller, "RINGING")
    guest = line.calls("trunk-carrier")
    guest.up()
    line.gone()
    assert invite_in(Told().hear(pbx.events)).state is InviteState.RINGING


@pytest.mark.parametrize("order", [("1", "2"), ("2", "1")])
def test_lines_that_begin_at_once_are_told_in_one_order(order: tuple[str, str]) -> None:
    """Which of them speaks first is chance, and not the same by events and by the logs."""
    pbx, caller, _ = connected()
    numbers = {"1": "84120001", "2": "84120002"}
    lines = [a_line(pbx, caller) for _ in order]
    for line, which in zip(lines, order, strict=True):
        says(line, caller, "RINGING", numbers[which], which=which)
    assert [tried.number for tried in invite_in(Told().hear(pbx.events)).tries] == ["84120001", "84120002"]


def test_what_was_not_called_says_why() -> None:
    pbx, caller, _ = connected()
    line = a_line(pbx, caller)
    says(line, caller, "RINGING")
    says(line, caller, "daily-limit")
    invite = invite_in(Told().hear(pbx.events))
    assert (invite.state, invite.tries[0].result, invite.tries[0].status) == (
        InviteState.FAILED,
        TryResult.BARRED,
        "daily-limit",
    )


def goes_out(line: Line, trunk: str) -> None:
    line.say(lambda at, u, li: ev.CallWentOut(at, u, li, "emergency", "110", "1001", trunk, ""))


def test_an_emergency_leaves_an_incident_line() -> None:
    """Dialled in the room, over the second trunk at last; and by an idle phone."""
    pbx, caller, _ = connected()
    line = a_line(pbx, caller)
    says(line, caller, "RINGING", "110", code="")
    goes_out(line, "one")
    line.calls("trunk-one").gone(34)
    goes_out(line, "two")
    guest = line.calls("trunk-two")
    guest.up()
    says(guest, caller, "ANSWER", "110", code="")
    ends(line)
    pbx.wait(3)
    guest.gone()
    caller.hangs_up()
    record = told(pbx.events).record
    (incident,) = record.incidents
    assert (incident.number, incident.by, incident.result) == ("110", "1001", TryResult.ANSWERED)
    assert incident.answered_at is not None
    assert incident.ended_at is not None


@pytest.mark.parametrize("dialled", ["119", "*0119"])
def test_an_idle_phone_that_calls_an_emergency_number_calls_out(dialled: str) -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    phone = pbx.phone_dials("1001", dialled)
    phone.say(lambda at, u, li: ev.CallWentOut(at, u, li, "emergency", "119", "1001", "carrier", "2026/a.wav"))
    called = phone.calls("trunk-carrier")
    called.picks_up(phone)
    pbx.wait(2)
    called.leaves()
    phone.leaves()
    called.gone()
    phone.gone()
    record = told(pbx.events).record
    assert (record.direction, record.dialled, record.agent, record.recording) == (
        "outbound",
        "119",
        "1001",
        "2026/a.wav",
    )
    assert [(incident.number, incident.by, incident.result.value) for incident in record.incidents] == [
        ("119", "1001", "answered")
    ]


# --- after a restart --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(STORIES))
def test_a_bridge_that_starts_anew_finds_the_roles(name: str) -> None:
    """At every moment: who is here by an invitation is so still, and what rings rings."""
    ours = Tracker(PbxName("pbx1"))
    for event in recorded.events(name):
        ours.apply(event)
        if not any(call.caller in call.live for call in ours.world.calls.values()):
            continue  # who was the caller, nobody can tell any more
        fresh = Tracker(PbxName("pbx1"))
        fresh.apply(seen_of(ours.world, Micros(event.at + 1), 2))
        assert present(fresh) == present(ours), event


def joined_at(events: Sequence[ev.Event]) -> int:
    """After how many of these events the first invitation has been accepted."""
    tracker = Tracker(PbxName("pbx1"))
    for number, event in enumerate(events, 1):
        tracker.apply(event)
        if any(invite.joined_at for call in tracker.world.calls.values() for invite in call.invites):
            return number
    raise AssertionError("nobody came")


def test_who_took_the_caller_over_is_found_though_only_the_caller_says_so() -> None:
    """Dial brought them together, in no room; the caller's own channel bears the invitation."""
    ours = Tracker(PbxName("pbx1"))
    events = recorded.events("handed-over-to-a-department")
    for event in events[: joined_at(events)]:
        ours.apply(event)
    (call,) = ours.world.calls.values()
    said = seen_of(ours.world, Micros(ours.world.now + 1), 2)
    (row,) = said.invites
    fresh = Tracker(PbxName("pbx1"))
    fresh.apply(msgspec.structs.replace(said, invites=(msgspec.structs.replace(row, uniqueid=call.caller),)))
    (again,) = fresh.world.calls.values()
    (invite,) = again.invites
    assert (invite.state, invite.guest) == (InviteState.JOINED, call.invites[0].guest)
    assert [tried.result for tried in invite.tries] == [TryResult.ANSWERED]


def present(tracker: Tracker) -> list[tuple[str, str, str, str, str, bool]]:
    """Of each living leg that an invitation is about: which, in which role, and whether it is with anybody."""
    found = [
        (leg.uniqueid, leg.role.value, invite.id, invite.mode.value, invite.by, is_in(leg, invite))
        for call in tracker.world.calls.values()
        for leg in call.legs.values()
        if leg.uniqueid in call.live and leg.answered_at is not None
        for invite in [call.invite_of(leg.uniqueid)]
        if invite is not None and (leg.partners or leg.place)
    ]
    return sorted(found)


def is_in(leg: Leg, invite: Invite) -> bool:
    """Or about to be."""
    return invite.state is InviteState.JOINED or leg.place is not Place.NONE
