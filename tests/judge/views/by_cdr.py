"""What the call detail records say of a call. They know every dial to the microsecond, but not why a caller left a
queue, nor who hung up."""

from tests.judge.books.cdr import BOOK, Row
from tests.judge.case import Case, pbx_of
from tests.judge.claims import Claim, Number, Within, moment, one_of
from tests.judge.gather import TRUNK
from tests.judge.times import SECOND
from tests.judge.views.view import OfferSeen, Setting, View

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
    _QUEUE_CONTEXT: tuple(outcome for outcome in _NOT_ANSWERED if outcome != "refused"),
}


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
    seen.claim("ended_at", _end(case, setting))
    _ending(seen, case, setting)
    seen.offers = [_offer(case, row, setting) for row in _offered(case)]
    return seen


def _end(case: Case, setting: Setting) -> Within:
    """The end of the last row. After a dial that failed no row need follow, nor while the agent consults: then it is
    only the earliest end there can be."""
    end = max(row.end for row in case.rows)
    last = case.rows[-1]
    early = bool(case.side_rows) or (last.phone and last.disposition != "ANSWERED")
    return Within(BOOK, end, end + _DAY if early else end, setting.slack)


def _who(seen: View, rows: list[Row]) -> None:
    seen.claim("direction", one_of(BOOK, "inbound"))
    seen.claim("caller_number", Number(BOOK, rows[0].src))
    seen.claim("trunk", one_of(BOOK, rows[0].endpoint.removeprefix(TRUNK)))
    if pbx_of(rows[0].uniqueid):
        seen.claim("pbx", one_of(BOOK, pbx_of(rows[0].uniqueid)))


def _offered(case: Case) -> list[Row]:
    return [row for row in (*case.rows, *case.side_rows) if row.by_queue and row.phone]


def _ending(seen: View, case: Case, setting: Setting) -> None:
    answered = next((row for row in case.rows if row.phone and row.disposition == "ANSWERED"), None)
    if answered is None:
        seen.claim("outcome", one_of(BOOK, *_unanswered(case)))
        _queue(seen, case)
        seen.claim("agent", one_of(BOOK, None))
        seen.claim("answered_at", one_of(BOOK, None))
    elif case.race:
        seen.claim("outcome", one_of(BOOK, "answered", "abandoned"))
        seen.claim("agent", one_of(BOOK, answered.phone, None))
    else:
        seen.claim("outcome", one_of(BOOK, "answered"))
        seen.claim("agent", one_of(BOOK, answered.phone, *(() if answered.by_queue else (None,))))
        if answered.answer is not None and not case.answered_at_entry and case.caller is not None:
            seen.claim("answered_at", moment(BOOK, answered.answer, setting.slack))


def _unanswered(case: Case) -> tuple[str, ...]:
    """Where the dialplan had got to when the call ended (contexts of dialplans/)."""
    context, said = case.rows[-1].dcontext, case.rows[-1].dst
    if context == "zt-bye" and said in _SAID and not any(row.lastapp == "Dial" for row in case.rows):
        return _SAID[said]
    return next((ends for start, ends in _ENDS.items() if context.startswith(start)), _NOT_ANSWERED)


def _queue(seen: View, case: Case) -> None:
    """The queue of a call that no queue took: only a refused join may be shown."""
    context = case.rows[-1].dcontext
    if any(row.by_queue and row.phone for row in case.rows) or case.stay.visits:
        return
    if context.startswith(_QUEUE_CONTEXT):
        seen.claim("queue", one_of(BOOK, context.removeprefix(_QUEUE_CONTEXT), None))
    elif context.startswith(_BEFORE):
        seen.claim("queue", one_of(BOOK, None))


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
