"""The offers of one call, as each book and the record tell of them, laid beside one another."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.judge.assign import pair
from tests.judge.books import records, sipp
from tests.judge.books.records import Record
from tests.judge.claims import Claim, Said, one_of, settle
from tests.judge.findings import Finding, Kind
from tests.judge.times import MILLI, SECOND
from tests.judge.views.view import OfferSeen, Setting, View

_FACTS = ("member", "at", "ended_at", "outcome", "queue", "uniqueid")
_SAME = 50 * MILLI  # another agent's offer that ended within this is the same one under a wrong name


@dataclass(slots=True)
class Offer:
    """One ringing of one agent's phone: who tells of it."""

    seen: dict[str, OfferSeen] = field(default_factory=dict)
    record: records.Offer | None = None

    @property
    def first(self) -> OfferSeen:
        return next(iter(self.seen.values()))

    @property
    def mark(self) -> int:
        return self.first.mark

    @property
    def agent(self) -> str:
        return self.first.agent


def lay_out(views: Sequence[View], record: Record | None) -> list[Offer]:
    """One ``Offer`` for each that any book or the record tells of, in order of time."""
    offers: list[Offer] = []
    for view in views:
        _join(offers, view.offers)
    if record is not None:
        _join_record(offers, record)
    return sorted(offers, key=lambda offer: offer.mark)


def _join_record(offers: list[Offer], record: Record) -> None:
    """Each of the record's offers to its like; what is left to one of another agent at the same time, or on its own."""
    known, own = list(offers), [_of_record(offer) for offer in record.offers]
    where = {j: known[i] for i, j in pair(known, own, _apart).items()}
    free = [offer for offer in known if all(offer is not one for one in where.values())]
    rest = [j for j in range(len(own)) if j not in where]
    misnamed = pair(free, [own[j] for j in rest], lambda offer, one: _gap(offer, one) if _near(offer, one) else None)
    where |= {rest[j]: free[i] for i, j in misnamed.items()}
    for j, mine in enumerate(record.offers):
        if j not in where:
            where[j] = Offer({records.BOOK: own[j]})
            offers.append(where[j])
        where[j].record = mine


def _near(offer: Offer, one: OfferSeen) -> bool:
    return abs(offer.mark - one.mark) <= _SAME


def _join(offers: list[Offer], seen: Sequence[OfferSeen]) -> None:
    """Put each of one book's offers with its like, or on its own."""
    known = list(offers)
    where = {j: known[i] for i, j in pair(known, seen, _apart).items()}
    for j, one in enumerate(seen):
        if j not in where:
            where[j] = Offer()
            offers.append(where[j])
        where[j].seen[one.book] = one


def _apart(offer: Offer, one: OfferSeen) -> float | None:
    return _gap(offer, one) if offer.agent == one.agent else None


def _gap(offer: Offer, one: OfferSeen) -> float:
    return (min(abs(offer.mark - one.mark), 60 * SECOND) / SECOND) ** 2


def _of_record(offer: records.Offer) -> OfferSeen:
    return OfferSeen(records.BOOK, offer.member, offer.ended_at or offer.at, {})


# --- who knows of it --------------------------------------------------------------------------------------


def missing(
    call: str, offers: Sequence[Offer], views: Sequence[View], setting: Setting, *, recorded: bool
) -> list[Finding]:
    """The offers that one book or the record lacks, or that one alone tells of."""
    findings: list[Finding] = []
    silenced: set[str] = set()
    for offer in offers:
        books = [view.book for view in views if view.book not in silenced]
        having = [book for book in books if book in offer.seen]
        lacking = [book for book in books if book not in having and _must_know(book, offer, setting)]
        if recorded:
            (lacking if offer.record is None else having).append(records.BOOK)
        if having and lacking:
            findings.append(_missing(call, offer, having, lacking))
            silenced.update(findings[-1].books)
    return findings


def _must_know(book: str, offer: Offer, setting: Setting) -> bool:
    if book == sipp.BOOK and not setting.logs(offer.agent):
        return False
    return not any(book in seen.optional for seen in offer.seen.values())


def _missing(call: str, offer: Offer, having: list[str], lacking: list[str]) -> Finding:
    name = offer.first.name
    if lacking == [records.BOOK]:
        return Finding(Kind.DIFFERS, call, "offers", f"the record lacks the {name} ({' and '.join(having)} tell of it)")
    if having == [records.BOOK]:
        return Finding(Kind.DIFFERS, call, "offers", f"the record tells of an {name}, which no book knows")
    if len(having) == 1 and len(lacking) > 1:
        return Finding(Kind.BOOKS, call, "offers", f"only {having[0]} tells of an {name}", (having[0],))
    knows = "knows" if len(lacking) == 1 else "know"
    text = f"{' and '.join(lacking)} {knows} nothing of the {name}, of which {' and '.join(having)} tell"
    return Finding(Kind.BOOKS, call, "offers", text, tuple(book for book in lacking if book != records.BOOK))


# --- what became of it ------------------------------------------------------------------------------------


def compare(call: str, offer: Offer, silenced: set[str]) -> list[Finding]:
    """Every fact of one offer; a book found at odds is not heard on the next fact."""
    findings: list[Finding] = []
    for fact in _FACTS:
        claims = [claim for seen in offer.seen.values() if seen.book not in silenced for claim in _claims(seen, fact)]
        said = Said(getattr(offer.record, fact)) if offer.record is not None else None
        found = settle(call, f"{offer.first.name}, {fact}", claims, said)
        findings += found
        for finding in found:
            if finding.kind is Kind.BOOKS:
                silenced.update(finding.books)
    return findings


def _claims(seen: OfferSeen, fact: str) -> list[Claim]:
    if fact == "member":
        return [one_of(seen.book, seen.agent)]
    return [seen.claims[fact]] if fact in seen.claims else []
