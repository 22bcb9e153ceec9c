"""The daily figure: how many calls of a day ended how, a hash over their records, and a signature. Pure.

The signature is an HMAC-SHA256 with a key from secrets.toml: whoever has the key can check a figure, and could make
one. So it proves nothing against the holder of the key; for that, give each day's figure (some hundred bytes) to
somebody else on the day it is made. Figures name their predecessors by digest, so that a figure given away holds all
before it. What is signed and named is the stored JSON: what a later program adds to the fields changes no old figure.
"""

import hashlib
import hmac
from typing import Any

import msgspec

from telephony.model.ids import CallId, Micros
from telephony.model.terms import Direction, Outcome, Provenance
from telephony.reconcile.errors import FigureError
from telephony.reconcile.finding import Counts
from telephony.records.record import CallRecord

_SAYS = b"zhitong daily figure 1\0"
"""What the key is used for here, and for nothing else."""


class DayCounts(msgspec.Struct, frozen=True):
    """Calls that began on the day. ``offered`` are citizens' (metrics.md): answered + abandoned + other. ``rebuilt``,
    ``completed`` and ``estimated`` (with a field that is a guess) are of all calls."""

    calls: int = 0
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    other: int = 0
    outcomes: dict[str, int] = {}
    """Of the offered calls, by outcome."""
    rebuilt: int = 0
    completed: int = 0
    estimated: int = 0


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """``number`` counts all figures of a site, ``revision`` those of one ``day`` (ISO, of the site's zone).

    ``predecessor`` is the digest of the day's revision before, None for the first; ``before`` that of the figure with
    the number before. ``changed`` are calls that differ from the predecessor, by a change that was written as one;
    ``unaccounted`` those that differ without. ``books``: the counts of the day's reconciliation; None when Asterisk's
    books could not be read. ``key`` tells by which key it is signed, without telling the key.
    """

    number: int
    day: str
    zone: str
    revision: int
    made_at: Micros
    counts: DayCounts
    hash: str
    predecessor: str | None = None
    before: str | None = None
    changed: tuple[CallId, ...] = ()
    unaccounted: tuple[CallId, ...] = ()
    books: Counts | None = None
    key: str = ""
    signature: str = ""


class Tally:
    """Counts records of one day."""

    def __init__(self) -> None:
        self._told: dict[str, int] = dict.fromkeys(("calls", "offered", "rebuilt", "completed", "estimated"), 0)
        self._outcomes: dict[str, int] = {}

    def add(self, record: CallRecord) -> None:
        """Count this record."""
        self._told["calls"] += 1
        self._told["rebuilt"] += record.provenance is Provenance.REBUILT
        self._told["completed"] += record.provenance is Provenance.COMPLETED
        self._told["estimated"] += bool(record.estimated)
        if record.direction is Direction.INBOUND:
            self._told["offered"] += 1
            self._outcomes[record.outcome.value] = self._outcomes.get(record.outcome.value, 0) + 1

    def counts(self) -> DayCounts:
        """What was counted."""
        answered = self._outcomes.get(Outcome.ANSWERED.value, 0)
        abandoned = self._outcomes.get(Outcome.ABANDONED.value, 0)
        other = self._told["offered"] - answered - abandoned
        outcomes = dict(sorted(self._outcomes.items()))
        return DayCounts(**self._told, answered=answered, abandoned=abandoned, other=other, outcomes=outcomes)


# --- signing ----------------------------------------------------------------------------------------------


def signed(figure: Figure, key: str) -> str:
    """This figure, signed, as it is stored: canonical JSON."""
    named = msgspec.structs.replace(figure, key=name_of(key), signature="")
    signature = _signature(msgspec.to_builtins(named), key)
    return _encoded(msgspec.to_builtins(msgspec.structs.replace(named, signature=signature))).decode()


def figure_of(body: str, place: str) -> Figure:
    """The figure of a stored body. Raises FigureError, naming ``place``, when it is none."""
    try:
        return msgspec.json.decode(body, type=Figure)
    except (msgspec.MsgspecError, ValueError) as error:
        raise FigureError(f"A daily figure in {place} is damaged ({error}). Restore a backup.") from error


def is_signed_with(body: str, key: str) -> bool:
    """Whether this stored figure is as it was when it was signed with this key."""
    told = msgspec.json.decode(body)
    said = told.get("signature")
    return isinstance(said, str) and hmac.compare_digest(_signature(told, key).encode(), said.encode())


def name_of(key: str) -> str:
    """A name for the key that does not tell it."""
    return hashlib.sha256(b"zhitong key name\0" + key.encode()).hexdigest()[:16]


def digest_of(body: str) -> str:
    """By which a later figure names this stored one."""
    return hashlib.sha256(_encoded(msgspec.json.decode(body))).hexdigest()


def _encoded(told: dict[str, Any]) -> bytes:
    return msgspec.json.encode(told, order="sorted")


def _signature(told: dict[str, Any], key: str) -> str:
    return hmac.new(key.encode(), _SAYS + _encoded({**told, "signature": ""}), hashlib.sha256).hexdigest()
