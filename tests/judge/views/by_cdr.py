"""What the call detail records say of a call. They know every dial to the microsecond, but not why a caller left a
queue, nor who hung up."""

from tests.judge.books.cdr import BOOK, Row
from tests.judge.case import TRUNK, Case, pbx_of
from tests.judge.claims import Claim, Number, Within, moment, one_of
from tests.judge.offered import outside, rows_of_offers
from tests.judge.times import SECOND
from tests.judge.views.view import OfferSeen, Setting, View, kept_waiting

_NOT_ANSWERED = (
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
_QUEUE_CONTEXT = "zt-queue-"
_BEFORE = ("zt-in-", "zt-entry", "zt-menu", "zt-refuse")
_SAID = {
    "TIMEOUT": ("timed_out",),
    "FULL": ("queue_full",),
    "JOINEMPTY": ("queue_empty",),
    "JOINUNAVAIL": ("queue_empty",),
    "LEAVEEMPTY": ("queue_empty",),
    "LEAVEUNAVAIL": ("queue_empty",),
    "EXITKEY": ("key_exit",),
    "WITHDRAW": ("withdrawn",),
}
REFUSED_JOIN = frozenset({"FULL", "JOINEMPTY", "JOINUNAVAIL"})
_ENDS = {
    "zt-refuse": ("refused",),
    "zt-in-": ("abandoned", "failed", "system"),
    "zt-entry": ("abandoned", "failed", "system"),
    "zt-menu": ("abandoned", "failed", "system"),
    "zt-bye": ("timed_out", "queue_empty", "queue_full", "key_exit", "withdrawn"),
    "zt-promise": ("timed_out", "queue_empty", "queue_full", "key_exit", "withdrawn", "refused"),
    _QUEUE_CONTEXT: ("abandoned", "failed", "system"),  # every other end leads on to zt-bye, zt-promise or a dial
}


def view(case: Case, setting: Setting) -> View:
    """All that the CDRs claim of this call."""
    seen = View(BOOK)
    if not case.rows or case.killed is not None or case.first_row_missing:
        seen.silent = True
        if case.uniqueid and case.killed is None:
            seen.troubles.append("the first row of this call is missing" if case.rows else "no row of this call")
        return seen
    _who(seen, case.rows)
    seen.claim("received_at", moment(BOOK, case.rows[0].start, setting.slack))
    seen.claim("ended_at", _end(case, setting))
    _ending(seen, case, setting)
    seen.offers = [_offer(case, row, setting) for row in rows_of_offers(case)]
    return seen


def _end(case: Case, setting: Setting) -> Within:
    """The end of the last row; where that is not exact, the earliest end there can be."""
    end = max(row.end for row in case.rows)
    last = kept_waiting(end, case.gone) if case.exact_end is not None else end + _DAY
    return Within(BOOK, end, last, setting.slack)


def _who(seen: View, rows: list[Row]) -> None:
    seen.claim("direction", one_of(BOOK, "inbound"))
    seen.claim("caller_number", *(Number(BOOK, src) for src in dict.fromkeys(row.src for row in rows)))
    seen.claim("trunk", one_of(BOOK, rows[0].endpoint.removeprefix(TRUNK)))
    if pbx_of(rows[0].uniqueid):
        seen.claim("pbx", one_of(BOOK, pbx_of(rows[0].uniqueid)))


def _ending(seen: View, case: Case, setting: Setting) -> None:
    answered = _first_answered(case)
    if case.race:
        seen.claim("outcome", one_of(BOOK, "answered", "abandoned"))
    elif answered is None:
        seen.claim("outcome", one_of(BOOK, *_unanswered(case)))
        _queue(seen, case)
        seen.claim("agent", one_of(BOOK, None))
        seen.claim("answered_at", one_of(BOOK, None))
    else:
        seen.claim("outcome", one_of(BOOK, "answered"))
        seen.claim("agent", one_of(BOOK, answered.phone, *(() if answered.by_queue else (None,))))
        if answered.answer is not None and case.own_answer and not outside(case):  # who presses 1 talks a moment later
            last = kept_waiting(answered.answer, case.met)
            seen.claim("answered_at", Within(BOOK, answered.answer, last, setting.slack))


def _first_answered(case: Case) -> Row | None:
    return next((row for row in case.rows if row.phone and row.disposition == "ANSWERED"), None)


def _unanswered(case: Case) -> tuple[str, ...]:
    """Where the dialplan had got to when the call ended (contexts of dialplans/)."""
    context, said = case.rows[-1].dcontext, case.rows[-1].dst
    if context == "zt-bye" and said in _SAID and not any(row.lastapp == "Dial" for row in case.rows):
        return _SAID[said]
    return next((ends for start, ends in _ENDS.items() if context.startswith(start)), _NOT_ANSWERED)


def _queue(seen: View, case: Case) -> None:
    """The queue of a call that no queue took: only a refused join may be shown."""
    context = case.rows[-1].dcontext
    if rows_of_offers(case) or case.stay.visits:
        return
    if context.startswith(_QUEUE_CONTEXT):
        seen.claim("queue", one_of(BOOK, context.removeprefix(_QUEUE_CONTEXT), None))
    elif context.startswith(_BEFORE):
        seen.claim("queue", one_of(BOOK, None))


def _begun_by_dial(case: Case, row: Row) -> bool:
    """Whether the row was begun by this very dial: only then its start is the offer's. The row before it is of a failed
    offer of the same queue; any other kind of row is there before the dial."""
    before = [one for one in case.rows if one.sequence < row.sequence]
    return bool(before) and before[-1].queue == row.queue and bool(before[-1].phone)


def _offer(case: Case, row: Row, setting: Setting) -> OfferSeen:
    claims: dict[str, Claim] = {}
    if _begun_by_dial(case, row):
        claims["at"] = moment(BOOK, row.start, setting.slack)
    if case.race:
        claims["outcome"] = one_of(BOOK, "answered", *_OFFER_NOT_ANSWERED)
    elif row.disposition != "ANSWERED":
        claims["ended_at"] = moment(BOOK, row.end, setting.slack)
        claims["outcome"] = one_of(BOOK, *_OFFER_NOT_ANSWERED)
    else:
        claims["outcome"] = one_of(BOOK, "answered")
        if row.answer is not None and case.own_answer and row is _first_answered(case):
            claims["ended_at"] = moment(BOOK, row.answer, setting.slack)
    claims["queue"] = one_of(BOOK, row.queue)
    told = row.answer if row.disposition == "ANSWERED" and case.own_answer else None
    optional = frozenset({"queue_log"}) if _lost(case, row) else frozenset()
    return OfferSeen(BOOK, row.phone, told or row.end, claims, optional)


def _lost(case: Case, row: Row) -> bool:
    """Perhaps another phone was quicker, of which queue_log says nothing."""
    rows = [one for one in (*case.rows, *case.side_rows) if one.phone and one.queue == row.queue]
    quicker = [one for one in rows if one.disposition == "ANSWERED"]
    return row.disposition != "ANSWERED" and any(one.start <= row.end <= one.end for one in quicker)
