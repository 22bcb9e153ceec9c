"""What of a call is a guess because a part of it was not seen: the names of those fields of its record.

A snapshot tells how things stand, not how they came to: ages in whole seconds, no answer's moment, no hold, nothing of
an agent who came and went. What was not settled before is a guess from then on, until Asterisk's own logs complete it
(``telephony.journal``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from telephony.model.calls import Call
from telephony.model.ids import CallId

_ANSWER = ("answered_at", "wait_ms", "ring_ms")
_TALK = ("talk_ms", "hold_ms")
_BEGINNING = ("received_at", "queued_at", "first_offered_at", *_ANSWER, *_TALK)
_ORDER = (
    "received_at",
    "queued_at",
    "first_offered_at",
    "answered_at",
    "ended_at",
    "wait_ms",
    "ring_ms",
    *_TALK,
    "legs",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What of a call is settled, whatever happens unseen."""

    queued: bool
    offered: bool
    answered: bool
    over: bool

    @property
    def open(self) -> tuple[str, ...]:
        """The fields that are not."""
        if self.over:
            return ()
        fields = [*_TALK, *(_ANSWER if not self.answered else ())]
        fields += ["first_offered_at"] if not self.offered else []
        return (*fields, *(["queued_at"] if not self.queued else []))


def known(call: Call) -> Known:
    """As it is now."""
    return Known(bool(call.visits), bool(call.offers), call.answered_at is not None, _over(call))


def all_known(calls: Iterable[Call]) -> Mapping[CallId, Known]:
    """To be taken before a snapshot is."""
    return {call.call_id: known(call) for call in calls}


def own_up(call: Call, *fields: str) -> None:
    """These fields of the call's record are guesses."""
    names = {*call.estimated, *fields}
    call.estimated = [name for name in _ORDER if name in names]


def own_up_after(call: Call, before: Known | None, blind: bool) -> None:
    """Name what a snapshot had to tell of this call. ``before``: as it was known, None: not at all. ``blind``: the link
    was down meanwhile; otherwise a snapshot only checks, and what it changes was missed."""
    if before is None:
        own_up(call, *_BEGINNING, *(("ended_at",) if call.headless else ()))  # whoever began it may have gone before
    elif blind or known(call) != before:
        own_up(call, *before.open)
    if _over(call) and not (before is not None and before.over):
        own_up(call, "ended_at")
    if call.ended_unseen and not call.estimated:
        own_up(call, "legs")


def unseen_end(call: Call) -> None:
    """The call, seen up to then, ended in a moment that nobody saw."""
    own_up(call, "ended_at", *(_TALK if call.answered_at is not None else ("wait_ms",) if call.visits else ()))


def _over(call: Call) -> bool:
    """A citizen's call is over when the citizen's own channel is."""
    caller = call.legs.get(call.caller)
    if call.inbound and caller is not None:
        return caller.ended_at is not None
    return call.ended_at is not None
