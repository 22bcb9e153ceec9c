"""From a call of the model to its record: each field by itself, on calls made by hand. Whole stories of calls are told
in tests/unit/telephony/model/."""

from typing import Any

import msgspec
import pytest

from telephony.model.calls import Call, Leg, Offer, Span, Transfer, Visit
from telephony.model.ids import CallId, Linkedid, MemberName, Micros, PbxName, QueueName, Uniqueid
from telephony.model.machines import CallState, OfferState
from telephony.model.terms import AbandonedIn, Direction, OfferOutcome, Outcome, Role, Side, VisitResult
from telephony.records.build import build_record, is_offered
from telephony.records.record import CallRecord, Interval

S = 1_000_000
START = Micros(1_795_400_000 * S)
CALLER, AGENT, OTHER = Uniqueid("pbx1-1.1"), Uniqueid("pbx1-1.2"), Uniqueid("pbx1-1.3")
HOTLINE = QueueName("hotline")


def at(second: float) -> Micros:
    return Micros(START + round(second * S))


def leg(uniqueid: Uniqueid, role: Role, party: str, began: float = 0, ended: float | None = 60, **facts: object) -> Leg:
    made = Leg(uniqueid, f"PJSIP/{party}-1", role, party, at(began), ended_at=None if ended is None else at(ended))
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def call(*legs: Leg, ended: float | None = 60, **facts: object) -> Call:
    made = Call(CallId("C1"), PbxName("pbx1"), CALLER, START, Direction.INBOUND, state=CallState.ENDED)
    for each in legs or (leg(CALLER, Role.CALLER, "138"),):
        made.legs[each.uniqueid] = each
    made.ended_at = None if ended is None else at(ended)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def offer(state: OfferState, began: float = 5, ended: float | None = 10, **facts: object) -> Offer:
    made = Offer(MemberName("1001"), HOTLINE, CALLER, AGENT, at(began), state, None if ended is None else at(ended))
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def visit(result: VisitResult | None, joined: float = 1, ended: float | None = 50) -> Visit:
    return Visit(HOTLINE, CALLER, 1, at(joined), None if ended is None else at(ended), result)


def talked(**facts: object) -> Call:
    caller = leg(CALLER, Role.CALLER, "138", spans=[Span(at(10), (AGENT,), at(40))], cause=16)
    agent = leg(AGENT, Role.AGENT, "1001", 5, 40, spans=[Span(at(10), (CALLER,), at(40))])
    made = call(caller, agent, answered_at=at(10), answered_by=AGENT, visits=[visit(VisitResult.CONNECTED, 1, 10)])
    made.offers[AGENT] = offer(OfferState.ANSWERED, 5, 9)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


# --- what is copied ---------------------------------------------------------------------------------------


def test_a_call_that_was_answered() -> None:
    record = build_record(
        talked(dialled="12345", caller_number="138", caller_name="王", trunk="carrier", recording="a.wav")
    )
    assert (record.queue, record.agent) == (HOTLINE, "1001")
    assert (record.dialled, record.caller_number, record.caller_name, record.trunk) == ("12345", "138", "王", "carrier")
    assert record.recording == "a.wav"
    assert (record.received_at, record.queued_at, record.first_offered_at) == (START, at(1), at(5))
    assert (record.answered_at, record.ended_at) == (at(10), at(60))
    assert (record.wait_ms, record.ring_ms, record.talk_ms, record.hold_ms) == (9_000, 4_000, 30_000, 0)
    assert record.uniqueids == (CALLER, AGENT)
    assert record.cause == 16


def test_nothing_is_said_of_what_did_not_happen() -> None:
    record = build_record(call())
    nothing = ("queue", "agent", "queued_at", "first_offered_at", "answered_at", "wait_ms", "ring_ms", "recording")
    assert {name: getattr(record, name) for name in nothing} == dict.fromkeys(nothing)
    assert (record.abandoned_in, record.refused_because, record.cause) == (None, None, None)
    assert (record.visits, record.offers, record.transfers) == ((), (), ())


def test_the_same_call_always_gives_the_same_record() -> None:
    assert build_record(talked()) == build_record(talked())
    once = msgspec.json.encode(build_record(talked()))
    assert msgspec.json.decode(once, type=CallRecord) == build_record(talked())


def test_linkedids_aliases_and_relations_are_kept_in_their_order() -> None:
    made = talked(
        linkedids=dict.fromkeys([Linkedid("b"), Linkedid("a")]),
        aliases=[CallId("Z"), CallId("Y")],
        related=[CallId("R")],
    )
    record = build_record(made)
    assert (record.linkedids, record.aliases, record.related) == (("b", "a"), ("Z", "Y"), ("R",))


def test_who_waited_in_two_queues_was_answered_by_the_one_that_offered() -> None:
    made = talked()
    made.visits = [
        visit(VisitResult.TIMED_OUT, 1, 4),
        Visit(QueueName("tax"), CALLER, 1, at(45), at(50), VisitResult.UNKNOWN),
    ]
    record = build_record(made)
    assert record.queue == HOTLINE
    made.answered_at = made.answered_by = None
    assert build_record(made).queue == "tax", "else the last one waited in"


# --- how it ended -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (VisitResult.ABANDONED, Outcome.ABANDONED),
        (VisitResult.TIMED_OUT, Outcome.TIMED_OUT),
        (VisitResult.QUEUE_EMPTY, Outcome.QUEUE_EMPTY),
        (VisitResult.QUEUE_FULL, Outcome.QUEUE_FULL),
        (VisitResult.KEY_EXIT, Outcome.KEY_EXIT),
        (VisitResult.WITHDRAWN, Outcome.WITHDRAWN),
    ],
)
def test_unanswered_calls_end_as_their_last_visit(result: VisitResult, outcome: Outcome) -> None:
    assert build_record(call(visits=[visit(VisitResult.TIMED_OUT), visit(result)])).outcome is outcome


def test_answered_weighs_more_than_anything_after_it() -> None:
    for facts in ({"refused_because": "closed"}, {"ended_by_pbx": True}, {"ended_unseen": True}):
        assert build_record(talked(**facts)).outcome is Outcome.ANSWERED
    assert build_record(talked(visits=[visit(VisitResult.TIMED_OUT)])).outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("facts", "asked", "outcome", "by"),
    [
        ({"refused_because": "closed"}, None, Outcome.REFUSED, Side.SYSTEM),
        ({"refused_because": "closed"}, 5.0, Outcome.REFUSED, Side.CALLER),
        ({}, 5.0, Outcome.ABANDONED, Side.CALLER),
        ({}, None, Outcome.FAILED, Side.SYSTEM),
        ({"ended_by_pbx": True}, None, Outcome.SYSTEM, Side.SYSTEM),
        ({"ended_unseen": True}, None, Outcome.UNOBSERVED, Side.UNKNOWN),
        ({"ended_unseen": True, "ended_by_pbx": True}, None, Outcome.SYSTEM, Side.SYSTEM),
    ],
)
def test_calls_that_never_came_to_a_queue(
    facts: dict[str, Any], asked: float | None, outcome: Outcome, by: Side
) -> None:
    caller = leg(CALLER, Role.CALLER, "138", asked_at=None if asked is None else at(asked))
    record = build_record(call(caller, **facts))
    assert (record.outcome, record.hung_up_by) == (outcome, by)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, Outcome.SYSTEM),
        ({"ended_by_pbx": True}, Outcome.SYSTEM),
        ({"ended_unseen": True}, Outcome.UNOBSERVED),
    ],
)
def test_calls_that_stopped_waiting_without_a_word(facts: dict[str, Any], outcome: Outcome) -> None:
    assert build_record(call(visits=[visit(VisitResult.UNKNOWN)], **facts)).outcome is outcome


def abandoned(asked: float, *offers: Offer) -> CallRecord:
    caller = leg(CALLER, Role.CALLER, "138", asked_at=at(asked))
    made = call(caller, visits=[visit(VisitResult.ABANDONED)], offers={each.uniqueid: each for each in offers})
    for each in offers:
        assert each.ended_at is not None
        made.legs[each.uniqueid] = leg(each.uniqueid, Role.AGENT, "1001", 5, (each.ended_at - START) / S)
    return build_record(made)


def test_where_the_caller_stood_on_leaving() -> None:
    assert abandoned(20).abandoned_in is AbandonedIn.WAITING
    assert abandoned(20, offer(OfferState.NO_ANSWER, 5, 15)).abandoned_in is AbandonedIn.WAITING
    assert abandoned(20, offer(OfferState.CANCELLED, 5, 15)).abandoned_in is AbandonedIn.WAITING, "of an earlier queue"
    assert abandoned(20, offer(OfferState.CANCELLED, 15, 20.001)).abandoned_in is AbandonedIn.RINGING
    assert abandoned(20, offer(OfferState.DROPPED, 15, 20.5)).abandoned_in is AbandonedIn.RINGING
    assert abandoned(20, offer(OfferState.NO_ANSWER, 21, 25)).abandoned_in is AbandonedIn.WAITING, "rung afterwards"
    no_queue = build_record(call(leg(CALLER, Role.CALLER, "138", asked_at=at(3))))
    assert no_queue.abandoned_in is AbandonedIn.ENTRY


@pytest.mark.parametrize(
    ("caller_asked", "agent_asked", "role", "by"),
    [
        (40.0, None, Role.AGENT, Side.CALLER),
        (None, 40.0, Role.AGENT, Side.AGENT),
        (None, 40.0, Role.TARGET, Side.OTHER),
        (40.0, 40.1, Role.AGENT, Side.CALLER),
        (40.1, 40.0, Role.AGENT, Side.AGENT),
        (None, None, Role.AGENT, Side.SYSTEM),
    ],
)
def test_who_hung_up(caller_asked: float | None, agent_asked: float | None, role: Role, by: Side) -> None:
    made = talked()
    made.legs[CALLER].asked_at = None if caller_asked is None else at(caller_asked)
    made.legs[AGENT].asked_at = None if agent_asked is None else at(agent_asked)
    made.legs[AGENT].role = role
    assert build_record(made).hung_up_by is by


def test_only_those_talked_with_last_can_have_hung_up() -> None:
    made = talked()
    made.legs[OTHER] = leg(OTHER, Role.TARGET, "1005", asked_at=at(45))
    made.legs[AGENT].asked_at = at(40)
    assert build_record(made).hung_up_by is Side.AGENT
    made.legs[CALLER].spans.append(Span(at(42), (OTHER,), at(46)))
    assert build_record(made).hung_up_by is Side.OTHER


def test_who_transferred_and_then_hung_up_did_not_end_the_call() -> None:
    made = talked(transfers=[Transfer("blind", at(40), AGENT, "1005", "zt-transfer", "Success")])
    made.legs[AGENT].asked_at = at(40)
    made.legs[CALLER].asked_at = at(50)
    record = build_record(made)
    assert record.hung_up_by is Side.CALLER
    assert [(t.kind, t.by, t.to) for t in record.transfers] == [("blind", "1001", "1005")]


def test_a_call_whose_caller_was_never_seen() -> None:
    made = call(leg(AGENT, Role.TARGET, "1001"))
    record = build_record(made)
    assert (record.hung_up_by, record.cause, record.outcome) == (Side.UNKNOWN, None, Outcome.FAILED)


# --- parts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", OfferState)
def test_every_state_of_an_offer_has_its_outcome(state: OfferState) -> None:
    made = talked()
    made.offers[AGENT] = offer(state)
    told = build_record(made).offers[0].outcome
    by_name = {OfferState.RINGING: OfferOutcome.UNKNOWN, OfferState.PICKED_UP: OfferOutcome.DROPPED}
    assert told is by_name.get(state, OfferOutcome[state.name] if state.name in OfferOutcome.__members__ else None)


def test_talking_with_changing_people_is_one_interval_of_talking() -> None:
    made = talked()
    made.legs[CALLER].spans = [
        Span(at(10), (AGENT,), at(20)),
        Span(at(20), (AGENT, OTHER), at(30)),
        Span(at(35), (OTHER,), at(40)),
    ]
    assert build_record(made).legs[0].talking == (Interval(at(10), at(30)), Interval(at(35), at(40)))


def test_durations_are_whole_milliseconds_and_never_negative() -> None:
    made = talked()
    made.visits = [visit(VisitResult.CONNECTED, 30, 10)]
    made.offers[AGENT] = offer(OfferState.ANSWERED, 12, 9)
    record = build_record(made)
    assert (record.wait_ms, record.ring_ms) == (0, 0)
    made.offers[AGENT].ended_at = Micros(made.offers[AGENT].at + 1_999)
    assert build_record(made).ring_ms == 1


def test_a_call_never_ends_before_it_began() -> None:
    made = call(leg(CALLER, Role.CALLER, "138", ended=-5))
    record = build_record(made)
    assert (record.received_at, record.ended_at, record.timeline) == (START, START, ())
    nobody = leg(CALLER, Role.CALLER, "138", ended=None)
    assert build_record(call(nobody, ended=None)).ended_at == START


def test_a_citizens_call_ends_with_the_citizens_leg_and_others_with_their_last() -> None:
    caller = leg(CALLER, Role.CALLER, "138", ended=40)
    for direction, end in ((Direction.INBOUND, 40), (Direction.INTERNAL, 60), (Direction.OUTBOUND, 60)):
        assert build_record(call(caller, ended=60, direction=direction)).ended_at == at(end)


def test_what_counts_as_offered_is_a_citizens_call() -> None:
    for direction, counts in ((Direction.INBOUND, True), (Direction.INTERNAL, False), (Direction.OUTBOUND, False)):
        assert is_offered(build_record(call(direction=direction))) is counts
