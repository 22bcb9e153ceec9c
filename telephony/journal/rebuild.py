"""Calls out of Asterisk's own logs, without having seen any of them. Pure.

A group's rows (``grouping``) are told to a model of its own, made for this group and thrown away; what comes out are
the same calls, by the same rules and with the same ids, as if they had been watched. A phone's own hold button leaves
no trace in the logs: such time counts as talk. A hold through a room does.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from telephony.journal.grouping import CallRows
from telephony.journal.mending import UNKNOWN, Mended, answered_unseen, mend
from telephony.journal.retell import in_order, retell
from telephony.journal.rows import CelRow
from telephony.model import events as ev
from telephony.model.calls import Call
from telephony.model.changes import CallEnded
from telephony.model.guesses import own_up
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Micros, PbxName
from telephony.model.names import is_way_in
from telephony.model.terms import Provenance
from telephony.model.tracker import Tracker
from telephony.records.build import build_record
from telephony.records.record import CallRecord

_AFTERWARDS = Micros(3600 * MICROS_PER_SECOND)
_SOME_BOOT, _NO_NAMES = Micros(1), MappingProxyType[str, MemberName]({})


def rebuild(pbx: PbxName, calls: CallRows, names: Mapping[str, MemberName] = _NO_NAMES) -> list[Call]:
    """The calls of one group, in order of their ids. ``names``: endpoint → member, for phones that are not named by
    their agent."""
    mended = mend(in_order(calls.rows), calls.lines, calls.headless)
    rows = mended.rows
    tracker = Tracker(pbx)
    told = [change for event in _story(rows, calls, names) for change in tracker.apply(event)]
    found = [change.call for change in told if isinstance(change, CallEnded)]
    for call in found:
        call.provenance = Provenance.REBUILT
        call.left_out += calls.left_out
        _own_up(call, calls, mended)
    return sorted(found, key=lambda call: call.call_id)


def rebuild_records(pbx: PbxName, calls: CallRows, names: Mapping[str, MemberName] = _NO_NAMES) -> list[CallRecord]:
    """The records of ``rebuild``."""
    return [build_record(call) for call in rebuild(pbx, calls, names)]


def _story(rows: list[CelRow], calls: CallRows, names: Mapping[str, MemberName]) -> Iterator[ev.Event]:
    if not rows:
        return
    yield _snapshot(rows[0].at, _SOME_BOOT)
    yield from retell(rows, calls.lines, names)
    last = rows[-1].at
    if calls.cut is not None:
        alive = max(last, calls.cut.alive)
        yield ev.LinkLost(alive, 1)
        last = max(alive, calls.cut.booted or alive)
        yield _snapshot(last, calls.cut.booted or _SOME_BOOT)
    yield ev.Tick(Micros(last + _AFTERWARDS))


def _snapshot(at: Micros, booted_at: Micros) -> ev.SnapshotTaken:
    """Of a PBX without calls."""
    return ev.SnapshotTaken(at, 1, booted_at, (), (), (), ())


def _own_up(call: Call, calls: CallRows, mended: Mended) -> None:
    """Name what was not in the logs: the beginning of a channel that they show only in the middle, and what was told
    from it."""
    guessed = list(mended.guessed) if not mended.channels.isdisjoint(call.legs) else []
    if call.caller in calls.headless:
        guessed.insert(0, "received_at")
        first = next(row for row in mended.rows if row.uniqueid == call.caller)
        if call.dialled == UNKNOWN or (not is_way_in(first.context) and not call.trunk):
            call.dialled = ""
        if call.answered_at is None and answered_unseen(mended.rows, calls.lines, call.caller):
            call.answered_at = call.ended_at
            guessed.append("answered_at")
    own_up(call, *guessed, *(("wait_ms", "talk_ms") if "answered_at" in guessed else ()))
