"""Entries of the missed-call ledger, folded from what happened. Pure.

What is known of one caller is a set of *facts*: calls missed and answered, what people ordered, what became of
call-backs. Put in order and folded they are that caller's entries, at most one of them open. So the same fact told
twice, in another order, or corrected later needs no rule of its own: the entries are what the facts come to.

Facts are ordered by ``at``. For calls that is the PBX's time; a command stands right behind what was known when it
was given, so that no clock can put a later missed call before it (``telephony.ledger.store``).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from telephony.ledger.terms import (
    ENTRY,
    SYSTEM,
    AttemptId,
    CallerKey,
    CloseReason,
    EntryId,
    EntryInput,
    EntryState,
)
from telephony.model.ids import CallId, MemberName, Micros, PbxName, QueueName
from telephony.model.terms import AbandonedIn, Outcome


class MissedCall(msgspec.Struct, frozen=True, kw_only=True):
    """An unanswered call of a citizen, with what is needed to call back."""

    number: EntryId
    call_id: CallId
    caller: CallerKey
    caller_number: str
    caller_name: str
    pbx: PbxName
    trunk: str
    dialled: str
    queue: QueueName | None
    received_at: Micros
    ended_at: Micros
    waited_ms: int  # in queues; of a call that came to none, from its beginning to its end
    outcome: Outcome
    abandoned_in: AbandonedIn | None
    refused_because: str | None
    short: bool  # given up at once
    promised: bool = False  # the caller was told that we call back


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """Why an entry is closed, by whom (an agent, a user, or SYSTEM), and when."""

    at: Micros
    reason: CloseReason
    by: str
    note: str = ""
    call: CallId | None = None  # the call that says so


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """A closing that somebody took back, and why (``note``)."""

    at: Micros
    by: str
    note: str
    closing: Closing


class Place(NamedTuple):
    """Where a fact stands in the order."""

    at: int
    rank: int
    name: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One caller to be called back, or who was. ``latest`` is the call missed last; ``waited_ms`` the longest wait."""

    number: EntryId
    caller: CallerKey
    state: EntryState
    opened_at: Micros  # its first missed call was received
    calls: int
    short: bool  # all of its calls were given up at once
    waited_ms: int
    latest: MissedCall
    owner: MemberName | None = None
    owned_at: Micros | None = None
    calling: AttemptId | None = None
    closed: Closing | None = None
    undone: tuple[Undone, ...] = ()
    promised: bool = False  # in one of its calls the caller was told that we call back
    first: Place
    until: Place  # the last fact taken in


# --- facts ------------------------------------------------------------------------------------------------


class Fact(msgspec.Struct, frozen=True):
    """``at`` is its place in the order, not always a time to be shown."""

    at: Micros


class Missed(Fact, frozen=True):
    call: MissedCall


class Withdrawn(Fact, frozen=True):
    """It was told as missed, and is known better since ``since``: answered, or a part of another call (``by``)."""

    call: MissedCall
    since: Micros
    by: CallId | None


class Answered(Fact, frozen=True):
    """The caller got through. ``at``: when an agent and the caller first talked."""

    call_id: CallId


class Assigned(Fact, frozen=True):
    command: int
    agent: MemberName
    said_at: Micros


class Closed(Fact, frozen=True):
    command: int
    reason: CloseReason
    by: str
    note: str
    said_at: Micros


class Reopened(Fact, frozen=True):
    command: int
    by: str
    note: str
    said_at: Micros


class CallBegan(Fact, frozen=True):
    attempt: AttemptId
    agent: MemberName
    said_at: Micros


class CallEnded(Fact, frozen=True):
    attempt: AttemptId
    agent: MemberName
    reached_at: Micros | None
    call_id: CallId | None


def place(fact: Fact) -> Place:
    """Its place in the order: missed calls before what answers them, so that one moment has one reading."""
    return Place(fact.at, _RANKS[type(fact)], name_of(fact))


def name_of(fact: Fact) -> str:
    """What sort of fact, and which: ``call:01J…``, ``command:000000000007``. No two facts of a caller have one name."""
    if isinstance(fact, Missed | Withdrawn):
        return f"call:{fact.call.call_id}"
    if isinstance(fact, Assigned | Closed | Reopened):
        return f"command:{fact.command:012}"
    if isinstance(fact, CallBegan | CallEnded):
        return f"{'attempt' if isinstance(fact, CallBegan) else 'end'}:{fact.attempt:012}"
    assert isinstance(fact, Answered)
    return f"answer:{fact.call_id}"


# --- the fold ---------------------------------------------------------------------------------------------


class Folded(NamedTuple):
    """``where``: the entry of each fact, by its name (``name_of``). A fact before any entry has none."""

    entries: tuple[Entry, ...]
    where: Mapping[str, EntryId]


def fold(facts: Iterable[Fact], start: Entry | None = None) -> Folded:
    """The entries of one caller, oldest first. The order of ``facts`` does not matter, nor that one is told twice.

    ``start`` is the caller's last entry so far: to be used only when every fact lies behind ``start.until`` and every
    call got its number after those of ``start``; then the result is that of folding all facts at once.
    """
    hand = _Hand(start)
    for fact in sorted(set(facts), key=place):
        _APPLY[type(fact)](hand, fact)
        hand.took(fact)
    return Folded(tuple(hand.entries), {name: hand.entries[index].number for name, index in hand.where.items()})


class _Hand:
    """The entries while they are folded; the last one may be open."""

    def __init__(self, start: Entry | None) -> None:
        self.entries: list[Entry] = [] if start is None else [start]
        self.where: dict[str, int] = {}

    @property
    def open(self) -> Entry | None:
        last = self.entries[-1] if self.entries else None
        return last if last is not None and last.state is not EntryState.CLOSED else None

    def turn(self, entry: EntryInput, **changes: Any) -> bool:
        """Let the open entry take this step, if there is one and the table knows it."""
        current = self.open
        state = ENTRY.get((current.state, entry)) if current is not None else None
        if current is None or state is None:
            return False
        self.entries[-1] = msgspec.structs.replace(current, state=state, **changes)
        return True

    def close(self, entry: EntryInput, closing: Closing) -> None:
        self.turn(entry, closed=closing, calling=None)

    def took(self, fact: Fact) -> None:
        if self.entries:
            self.entries[-1] = msgspec.structs.replace(self.entries[-1], until=place(fact))
            self.where[name_of(fact)] = len(self.entries) - 1


def _missed(hand: _Hand, fact: Missed) -> None:
    call, current = fact.call, hand.open
    if current is None:
        hand.entries.append(_first(fact, EntryState.OPEN))
        return
    hand.turn(
        EntryInput.MISS,
        number=min(current.number, call.number),
        opened_at=min(current.opened_at, call.received_at),
        calls=current.calls + 1,
        short=current.short and call.short,
        waited_ms=max(current.waited_ms, call.waited_ms),
        promised=current.promised or call.promised,
        latest=max(current.latest, call, key=_when),
    )


def _when(call: MissedCall) -> tuple[Micros, CallId]:
    return call.received_at, call.call_id


def _first(fact: Missed | Withdrawn, state: EntryState, closed: Closing | None = None) -> Entry:
    call = fact.call
    return Entry(
        number=call.number,
        caller=call.caller,
        state=state,
        opened_at=call.received_at,
        calls=1,
        short=call.short,
        waited_ms=call.waited_ms,
        latest=call,
        closed=closed,
        promised=call.promised,
        first=place(fact),
        until=place(fact),
    )


def _withdrawn(hand: _Hand, fact: Withdrawn) -> None:
    """People have seen it: so it stays, closed, with the reason; unless the entry it was merged into goes on."""
    if hand.open is None:
        closing = Closing(at=fact.since, reason=CloseReason.TURNED_OUT, by=SYSTEM, call=fact.by)
        hand.entries.append(_first(fact, EntryState.CLOSED, closing))


def _answered(hand: _Hand, fact: Answered) -> None:
    closing = Closing(at=fact.at, reason=CloseReason.CALLED_AGAIN, by=SYSTEM, call=fact.call_id)
    hand.close(EntryInput.CALLED_AGAIN, closing)


def _assigned(hand: _Hand, fact: Assigned) -> None:
    hand.turn(EntryInput.ASSIGN, owner=fact.agent, owned_at=fact.said_at)


def _closed(hand: _Hand, fact: Closed) -> None:
    hand.close(EntryInput.CLOSE, Closing(at=fact.said_at, reason=fact.reason, by=fact.by, note=fact.note))


def _reopened(hand: _Hand, fact: Reopened) -> None:
    """Takes back the last closing, by a person or by a call (a mailbox had answered, the caller was cut off at once).
    Not that of a call which turned out to have been answered: there never was anything to be called back for."""
    last = hand.entries[-1] if hand.entries else None
    if last is None or last.closed is None or last.closed.reason is CloseReason.TURNED_OUT:
        return
    step = EntryInput.REOPEN if last.owner is None else EntryInput.GIVE_BACK
    undone = Undone(at=fact.said_at, by=fact.by, note=fact.note, closing=last.closed)
    hand.entries[-1] = msgspec.structs.replace(
        last, state=ENTRY[last.state, step], closed=None, undone=(*last.undone, undone)
    )


def _call_began(hand: _Hand, fact: CallBegan) -> None:
    current = hand.open
    owned = current is not None and current.owner is not None
    hand.turn(
        EntryInput.CALL,
        calling=fact.attempt,
        owner=current.owner if current is not None and owned else fact.agent,
        owned_at=current.owned_at if current is not None and owned else fact.said_at,
    )


def _call_ended(hand: _Hand, fact: CallEnded) -> None:
    """Who was reached was reached for all that was missed before, also where the try was begun for an older entry."""
    if fact.reached_at is not None:
        closing = Closing(at=fact.reached_at, reason=CloseReason.CALLED_BACK, by=fact.agent, call=fact.call_id)
        hand.close(EntryInput.REACHED, closing)
    elif hand.open is not None and hand.open.calling == fact.attempt:
        hand.turn(EntryInput.NOT_REACHED, calling=None)


_APPLY: dict[type[Fact], Callable[[_Hand, Any], None]] = {
    Missed: _missed,
    Withdrawn: _withdrawn,
    Answered: _answered,
    Assigned: _assigned,
    CallBegan: _call_began,
    CallEnded: _call_ended,
    Closed: _closed,
    Reopened: _reopened,
}
_RANKS = {kind: rank for rank, kind in enumerate(_APPLY)}
