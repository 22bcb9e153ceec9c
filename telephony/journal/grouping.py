"""Which rows belong together: channels that share a conversation, a bridge or a transfer, until all of them are gone.
Pure: our own monotonic time is handed in.

A *group* is closed under every tie the logs know: Linkedid, bridge, the channels that a transfer names, the agent's leg
that queue_log's CONNECT names, the call that a row of our own dialplan names. It can hold several calls (two citizens
who were connected, a conference); which they are is decided by the model (``rebuild``), not here.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import msgspec

from telephony.journal.rows import CelRow, QueueLine
from telephony.model.ids import MICROS_PER_SECOND, NEVER, Micros, Uniqueid
from telephony.model.names import is_watcher, room_of_line

SETTLE = Micros(2 * MICROS_PER_SECOND)
"""How old the last end of a channel must be before a group is over: for what comes late."""
STALE = Micros(12 * 3600 * MICROS_PER_SECOND)
"""Live channels of which nothing was written for this long have lost their end (a full disk)."""
MAX_ROWS = 50_000
"""Of one group (law 10). What comes beyond is counted in ``left_out``, not kept."""
MAX_HELD = 500_000
"""Rows of all groups. Beyond it the oldest group is given up: told as far as it is known."""
MAX_LINES = 200_000
"""Channels that queue_log named and CEL has not shown; the oldest give way, counted in ``lines_dropped``."""
_STARTS_KEPT = 50
WAIT_FOR_CEL = Micros(60 * MICROS_PER_SECOND)
"""A line whose channel CEL has not shown when it is this far ahead is of no call that is still to come."""

_TIES = {
    "BRIDGE_ENTER": ("bridge_id",),
    "BRIDGE_EXIT": ("bridge_id",),
    "BLINDTRANSFER": ("bridge_id", "transferee_channel_uniqueid"),
    "ATTENDEDTRANSFER": (
        *("bridge1_id", "bridge2_id", "channel2_uniqueid"),
        *("transferee_channel_uniqueid", "transfer_target_channel_uniqueid"),
    ),
    "LOCAL_OPTIMIZE": ("local_two_uniqueid",),
}
_OF_ROOMS = frozenset(("ZT_ROOM", "ZT_CONSULT", "ZT_REQUEUE", "ZT_INVITE", "ZT_PRIVATE"))
_NOBODY = frozenset(("", "N/A"))
_ENDS = frozenset(("HANGUP", "CHAN_END", "LINKEDID_END"))


class Cut(msgspec.Struct, frozen=True):
    """Why a group has channels without an end. ``booted``: the PBX was started again then, and was alive until
    ``alive`` at least. None: their rows are lost."""

    alive: Micros
    booted: Micros | None


class CallRows(msgspec.Struct, frozen=True):
    """All that the logs say of one group, each log in its own order. ``headless`` channels have no CHAN_START."""

    rows: tuple[CelRow, ...]
    lines: tuple[QueueLine, ...] = ()
    headless: frozenset[Uniqueid] = frozenset()
    cut: Cut | None = None
    left_out: int = 0


class Finished(msgspec.Struct, frozen=True):
    """A group that is over. ``mark``: the oldest mark of its rows and lines (see ``Grouping``)."""

    calls: CallRows
    mark: int


@dataclass(slots=True, eq=False)
class _Group:
    number: int  # in order of appearance
    rows: list[tuple[int, CelRow]] = field(default_factory=list)  # each with its number as it came
    lines: list[tuple[int, QueueLine]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    live: dict[Uniqueid, Micros] = field(default_factory=dict)  # channel → when it was first seen
    known: set[Uniqueid] = field(default_factory=set)
    headless: set[Uniqueid] = field(default_factory=set)
    last_at: Micros = NEVER
    heard_at: Micros = NEVER  # by our clock
    mark: int = 0
    left_out: int = 0

    def take(self, number: int, row: CelRow) -> None:
        new = row.uniqueid not in self.known
        if new and row.event != "CHAN_START":
            self.headless.add(row.uniqueid)
        if row.event in _ENDS:
            self.live.pop(row.uniqueid, None)
        elif new:
            self.live[row.uniqueid] = row.at
        self.known.add(row.uniqueid)
        self.last_at = max(self.last_at, row.at)
        if len(self.rows) < MAX_ROWS:
            self.rows.append((number, row))
        else:
            self.left_out += 1

    def absorb(self, other: "_Group") -> None:
        self.number = min(self.number, other.number)
        self.rows = sorted((*self.rows, *other.rows), key=_number_of)
        self.lines = sorted((*self.lines, *other.lines), key=_number_of)
        self.keys |= other.keys
        self.live |= other.live
        self.known |= other.known
        self.headless |= other.headless
        self.last_at, self.heard_at = max(self.last_at, other.last_at), max(self.heard_at, other.heard_at)
        self.mark = min(self.mark, other.mark)
        self.left_out += other.left_out


@dataclass(slots=True)
class _Boot:
    at: Micros
    alive: Micros  # the last row of before


class Grouping:
    """Takes rows and lines in the order of their logs and gives groups that are over.

    A *mark* is the caller's number for the place in the logs where a row was read from: it never falls. ``oldest`` is
    the place from which all that is still held can be read again.
    """

    def __init__(self) -> None:
        self._of: dict[str, _Group] = {}
        self._groups: dict[int, _Group] = {}
        self._lines: dict[str, list[tuple[int, int, QueueLine]]] = {}  # of channels not seen yet: mark, number, line
        self._boots: list[_Boot] = []
        self._starts: list[int] = []  # of the PBX, as queue_log tells them, by their numbers
        self._connects: dict[str, str] = {}  # a leg → the channel whose queue rang it
        self._number = 0
        self._held = 0
        self._latest = NEVER
        self._given_up: list[Finished] = []
        self.lines_dropped = 0

    # --- taking in ----------------------------------------------------------------------------------------

    def cel(self, row: CelRow, mark: int, now: Micros) -> None:
        """Take in a CEL row. Those of the dialplan's own channels are of no call, and would be held for hours."""
        if is_watcher(row.name):
            return
        self._number += 1
        if row.event == "CHAN_START":
            self._make_way(row)
        group = self._group(row, mark)
        before = len(group.rows)
        group.take(self._number, row)
        group.heard_at = now
        self._held += len(group.rows) - before
        self._latest = max(self._latest, row.at)
        for boot in self._boots:
            if row.at < boot.at:
                boot.alive = max(boot.alive, row.at)
        if self._held > MAX_HELD:
            self._give_up_oldest()

    def line(self, line: QueueLine, mark: int) -> None:
        """Take in a line of queue_log."""
        self._number += 1
        if line.event == "QUEUESTART":
            self.booted(line.at)
            self._starts = [*self._starts[-_STARTS_KEPT:], self._number]
        if "." not in line.callid:  # NONE, MANAGER, CLI …: of no call
            return
        if line.event == "CONNECT":
            self._tie(line.callid, line.field(1))
        group = self._of.get(line.callid)
        if group is None:
            self._lines.setdefault(line.callid, []).append((mark, self._number, line))
        elif len(group.lines) < MAX_ROWS:
            group.lines.append((self._number, line))
            group.mark = min(group.mark, mark)

    def booted(self, at: Micros) -> None:
        """The PBX was started at ``at`` (exact to the second): what lived before is dead."""
        if all(boot.at != at for boot in self._boots):
            self._boots.append(_Boot(at, self._latest if self._latest < at else NEVER))
            del self._boots[:-8]

    def _make_way(self, row: CelRow) -> None:
        """A Uniqueid that comes again: the PBX was started anew with its clock set back, unseen by us."""
        group = self._of.get(row.uniqueid)
        if group is not None and row.uniqueid in group.known and row.uniqueid not in group.headless:
            cut = Cut(group.last_at, group.last_at) if group.live else None
            self._given_up.append(self._take_out(group, cut))

    def _group(self, row: CelRow, mark: int) -> _Group:
        keys = [key for key in _keys(row) if key not in _NOBODY]
        found = list(dict.fromkeys(self._of[key] for key in keys if key in self._of))
        if found:
            group = self._unite(found)
        else:
            group = self._groups[self._number] = _Group(self._number, mark=mark)
        for key in keys:
            if key not in group.keys:
                self._add_key(group, key)
                other = self._of.get(self._connects.pop(key, ""))
                group = group if other is None else self._unite(list(dict.fromkeys((group, other))))
        return group

    def _add_key(self, group: _Group, key: str) -> None:
        group.keys.add(key)
        self._of[key] = group
        for mark, number, line in self._take_lines(key):
            group.lines.append((number, line))
            group.mark = min(group.mark, mark)

    def _take_lines(self, key: str) -> list[tuple[int, int, QueueLine]]:
        """Those that have waited for this channel. What stands behind a start of the PBX is of another of its name."""
        lines = self._lines.pop(key, [])
        start = next((number for number in self._starts if lines and number > lines[0][1]), None)
        later = [each for each in lines if start is not None and each[1] > start]
        if later:
            self._lines[key] = later
        return lines[: len(lines) - len(later)]

    def _tie(self, caller: str, leg: str) -> None:
        one, two = self._of.get(caller), self._of.get(leg)
        if one is not None and two is not None:
            self._unite(list(dict.fromkeys((one, two))))
        elif one is not None or two is not None:
            self._connects[leg if two is None else caller] = caller if two is None else leg
            while len(self._connects) > MAX_LINES:
                del self._connects[next(iter(self._connects))]

    def _unite(self, groups: list[_Group]) -> _Group:
        kept = max(groups, key=lambda group: len(group.keys))
        for other in groups:
            if other is not kept:
                del self._groups[other.number]
                self._groups.pop(kept.number)
                kept.absorb(other)
                self._groups[kept.number] = kept
                for key in other.keys:
                    self._of[key] = kept
        return kept

    # --- giving out ---------------------------------------------------------------------------------------

    @property
    def held(self) -> int:
        """Rows of groups that are not over."""
        return self._held

    @property
    def oldest(self) -> int | None:
        """The oldest mark of what is held."""
        marks = [group.mark for group in self._groups.values()]
        marks += [lines[0][0] for lines in self._lines.values()]
        return min(marks, default=None)

    def finished(self, now: Micros, complete_until: Micros | None = None) -> list[Finished]:
        """Take out what is over. ``complete_until``: both logs were read up to rows of that time; None: to their
        end."""
        over = [self._take_out(group, cut) for group, cut in list(self._over(now, complete_until))]
        over += self._given_up
        self._given_up = []
        self._drop_lines()
        return over

    def vanished(self, there: Collection[Uniqueid], at: Micros) -> None:
        """The PBX had only these channels at ``at``, and CEL was read beyond it: the ends of all others are lost."""
        for group in list(self._groups.values()):
            if group.live and group.last_at < at and not any(uniqueid in there for uniqueid in group.live):
                self._given_up.append(self._take_out(group, Cut(group.last_at, None)))

    def _drop_lines(self) -> None:
        """Of channels that CEL should have shown by now: calls that were over before (read again), or lost rows."""
        while self._lines:
            callid, lines = next(iter(self._lines.items()))
            if len(self._lines) <= MAX_LINES and self._latest - lines[-1][2].at < WAIT_FOR_CEL:
                break
            del self._lines[callid]
            self.lines_dropped += len(lines)

    def _over(self, now: Micros, until: Micros | None) -> Iterator[tuple[_Group, Cut | None]]:
        for group in list(self._groups.values()):
            if not group.live:
                settled = now - group.heard_at >= SETTLE if until is None else until - group.last_at >= SETTLE
                if settled:
                    yield group, None
            elif (boot := self._boot_after(group, until)) is not None:
                yield group, Cut(max(group.last_at, boot.alive), boot.at)
            elif self._latest - group.last_at > STALE:
                yield group, Cut(group.last_at, None)

    def _boot_after(self, group: _Group, until: Micros | None) -> _Boot | None:
        """The start of the PBX that ended these channels: all of them were there before it."""
        newest = max(group.live.values())
        boots = [boot for boot in self._boots if newest < boot.at and group.last_at < boot.at + MICROS_PER_SECOND]
        read = [boot for boot in boots if until is None or until > boot.at]
        return min(read, key=lambda boot: boot.at, default=None)

    def _give_up_oldest(self) -> None:
        group = self._groups[min(self._groups)]
        self._given_up.append(self._take_out(group, Cut(group.last_at, None) if group.live else None))

    def _take_out(self, group: _Group, cut: Cut | None) -> Finished:
        del self._groups[group.number]
        self._held -= len(group.rows)
        for key in group.keys:
            self._of.pop(key, None)
            self._connects.pop(key, None)
        calls = CallRows(
            tuple(row for _, row in group.rows),
            tuple(line for _, line in sorted(group.lines, key=_number_of)),
            frozenset(group.headless),
            cut,
            group.left_out,
        )
        return Finished(calls, group.mark)


def _number_of(numbered: tuple[int, object]) -> int:
    return numbered[0]


def _keys(row: CelRow) -> list[str]:
    keys: list[str] = [row.uniqueid, row.linkedid]
    if row.event == "CHAN_START":
        keys.append(room_of_line(row.name))
    if row.event in _TIES:
        keys += [row.detail(name) for name in _TIES[row.event]]
    elif row.event == "USER_DEFINED":
        keys.append(row.words.get("call", ""))
        keys.append(row.words.get("r", "") if row.user_event in _OF_ROOMS else "")
    return keys
