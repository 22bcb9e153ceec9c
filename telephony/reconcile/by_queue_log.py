"""A record beside queue_log: stays in queues, phones rung, the agent, how it ended; to the second. Pure.

queue_log's words are not always meant as they stand: RINGNOANSWER is written for refusals too, ABANDON whenever a
caller is gone from the line, whoever took the caller away, and a stop of the PBX is told as if somebody had hung up.
Such differences are explained, and where CEL can bear witness it must agree.
"""

from collections.abc import Iterator, Sequence

from telephony.journal.rows import QueueLine
from telephony.model.ids import MICROS_PER_SECOND, Micros, Uniqueid
from telephony.model.terms import AbandonedIn, OfferOutcome, Outcome, Role, Side, VisitResult
from telephony.reconcile.case import FINISHES, INSTANT, Case, Visit, in_second, unmatched, visits_of
from telephony.reconcile.finding import Book, Finding, Kind, Reason
from telephony.records.record import Leg, Offer, QueueVisit

_BOOK = Book.QUEUE_LOG
_RESULTS = {
    "CONNECT": VisitResult.CONNECTED,
    "ABANDON": VisitResult.ABANDONED,
    "EXITWITHTIMEOUT": VisitResult.TIMED_OUT,
    "EXITEMPTY": VisitResult.QUEUE_EMPTY,
    "EXITWITHKEY": VisitResult.KEY_EXIT,
    "WITHDRAW": VisitResult.WITHDRAWN,
    "AGENTDUMP": VisitResult.ABANDONED,
}
_OUTCOMES = {
    VisitResult.ABANDONED: Outcome.ABANDONED,
    VisitResult.TIMED_OUT: Outcome.TIMED_OUT,
    VisitResult.QUEUE_EMPTY: Outcome.QUEUE_EMPTY,
    VisitResult.QUEUE_FULL: Outcome.QUEUE_FULL,
    VisitResult.KEY_EXIT: Outcome.KEY_EXIT,
    VisitResult.WITHDRAWN: Outcome.WITHDRAWN,
}
_NEVER_LET_IN = frozenset((VisitResult.QUEUE_EMPTY, VisitResult.QUEUE_FULL))
_NO_QUEUE = frozenset((Outcome.REFUSED, Outcome.QUEUE_EMPTY, Outcome.QUEUE_FULL, Outcome.ABANDONED))
_TAKEN = frozenset((VisitResult.WITHDRAWN, VisitResult.UNKNOWN))
_OFFERS = {
    "CONNECT": frozenset((OfferOutcome.ANSWERED,)),
    "RINGNOANSWER": frozenset((OfferOutcome.NO_ANSWER,)),
    "RINGCANCELED": frozenset((OfferOutcome.CANCELLED, OfferOutcome.DROPPED)),
}
_REFUSED = frozenset((OfferOutcome.REFUSED, OfferOutcome.UNAVAILABLE))
_SIDES = {"COMPLETECALLER": Side.CALLER, "COMPLETEAGENT": Side.AGENT}


def compare(case: Case) -> Iterator[Finding]:
    """Every difference between the record and queue_log."""
    visits = visits_of(case.lines)
    pairs = _paired(case.record.visits, visits)
    yield from _visits(case, visits, pairs)
    yield from _offers(case, visits)
    yield from _ending(case, visits)
    yield from _transfers(case)
    yield from _number(case)
    yield from _finishes(case)


def _number(case: Case) -> Iterator[Finding]:
    """ENTERQUEUE is ``url|number|position``; the number is the caller's own text, bars and all."""
    own = [line for line in case.lines if line.event == "ENTERQUEUE" and line.callid == case.caller]
    numbers = {line.data.partition("|")[2].rpartition("|")[0] for line in own}
    if numbers and case.record.caller_number not in numbers:
        yield case.differs(_BOOK, "caller_number", case.record.caller_number, min(numbers))


def _finishes(case: Case) -> Iterator[Finding]:
    """Every talk with an agent has one line of its end."""
    talks = [line for line in case.lines if line.event == "CONNECT"]
    ends = [line for line in case.lines if line.event in FINISHES]
    if len(ends) < len(talks):
        yield case.no_row(_BOOK, "hung_up_by", case.record.hung_up_by.value, case.record.ended_at, case.killed)
    elif len(ends) > len(talks):
        yield Finding(Kind.DIFFERS, _BOOK, "hung_up_by", None, f"{ends[-1].event} {ends[-1].second}")


# --- stays in queues --------------------------------------------------------------------------------------


def _paired(kept: Sequence[QueueVisit], told: Sequence[Visit]) -> dict[int, int]:
    """Which of the book's visits is which of the record's, by channel, queue and order."""
    pairs: dict[int, int] = {}
    for number, visit in enumerate(told):
        free = unmatched(len(kept), pairs.values())
        same = [index for index in free if (kept[index].uniqueid, kept[index].queue) == (visit.callid, visit.queue)]
        let_in = [index for index in same if kept[index].result not in _NEVER_LET_IN or visit.entered is None]
        fitting = [index for index in same if visit.entered and in_second(kept[index].joined_at, visit.entered)]
        for index in [*(each for each in fitting if each in let_in), *fitting, *same][:1]:
            pairs[number] = index
    return pairs


def _visits(case: Case, told: Sequence[Visit], pairs: dict[int, int]) -> Iterator[Finding]:
    kept = case.record.visits
    for index in unmatched(len(kept), pairs.values()):
        visit = kept[index]
        refused = visit.result in _NEVER_LET_IN and (visit.ended_at or visit.joined_at) - visit.joined_at < INSTANT
        because = Reason.NOT_LET_IN if refused else None
        yield case.no_row(_BOOK, f"visits[{index}]", visit.queue, visit.joined_at, because)
    for number in unmatched(len(told), pairs):
        visit_told = told[number]
        at = visit_told.entered or visit_told.end or visit_told.tries[0]
        yield Finding(Kind.DIFFERS, _BOOK, "visits", None, f"{visit_told.queue} {at.second}")
    for number, index in pairs.items():
        yield from _visit(case, f"visits[{index}]", kept[index], told[number])


def _visit(case: Case, what: str, kept: QueueVisit, told: Visit) -> Iterator[Finding]:
    if told.entered is None:
        yield case.no_row(_BOOK, f"{what}.joined_at", kept.joined_at, kept.joined_at, None)
    elif not in_second(kept.joined_at, told.entered):
        yield case.differs(_BOOK, f"{what}.joined_at", kept.joined_at, told.entered.second)
    if told.end is None:
        yield case.no_row(_BOOK, f"{what}.result", kept.result.value, kept.ended_at, case.killed)
        return
    result = _RESULTS[told.end.event]
    if result is not kept.result:
        because = _why_other_result(case, kept, told.end)
        yield case.differs(_BOOK, f"{what}.result", kept.result.value, told.end.event, because)
    if kept.ended_at is None or not in_second(kept.ended_at, told.end):
        yield case.differs(_BOOK, f"{what}.ended_at", kept.ended_at, told.end.second)
    if result is VisitResult.KEY_EXIT and kept.key != told.end.field(0):
        yield case.differs(_BOOK, f"{what}.key", kept.key, told.end.field(0))


def _why_other_result(case: Case, kept: QueueVisit, end: QueueLine) -> Reason | None:
    """ABANDON says only that a caller is gone from the line."""
    if end.event == "CONNECT" and kept.result is VisitResult.ABANDONED and _crossed(case, end):
        return Reason.INSTANT_OF_THE_ANSWER
    if end.event != "ABANDON" or kept.result not in _TAKEN:
        return None
    if case.cut is not None:
        return Reason.PBX_STOPPED
    if case.record.ended_at - (kept.ended_at or kept.joined_at) > INSTANT and _lived_on(case, kept, end):
        return Reason.TAKEN_OUT_OF_THE_LINE
    return Reason.TAKEN_AWAY if case.witness.asked(kept.uniqueid) is not True else None


def _crossed(case: Case, connect: QueueLine) -> bool:
    """Whether the caller left in the very instant of this answer: CDR knows of no talk."""
    name = next((leg.name for leg in case.record.legs if leg.uniqueid == connect.field(1)), None)
    rows = [row for row in case.rows if row.dst_channel == name]
    return bool(rows) and all(row.answer is None or row.end - row.answer < INSTANT for row in rows)


def _lived_on(case: Case, kept: QueueVisit, end: QueueLine) -> bool:
    """Whether CDR knows the channel after it left the line."""
    left = kept.ended_at or end.at
    return any(row.end > left + INSTANT for row in case.rows if row.uniqueid == kept.uniqueid)


# --- phones rung ------------------------------------------------------------------------------------------


def _offers(case: Case, visits: Sequence[Visit]) -> Iterator[Finding]:
    offers = case.record.offers
    pairs: dict[int, QueueLine] = {}
    for line in (line for visit in visits for line in visit.tries):
        index = _offer_of(line, offers, pairs)
        if index is None:
            yield Finding(Kind.DIFFERS, _BOOK, "offers", None, f"{line.agent} {line.event} {line.second}")
        else:
            pairs[index] = line
            yield from _offer(case, f"offers[{index}]", offers[index], line)
    for index in unmatched(len(offers), pairs):
        offer = offers[index]
        quicker = offer.outcome in (OfferOutcome.LOST, OfferOutcome.DROPPED) and _connected(visits)
        cut = case.killed if offer.outcome is OfferOutcome.UNKNOWN else None
        because = Reason.OTHER_PHONE_QUICKER if quicker else cut
        yield case.no_row(_BOOK, f"offers[{index}]", f"{offer.member} {offer.outcome.value}", offer.ended_at, because)


def _offer_of(line: QueueLine, offers: Sequence[Offer], pairs: dict[int, QueueLine]) -> int | None:
    free = list(unmatched(len(offers), pairs))
    if line.event == "CONNECT":
        return next((index for index in free if offers[index].uniqueid == line.field(1)), None)
    same = [index for index in free if (offers[index].member, offers[index].queue) == (line.agent, line.queue)]
    fitting = [index for index in same if offers[index].outcome in _admitted(line)]
    return min(fitting or same, key=lambda index: _distance(offers[index], line), default=None)


def _admitted(line: QueueLine) -> frozenset[OfferOutcome]:
    return _OFFERS[line.event] | (_REFUSED if line.event == "RINGNOANSWER" else frozenset())


def _distance(offer: Offer, line: QueueLine) -> int:
    return abs((offer.ended_at or offer.at) - line.at - MICROS_PER_SECOND // 2)


def _offer(case: Case, what: str, offer: Offer, line: QueueLine) -> Iterator[Finding]:
    if offer.member != line.agent:
        yield case.differs(_BOOK, f"{what}.member", offer.member, line.agent)
    if offer.queue != line.queue:
        yield case.differs(_BOOK, f"{what}.queue", offer.queue, line.queue)
    if offer.outcome not in _OFFERS[line.event]:
        yield case.differs(_BOOK, f"{what}.outcome", offer.outcome.value, line.event, _why_other_try(case, offer, line))
    if offer.ended_at is None or not in_second(offer.ended_at, line):
        because = Reason.PBX_KILLED if offer.ended_at is None and case.cut else None
        yield case.differs(_BOOK, f"{what}.ended_at", offer.ended_at, line.second, because)


def _why_other_try(case: Case, offer: Offer, line: QueueLine) -> Reason | None:
    if line.event == "RINGNOANSWER" and offer.outcome in _REFUSED:
        return Reason.REFUSAL_WRITTEN_AS_NO_ANSWER if case.witness.asked(offer.uniqueid) is not False else None
    if line.event == "CONNECT" and offer.outcome in _OFFERS["RINGCANCELED"] and _crossed(case, line):
        return Reason.INSTANT_OF_THE_ANSWER
    if case.cut is not None:
        return Reason.PBX_STOPPED
    left = case.record.ended_at
    ended = offer.ended_at or left
    if line.event == "RINGNOANSWER" and offer.outcome is OfferOutcome.CANCELLED and abs(left - ended) < INSTANT:
        return Reason.INSTANT_OF_THE_ANSWER
    return None


def _connected(visits: Sequence[Visit]) -> bool:
    return any(visit.end is not None and visit.end.event == "CONNECT" for visit in visits)


# --- the ending -------------------------------------------------------------------------------------------


def _ending(case: Case, visits: Sequence[Visit]) -> Iterator[Finding]:
    record = case.record
    connect = next((visit for visit in visits if visit.end is not None and visit.end.event == "CONNECT"), None)
    if connect is not None and connect.end is not None:
        yield from _answered(case, connect, connect.end)
    elif record.agent is not None:
        yield case.no_row(_BOOK, "agent", record.agent, record.answered_at, None)
    elif visits:
        yield from _not_answered(case, visits[-1])
    elif record.outcome in (Outcome.TIMED_OUT, Outcome.KEY_EXIT, Outcome.WITHDRAWN) and not record.visits:
        yield case.no_row(_BOOK, "outcome", record.outcome.value, record.ended_at, None)
    if visits and (record.queued_at is None or not _in_entered(record.queued_at, visits[0])):
        yield case.differs(
            _BOOK, "queued_at", record.queued_at, visits[0].entered.second if visits[0].entered else None
        )
    yield from _side(case, visits)


def _in_entered(at: Micros, visit: Visit) -> bool:
    """A queue that did not let the caller in may have come first, by milliseconds."""
    return visit.entered is None or in_second(at, visit.entered) or at // MICROS_PER_SECOND < visit.entered.second


def _answered(case: Case, visit: Visit, connect: QueueLine) -> Iterator[Finding]:
    record = case.record
    if record.outcome is not Outcome.ANSWERED:
        crossed = record.outcome is Outcome.ABANDONED and _crossed(case, connect)
        because = Reason.INSTANT_OF_THE_ANSWER if crossed else None
        yield case.differs(_BOOK, "outcome", record.outcome.value, connect.event, because)
        return
    if record.agent != connect.agent:
        yield case.differs(_BOOK, "agent", record.agent, connect.agent)
    if record.queue != visit.queue:
        yield case.differs(_BOOK, "queue", record.queue, visit.queue)
    if record.answered_at is None or not in_second(record.answered_at, connect):
        yield case.differs(_BOOK, "answered_at", record.answered_at, connect.second)


def _not_answered(case: Case, last: Visit) -> Iterator[Finding]:
    """What comes after the last stay queue_log does not know: a queue that lets nobody in, or a plain dial."""
    record, kept = case.record, case.record.visits[-1:]
    if last.end is None:
        return
    if kept and kept[0].result in _NEVER_LET_IN and kept[0].queue != last.queue:
        return
    told = _OUTCOMES[_RESULTS[last.end.event]]
    if record.outcome is not told and not _dialled(case):
        because = _why_other_outcome(case, last.end)
        yield case.differs(_BOOK, "outcome", record.outcome.value, last.end.event, because)
    if record.queue != last.queue:
        yield case.differs(_BOOK, "queue", record.queue, last.queue)
    if record.outcome is Outcome.ABANDONED and last.end.event == "ABANDON":
        yield from _where(case, last)


def _dialled(case: Case) -> bool:
    return case.record.outcome is Outcome.ANSWERED and any(row.app == "Dial" for row in case.own_rows)


def _why_other_outcome(case: Case, end: QueueLine) -> Reason | None:
    if end.event == "ABANDON" and case.record.outcome in (Outcome.SYSTEM, Outcome.FAILED, Outcome.WITHDRAWN):
        if case.cut is not None:
            return Reason.PBX_STOPPED
        return Reason.TAKEN_AWAY if case.witness.asked(case.caller) is not True else None
    return None


def _where(case: Case, last: Visit) -> Iterator[Finding]:
    """RINGCANCELED at the end says that a phone was ringing."""
    assert last.end is not None
    ringing = any(line.event == "RINGCANCELED" and abs(line.second - last.end.second) <= 1 for line in last.tries)
    said = case.record.abandoned_in
    if (said is AbandonedIn.RINGING) != ringing and not case.cut:
        cancelled = any(offer.outcome in _OFFERS["RINGCANCELED"] for offer in case.record.offers)
        if ringing or not cancelled:
            yield case.differs(_BOOK, "abandoned_in", said, "RINGCANCELED" if ringing else "ABANDON")


def _side(case: Case, visits: Sequence[Visit]) -> Iterator[Finding]:
    finishes = [visit.finish for visit in visits if visit.finish is not None]
    last = max(finishes, key=lambda line: line.second, default=None)
    if last is None or last.event not in _SIDES or last.callid != _last_callid(visits):
        return
    said, told = case.record.hung_up_by, _SIDES[last.event]
    if said is not told:
        yield case.differs(_BOOK, "hung_up_by", said.value, last.event, _why_other_side(case, last))
    if told is Side.CALLER and not in_second(case.record.ended_at, last):
        yield case.differs(_BOOK, "ended_at", case.record.ended_at, last.second)


def _last_callid(visits: Sequence[Visit]) -> str:
    connected = [visit for visit in visits if visit.end is not None and visit.end.event == "CONNECT"]
    return connected[-1].callid if connected else ""


def _why_other_side(case: Case, last: QueueLine) -> Reason | None:
    record = case.record
    if case.cut is not None and record.hung_up_by in (Side.SYSTEM, Side.UNKNOWN):
        return Reason.PBX_STOPPED
    if record.transfers or _agent_left_first(case, last):
        return Reason.AFTER_TRANSFER
    if record.hung_up_by is Side.SYSTEM:
        legs = [line.field(1) for line in case.lines if line.event == "CONNECT" and line.agent == last.agent]
        asked = any(case.witness.asked(Uniqueid(leg)) for leg in (case.caller, *legs))
        return None if asked else Reason.TAKEN_AWAY
    both = {leg.role for leg in record.legs if leg.hung_up_first and _at_the_end(case, leg)}
    return Reason.BOTH_HUNG_UP if {Role.CALLER, Role.AGENT} <= both else None


def _at_the_end(case: Case, leg: Leg) -> bool:
    return leg.ended_at is not None and abs(leg.ended_at - case.record.ended_at) < INSTANT


def _agent_left_first(case: Case, last: QueueLine) -> bool:
    """Whether the caller talked on with others when this agent had left."""
    agents = [leg for leg in case.record.legs if leg.role is Role.AGENT and leg.party == last.agent]
    ends = [leg.ended_at for leg in agents if leg.ended_at is not None]
    return bool(ends) and case.record.ended_at - max(ends) > INSTANT


# --- transfers --------------------------------------------------------------------------------------------


def _transfers(case: Case) -> Iterator[Finding]:
    """queue_log knows only those by an agent whom a queue rang."""
    told = [line for line in case.lines if line.event in ("BLINDTRANSFER", "ATTENDEDTRANSFER")]
    used: set[int] = set()
    kept = case.record.transfers
    for line in told:
        kinds = ("blind",) if line.event == "BLINDTRANSFER" else ("attended", "blonde")
        same = [index for index in unmatched(len(kept), used) if in_second(kept[index].at, line)]
        fitting = [index for index in same if kept[index].kind in kinds and kept[index].by == line.agent]
        if not same:
            yield Finding(Kind.DIFFERS, _BOOK, "transfers", None, f"{line.agent} {line.event} {line.second}")
            continue
        index = (fitting or same)[0]
        used.add(index)
        if index not in fitting:
            said = f"{kept[index].by} {kept[index].kind}"
            yield case.differs(_BOOK, f"transfers[{index}]", said, f"{line.agent} {line.event}")
    for index in unmatched(len(kept), used):
        transfer = kept[index]
        because = Reason.TRANSFER_BEYOND_THE_QUEUE if _beyond(case, transfer.at) else None
        yield case.no_row(_BOOK, f"transfers[{index}]", f"{transfer.by} {transfer.kind}", transfer.at, because)


def _beyond(case: Case, at: Micros) -> bool:
    """Whether queue_log had told the end of this agent's talk by another word, or knew of no talk at that time."""
    talks = [line for line in case.lines if line.event == "CONNECT" and line.at <= at + MICROS_PER_SECOND]
    finishes = [line for line in case.lines if line.event in FINISHES]
    return not talks or any(line.at <= at + 2 * MICROS_PER_SECOND for line in finishes)
