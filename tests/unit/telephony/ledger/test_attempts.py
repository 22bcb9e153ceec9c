"""What the record of a call-back says of the try."""

from typing import Any

import msgspec
import pytest

from telephony.ledger.attempts import Attempt, ended, failed, uniqueid_of
from telephony.ledger.terms import AttemptId, AttemptOutcome, CallerKey, EntryId
from telephony.model.ids import CallId, MemberName, Micros, PbxName, Uniqueid, call_id_of, uniqueid_parts
from telephony.model.terms import Direction, Outcome, Provenance, Role, Side
from telephony.records.record import CallRecord, Interval, Leg

AT = Micros(1_795_402_664_000_000)
AGENTS = Uniqueid("pbx1-1795402664.8388611")
CITIZENS = Uniqueid("pbx1-1795402664.5")
S = 1_000_000
ATTEMPT = Attempt(
    number=AttemptId(3),
    key="k",
    entry=EntryId(17),
    caller=CallerKey("13812345678"),
    agent=MemberName("1001"),
    by="li",
    at=AT,
    said_at=AT,
    trunk="carrier",
    dialled="13812345678",
    uniqueid=AGENTS,
)


def leg(uniqueid: Uniqueid, name: str, **facts: Any) -> Leg:
    plain = Leg(
        uniqueid=uniqueid,
        name=name,
        role=Role.TARGET,
        party="",
        created_at=AT,
        answered_at=None,
        ended_at=Micros(AT + 30 * S),
        talking=(),
        held=(),
        cause=16,
        hung_up_first=False,
    )
    return msgspec.structs.replace(plain, **facts)


def agents_leg(**facts: Any) -> Leg:
    """The agent answered after two seconds."""
    return leg(AGENTS, "PJSIP/1001-00000001", **{"answered_at": Micros(AT + 2 * S), "role": Role.CALLER, **facts})


def citizens_leg(**facts: Any) -> Leg:
    return leg(CITIZENS, "PJSIP/trunk-carrier-00000002", **facts)


def call(*legs: Leg, **changes: Any) -> CallRecord:
    plain = CallRecord(
        call_id=call_id_of("pbx1", AGENTS),
        pbx=PbxName("pbx1"),
        uniqueids=tuple(each.uniqueid for each in legs),
        linkedids=(),
        direction=Direction.OUTBOUND,
        dialled="13812345678",
        caller_number="1001",
        caller_name="",
        trunk="carrier",
        queue=None,
        agent=None,
        received_at=AT,
        queued_at=None,
        first_offered_at=None,
        answered_at=None,
        ended_at=Micros(AT + 31 * S),
        wait_ms=None,
        ring_ms=None,
        talk_ms=0,
        hold_ms=0,
        legs=legs,
        outcome=Outcome.FAILED,
        hung_up_by=Side.SYSTEM,
        cause=16,
    )
    return msgspec.structs.replace(plain, **changes)


def talking(start: int, end: int) -> tuple[Interval, ...]:
    return (Interval(Micros(AT + start * S), Micros(AT + end * S)),)


def test_who_was_talked_with_was_reached() -> None:
    told = call(agents_leg(talking=talking(9, 29)), citizens_leg(talking=talking(9, 29)), talk_ms=20_000)
    attempt = ended(ATTEMPT, told)
    assert (attempt.outcome, attempt.reached_at, attempt.talk_ms) == (AttemptOutcome.REACHED, AT + 9 * S, 20_000)
    assert (attempt.ended_place, attempt.ended_at, attempt.call_id) == (AT + 9 * S, told.ended_at, told.call_id)


def test_also_where_the_call_was_joined_into_anothers_record() -> None:
    """The agent connected the citizen with another who had called: one record, under the other's id."""
    told = call(agents_leg(talking=talking(9, 29)), call_id=CallId("OTHER"), direction=Direction.INBOUND)
    assert ended(ATTEMPT, told).outcome is AttemptOutcome.REACHED
    assert ended(ATTEMPT, told).call_id == "OTHER"


def test_that_the_other_citizen_was_answered_is_not_ours_to_claim() -> None:
    stranger = leg(Uniqueid("pbx1-1795402600.1"), "PJSIP/trunk-carrier-00000000", created_at=Micros(AT - 60 * S))
    legs = (stranger, agents_leg(), citizens_leg(cause=17))
    other = call(*legs, direction=Direction.INBOUND, answered_at=Micros(AT + S))
    assert ended(ATTEMPT, other).outcome is AttemptOutcome.BUSY


def test_a_rebuilt_record_without_bridges_still_says_when_it_was_answered() -> None:
    told = call(agents_leg(), answered_at=Micros(AT + 8 * S), provenance=Provenance.REBUILT)
    assert ended(ATTEMPT, told).reached_at == AT + 8 * S


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (17, AttemptOutcome.AGENT_REFUSED),
        (21, AttemptOutcome.AGENT_REFUSED),
        (19, AttemptOutcome.AGENT_NO_ANSWER),
        (16, AttemptOutcome.AGENT_NO_ANSWER),
        (0, AttemptOutcome.AGENT_NO_ANSWER),
        (None, AttemptOutcome.AGENT_NO_ANSWER),
        (20, AttemptOutcome.AGENT_UNREACHABLE),
        (3, AttemptOutcome.AGENT_UNREACHABLE),
    ],
)
def test_the_agents_phone_was_not_answered(cause: int | None, outcome: AttemptOutcome) -> None:
    attempt = ended(ATTEMPT, call(agents_leg(answered_at=None, cause=cause)))
    assert (attempt.outcome, attempt.reached_at, attempt.talk_ms) == (outcome, None, None)
    assert attempt.ended_place == attempt.ended_at == AT + 31 * S


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (17, AttemptOutcome.BUSY),
        (21, AttemptOutcome.DECLINED),
        (19, AttemptOutcome.NO_ANSWER),
        (18, AttemptOutcome.NO_ANSWER),
        (127, AttemptOutcome.NO_ANSWER),
        (1, AttemptOutcome.UNREACHABLE),
        (34, AttemptOutcome.UNREACHABLE),
        (38, AttemptOutcome.UNREACHABLE),
    ],
)
def test_the_citizens_phone_was_not_answered(cause: int, outcome: AttemptOutcome) -> None:
    told = call(agents_leg(ended_at=Micros(AT + 32 * S)), citizens_leg(cause=cause))
    assert ended(ATTEMPT, told).outcome is outcome


def test_an_agent_who_hangs_up_while_it_rings_gave_up() -> None:
    told = call(agents_leg(hung_up_first=True, ended_at=Micros(AT + 30 * S + 2_000)), citizens_leg(cause=16))
    assert ended(ATTEMPT, told).outcome is AttemptOutcome.AGENT_GAVE_UP


def test_one_who_hangs_up_during_the_error_tone_did_not() -> None:
    told = call(agents_leg(hung_up_first=True, ended_at=Micros(AT + 31 * S)), citizens_leg(cause=16))
    assert ended(ATTEMPT, told).outcome is AttemptOutcome.NO_ANSWER


def test_who_was_busy_was_busy_however_quickly_the_agent_hung_up() -> None:
    told = call(agents_leg(hung_up_first=True, ended_at=Micros(AT + 30 * S)), citizens_leg(cause=17))
    assert ended(ATTEMPT, told).outcome is AttemptOutcome.BUSY


def test_the_agent_answered_and_no_leg_to_the_citizen_was_made() -> None:
    assert ended(ATTEMPT, call(agents_leg())).outcome is AttemptOutcome.UNREACHABLE
    assert ended(ATTEMPT, call(agents_leg(hung_up_first=True))).outcome is AttemptOutcome.AGENT_GAVE_UP


def test_a_record_that_does_not_hold_our_leg_says_nothing() -> None:
    assert ended(ATTEMPT, call(citizens_leg())).outcome is AttemptOutcome.UNKNOWN


@pytest.mark.parametrize("outcome", [Outcome.UNOBSERVED, Outcome.SYSTEM])
def test_a_call_that_was_cut_off_says_nothing_of_who_was_being_rung(outcome: Outcome) -> None:
    """Until a better record comes; but who had been reached had been."""
    cut = call(agents_leg(cause=None), citizens_leg(cause=None), outcome=outcome)
    assert ended(ATTEMPT, cut).outcome is AttemptOutcome.UNKNOWN
    assert ended(ATTEMPT, call(agents_leg(answered_at=None), outcome=outcome)).outcome is AttemptOutcome.UNKNOWN
    talked = call(agents_leg(talking=talking(9, 29)), outcome=outcome)
    assert ended(ATTEMPT, talked).outcome is AttemptOutcome.REACHED
    better = call(agents_leg(), citizens_leg(cause=17), provenance=Provenance.COMPLETED)
    assert ended(ended(ATTEMPT, cut), better).outcome is AttemptOutcome.BUSY


def test_the_end_never_stands_before_the_beginning() -> None:
    """The PBX's clock may be behind ours."""
    early = call(agents_leg(answered_at=None), ended_at=Micros(AT - 60 * S))
    assert ended(ATTEMPT, early).ended_place == AT + 1
    assert failed(ATTEMPT, AttemptOutcome.UNKNOWN, Micros(AT - 5), Micros(AT + 9)).ended_place == AT + 1


def test_the_same_record_gives_the_same_attempt_and_a_better_one_corrects_it() -> None:
    unknown = failed(ATTEMPT, AttemptOutcome.UNKNOWN, Micros(AT + 5), Micros(AT + 60 * S))
    told = call(agents_leg(talking=talking(9, 29)), talk_ms=20_000)
    once = ended(unknown, told)
    assert once.outcome is AttemptOutcome.REACHED
    assert ended(once, told) == once
    assert ended(once, call(agents_leg(answered_at=None))).talk_ms is None


def test_the_name_of_the_agents_channel_reads_like_asterisks_own() -> None:
    first, second = (uniqueid_of(AttemptId(n), PbxName("pbx1"), Micros(AT + 999_999)) for n in (3, 4))
    assert first == "pbx1-1795402664.8388611"
    second_of, counter = uniqueid_parts(first)
    assert (second_of, counter) == (1_795_402_664, (1 << 23) + 3)
    assert first != second
    huge = uniqueid_parts(uniqueid_of(AttemptId(2**31), PbxName("pbx1"), AT))[1]
    assert huge < 1 << 24, "a CallId keeps 24 bits of it"
    assert call_id_of("pbx1", first) < call_id_of("pbx1", second)
