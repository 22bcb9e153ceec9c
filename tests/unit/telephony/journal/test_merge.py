"""Seen in part and told by the logs: together as good as seen whole."""

import copy
import random
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import pytest

from telephony.journal.differences import differences
from telephony.journal.merge import RESOLUTION, complete, seen_whole
from telephony.journal.review import Beside, overlaps, review
from telephony.model.calls import Call
from telephony.model.events import Event, LinkLost, SnapshotTaken
from telephony.model.ids import CallId, Micros
from telephony.model.terms import Outcome, Provenance, VisitResult
from telephony.model.tracker import Tracker
from telephony.numbers.kinds import Rules
from telephony.records.build import build_record
from telephony.records.folding import Shelf, better
from telephony.records.numbered import numbered
from telephony.records.record import CallRecord, Interval, Transfer
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.model.snapshots import seen_of

TALKS = ("caller-ends", "attended-by-keys", "blind-into-a-queue", "rings-out-then-the-next", "held-twice")


def only(name: str) -> tuple[Call, CallRecord]:
    """The one call of the story: by the logs, and as it was seen."""
    (call,) = recorded.rebuilt_calls(name).values()
    (record,) = recorded.seen(recorded.events(name)).values()
    return call, record


def unlike(one: CallRecord, other: CallRecord) -> list[str]:
    return [str(each) for each in differences(one, other)]


# --- links that break at any moment -------------------------------------------------------------------------


def interrupted(events: Sequence[Event], lost: int, back: int) -> Iterator[Event]:
    """Heard up to ``lost``, then nothing until ``back``, then a snapshot of what the PBX shows, and the rest."""
    yield from events[:lost]
    before, after = events[max(0, lost - 1)], events[back - 1]
    if lost:
        yield LinkLost(before.at, 1)
    yield _snapshot(events[:back], after.at)
    yield from events[back:]


def _snapshot(events: Sequence[Event], at: Micros) -> SnapshotTaken:
    tracker = Tracker(recorded.PBX)
    for event in events:
        tracker.apply(event)
    return msgspec.structs.replace(seen_of(tracker.world, at, 2), booted_at=tracker.world.booted_at or Micros(1))


def gaps(name: str, count: int = 12) -> list[tuple[int, int]]:
    dice, last = random.Random(name), len(recorded.events(name))
    found = [(0, dice.randrange(2, last)), (dice.randrange(1, last), last)]
    while len(found) < count:
        lost = dice.randrange(1, last)
        found.append((lost, min(last, lost + dice.randrange(1, 60))))
    return found


@pytest.mark.parametrize("name", [name for name in recorded.NAMES if not name.startswith("the-pbx-is-")])
def test_what_was_not_seen_is_filled(name: str) -> None:
    events = recorded.events(name)
    whole = recorded.seen(events)
    for lost, back in gaps(name):
        stored = put({}, recorded.seen(interrupted(events, lost, back)).values())
        span = (events[lost - 1].at if lost else Micros(0), events[back - 1].at)
        told = recorded.rebuilt_calls(name).values()
        for call in told:
            elsewhere = frozenset(leg for other in told if other is not call for leg in other.legs)
            known = next(
                (record for record in stored.values() if call.call_id in (record.call_id, *record.aliases)), None
            )
            verdict = review(call, False, Beside(known, overlaps(call, [span]), elsewhere=elsewhere))
            assert verdict.differences == (), (lost, back)
            stored = put(stored, [verdict.record] if verdict.record is not None else [])
        assert stored.keys() == whole.keys(), (lost, back)
        for call_id, record in stored.items():
            assert unlike(whole[call_id], record) == [], (lost, back)
            assert (record.aliases, record.related) == (whole[call_id].aliases, whole[call_id].related)


def put(stored: dict[CallId, CallRecord], records: Iterable[CallRecord]) -> dict[CallId, CallRecord]:
    """What the store makes of it."""
    shelf = Shelf(stored.values())
    for record in records:
        shelf.put(record)
    kept = {key: record for key, record in stored.items() if key not in shelf.removed}
    return {**kept, **shelf.changed}


# --- what each side gives ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TALKS)
def test_what_was_seen_keeps_its_own(name: str) -> None:
    call, seen = only(name)
    partly = msgspec.structs.replace(seen, estimated=("ended_at",))
    record = complete(call, partly)
    assert record.provenance is Provenance.COMPLETED
    assert record.estimated == ()
    for field in ("received_at", "answered_at", "ended_at", "visits", "offers", "transfers"):
        assert getattr(record, field) == getattr(seen, field), field
    assert [leg.held for leg in record.legs] == [leg.held for leg in seen.legs]
    assert (record.talk_ms, record.hold_ms) == pytest.approx((seen.talk_ms, seen.hold_ms), abs=1)


def test_holds_come_from_who_saw_them() -> None:
    call, seen = only("held-twice")
    assert seen.hold_ms > 900
    assert build_record(copy.deepcopy(call)).hold_ms == 0
    record = complete(call, msgspec.structs.replace(seen, estimated=("received_at",)))
    assert record.hold_ms == pytest.approx(seen.hold_ms, abs=1)


def test_nothing_to_add_leaves_the_record_as_it_is() -> None:
    call, seen = only("caller-ends")
    first = complete(copy.deepcopy(call), seen)
    assert complete(copy.deepcopy(call), first) is first
    kept = numbered(first, Rules(area_code="561"))  # as the bridge keeps it: what its numbers mean is not in the logs
    assert complete(copy.deepcopy(call), kept) is kept


def test_an_end_that_was_not_seen() -> None:
    call, seen = only("caller-ends")
    late = Micros(seen.ended_at + 30_000_000)
    legs = tuple(msgspec.structs.replace(leg, ended_at=late, cause=None, hung_up_first=False) for leg in seen.legs)
    partly = msgspec.structs.replace(
        seen, ended_at=late, legs=legs, estimated=("ended_at",), cause=None, hung_up_by="unknown", talk_ms=99_000
    )
    record = complete(call, partly)
    assert unlike(seen, record) == []
    assert record.estimated == ()


def test_a_beginning_that_was_not_seen() -> None:
    call, seen = only("caller-ends")
    partly = msgspec.structs.replace(
        seen,
        received_at=Micros(seen.received_at + 700_000),
        dialled="",
        caller_name="",
        visits=tuple(
            msgspec.structs.replace(visit, joined_at=Micros(visit.joined_at + 900_000)) for visit in seen.visits
        ),
        estimated=("received_at",),
    )
    record = complete(call, partly)
    assert unlike(seen, record) == []
    assert record.estimated == ()


def test_a_guess_gives_way_to_the_logs_even_if_it_is_near() -> None:
    """A snapshot tells for how many whole seconds somebody has waited: it may be near the truth by chance, and yet put
    the wait before the call."""
    call, seen = only("caller-ends")
    told = build_record(copy.deepcopy(call))
    early = Micros(seen.received_at - 20_000)
    partly = msgspec.structs.replace(
        seen,
        received_at=early,
        queued_at=early,
        visits=tuple(msgspec.structs.replace(visit, joined_at=early) for visit in seen.visits),
        offers=tuple(msgspec.structs.replace(offer, at=early) for offer in seen.offers),
        legs=tuple(msgspec.structs.replace(leg, created_at=early) for leg in seen.legs),
        answered_at=Micros((seen.answered_at or 0) + 30_000),
        estimated=("received_at", "queued_at", "first_offered_at", "answered_at"),
    )
    record = complete(call, partly)
    for field in ("received_at", "queued_at", "first_offered_at", "answered_at"):
        assert getattr(record, field) == getattr(told, field), field
    assert record.visits[0].joined_at == told.visits[0].joined_at
    assert record.offers[0].at == told.offers[0].at
    assert [leg.created_at for leg in record.legs] == [leg.created_at for leg in told.legs]


def test_a_stay_whose_beginning_was_guessed_is_no_second_stay() -> None:
    """Read over a slow link, a snapshot can be seconds off."""
    call, seen = only("caller-ends")
    early = tuple(
        msgspec.structs.replace(visit, joined_at=Micros(visit.joined_at - 6_000_000)) for visit in seen.visits
    )
    partly = msgspec.structs.replace(seen, queued_at=early[0].joined_at, visits=early, estimated=("queued_at",))
    record = complete(copy.deepcopy(call), partly)
    assert len(record.visits) == 1
    assert unlike(seen, record) == []
    assert len(complete(call, msgspec.structs.replace(partly, estimated=("ended_at",))).visits) == 2, "seen so"


@pytest.mark.parametrize("name", ["caller-ends", "agent-ends", "refused-486", "ring-all", "gives-up-ringing"])
def test_a_call_of_which_only_the_agents_legs_were_seen(name: str) -> None:
    """Its head came and went before the lists of a slow login were read: it was taken for a call of the agent's."""
    call, whole = only(name)
    events = [event for event in recorded.events(name) if getattr(event, "uniqueid", None) != call.caller]
    (seen,) = recorded.seen(
        event for event in events if getattr(event, "linkedid", call.caller) == call.caller
    ).values()
    assert seen.direction is not whole.direction
    record = review(call, False, Beside(seen)).record
    assert record is not None
    assert (record.provenance, record.estimated) == (Provenance.COMPLETED, ())
    assert unlike(whole, record) == []


def test_an_unobserved_call_gets_its_outcome() -> None:
    call, seen = only("times-out")
    partly = msgspec.structs.replace(
        seen,
        outcome=Outcome.UNOBSERVED,
        visits=tuple(msgspec.structs.replace(visit, result=VisitResult.UNKNOWN) for visit in seen.visits),
        estimated=("ended_at",),
    )
    assert complete(call, partly).outcome is Outcome.TIMED_OUT


def test_what_only_was_seen_stays() -> None:
    """Rows of the logs can be lost, too."""
    call, seen = only("rings-out-then-the-next")
    lost = next(iter(call.offers))
    del call.offers[lost], call.legs[lost]
    call.visits.clear()
    transfer = Transfer("blind", Micros(seen.ended_at - 1), "1001", "1005", "zt-transfer", "Success")
    partly = msgspec.structs.replace(seen, estimated=("received_at",), transfers=(transfer,))
    record = complete(call, partly)
    assert [offer.outcome for offer in record.offers] == [offer.outcome for offer in seen.offers]
    assert {leg.uniqueid for leg in record.legs} == {leg.uniqueid for leg in seen.legs}
    assert record.visits == seen.visits
    assert record.transfers == (transfer,)


def test_what_neither_knows_stays_a_guess() -> None:
    """The PBX was killed: who saw the link go knows better than the last row when."""
    told = next(call for call in recorded.rebuilt_calls("the-pbx-is-killed").values() if "ended_at" in call.estimated)
    seen = build_record(copy.deepcopy(told))
    later = Micros(seen.ended_at + 400_000)
    legs = tuple(msgspec.structs.replace(leg, ended_at=later) if leg.cause is None else leg for leg in seen.legs)
    partly = msgspec.structs.replace(seen, provenance=Provenance.OBSERVED, legs=legs, ended_at=later)
    record = complete(told, partly)
    assert record.estimated == seen.estimated
    assert "ended_at" in record.estimated
    assert record.ended_at == later


def test_a_hold_that_outlasts_the_link_ends_with_the_call() -> None:
    call, seen = only("caller-ends")
    agent = next(leg for leg in seen.legs if leg.role == "agent")
    start = agent.talking[0].start + 200_000
    held = (Interval(Micros(start), Micros(seen.ended_at + 60_000_000)),)
    legs = tuple(
        msgspec.structs.replace(leg, held=held, cause=None, ended_at=Micros(seen.ended_at + 60_000_000))
        if leg is agent
        else leg
        for leg in seen.legs
    )
    record = complete(call, msgspec.structs.replace(seen, legs=legs, estimated=("ended_at",)))
    assert record.hold_ms <= (record.ended_at - start) // 1_000
    assert record.talk_ms == pytest.approx(200, abs=2)


# --- which is which ---------------------------------------------------------------------------------------


def test_seen_whole() -> None:
    _, seen = only("caller-ends")
    assert seen_whole(seen)
    assert not seen_whole(msgspec.structs.replace(seen, estimated=("ended_at",)))
    assert not seen_whole(msgspec.structs.replace(seen, provenance=Provenance.COMPLETED))
    assert not seen_whole(msgspec.structs.replace(seen, outcome=Outcome.UNOBSERVED))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"outcome": Outcome.ABANDONED}, "outcome"),
        ({"agent": "1009"}, "agent"),
        ({"hung_up_by": "system"}, "hung_up_by"),
        ({"cause": 31}, "cause"),
        ({"answered_at": None}, "answered_at"),
        ({"transfers": (Transfer("blind", Micros(1), "1001", "1", "", ""),)}, "transfers[0]"),
        ({"visits": ()}, "visits[0]"),
        ({"offers": ()}, "offers[0]"),
        ({"legs": ()}, "legs["),
        ({"wait_ms": None}, "wait_ms"),
        ({"talk_ms": 0}, "talk_ms + hold_ms"),
    ],
)
def test_a_difference_says_where(change: dict[str, object], where: str) -> None:
    _, seen = only("caller-ends")
    found = differences(seen, msgspec.structs.replace(seen, **change))
    assert found
    assert all(each.where.startswith(where) for each in found)
    assert "by the logs" in str(found[0])


@pytest.mark.parametrize(("by", "differs"), [(RESOLUTION, False), (-RESOLUTION, False), (RESOLUTION + 1, True)])
def test_times_differ_beyond_the_resolution(by: int, differs: bool) -> None:
    _, seen = only("caller-ends")
    moved = msgspec.structs.replace(seen, ended_at=Micros(seen.ended_at + by))
    assert bool(differences(seen, moved)) is differs


def test_pauses_too_short_to_be_told_apart_are_none() -> None:
    _, seen = only("caller-ends")
    first, second = seen.legs
    (talk,) = first.talking
    assert talk.end is not None
    middle = (talk.start + talk.end) // 2
    halves = (Interval(talk.start, Micros(middle)), Interval(Micros(middle + 2_000), talk.end))
    paused = msgspec.structs.replace(seen, legs=(msgspec.structs.replace(first, talking=halves), second))
    assert unlike(seen, paused) == []


# --- verdicts ---------------------------------------------------------------------------------------------


def test_a_call_that_is_not_on_record_is_handed_on() -> None:
    call, _ = only("caller-ends")
    verdict = review(call, False, Beside())
    assert verdict.record == build_record(call)
    assert review(call, False, Beside(known=True)).record is not None


def test_a_call_seen_whole_is_compared_and_left_alone() -> None:
    call, seen = only("caller-ends")
    assert review(call, False, Beside(seen)) == review(call, True, Beside(seen))
    wrong = msgspec.structs.replace(seen, outcome=Outcome.ABANDONED)
    verdict = review(call, False, Beside(wrong))
    assert verdict.record is None
    assert [each.where for each in verdict.differences] == ["outcome"]


def test_a_call_seen_in_part_is_completed_once() -> None:
    call, seen = only("caller-ends")
    partly = msgspec.structs.replace(seen, estimated=("ended_at",), outcome=Outcome.UNOBSERVED)
    verdict = review(call, False, Beside(partly))
    assert verdict.record is not None
    assert verdict.record.outcome is Outcome.ANSWERED
    assert review(call, False, Beside(better(partly, verdict.record))).record is None


def test_a_rebuilt_record_is_not_rebuilt_again() -> None:
    call, _ = only("caller-ends")
    assert review(call, False, Beside(build_record(call))).record is None


def test_what_begins_in_its_middle_adds_nothing_to_what_is_on_record() -> None:
    call, seen = only("caller-ends")
    partly = msgspec.structs.replace(seen, estimated=("ended_at",))
    assert review(call, True, Beside(partly)).record is None
    assert review(call, True, Beside(known=True)).record is None
    assert review(call, True, Beside()).record is not None


@pytest.mark.parametrize(
    ("spans", "expected"), [([], False), ([(0, 1)], False), ([(0, 1 << 62)], True), ([(1 << 61, 1 << 62)], False)]
)
def test_overlaps(spans: list[tuple[int, int]], expected: bool) -> None:
    call, _ = only("caller-ends")
    assert overlaps(call, [(Micros(start), Micros(end)) for start, end in spans]) is expected
