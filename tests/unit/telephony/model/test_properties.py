"""What holds for whatever a PBX may say: no event raises, nothing grows, repeats change nothing, the order between
calls does not matter, and every record is sound."""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.model import events as ev
from telephony.model.ids import Linkedid, Micros, QueueName, Uniqueid, micros_of
from telephony.model.seen import CallerSeen, ChannelSeen
from telephony.model.terms import OfferOutcome, Outcome
from telephony.records.record import CallRecord
from tests.unit.telephony.model import test_endings as endings
from tests.unit.telephony.model.script import Pbx, Told, told
from tests.unit.telephony.model.stories import STORIES

# --- arbitrary events -------------------------------------------------------------------------------------

_SECOND = 1_000_000
_TIMES = st.one_of(
    st.integers(1_795_400_000 * _SECOND, 1_795_400_100 * _SECOND),
    st.integers(0, 10**18),
    st.sampled_from((0, 1, 10**18 - 1)),
)
_IDS = st.one_of(
    st.sampled_from([f"pbx1-1795400000.{number}" for number in range(12)]),
    st.sampled_from(["", "x", "pbx1-", ".", "pbx1-1.²", "1795400000.٣", "\x00", "-1.-1", "pbx1-9" + "9" * 40 + ".1"]),
)
_NAMES = st.one_of(
    st.sampled_from(
        [
            "PJSIP/1001-00000001",
            "PJSIP/trunk-carrier-00000002",
            "Local/1005@zt-transfer-00000001;1",
            "Local/1005@zt-transfer-00000001;2",
            "CBAnn/r-1;1",
            "",
            "/",
            "-",
            "PJSIP/",
            ";1",
        ]
    ),
    st.text(max_size=5),
)
_WORDS = st.sampled_from(
    ["hotline", "tax", "", "1001", "1002", "TIMEOUT", "FULL", "JOINEMPTY", "CONTINUE", "EXITKEY", "ANSWER", "zt-in-x"]
)
OF_ROOMS = {
    "place": ("room", "side", "hold", "", "x"),
    "role": ("caller", "agent", "guest", ""),
    "status": ("RINGING", "BUSY", "TIMEOUT", "FULL", "JOINEMPTY", "CONTINUE", "EXITKEY", "ANSWER", "LATE", ""),
    "mode": ("room", "side", "hand-over", "x"),
    "invite": ("i1", "i2", "i3", "i4", "i5", "i6", "i7", "i8", ""),
    "line": ("1", "2"),
    "number": ("84120001", "84120002", ""),
    "state": ("began", "ended", "paused", "resumed", "closed", ""),
    "context": ("zt-room-caller", "zt-room-agent", "zt-room-guest", "zt-room-dial", "zt-out", "zt-in-x", ""),
    "exten": ("join", "side", "hold", "back", "consult", "s", "12345", ""),
}
"""What the dialplan says where, and where channels can be in it."""
_INTS = st.one_of(st.integers(-1, 40), st.integers(-(2**63), 2**63))
_PLAIN = {"str": _WORDS, "int": _INTS, "bool": st.booleans()}
IDENTIFIERS = ("uniqueid", "linkedid", "bridge", "kept", "gone", "one", "two", "by", "whom", "target", "room")


def _values(field: msgspec.structs.FieldInfo) -> st.SearchStrategy[Any]:
    name, kind = field.name, getattr(field.type, "__supertype__", field.type)
    if name in ("at", "booted_at"):
        return _TIMES
    if name in ("name", "dest_name", "interface"):
        return _NAMES
    if kind is str and (name.startswith(IDENTIFIERS) or name.endswith(("uniqueid", "linkedid"))):
        return _IDS
    if kind is str:
        return st.sampled_from(OF_ROOMS[name]) if name in OF_ROOMS else _WORDS
    return st.booleans() if kind is bool else _INTS


def _some(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{field.name: _values(field) for field in msgspec.structs.fields(kind)})


def _concrete(kind: type[ev.Event]) -> list[type[ev.Event]]:
    below = [found for child in kind.__subclasses__() for found in _concrete(child)]
    return below or [kind]


_SNAPSHOTS = st.builds(
    ev.SnapshotTaken,
    at=_TIMES,
    epoch=_INTS,
    booted_at=_TIMES,
    channels=st.lists(_some(ChannelSeen), max_size=5).map(tuple),
    callers=st.lists(_some(CallerSeen), max_size=3).map(tuple),
    members=st.lists(_some(ev.MemberChanged), max_size=3).map(tuple),
    queues=st.lists(_WORDS.map(QueueName), max_size=3).map(tuple),
)
KINDS = [kind for kind in _concrete(ev.Event) if kind is not ev.SnapshotTaken]
_SETTINGS = st.builds(ev.ClockSet, at=_TIMES, by=st.integers(-(10**12), 10**12))
EVENTS = st.one_of(*(_some(kind) for kind in KINDS if kind is not ev.ClockSet), _SETTINGS, _SNAPSHOTS)


def test_every_kind_of_event_is_tried() -> None:
    assert len(KINDS) >= 32
    assert ev.OfferEvent not in KINDS


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_no_sequence_of_events_raises_and_every_record_is_sound(events: list[ev.Event]) -> None:
    heard = Told().hear(events)
    for record in heard.records:
        sound(record)
    over(heard)
    assert heard.left_over == {}


def over(heard: Told) -> None:
    """All channels hang up, and time passes."""
    at = max(heard.tracker.world.now, Micros(2))
    empty = ev.SnapshotTaken(at, 9, heard.tracker.world.booted_at, (), (), (), ())
    heard.hear([empty, ev.Tick(Micros(at + micros_of(3600)))])
    for record in heard.records:
        sound(record)


# --- what every record keeps ------------------------------------------------------------------------------


def sound(record: CallRecord) -> None:
    """The invariants of a call record."""
    assert record.ended_at >= record.received_at
    assert (record.answered_at is None) == (record.outcome is not Outcome.ANSWERED)
    assert (record.abandoned_in is None) == (record.outcome is not Outcome.ABANDONED)
    for duration in (record.wait_ms, record.ring_ms, record.talk_ms, record.hold_ms):
        assert duration is None or duration >= 0
    starts = [segment.start for segment in record.timeline]
    ends = [segment.end for segment in record.timeline]
    assert all(start < end for start, end in zip(starts, ends, strict=True))
    if record.ended_at > record.received_at:
        assert [record.received_at, *ends] == [*starts, record.ended_at], "no hole and no overlap"
    else:
        assert record.timeline == ()
    for offer in record.offers:
        assert offer.ended_at is not None, "every offer of an ended call is closed"
    for visit in record.visits:
        assert visit.ended_at is not None
    for leg in record.legs:
        for interval in (*leg.talking, *leg.held):
            assert interval.end is not None
    assert record.call_id not in record.aliases
    assert record.call_id not in record.related
    assert len(set(record.related)) == len(record.related)
    assert len({leg.uniqueid for leg in record.legs}) == len(record.legs)


@pytest.mark.parametrize("story", STORIES)
def test_the_records_of_all_stories_are_sound(story: Callable[[Pbx], None]) -> None:
    pbx = Pbx()
    story(pbx)
    heard = told(pbx.events)
    assert heard.records
    for record in heard.records:
        sound(record)
        assert OfferOutcome.UNKNOWN not in {offer.outcome for offer in record.offers}
    assert heard.anomalies == []
    assert heard.left_over == {}


# --- repeats, losses, other calls -------------------------------------------------------------------------


def events_of(story: Callable[[Pbx], None], number: int = 0) -> list[ev.Event]:
    pbx = Pbx(second=1_795_400_000 + 7 * number, trunk=f"t{number}")
    story(pbx)
    return pbx.events


def records_of(events: Iterable[ev.Event]) -> list[CallRecord]:
    return sorted(Told().hear(events).settle(60).records, key=lambda record: record.call_id)


@pytest.mark.parametrize("story", STORIES)
def test_saying_any_event_twice_changes_no_record(story: Callable[[Pbx], None]) -> None:
    events = events_of(story)
    once = records_of(events)
    for number in range(len(events)):
        twice = [*events[: number + 1], events[number], *events[number + 1 :]]
        assert records_of(twice) == once, f"changed by a second {events[number]}"


@pytest.mark.parametrize("story", STORIES)
def test_saying_every_event_twice_changes_no_record(story: Callable[[Pbx], None]) -> None:
    events = events_of(story)
    assert records_of(event for event in events for _ in range(2)) == records_of(events)


@pytest.mark.parametrize("story", STORIES)
def test_any_prefix_may_be_missed(story: Callable[[Pbx], None]) -> None:
    events = events_of(story)
    for number in range(1, len(events)):
        heard = Told().hear(events[number:]).settle(60)
        for record in heard.records:
            sound(record)
        assert heard.left_over == {}


@pytest.mark.parametrize("story", STORIES)
def test_any_one_event_may_be_missed(story: Callable[[Pbx], None]) -> None:
    events = events_of(story)
    for number in range(len(events)):
        heard = Told().hear([*events[:number], *events[number + 1 :]])
        over(heard)
        assert heard.left_over == {}, f"left over without {events[number]}"


def interleaved(streams: Sequence[Sequence[ev.Event]], dice: random.Random) -> list[ev.Event]:
    """One stream in which each of these keeps its order; times are made to follow it."""
    rest = [list(stream) for stream in streams if stream]
    out: list[ev.Event] = []
    while rest:
        stream = dice.choice(rest)
        out.append(stream.pop(0))
        rest = [left for left in rest if left]
    return out


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(list(STORIES)), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_calls_that_go_on_at_once_give_the_records_of_each_alone(
    stories: list[Callable[[Pbx], None]], dice: random.Random
) -> None:
    streams = [_own_people(events_of(story, number), number) for number, story in enumerate(stories)]
    alone = [record for stream in streams for record in records_of(stream)]
    by_time = sorted((event for stream in streams for event in stream), key=lambda event: event.at)
    assert records_of(by_time) == sorted(alone, key=lambda record: record.call_id)
    mixed = records_of(interleaved(streams, dice))
    assert [_timeless(record) for record in mixed] == [
        _timeless(record) for record in sorted(alone, key=lambda record: record.call_id)
    ]


def _own_people(events: list[ev.Event], number: int) -> list[ev.Event]:
    """Agents and queues of its own, so that only the calls share the PBX."""
    changed = []
    for event in events:
        fields = {
            name: type(value)(f"{value}n{number}") if name in ("member", "queue") and value else value
            for name, value in msgspec.structs.asdict(event).items()
        }
        changed.append(type(event)(**fields))
    return changed


def _timeless(record: CallRecord) -> tuple[object, ...]:
    return (
        record.call_id,
        record.outcome,
        record.hung_up_by,
        record.agent,
        record.uniqueids,
        [(offer.member, offer.outcome) for offer in record.offers],
        [(visit.queue, visit.result) for visit in record.visits],
        [(transfer.kind, transfer.to) for transfer in record.transfers],
        record.aliases,
    )


def test_a_repeated_word_of_the_queue_does_not_add_visits() -> None:
    pbx = endings.finds_nobody("FULL")
    end = next(event for event in pbx.events if isinstance(event, ev.QueueEnded))
    heard = told([*pbx.events[:3], end, end, *pbx.events[3:]])
    assert len(heard.record.visits) == 1


def test_ids_that_are_no_ids_are_taken_as_they_are() -> None:
    odd = ev.ChannelCreated(Micros(5), Uniqueid("²"), Linkedid(""), "", 4, "", "", "", "")
    gone = ev.ChannelHungUp(Micros(6), Uniqueid("²"), Linkedid(""), 16, "")
    assert len(told([odd, gone]).record.call_id) == 26
