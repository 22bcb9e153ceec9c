"""What a real Asterisk said, heard again: the tracker makes of every capture what happened, and keeps nothing back."""

import json
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from telephony.ami.codec import FrameReader
from telephony.ami.decode import Undecoded
from telephony.model.events import Event, LinkLost, SnapshotTaken
from telephony.model.ids import MemberName, Micros, micros_of
from telephony.records.record import CallRecord
from tests.recordings.captures import FOLDER, captures, heard, load
from tests.unit.telephony.model.script import Told, seconds
from tests.unit.telephony.model.snapshots import snapshot
from tests.unit.telephony.model.test_properties import sound

ALLOWED_ANOMALIES: frozenset[str] = frozenset()
"""Kinds that a real PBX's ordinary calls may show. None."""
_MANY = 40  # cuts tried of a capture that is longer

Ending = tuple[str, str, str | None]
Expected = tuple[Ending, list[tuple[str, str]], list[tuple[str, str]], list[tuple[str, str]]]


def paths() -> list[Path]:
    found = captures()
    assert len(found) > 40
    return found


def name_of(path: Path) -> str:
    return path.name.removesuffix(".ami.gz")


@cache
def events_of(path: Path) -> tuple[Event, ...]:
    events = list(heard(load(path).frames))
    assert [event for event in events if isinstance(event, Undecoded)] == []
    return tuple(event for event in events if not isinstance(event, Undecoded))


def told(events: Sequence[Event]) -> Told:
    return Told().hear(events).settle(60)


def cuts(events: Sequence[Event], seed: str) -> list[int]:
    """Where to cut: everywhere, or at a seeded sample of places."""
    places = range(1, len(events))
    return list(places) if len(places) <= _MANY * 4 else sorted(random.Random(seed).sample(places, _MANY))


every = pytest.mark.parametrize("path", paths(), ids=name_of)


@every
def test_nothing_is_left_over_and_nothing_is_odd(path: Path) -> None:
    result = told(events_of(path))
    assert result.left_over == {}
    assert {text.split(":")[0] for text in result.anomalies} <= ALLOWED_ANOMALIES
    assert result.tracker.world.tombstones == {} or result.settle(60).tracker.world.tombstones == {}
    for record in result.records:
        sound(record)
        assert record.estimated == ()
        assert "unknown" not in {offer.outcome for offer in record.offers}


@every
def test_any_prefix_may_be_missed(path: Path) -> None:
    events = events_of(path)
    for place in cuts(events, path.name):
        result = told(events[place:])
        assert result.left_over == {}
        for record in result.records:
            sound(record)


@every
def test_any_prefix_of_the_bytes_may_be_missed(path: Path) -> None:
    data = load(path).data
    for place in random.Random(path.name).sample(range(len(data)), 10):
        frames = FrameReader().feed(data[place:])
        result = told([event for event in heard(frames) if not isinstance(event, Undecoded)])
        assert result.left_over == {}


@every
def test_the_link_may_break_at_any_moment(path: Path) -> None:
    """What was under way is ended by the next snapshot, and marked."""
    events = events_of(path)
    for place in cuts(events, path.name):
        at = max(event.at for event in events[:place])
        booted = next((event.booted_at for event in events if isinstance(event, SnapshotTaken)), Micros(0))
        result = Told().hear(events[:place])
        before = len(result.records)
        later = snapshot(Micros(at + micros_of(20)), epoch=9, booted_at=booted)
        result.hear([LinkLost(Micros(at + 1), 1), later]).settle(60)
        assert result.left_over == {}
        for record in result.records:
            sound(record)
        assert result.anomalies == []
        assert before <= len(result.records)


@every
def test_every_event_twice_changes_no_record(path: Path) -> None:
    events = events_of(path)
    assert told([event for event in events for _ in range(2)]).records == told(events).records


# --- what happened ----------------------------------------------------------------------------------------

HOTLINE = [("hotline", "connected")]
ONE, TWO = [("1001", "answered")], [("1002", "answered")]
AFTER_1002 = [("1002", "unavailable"), ("1001", "answered")]  # 1002 was asked first, and told to refuse
BY_CALLER, BY_AGENT, BY_OTHER = ("answered", "caller", None), ("answered", "agent", None), ("answered", "other", None)
BY_SYSTEM = ("answered", "system", None)
WAITING, RINGING = ("abandoned", "caller", "waiting"), ("abandoned", "caller", "ringing")
NOT_A_CALL: Expected = (("failed", "system", None), [], [], [])  # a feature code: the PBX alone answers

EXPECTED: dict[str, list[Expected]] = {
    "a-consult-that-comes-to-nothing": [(BY_AGENT, HOTLINE, AFTER_1002, []), (BY_CALLER, [], [], [])],
    "a-snapshot-while-calls-go-on": [
        (BY_CALLER, HOTLINE, ONE, []),
        (RINGING, [("all", "abandoned")], [("1003", "cancelled"), ("1004", "cancelled")], []),
        (WAITING, [("tiny", "abandoned")], [], []),
    ],
    "agent-ends": [(BY_AGENT, HOTLINE, AFTER_1002, [])],
    "an-agent-calls-the-hotline": [(BY_CALLER, HOTLINE, ONE, [])],
    "attended-by-keys": [(BY_CALLER, HOTLINE, ONE, [("attended", "1005")])],
    "attended-by-refer": [(BY_CALLER, HOTLINE, AFTER_1002, [("attended", "1005")])],
    "attended-into-a-queue": [
        (
            BY_CALLER,
            [*HOTLINE, ("all", "connected")],
            [*AFTER_1002, ("1003", "answered"), ("1004", "lost")],
            [("attended", "1003")],
        )
    ],
    "blind-and-given-up": [(BY_CALLER, HOTLINE, ONE, [("blind", "1005")])],
    "blind-and-refused": [(BY_SYSTEM, HOTLINE, AFTER_1002, [("blind", "1005")])],
    "blind-by-keys": [(BY_OTHER, HOTLINE, AFTER_1002, [("blind", "1005")])],
    "blind-by-refer": [(BY_CALLER, HOTLINE, ONE, [("blind", "1005")])],
    "blind-into-a-queue": [
        (
            BY_CALLER,
            [*HOTLINE, ("all", "connected")],
            [*ONE, ("1003", "answered"), ("1004", "lost")],
            [("blind", "8001")],
        )
    ],
    "blonde-by-keys": [(BY_OTHER, HOTLINE, AFTER_1002, [("blonde", "1005")])],
    "blonde-by-refer": [(BY_CALLER, HOTLINE, ONE, [("blonde", "1005")])],
    "both-hang-up-at-once": [(BY_CALLER, HOTLINE, ONE, [])],
    "caller-ends": [(BY_CALLER, HOTLINE, ONE, [])],
    "everybody-leaves": [
        (("queue_empty", "system", None), [("leave", "queue_empty")], [("1006", "no_answer")], []),
    ],
    "finds-nobody-and-overflows": [(BY_CALLER, [("empty", "queue_empty"), *HOTLINE], ONE, [])],
    "gives-up-in-a-ring-all": [
        (RINGING, [("all", "abandoned")], [("1003", "cancelled"), ("1004", "cancelled")], []),
    ],
    "gives-up-in-the-instant-of-the-answer": [
        (RINGING, [("hotline", "abandoned")], [("1002", "cancelled")], []),
        (RINGING, [("hotline", "abandoned")], [("1001", "cancelled")], []),
        (RINGING, [("hotline", "abandoned")], [("1002", "dropped")], []),
        (BY_CALLER, HOTLINE, ONE, []),
        (BY_CALLER, HOTLINE, TWO, []),
        (BY_CALLER, HOTLINE, ONE, []),
        (BY_CALLER, HOTLINE, TWO, []),
    ],
    "gives-up-ringing": [(RINGING, [("hotline", "abandoned")], [("1001", "cancelled")], [])],
    "gives-up-waiting": [(WAITING, [("tiny", "abandoned")], [], [])],
    "held-twice": [(BY_CALLER, HOTLINE, AFTER_1002, [])],
    "key-exit-to-another-queue": [(BY_CALLER, [("keys", "key_exit"), *HOTLINE], TWO, [])],
    "key-exit-to-the-end": [(("key_exit", "system", None), [("keys", "key_exit")], [], [])],
    "members-come-and-go": [NOT_A_CALL] * 4,
    "phone-to-phone": [(BY_OTHER, [], [], [])],
    "queue-full": [
        (WAITING, [("tiny", "abandoned")], [], []),
        (("queue_full", "system", None), [("tiny", "queue_full")], [], []),
    ],
    "redirected-out-of-the-line": [(BY_CALLER, [("tiny", "withdrawn")], [], [])],
    "refused-480": [(BY_CALLER, HOTLINE, [("1001", "unavailable"), *TWO], [])],
    "refused-486": [(BY_CALLER, HOTLINE, [("1002", "refused"), *ONE], [])],
    "refused-603": [(BY_CALLER, HOTLINE, [("1001", "refused"), *TWO], [])],
    "ring-all": [(BY_CALLER, [("all", "connected")], [("1003", "answered"), ("1004", "lost")], [])],
    "ring-all-both-pick-up": [(BY_CALLER, [("all", "connected")], [("1003", "answered"), ("1004", "lost")], [])],
    "rings-out-then-the-next": [(BY_CALLER, HOTLINE, [("1002", "no_answer"), *ONE], [])],
    "swapped-and-back": [(BY_CALLER, HOTLINE, AFTER_1002, [])],
    "the-caller-leaves-a-consult": [(BY_CALLER, HOTLINE, ONE, [])],
    "three-together-by-keys": [(BY_OTHER, HOTLINE, ONE, [("attended", "1005")])],
    "times-out": [(("timed_out", "system", None), [("short", "timed_out")], [], [])],
    "told-to-hang-up-while-waiting": [(("system", "system", None), [("tiny", "unknown")], [], [])],
    "two-callers-at-once": [(BY_CALLER, HOTLINE, ONE, []), (BY_CALLER, HOTLINE, TWO, [])],
    "two-citizens-joined": [
        (BY_OTHER, HOTLINE, ONE, [("attended", "13800000001")]),
        (BY_CALLER, HOTLINE, TWO, [("blind", "1001")]),
    ],
    "unknown-number": [(("refused", "system", None), [], [], [])],
    "withdrawn": [(("withdrawn", "system", None), [("tiny", "withdrawn")], [], [])],
    "zz-shutdown": [
        (BY_SYSTEM, HOTLINE, AFTER_1002, []),
        (("system", "system", None), [("tiny", "unknown")], [], []),
    ],
}
"""By capture: how each call ended, its visits, its offers, its transfers, in the order the calls came in. Written from
what the phones of the story did (tests/recordings)."""

T, HOLD, GAP, RING = "talk", "hold", "gap", "ring"
TIMELINES: dict[str, list[tuple[str, tuple[str, ...], float]]] = {
    "caller-ends": [(RING, ("1001",), 0.3), (T, ("1001",), 1.5)],
    "held-twice": [
        (RING, ("1001",), 0.3),
        (T, ("1001",), 0.5),
        (HOLD, ("1001",), 0.6),
        (T, ("1001",), 0.4),
        (HOLD, ("1001",), 0.4),
    ],
    "blind-by-refer": [(RING, ("1001",), 0.3), (T, ("1001",), 0.5), (GAP, (), 0.3), (T, ("1005",), 0.5)],
    "attended-by-refer": [(RING, ("1001",), 0.3), (T, ("1001",), 0.5), (HOLD, ("1001",), 0.8), (T, ("1005",), 0.8)],
    "attended-by-keys": [(RING, ("1001",), 0.3), (T, ("1001",), 0.8), (HOLD, ("1001",), 2.2), (T, ("1005",), 1.2)],
    "blonde-by-keys": [
        (RING, ("1001",), 0.3),
        (T, ("1001",), 0.8),
        (HOLD, ("1001",), 1.6),
        (GAP, (), 0.5),
        (T, ("1005",), 1.2),
    ],
    "three-together-by-keys": [
        (RING, ("1001",), 0.3),
        (T, ("1001",), 0.8),
        (HOLD, ("1001",), 2.3),
        (T, ("1001", "1005"), 1.1),
        (T, ("1005",), 0.6),
    ],
    "swapped-and-back": [
        (RING, ("1001",), 0.3),
        (T, ("1001",), 0.8),
        (HOLD, ("1001",), 2.2),
        (T, ("1001",), 1.0),
        (HOLD, ("1001",), 0.7),
        (T, ("1001",), 1.0),
    ],
    "the-caller-leaves-a-consult": [(RING, ("1001",), 0.3), (T, ("1001",), 0.8), (HOLD, ("1001",), 1.9)],
    "attended-into-a-queue": [
        (RING, ("1001",), 0.3),
        (T, ("1001",), 0.8),
        (HOLD, ("1001",), 2.1),
        (T, ("1003",), 1.2),
    ],
    "rings-out-then-the-next": [
        (RING, ("1002",), 4.0),
        ("wait", ("hotline",), 1.0),
        (RING, ("1001",), 0.3),
        (T, ("1001",), 0.5),
    ],
}
"""Segments of 0.1 s and more, in seconds."""


def told_of(record: CallRecord) -> Expected:
    """Ending, visits, offers and transfers."""
    where = None if record.abandoned_in is None else str(record.abandoned_in)
    return (
        (str(record.outcome), str(record.hung_up_by), where),
        [(str(visit.queue), str(visit.result)) for visit in record.visits],
        [(str(offer.member), str(offer.outcome)) for offer in record.offers],
        [(transfer.kind, transfer.to) for transfer in record.transfers],
    )


def records_of(name: str) -> list[CallRecord]:
    records = told(events_of(FOLDER / "single" / f"{name}.ami.gz")).records
    return sorted(records, key=lambda record: record.call_id)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_happened(name: str) -> None:
    assert [told_of(record) for record in records_of(name)] == EXPECTED[name]


@pytest.mark.parametrize("name", TIMELINES)
def test_what_the_callers_time_was_spent_on(name: str) -> None:
    assert seconds(records_of(name)[0]) == TIMELINES[name]


def test_every_single_capture_is_in_the_table() -> None:
    assert {name_of(path) for path in paths() if path.parent.name == "single"} == set(EXPECTED)


def test_a_name_in_utf8_comes_whole_and_a_recording_has_its_path() -> None:
    (record,) = records_of("caller-ends")
    assert (record.caller_name, record.caller_number) == ("王小明", "13800000001")
    (record,) = records_of("unknown-number")
    assert (record.refused_because, record.dialled) == ("unknown-number", "999")


def test_agents_are_free_again_after_every_call() -> None:
    """Failure 9: nobody stays busy without a call."""
    for path in paths():
        states = {a.member: str(a.state) for a in told(events_of(path)).tracker.world.agents.values()}
        assert set(states.values()) <= {"ready", "unreachable", "paused"}, path.name
        assert states.get(MemberName("1001"), "ready") == "ready"


@pytest.mark.parametrize("about", sorted(FOLDER.rglob("about.json")), ids=lambda path: path.parent.name)
def test_as_many_calls_and_answers_as_the_phones_counted(about: Path) -> None:
    """And a PBX that sends everything tells the same calls as one with the bridge's filter."""
    counted = json.loads(about.read_bytes())
    streams = [load(path) for path in sorted(about.parent.glob("*.ami.gz"))]
    told_twice = [
        sorted(told([e for e in heard(s.frames) if not isinstance(e, Undecoded)]).records, key=lambda r: r.call_id)
        for s in streams
    ]
    for records in told_twice:
        assert len(records) == counted["calls"]
        assert sum(record.outcome == "answered" for record in records) == counted["answered"]
    assert len(streams) == 2
    for one, other in zip(*told_twice, strict=True):
        assert told_of(one) == told_of(other)
        assert one.call_id == other.call_id
