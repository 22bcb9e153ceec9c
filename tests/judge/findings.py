"""What the judge has to say: findings (something is wrong) and notes (a known disagreement, explained)."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    LOST = "lost"  # a call without a record
    DOUBLED = "doubled"  # a call with more than one record
    INVENTED = "invented"  # a record without a call
    MERGED = "merged"  # one record for several calls
    DIFFERS = "differs"  # a record says something else than the books
    INNER = "inner"  # a record contradicts itself
    BOOKS = "books"  # the books contradict one another, or one contradicts itself
    TORN = "torn"  # a line of a book or of the records cannot be read
    TOTALS = "totals"  # sums differ although every call agrees


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``call`` tells a person which call, ``about`` which fact of it, ``books`` whose
    word stands against the rest."""

    kind: Kind
    call: str
    about: str
    text: str
    books: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" [{self.call}]" if self.call else ""
        return f"{self.kind}: {self.about}{where}: {self.text}"


@dataclass(frozen=True, slots=True)
class Note:
    """A disagreement between the books that is known and harmless: why it is none."""

    call: str
    about: str
    text: str


@dataclass(slots=True)
class Pad:
    """Where the judge writes while it reads."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def find(self, kind: Kind, call: str, about: str, text: str, books: tuple[str, ...] = ()) -> None:
        self.findings.append(Finding(kind, call, about, text, books))

    def note(self, call: str, about: str, text: str) -> None:
        self.notes.append(Note(call, about, text))

    def on(self, call: str) -> int:
        """How many findings there are about ``call``."""
        return sum(finding.call == call for finding in self.findings)
