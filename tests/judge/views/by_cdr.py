"""What the call detail records say of a call. They know every dial to the microsecond, but not why a caller left a
queue, nor who hung up."""

from tests.judge.books.cdr import BOOK, Row
from tests.judge.case import Case, pbx_of
from tests.judge.claims import Claim, Number, Within, moment, one_of
from tests.judge.gather import TRUNK
from tests.judge.times import SECOND
from tests.judge.views.view import OfferSeen, Setting, View

NOT_ANSWERED = (
    "abandoned",
    "timed_out",
    "queue_empty",
    "queue_full",
    "key_exit",
    "refused",
    "withdrawn",
    "system",
    "failed",
)
_OFFER_NOT_ANSWERED = ("no_answer", "refused", "unavailable", "cancelled", "lost", "dropped")
_DAY = 86_400 * SECOND
QUEUE_CONTEXT = "zt-queue-"


def view(case: Case, setting: Setting) -> View:
    """All that the CDRs claim of this call."""
    seen = View(BOOK)
    if not case.rows or case.killed is not None:
        seen.silent = True
        if not case.rows and case.uniqueid and case.killed is None:
            seen.troubles.append("no row of this call")
        return seen
    _who(seen, case.rows)
    seen.claim("received_at", moment(BOOK, case.rows[0].start, setting.slack))
    seen.claim("ended_at", _end(case.rows, setting))
    _ending(seen, case, setting)
    seen.offers = [_offer(case, row, setting) for row in _offered(case)]
    return seen


def _end(rows: list[Row], setting: Setting) -> Within:
    """The end of the last row. After an offer that failed no row need follow, so then only: not before it."""
    end = max(row.end for row in rows)
    failed = rows[-1].by_queue and rows[-1].phone and rows[-1].disposition != "ANSWERED"
    return Within(BOOK, end, end + _DAY if failed else end, setting.slack)


def _who(seen: View, rows: list[Row]) -> None:
    seen.claim("direction", one_of(BOOK, "inbound"))
    seen.claim("caller_number", Number(BOOK, rows[0].src))
    seen.claim("trunk", one_of(BOOK, rows[0].endpoint.removeprefix(TRUNK)))
    if pbx_of(rows[0].uniqueid):
        seen.claim("pbx", one_of(BOOK, pbx_of(rows[0].uniqueid)))


def _offered(case: Case) -> list[Row]:
    return [row for row in case.rows if row.by_queue and row.phone]


def _ending(seen: View, case: Case, setting: Setting) -> None:
    answered = next((row for row in _offered(case) if row.disposition == "ANSWERED"), None)
    if answered is None:
        seen.claim("outcome", one_of(BOOK, *_unanswered(case)))
        seen.claim("agent", one_of(BOOK, None))
        seen.claim("answered_at", one_of(BOOK, None))
    elif case.race:
        seen.claim("outcome", one_of(BOOK, "answered", "abandoned"))
        seen.claim("agent", one_of(BOOK, answered.phone, None))
    else:
        seen.claim("outcome", one_of(BOOK, "answered"))
        seen.claim("agent", one_of(BOOK, answered.phone))
        if answered.answer is not None and not case.answered_at_entry and case.caller is not None:
            seen.claim("answered_at", moment(BOOK, answered.answer, setting.slack))


def _unanswered(case: Case) -> tuple[str, ...]:
    """A caller who never came as far as a queue's context was neither refused by a queue nor left one."""
    if any(row.by_queue or row.dcontext.startswith(QUEUE_CONTEXT) for row in case.rows):
        return tuple(outcome for outcome in NOT_ANSWERED if outcome != "refused")
    return NOT_ANSWERED


def _offer(case: Case, row: Row, setting: Setting) -> OfferSeen:
    claims: dict[str, Claim] = {}
    if row.disposition != "ANSWERED":
        claims["ended_at"] = moment(BOOK, row.end, setting.slack)
        claims["outcome"] = one_of(BOOK, *_OFFER_NOT_ANSWERED)
    elif case.race:
        claims["outcome"] = one_of(BOOK, "answered", *_OFFER_NOT_ANSWERED)
    else:
        claims["outcome"] = one_of(BOOK, "answered")
    claims["queue"] = one_of(BOOK, row.queue)
    own_answer = row.answer is not None and row.disposition == "ANSWERED" and not case.answered_at_entry
    mark = row.answer if own_answer and row.answer is not None else row.end
    return OfferSeen(BOOK, row.phone, mark, claims)
