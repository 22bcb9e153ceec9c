"""What holds for whatever a PBX may say: no event raises, nothing grows, repeats change nothing, the order between
calls does not matter, and every record is sound."""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.model import (
    calls,
    consults,
    joins,
    on_bridges,
    on_dialplan,
    on_outgoing,
    on_queues,
    on_recording,
    on_supervision,
    on_trunks,
    world,
)
from telephony.model import events as ev
from telephony.model.ids import Linkedid, Micros, QueueName, Uniqueid, micros_of
from telephony.model.seen import CallerSeen, ChannelSeen
from telephony.model.terms import OfferOutcome, Outcome
from telephony.records.record import CallRecord
from tests.unit.telephony.model import test_endings as endings
from tests.unit.telephony.model.script import Pbx, Told, told
from tests.unit.telephony.model.sizes import sizes
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
_OF_ROOMS = {
    "place": ("room", "side", "hold", "", "x"),
    "role": ("caller", "agent", "guest", ""),
    "status": ("RINGING", "BUSY", "TIMEOUT", "FULL", "JOINEMPTY", "CONTINUE", "EXITKEY", "ANSWER", ""),
    "context": ("zt-room-caller", "zt-room-agent", "zt-room-guest", "zt-room-dial", "zt-out", "zt-in-x", ""),
    "exten": ("join", "side", "hold", "back", "consult", "s", "12345", ""),
}
"""What the dialplan says where, and where channels can be in it."""
_INTS = st.one_of(st.integers(-1, 40), st.integers(-(2**63), 2**63))
_PLAIN = {"str": _WORDS, "int": _INTS, "bool": st.booleans()}
_IDENTIFIERS = ("uniqueid", "linkedid", "bridge", "kept", "gone", "one", "two", "by", "whom", "target", "room")


def _values(field: msgspec.structs.FieldInfo) -> st.SearchStrategy[Any]:
    name, kind = field.name, getattr(field.type, "__supertype__", field.type)
    if name in ("at", "booted_at"):
        return _TIMES
    if name in ("name", "dest_name", "interface"):
        return _NAMES
    if kind is str and (name.startswith(_IDENTIFIERS) or name.endswith(("uniqueid", "linkedid"))):
        return _IDS
    if kind is str:
        return st.sampled_from(_OF_ROOMS[name]) if name in _OF_ROOMS else _WORDS
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


# --- memory -----------------------------------------------------------------------------------------------

BOUNDS = {
    calls: {"MAX_SPANS": 20},
    joins: {"MAX_LEGS": 12, "MAX_KIN": 8, "MAX_OFFERS": 10, "MAX_VISITS": 6, "MAX_TRANSFERS": 5},
    world: {
        "MAX_LEGS": 12,
        "MAX_CHANNELS": 30,
        "MAX_KNOWN_LEGS": 90,
        "MAX_PAST": 40,
        "MAX_QUEUES": 8,
        "MAX_AGENTS": 15,
    },
    on_queues: {"MAX_OFFERS": 10, "MAX_VISITS": 6, "MAX_MEMBERSHIPS": 3},
    on_dialplan: {"MAX_TRANSFERS": 5, "MAX_VISITS": 6},
    consults: {"MAX_TRANSFERS": 5},
    on_outgoing: {"MAX_TRANSFERS": 5},
    on_supervision: {"MAX_TRANSFERS": 5},
    on_recording: {"MAX_PAUSES": 7},
    on_trunks: {"MAX_TRUNKS": 9},
    on_bridges: {"MAX_KIN": 8, "MAX_MEMBERS": 10},
}


class Hostile:
    """A PBX that says whatever does most harm: of living channels mostly, of ever new ones, and seldom lets them end.

    ``mood`` weighs the kinds of events and changes every thousand, so that each container gets its turn.
    """

    def __init__(self, seed: int, target: world.World) -> None:
        self.dice = random.Random(seed)
        self.target = target
        self.fresh = 0
        self.at = Micros(1_795_400_000 * _SECOND)
        self.kinds: list[type[ev.Event]] = KINDS

    def change_mood(self) -> None:
        few = self.dice.sample(KINDS, 4)
        self.kinds = [*KINDS, *few * 40, *[ev.ChannelCreated] * 10, *[ev.ChannelHungUp] * self.dice.choice((2, 10, 40))]

    def id(self) -> str:
        roll = self.dice.random()
        if roll < 0.7 and self.target.channels:
            return self.dice.choice(list(self.target.channels))
        if roll < 0.85 and self.target.by_leg:
            return self.dice.choice(list(self.target.by_leg))
        self.fresh += 1
        return f"pbx1-1795400000.{self.fresh}"

    def linkedid(self) -> str:
        known = list(self.target.by_linkedid)
        return self.dice.choice(known) if known and self.dice.random() < 0.9 else self.id()

    def value(self, field: msgspec.structs.FieldInfo) -> object:
        name, kind = field.name, getattr(field.type, "__supertype__", field.type)
        if name in ("name", "dest_name", "interface"):
            return self.dice.choice(["PJSIP/1001-1", "PJSIP/trunk-a-2", "PJSIP/1-1", "Local/1@x-1;1", "Local/1@x-1;2"])
        if name in ("bridge", "kept", "gone"):
            return f"b{self.dice.randrange(4)}"
        if name.endswith("linkedid"):
            return self.linkedid()
        if name.endswith("uniqueid") or (kind is str and name.startswith(_IDENTIFIERS)):
            return self.id()
        if name == "queue":
            return self.dice.choice(["hotline", "tax", f"q{self.dice.randrange(10_000)}"])
        if kind is str and name in _OF_ROOMS:
            return self.dice.choice(_OF_ROOMS[name])
        if kind is str:
            return self.dice.choice([f"{self.dice.randrange(40)}", "TIMEOUT", "JOINEMPTY", "FULL", "zt-in-a"])
        return self.dice.random() < 0.5 if kind is bool else self.dice.randrange(8)

    def event(self) -> ev.Event:
        kind = self.dice.choice(self.kinds)
        fields: dict[str, Any] = {field.name: self.value(field) for field in msgspec.structs.fields(kind)}
        self.at = Micros(self.at + self.dice.choice((0, 0, 1, 200_000)))
        fields["at"] = self.at
        self.aim(kind, fields)
        return kind(**fields)

    def aim(self, kind: type[ev.Event], fields: dict[str, Any]) -> None:
        """Mostly make sense: a new channel begins a conversation or joins one; others stay in theirs."""
        if kind is ev.ClockSet:
            fields["by"] = 0
        elif kind is ev.ChannelCreated and self.dice.random() < 0.9:
            self.fresh += 1
            fields["uniqueid"] = f"pbx1-1795400000.{self.fresh}"
            fields["linkedid"] = fields["uniqueid"] if self.dice.random() < 0.6 else self.linkedid()
        elif issubclass(kind, ev.ChannelEvent) and self.dice.random() < 0.97:
            channel = self.target.channels.get(Uniqueid(str(fields["uniqueid"])))
            if channel is not None:
                fields["linkedid"] = channel.linkedid


@pytest.mark.parametrize("seed", range(4))
def test_no_container_outgrows_its_bound_whatever_is_said(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, bounds in BOUNDS.items():
        for name, bound in bounds.items():
            assert getattr(module, name) > bound
            monkeypatch.setattr(module, name, bound)
    heard = Told()
    hostile = Hostile(seed, heard.tracker.world)
    largest: dict[str, int] = {}
    for number in range(20_000):
        if number % 1000 == 0:
            hostile.change_mood()
        heard.hear([hostile.event()])
        heard.changes.clear()
        heard.records.clear()
        if number % 500 == 0:
            for path, size in sizes(heard.tracker.world).items():
                largest[path] = max(largest.get(path, 0), size)
    assert {path: size for path, size in largest.items() if size > _bound(path)} == {}
    assert largest["World.channels"] > 10, "the PBX was hostile in vain"
    assert largest["World.calls"] > 5
    over(heard)
    assert heard.left_over == {}


def _bound(path: str) -> int:
    """Of a container, from the bounds above. A call ended but not yet settled counts like a live one."""
    bounds = {
        "World.out": 0,
        "World.channels": 30,
        "World.calls": 60,
        "World.listening": 31,
        "World.settling": 31,
        "World.past": 41,
        "World.tombstones": 31,
        "World.by_leg": 100,
        "World.by_linkedid": 60 * 12,
        "World.bridges": 30,
        "World.queues": 8,
        "World.agents": 15,
        "World.trunks": 9,
        "World.registrations": 9,
        "World.wrapping_up": 15,
        "World.missing": 15,
        "World.watchers": 0,
        "World.bypassing": 50,
        "Queue.waiting": 90,
        "Queue.members": 15,
        "Agent.memberships": 3,
        "Agent.offers": 60 * 10,
        "Agent.talking": 30,
        "Call.legs": 12,
        "Call.live": 12,
        "Call.linkedids": 12,
        "Call.visits": 6,
        "Call.told_wait": 2,  # a pair
        "Call.offers": 10,
        "Call.transfers": 5,
        "Call.heard_by": 5,
        "Call.duty": 5,
        "Call.out": 5,
        "Call.refused_out": 5,
        "Call.aliases": 8,
        "Call.related": 8,
        "Call.strangers": 8,
        "Call.other_recordings": 8,
        "Call.pauses": 7,
        "Call.estimated": 10,
        "Call.consults": 5,
        "Remarks.notes": 0,  # nobody at a desk says anything here
        "Remarks.topics": 0,
        "Leg.spans": 20,
        "Leg.held": 20,
        "Span.partners": 30,
        "Bridge.members": 10,
    }
    return bounds[path]


def test_a_repeated_word_of_the_queue_does_not_add_visits() -> None:
    pbx = endings.finds_nobody("FULL")
    end = next(event for event in pbx.events if isinstance(event, ev.QueueEnded))
    heard = told([*pbx.events[:3], end, end, *pbx.events[3:]])
    assert len(heard.record.visits) == 1


def test_ids_that_are_no_ids_are_taken_as_they_are() -> None:
    odd = ev.ChannelCreated(Micros(5), Uniqueid("²"), Linkedid(""), "", 4, "", "", "", "")
    gone = ev.ChannelHungUp(Micros(6), Uniqueid("²"), Linkedid(""), 16, "")
    assert len(told([odd, gone]).record.call_id) == 26
