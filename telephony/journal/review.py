"""One call out of the logs beside what is on record of it: what is to be done? Pure."""

import copy
from collections.abc import Sequence

import msgspec

from telephony.journal.differences import Difference, differences
from telephony.journal.merge import complete, seen_whole
from telephony.model.calls import Call
from telephony.model.ids import Uniqueid
from telephony.records.build import build_record
from telephony.records.folding import knowledge
from telephony.records.record import CallRecord


class CallRebuilt(msgspec.Struct, frozen=True):
    """A call that is not on record, or not wholly, as the logs have it: rebuilt, or completed from what was seen."""

    record: CallRecord


class Beside(msgspec.Struct, frozen=True):
    """What else is known of the call: the ``record`` it has; whether the link was down for a part of it (``unseen``);
    whether its channels are on record as parts of calls (``known``); which channels are other calls' (``elsewhere``).
    """

    record: CallRecord | None = None
    unseen: bool = False
    known: bool = False
    elsewhere: frozenset[Uniqueid] = frozenset()


class Verdict(msgspec.Struct, frozen=True):
    """``record`` is to be handed on; None: the call is on record as well as it can be told."""

    record: CallRecord | None = None
    differences: tuple[Difference, ...] = ()


def review(call: Call, headless: bool, beside: Beside) -> Verdict:
    """``call`` is from ``rebuild`` and stays as it is. ``headless``: its rows begin in the middle, because they are
    lost or because reading began there anew; such a call adds nothing to one that is on record."""
    record = beside.record
    if record is None:
        return Verdict() if headless and beside.known else Verdict(build_record(call))
    if headless:
        return Verdict()
    if seen_whole(record) and not beside.unseen:
        return Verdict(None, tuple(differences(record, build_record(call))))
    completed = complete(copy.deepcopy(call), record, beside.elsewhere)
    return Verdict(completed) if knowledge(completed) > knowledge(record) else Verdict()


def overlaps(call: Call, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a part of the call lies within one of these stretches of PBX time."""
    end = call.ended_at or call.received_at
    return any(start <= end and call.received_at <= until for start, until in spans)
