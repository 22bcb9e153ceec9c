"""What each book claims about one fact of one call, whether the claims agree, and whether a record meets them.

A book's words often leave room (RINGNOANSWER is written for a refusal too; a whole second is not a moment), so a
claim is never a value but the set of values, or the stretch of time, that the book's words admit. Books agree when
one truth could lie behind all of them. Where they do not, the record is held to none in particular: the quarrel of
the books is the finding, and the record is wrong only if it sides with nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from tests.judge.findings import Finding, Kind
from tests.judge.numbers import same_number
from tests.judge.times import apart, clock

NONE = "none"
"""How a claim says that there is no such thing: no agent, no answer."""


class Claim(Protocol):
    @property
    def book(self) -> str: ...
    def admits(self, value: object) -> bool: ...
    def goes_with(self, other: object) -> bool: ...
    def words(self) -> str: ...


@dataclass(frozen=True, slots=True)
class OneOf:
    """The values a book's words admit."""

    book: str
    values: frozenset[str]

    def admits(self, value: object) -> bool:
        return (NONE if value is None else value) in self.values

    def goes_with(self, other: object) -> bool:
        if isinstance(other, Within):
            return other.goes_with(self)
        return isinstance(other, OneOf) and bool(self.values & other.values)

    def words(self) -> str:
        return " or ".join(sorted(self.values))


@dataclass(frozen=True, slots=True)
class Within:
    """A moment between ``low`` and ``high`` (microseconds), believed to within ``slack``."""

    book: str
    low: int
    high: int
    slack: int
    perhaps: bool = False  # or it never was

    def off(self, value: int) -> int:
        """How far ``value`` lies outside; negative: too early."""
        return min(0, value - self.low) or max(0, value - self.high)

    def admits(self, value: object) -> bool:
        if value is None:
            return self.perhaps
        return isinstance(value, int) and abs(self.off(value)) <= self.slack

    def goes_with(self, other: object) -> bool:
        if not isinstance(other, Within):
            return self.perhaps and isinstance(other, OneOf) and NONE in other.values
        gap = max(self.low - other.high, other.low - self.high, 0)
        return gap <= max(self.slack, other.slack)

    def words(self) -> str:
        return clock(self.low) if self.high - self.low < 1_000 else f"{clock(self.low)}…{clock(self.high)}"


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number, up to its prefix."""

    book: str
    number: str

    def admits(self, value: object) -> bool:
        return isinstance(value, str) and same_number(self.number, value)

    def goes_with(self, other: object) -> bool:
        return isinstance(other, Number) and same_number(self.number, other.number)

    def words(self) -> str:
        return self.number or "no number"


@dataclass(frozen=True, slots=True)
class Lasting:
    """A duration of ``low`` to ``high`` milliseconds."""

    book: str
    low: int
    high: int

    def admits(self, value: object) -> bool:
        return isinstance(value, int) and self.low <= value <= self.high

    def goes_with(self, other: object) -> bool:
        return isinstance(other, Lasting) and self.low <= other.high and other.low <= self.high

    def words(self) -> str:
        return f"{self.low} to {self.high} ms"


def one_of(book: str, *values: str | None) -> OneOf:
    return OneOf(book, frozenset(NONE if value is None else value for value in values))


def moment(book: str, at: int, slack: int) -> Within:
    return Within(book, at, at, slack)


@dataclass(frozen=True, slots=True)
class Said:
    """A record's own word on a fact. ``Said(None)``: the record says there is none."""

    value: object

    def words(self, claims: Sequence[Claim]) -> str:
        if self.value is None:
            return "nothing"
        timed = isinstance(self.value, int) and any(isinstance(claim, Within) for claim in claims)
        return clock(self.value) if timed and isinstance(self.value, int) else str(self.value)


def settle(call: str, about: str, claims: Sequence[Claim], said: Said | None) -> list[Finding]:
    """The findings on one fact: a quarrel of the books, a record that stands against them, or nothing."""
    if not claims:
        return []
    if _agree(claims):
        wrong = [claim for claim in claims if said is not None and not claim.admits(said.value)]
        return [_differs(call, about, claims, wrong, said)] if wrong and said is not None else []
    findings = [_quarrel(call, about, claims, said)]
    if said is not None and not any(claim.admits(said.value) for claim in claims):
        findings.append(_differs(call, about, claims, list(claims), said))
    return findings


def _agree(claims: Sequence[Claim]) -> bool:
    if not all(one.goes_with(other) for one, other in combinations(claims, 2)):
        return False
    sets = [claim.values for claim in claims if isinstance(claim, OneOf)]
    return not sets or bool(frozenset.intersection(*sets))


def _differs(call: str, about: str, claims: Sequence[Claim], wrong: Sequence[Claim], said: Said) -> Finding:
    against = "; ".join(f"{claim.book} says {claim.words()}{_distance(claim, said)}" for claim in wrong)
    books = tuple(dict.fromkeys(claim.book for claim in wrong))
    return Finding(Kind.DIFFERS, call, about, f"the record says {said.words(claims)}, but {against}", books)


def _distance(claim: Claim, said: Said) -> str:
    if isinstance(claim, Within) and isinstance(said.value, int):
        off = claim.off(said.value)
        return f" ({apart(off)} {'later' if off < 0 else 'earlier'} than the record)"
    return ""


def _quarrel(call: str, about: str, claims: Sequence[Claim], said: Said | None) -> Finding:
    words = "; ".join(f"{claim.book} says {claim.words()}" for claim in claims)
    alone = _alone(claims, said)
    record = "" if said is None else f"; the record says {said.words(claims)}"
    verdict = f"{alone} stands alone: " if alone else "the books disagree: "
    books = (alone,) if alone else tuple(dict.fromkeys(claim.book for claim in claims))
    return Finding(Kind.BOOKS, call, about, verdict + words + record, books)


def _alone(claims: Sequence[Claim], said: Said | None) -> str:
    """The one book without which all the others, and the record, would agree; empty if there is not just one."""
    odd = []
    for book in dict.fromkeys(claim.book for claim in claims):
        rest = [claim for claim in claims if claim.book != book]
        backed = said is None or all(claim.admits(said.value) for claim in rest)
        if rest and _agree(rest) and backed:
            odd.append(book)
    return odd[0] if len(odd) == 1 else ""
