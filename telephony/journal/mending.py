"""Rows that were lost, put back where what remains proves them. Pure.

A channel that leaves a bridge had come into it; one whose application is ``Queue`` had begun to wait; one that
app_queue called had been rung, and had answered if it was bridged. Without this a call whose first half fell into a
full disk would be told as one that nobody answered. When it was, the rows that are left cannot tell: queue_log's whole
seconds can, where they were written later; else it is told as an instant before its end. Such times are named as
estimated.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import msgspec

from telephony.journal.rows import CelRow, QueueLine
from telephony.model.ids import MICROS_PER_SECOND, Micros, Uniqueid
from telephony.model.names import trunk_of

UNKNOWN = "?"
"""The number that was dialled, of a call whose first row is lost."""
_TALK_FIELD = {"COMPLETECALLER": 1, "COMPLETEAGENT": 1, "BLINDTRANSFER": 3, "ATTENDEDTRANSFER": 3}
_AT_LEAST = Micros(MICROS_PER_SECOND // 10)
"""How long people talk of whom nothing else is known: more than what counts as no stay in a queue at all."""
_ORDER = ("APP_START", "CHAN_START", "ANSWER", "BRIDGE_ENTER")


def answered_unseen(rows: Iterable[CelRow], lines: Iterable[QueueLine], caller: Uniqueid) -> bool:
    """Whether the last words on this caller say that somebody answered. To be asked only when rows are lost: while a
    PBX stops queue_log says it of everybody, and a dialplan can set the status."""
    ends = [row for row in rows if row.uniqueid == caller and row.event == "HANGUP"]
    told = any(line.callid == caller and line.event in _TALK_FIELD for line in lines)
    return told or any(row.detail("dialstatus") == "ANSWER" for row in ends)


class Mended(msgspec.Struct, frozen=True):
    """``rows`` with what was put in. ``guessed``: the fields of a record that rest on it, of calls that have any of
    ``channels``."""

    rows: list[CelRow]
    channels: frozenset[Uniqueid] = frozenset()
    guessed: tuple[str, ...] = ()


def mend(rows: Sequence[CelRow], lines: Iterable[QueueLine], headless: Collection[Uniqueid]) -> Mended:
    """``rows`` are in order. Rows that lack nothing are returned as they are."""
    mender = _Mender(rows, lines, headless)
    mender.bridges()
    mender.stays()
    mender.beginnings()
    if not mender.added:
        return Mended(list(rows))
    numbered = [(row.at, 1, number, row) for number, row in enumerate(rows)]
    numbered += [(row.at, 0, number, row) for number, row in enumerate(mender.in_order())]
    channels = frozenset(row.uniqueid for row in mender.added)
    return Mended([row for *_, row in sorted(numbered, key=lambda each: each[:3])], channels, tuple(mender.guessed))


def _take_place(inside: set[tuple[str, Uniqueid]], transfer: CelRow) -> None:
    """By a phone's own transfer out of a room (REFER with Replaces) the target is there instead of the phone's channel:
    CEL writes neither that one's exit nor the other's coming."""
    gone, target = (Uniqueid(transfer.detail(f"{who}_uniqueid")) for who in ("channel2", "transfer_target_channel"))
    for place in [place for place in inside if place[1] == gone]:
        inside.remove(place)
        inside.add((place[0], target))


class _Mender:
    def __init__(self, rows: Sequence[CelRow], lines: Iterable[QueueLine], headless: Collection[Uniqueid]) -> None:
        self._rows = rows
        self._lines: dict[str, list[QueueLine]] = defaultdict(list)
        for line in lines:
            self._lines[line.callid].append(line)
        self._headless = headless
        self._of: dict[Uniqueid, list[CelRow]] = defaultdict(list)
        for row in rows:
            self._of[row.uniqueid].append(row)
        self.added: list[CelRow] = []
        self.guessed: dict[str, None] = {}

    def in_order(self) -> list[CelRow]:
        """What was put in, each channel's in the order in which it must have been."""
        return sorted(self.added, key=lambda row: (row.at, row.exten != UNKNOWN, _ORDER.index(row.event)))

    def _put(self, row: CelRow, event: str, at: Micros, **more: object) -> None:
        self.added.append(msgspec.structs.replace(row, event=event, user_event="", at=at, **more))

    def _first(self, uniqueid: Uniqueid) -> Micros:
        """When the channel shows, or the conversation that it began; put-in rows included."""
        rows = (*self._rows, *self.added)
        return min(row.at for row in rows if row.uniqueid == uniqueid or str(row.linkedid) == uniqueid)

    # --- bridges ------------------------------------------------------------------------------------------

    def bridges(self) -> None:
        """Who leaves a bridge had come into it."""
        inside: set[tuple[str, Uniqueid]] = set()
        entered: dict[str, list[Micros]] = defaultdict(list)
        lost: dict[str, list[CelRow]] = defaultdict(list)
        for row in self._rows:
            place = (row.detail("bridge_id"), row.uniqueid)
            if row.event == "BRIDGE_ENTER":
                inside.add(place)
                entered[place[0]].append(row.at)
            elif row.event == "BRIDGE_EXIT" and place not in inside:
                lost[place[0]].append(row)
            elif row.event == "BRIDGE_EXIT":
                inside.remove(place)
            elif row.event == "ATTENDEDTRANSFER" and row.detail("app"):
                _take_place(inside, row)
        for bridge, exits in lost.items():
            at = self._met(exits, [each for each in entered[bridge] if each < exits[0].at])
            for row in exits:
                self._came_in(row, at)

    def _met(self, exits: Sequence[CelRow], others: Sequence[Micros]) -> Micros:
        """When these came together: when the last of those whom the log shows came; else by queue_log's seconds."""
        left = exits[0].at
        before = [row.at for gone in exits for row in self._of[gone.uniqueid] if row.at < left]
        told = [self._talked(row) for row in exits]
        at = max(others, default=None) or max(filter(None, told), default=left)
        return Micros(max((min(left - _AT_LEAST, at), *before)))

    def _talked(self, gone: CelRow) -> Micros | None:
        for line in self._lines[gone.uniqueid]:
            talk = line.field(_TALK_FIELD[line.event]) if line.event in _TALK_FIELD else ""
            if talk.isascii() and talk.isdigit():
                return Micros(gone.at - int(talk) * MICROS_PER_SECOND)
        return None

    def _came_in(self, gone: CelRow, at: Micros) -> None:
        if not any(row.event == "ANSWER" for row in self._of[gone.uniqueid]):
            self._put(gone, "ANSWER", at, extra="")
        self._put(gone, "BRIDGE_ENTER", at)
        self.guessed["answered_at"] = None

    # --- queues and beginnings ----------------------------------------------------------------------------

    def stays(self) -> None:
        """Whose application is Queue had begun to wait."""
        for uniqueid, rows in self._of.items():
            shown = next((row for row in rows if row.app == "Queue"), None)
            if shown is not None and shown.event != "APP_START":
                entered = [line.at for line in self._lines[uniqueid] if line.event == "ENTERQUEUE"]
                before = [row.at for row in rows if row.at < shown.at and row.app != "Queue"]
                legs = [row.at for row in (*self._rows, *self.added) if row.linkedid == shown.linkedid]
                latest = min((shown.at, *(at for at in legs if not before or at > before[-1]), *entered[:1]))
                self._put(shown, "APP_START", Micros(max((latest, *before[-1:]))), extra="")
                self.guessed["queued_at"] = None

    def beginnings(self) -> None:
        """One that was called had been rung; a channel of a trunk that began a conversation had called in, before."""
        blank = {"app": "", "app_data": "", "extra": ""}
        for uniqueid in sorted(self._headless):
            rows = self._of[uniqueid]
            if any(row.app == "AppQueue" for row in rows):
                self._put(rows[0], "CHAN_START", self._first(uniqueid), exten="s", **blank)
                self.guessed["first_offered_at"] = None
        for uniqueid in sorted(self._headless):
            rows = self._of[uniqueid]
            trunk = trunk_of(rows[0].name)
            if trunk and str(rows[0].linkedid) == uniqueid:
                way_in = {"context": f"zt-in-{trunk}", "exten": UNKNOWN}
                self._put(rows[0], "CHAN_START", self._first(uniqueid), **way_in, **blank)
