"""The caller's time as segments: what covers what, and no hole or overlap whatever the call holds."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.model.calls import Call, Leg, Offer, Span, Transfer, Visit
from telephony.model.ids import MemberName, Micros, QueueName, Uniqueid
from telephony.model.machines import OfferState
from telephony.model.terms import Role, SegmentKind, VisitResult
from telephony.records.record import Segment
from telephony.records.timeline import timeline_of, total_ms
from tests.unit.telephony.records.test_build import AGENT, CALLER, OTHER, S, at, call, leg, talked

Told = list[tuple[str, tuple[str, ...], float, float]]


def told(made: Call, ended: float = 60) -> Told:
    segments = timeline_of(made, at(ended))
    start = made.received_at
    return [(str(s.kind), s.with_, (s.start - start) / S, (s.end - start) / S) for s in segments]


def three(*spans: Span) -> Call:
    """A caller with these talks, an agent and a colleague."""
    made = talked()
    made.legs[OTHER] = leg(OTHER, Role.TARGET, "1005", 0, 60)
    made.legs[CALLER].spans = list(spans)
    made.visits, made.offers = [], {}
    return made


def test_the_plain_answered_call() -> None:
    assert told(talked()) == [
        ("entry", (), 0, 1),
        ("wait", ("hotline",), 1, 5),
        ("ring", ("1001",), 5, 9),
        ("wait", ("hotline",), 9, 10),
        ("talk", ("1001",), 10, 40),
        ("gap", (), 40, 60),
    ]


def test_nothing_happened() -> None:
    assert told(call()) == [("entry", (), 0, 60)]
    assert told(call(), ended=0) == []
    assert told(call(), ended=-3) == []


def test_what_is_still_open_lasts_to_the_end() -> None:
    made = talked()
    made.legs[CALLER].spans = [Span(at(10), (AGENT,))]
    assert told(made)[-1] == ("talk", ("1001",), 10, 60)


def test_two_phones_ring_at_once() -> None:
    made = call()
    made.visits = [Visit(QueueName("all"), CALLER, 1, at(0), at(60), VisitResult.ABANDONED)]
    for number, (start, end) in enumerate([(5, 20), (10, 30)]):
        phone = Uniqueid(f"p{number}")
        member = MemberName(f"100{number}")
        made.offers[phone] = Offer(member, QueueName("all"), CALLER, phone, at(start), OfferState.CANCELLED, at(end))
    assert told(made) == [
        ("wait", ("all",), 0, 5),
        ("ring", ("1000",), 5, 10),
        ("ring", ("1000", "1001"), 10, 20),
        ("ring", ("1001",), 20, 30),
        ("wait", ("all",), 30, 60),
    ]


def test_the_milliseconds_from_pick_up_to_bridge_count_as_ringing_and_seconds_do_not() -> None:
    made = talked()
    made.offers[AGENT].ended_at = at(9.95)
    assert ("ring", ("1001",), 5, 10) in told(made)
    made.offers[AGENT].ended_at = at(9.8)
    assert ("ring", ("1001",), 5, 9.8) in told(made)


def test_only_the_phone_that_answered_rings_until_the_bridge() -> None:
    made = talked()
    made.offers[AGENT].ended_at = at(9.95)
    made.offers[OTHER] = Offer(
        MemberName("1002"), QueueName("hotline"), CALLER, OTHER, at(5), OfferState.LOST, at(9.96)
    )
    assert ("ring", ("1001", "1002"), 5, 9.96) in told(made)
    assert ("ring", ("1001",), 9.96, 10) in told(made)


def test_segments_alike_that_touch_are_one() -> None:
    made = three(Span(at(10), (AGENT,), at(20)), Span(at(20), (AGENT,), at(30)))
    assert ("talk", ("1001",), 10, 30) in told(made)


def test_a_third_party_comes_and_the_agent_goes() -> None:
    made = three(Span(at(10), (AGENT,), at(20)), Span(at(20), (AGENT, OTHER), at(30)), Span(at(30), (OTHER,), at(60)))
    assert told(made)[1:] == [
        ("talk", ("1001",), 10, 20),
        ("talk", ("1001", "1005"), 20, 30),
        ("talk", ("1005",), 30, 60),
    ]


# --- hold -------------------------------------------------------------------------------------------------


def test_the_agent_holds_within_the_talk() -> None:
    made = three(Span(at(10), (AGENT,), at(60)))
    made.legs[AGENT].held = [Span(at(20), (CALLER,), at(30)), Span(at(50), (CALLER,))]
    assert told(made)[1:] == [
        ("talk", ("1001",), 10, 20),
        ("hold", ("1001",), 20, 30),
        ("talk", ("1001",), 30, 50),
        ("hold", ("1001",), 50, 60),
    ]


def test_the_agent_holds_and_goes_to_talk_elsewhere() -> None:
    """A consult by feature code: the caller hears music until the agent is back or the transfer done."""
    made = three(Span(at(10), (AGENT,), at(22)), Span(at(40), (OTHER,), at(60)))
    made.legs[AGENT].held = [Span(at(20), (CALLER,))]
    made.legs[AGENT].ended_at = at(40)
    assert told(made)[1:] == [("talk", ("1001",), 10, 20), ("hold", ("1001",), 20, 40), ("talk", ("1005",), 40, 60)]


def test_alone_while_the_agent_is_in_another_room_is_on_hold() -> None:
    """No event says Hold: the agent was moved away and comes back."""
    made = three(Span(at(10), (AGENT,), at(20)), Span(at(45), (AGENT,), at(60)))
    made.legs[AGENT].ended_at = at(60)
    assert told(made)[1:] == [("talk", ("1001",), 10, 20), ("hold", ("1001",), 20, 45), ("talk", ("1001",), 45, 60)]


def test_alone_until_the_agent_hangs_up_and_then_with_nobody() -> None:
    made = three(Span(at(10), (AGENT,), at(20)))
    made.legs[AGENT].asked_at, made.legs[AGENT].ended_at = at(30), at(31)
    assert told(made)[1:] == [("talk", ("1001",), 10, 20), ("hold", ("1001",), 20, 30), ("gap", (), 30, 60)]


def test_who_hangs_up_holds_nobody_and_the_last_milliseconds_of_a_leg_are_no_hold() -> None:
    made = three(Span(at(10), (AGENT,), at(20)))
    made.legs[AGENT].ended_at = at(20.05)
    assert told(made)[1:] == [("talk", ("1001",), 10, 20), ("gap", (), 20, 60)]
    made.legs[AGENT].ended_at, made.legs[CALLER].asked_at = at(50), at(20)
    assert told(made)[1:] == [("talk", ("1001",), 10, 20), ("gap", (), 20, 60)]


def test_given_away_by_a_blind_transfer_is_not_on_hold() -> None:
    made = three(Span(at(10), (AGENT,), at(20)))
    made.legs[AGENT].ended_at = at(50)
    made.transfers = [Transfer("blind", at(19.99), AGENT, "1005", "zt-transfer", "Success")]
    assert told(made)[1:] == [("talk", ("1001",), 10, 20), ("gap", (), 20, 60)]


def test_a_hold_of_somebody_else_is_none_of_the_callers() -> None:
    made = three(Span(at(10), (AGENT,), at(60)))
    made.legs[OTHER].held = [Span(at(20), (AGENT,), at(30))]
    assert told(made)[1:] == [("talk", ("1001",), 10, 60)]


def test_one_of_two_holds_is_no_hold_both_is() -> None:
    made = three(Span(at(10), (AGENT, OTHER), at(60)))
    made.legs[AGENT].held = [Span(at(20), (CALLER, OTHER), at(40))]
    made.legs[OTHER].held = [Span(at(30), (CALLER, AGENT), at(50))]
    assert told(made)[1:] == [
        ("talk", ("1001", "1005"), 10, 30),
        ("hold", ("1001", "1005"), 30, 40),
        ("talk", ("1001", "1005"), 40, 60),
    ]


def test_the_caller_holds() -> None:
    made = three(Span(at(10), (AGENT,), at(60)))
    made.legs[CALLER].held = [Span(at(20), (AGENT,), at(30))]
    assert told(made)[1:] == [("talk", ("1001",), 10, 20), ("hold", ("138",), 20, 30), ("talk", ("1001",), 30, 60)]


# --- people of other calls --------------------------------------------------------------------------------


def test_people_of_another_call_are_named_and_strangers_to_all_are_left_out() -> None:
    made = three(Span(at(10), (Uniqueid("s1"),), at(20)), Span(at(20), (Uniqueid("s2"),), at(30)))
    made.strangers[Uniqueid("s1")] = leg(Uniqueid("s1"), Role.CALLER, "139")
    assert told(made)[1:3] == [("talk", ("139",), 10, 20), ("talk", (), 20, 30)]


def test_totals() -> None:
    segments = timeline_of(talked(), at(60))
    assert total_ms(segments, "talk") == 30_000
    assert total_ms(segments, "hold") == 0
    half = [Segment(SegmentKind.TALK, Micros(0), Micros(600)), Segment(SegmentKind.TALK, Micros(900), Micros(1_500))]
    assert total_ms(half, "talk") == 1, "rounded once, not for each segment"


# --- whatever it holds ------------------------------------------------------------------------------------

_SECONDS = st.integers(-10, 70)


@st.composite
def _spans(draw: st.DrawFn) -> list[Span]:
    edges = draw(st.lists(_SECONDS, max_size=8))
    partners = st.sampled_from([(AGENT,), (OTHER,), (AGENT, OTHER), (Uniqueid("?"),)])
    ends = st.one_of(st.none(), _SECONDS)
    made = []
    for edge in edges:
        end = draw(ends)
        made.append(Span(at(edge), draw(partners), None if end is None else at(end)))
    return made


@settings(max_examples=300, deadline=None)
@given(_spans(), _spans(), _spans(), st.lists(st.tuples(_SECONDS, st.one_of(st.none(), _SECONDS)), max_size=4))
def test_no_hole_and_no_overlap(
    talks: list[Span], held: list[Span], own: list[Span], stays: list[tuple[int, int | None]]
) -> None:
    made = three(*talks)
    made.legs[AGENT].held, made.legs[CALLER].held = held, own
    for number, (start, end) in enumerate(stays):
        over = None if end is None else at(end)
        made.visits.append(Visit(QueueName("q"), CALLER, 1, at(start), over, VisitResult.UNKNOWN))
        phone = Uniqueid(f"p{number}")
        made.offers[phone] = Offer(MemberName("1"), QueueName("q"), CALLER, phone, at(start), OfferState.LOST, over)
    segments = timeline_of(made, at(60))
    assert [segments[0].start, *(s.end for s in segments)] == [*(s.start for s in segments), at(60)]
    assert segments[0].start == made.received_at
    assert all(segment.start < segment.end for segment in segments)
    assert all((one.kind, one.with_) != (two.kind, two.with_) for one, two in pairwise(segments))


def _legs_of(made: Call) -> list[Leg]:
    return list(made.legs.values())


def test_building_changes_nothing_of_the_call() -> None:
    made = talked()
    before = [(each.spans, each.held, each.ended_at) for each in _legs_of(made)]
    timeline_of(made, at(60))
    assert [(each.spans, each.held, each.ended_at) for each in _legs_of(made)] == before
