"""How one book sees one call: its claims on each fact, and the offers it tells of."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.judge.claims import Claim
from tests.judge.times import MILLI, clock

SLACK = 50 * MILLI
"""How far a record's moment may lie from what a phone saw (microseconds), unless told otherwise."""
KEPT_WAITING = 250 * MILLI
"""So long a busy machine keeps a program waiting."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for the whole run. ``slack``: how far a moment may lie from what a phone saw (microseconds). ``busy``:
    PBX and phones shared a busy machine, where each may be kept waiting before it writes down what it received."""

    slack: int = SLACK
    silent: frozenset[str] = frozenset()  # phones that kept no log
    busy: bool = False

    def logs(self, phone: str) -> bool:
        return phone not in self.silent


def kept_waiting(at: int, later: Iterable[int]) -> int:
    """What the PBX did at ``at`` it finished at the first of these moments, if that came soon; else at once."""
    return min((one for one in later if at <= one < at + KEPT_WAITING), default=at)


@dataclass(frozen=True, slots=True)
class OfferSeen:
    """One agent's phone rung for the call, by one book. ``mark`` orders and pairs offers: about when the ringing
    ended. ``optional``: books that need not know of it."""

    book: str
    agent: str
    mark: int
    claims: dict[str, Claim]
    optional: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"offer to {self.agent} until {clock(self.mark)}"


@dataclass(slots=True)
class View:
    """``silent``: this book cannot speak of this call (it has said so in a finding, or nobody expects it to)."""

    book: str
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    offers: list[OfferSeen] = field(default_factory=list)
    silent: bool = False
    troubles: list[str] = field(default_factory=list)

    def claim(self, about: str, *claims: Claim) -> None:
        self.claims.setdefault(about, []).extend(claims)
