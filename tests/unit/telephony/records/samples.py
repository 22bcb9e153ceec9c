"""Call records to test with: one that has everything, and a strategy for any."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from telephony.model.ids import CallId, Linkedid, MemberName, Micros, PbxName, QueueName, Uniqueid, call_id_of
from telephony.model.terms import (
    AbandonedIn,
    Direction,
    OfferOutcome,
    Outcome,
    Provenance,
    Role,
    SegmentKind,
    Side,
    VisitResult,
)
from telephony.records.record import CallRecord, Interval, Leg, Offer, QueueVisit, Segment, Transfer

PBX = PbxName("pbx1")
START = Micros(1_795_402_664_000_000)


def uniqueid(number: int) -> Uniqueid:
    return Uniqueid(f"pbx1-{1_795_402_664 + number}.{number * 2}")


def call_id(number: int) -> CallId:
    """Ids in the order of ``number``."""
    return call_id_of(PBX, uniqueid(number))


def record(number: int = 1, **changes: Any) -> CallRecord:
    """An answered call, a second after the one numbered before it."""
    at = START + number * 1_000_000
    caller, phone = uniqueid(number), Uniqueid(f"{uniqueid(number)}1")
    plain = CallRecord(
        call_id=call_id(number),
        pbx=PBX,
        uniqueids=(caller, phone),
        linkedids=(Linkedid(caller),),
        direction=Direction.INBOUND,
        dialled="12345",
        caller_number="13812345678",
        caller_name="王小明",
        trunk="carrier",
        queue=QueueName("citizens"),
        agent=MemberName("1001"),
        received_at=Micros(at),
        queued_at=Micros(at + 10_000),
        first_offered_at=Micros(at + 30_000),
        answered_at=Micros(at + 3_030_000),
        ended_at=Micros(at + 63_030_000),
        wait_ms=3_020,
        ring_ms=3_000,
        talk_ms=60_000,
        hold_ms=0,
        visits=(_visit(caller, at),),
        offers=(_offer(phone, at),),
        legs=_legs(caller, phone, at),
        transfers=(Transfer("blind", Micros(at + 50_000_000), "1001", "02161234567", "zt-transfer", "ok"),),
        timeline=_timeline(at),
        recording="2026/11/23/pbx1-1795402665.2.wav",
        outcome=Outcome.ANSWERED,
        hung_up_by=Side.CALLER,
        cause=16,
    )
    return msgspec.structs.replace(plain, **changes)


def _visit(caller: Uniqueid, at: int) -> QueueVisit:
    joined, left = Micros(at + 10_000), Micros(at + 3_030_000)
    return QueueVisit(QueueName("citizens"), caller, 1, joined, left, VisitResult.CONNECTED)


def _offer(phone: Uniqueid, at: int) -> Offer:
    rung, ended = Micros(at + 30_000), Micros(at + 3_030_000)
    return Offer(MemberName("1001"), QueueName("citizens"), phone, rung, ended, OfferOutcome.ANSWERED)


def _legs(caller: Uniqueid, phone: Uniqueid, at: int) -> tuple[Leg, ...]:
    talk = (Interval(Micros(at + 3_030_000), Micros(at + 63_030_000)),)
    start, answered, end = Micros(at), Micros(at + 3_030_000), Micros(at + 63_030_000)
    return (
        Leg(caller, "PJSIP/trunk-carrier-00000001", Role.CALLER, "13812345678", start, start, end, talk, (), 16, True),
        Leg(phone, "PJSIP/1001-00000002", Role.AGENT, "1001", start, answered, end, talk, (), 16, False),
    )


def _timeline(at: int) -> tuple[Segment, ...]:
    edges = [Micros(at + step) for step in (0, 10_000, 30_000, 3_030_000, 63_030_000)]
    kinds = (SegmentKind.ENTRY, SegmentKind.WAIT, SegmentKind.RING, SegmentKind.TALK)
    parties: tuple[tuple[str, ...], ...] = ((), ("citizens",), ("1001",), ("1001",))
    return tuple(Segment(k, s, e, p) for k, s, e, p in zip(kinds, edges, edges[1:], parties, strict=False))


def tellings(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[CallRecord]:
    """What different sources may tell of a few calls: more or less complete, observed or rebuilt."""
    return st.builds(
        record,
        numbers,
        outcome=st.sampled_from([Outcome.ANSWERED, Outcome.UNOBSERVED, Outcome.ABANDONED]),
        provenance=st.sampled_from(Provenance),
        estimated=st.sampled_from([(), ("ended_at",), ("ended_at", "talk_ms")]),
        recording=st.sampled_from([None, "a.wav", "b.wav"]),
        caller_name=st.sampled_from(["", "王小明"]),
        abandoned_in=st.sampled_from([None, AbandonedIn.WAITING]),
    )
