"""Stories of a real PBX: what one AMI login heard of them, and what CEL and queue_log kept (made by
``python -m tests.integration.journal.make``)."""

import gzip
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from telephony.journal.grouping import SETTLE, CallRows, Grouping
from telephony.journal.rebuild import rebuild
from telephony.journal.rows import CelRow, QueueLine, cel_row, queue_line
from telephony.model.calls import Call
from telephony.model.changes import CallEnded
from telephony.model.events import Event, Tick
from telephony.model.ids import CallId, Micros, PbxName
from telephony.model.tracker import Tracker
from telephony.records.build import build_record
from telephony.records.record import CallRecord
from tests.recordings.captures import Capture
from tests.recordings.captures import heard as heard_in

FOLDER = Path(__file__).parent / "stories"
PBX = PbxName("pbx1")
NAMES = sorted(path.name for path in FOLDER.iterdir())
_HOUR = 3_600_000_000


def _bytes(name: str, part: str, folder: Path = FOLDER) -> bytes:
    return gzip.decompress((folder / name / f"{part}.gz").read_bytes())


@cache
def events(name: str, folder: Path = FOLDER) -> list[Event]:
    """What was heard, a snapshot first."""
    return [event for event in heard_in(Capture(name, _bytes(name, "ami", folder)).frames) if isinstance(event, Event)]


@cache
def rows(name: str, folder: Path = FOLDER) -> list[CelRow]:
    found = [cel_row(text) for text in _bytes(name, "cel.csv", folder).decode().splitlines()]
    return [row for row in found if row is not None]


@cache
def lines(name: str, folder: Path = FOLDER) -> list[QueueLine]:
    found = [queue_line(text) for text in _bytes(name, "queue_log", folder).decode().splitlines()]
    return [line for line in found if line is not None]


def groups(told_rows: Iterable[CelRow], told_lines: Iterable[QueueLine]) -> list[CallRows]:
    """The groups of these rows, all of which must be over."""
    grouping = Grouping()
    for line in told_lines:
        grouping.line(line, 1)
    for row in told_rows:
        grouping.cel(row, 1, Micros(0))
    finished = grouping.finished(SETTLE)
    assert grouping.held == 0
    return [each.calls for each in finished]


def rebuilt_calls(name: str, folder: Path = FOLDER) -> dict[CallId, Call]:
    """By the logs alone."""
    told = groups(rows(name, folder), lines(name, folder))
    return {call.call_id: call for group in told for call in rebuild(PBX, group)}


def rebuilt(name: str, folder: Path = FOLDER) -> dict[CallId, CallRecord]:
    """By the logs alone."""
    return {call_id: build_record(call) for call_id, call in rebuilt_calls(name, folder).items()}


def seen(heard: Iterable[Event]) -> dict[CallId, CallRecord]:
    """By who heard these events, and nothing more."""
    return {record.call_id: record for record in _records(heard)}


def _records(heard: Iterable[Event]) -> Iterator[CallRecord]:
    tracker = Tracker(PBX)
    for event in heard:
        yield from (build_record(change.call) for change in tracker.apply(event) if isinstance(change, CallEnded))
    rest = tracker.apply(Tick(Micros(tracker.world.now + _HOUR)))
    yield from (build_record(change.call) for change in rest if isinstance(change, CallEnded))
