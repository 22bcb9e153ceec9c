"""What queue_log says of a call: which queue, which agent, why it ended; in whole seconds, and not always literally
(RINGNOANSWER is written for refusals too, ABANDON also when the PBX or somebody else took the caller away)."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations_with_replacement, pairwise

from tests.judge.books.queue_log import BOOK
from tests.judge.case import SHORT, Case
from tests.judge.claims import Claim, Within, one_of
from tests.judge.offered import by_dial, offered, outside, rows_of_offers
from tests.judge.times import SECOND, clock
from tests.judge.views.by_cdr import REFUSED_JOIN
from tests.judge.views.by_sipp import nobody_hung_up
from tests.judge.views.view import OfferSeen, View
from tests.judge.visits import Try, Visit

_OUTCOMES = {
    "CONNECT": ("answered",),
    "ABANDON": ("abandoned", "system", "failed"),
    "EXITWITHTIMEOUT": ("timed_out",),
    "EXITEMPTY": ("queue_empty",),
    "EXITWITHKEY": ("key_exit",),
    "WITHDRAW": ("withdrawn",),
}
_RESULTS = _OUTCOMES | {"CONNECT": ("connected",), "ABANDON": ("abandoned", "withdrawn", "unknown", "system")}
_NEVER_ENTERED = ("refused", "queue_empty", "queue_full", "abandoned", "failed", "system")
_SIDES = {"COMPLETECALLER": ("caller", "system"), "COMPLETEAGENT": ("agent", "other", "system")}
_KINDS = {"BLINDTRANSFER": ("blind",), "ATTENDEDTRANSFER": ("attended", "blonde")}
_LONGEST_FAREWELL = 60  # seconds
_TRIES = {
    "CONNECT": ("answered",),
    "RINGNOANSWER": ("no_answer", "refused", "unavailable", "cancelled"),
    "RINGCANCELED": ("cancelled", "dropped", "lost"),
}


def view(case: Case, *, others_wait: bool) -> View:
    """All that queue_log claims of this call. ``others_wait``: whether anybody waited in a queue when it came; if
    not, no queue was full."""
    seen = View(BOOK)
    visits = case.stay.visits
    if case.killed is not None or not case.uniqueid or case.stay.troubles:
        seen.silent = True
        seen.troubles += case.stay.troubles if case.killed is None else []
        return seen
    if not visits and rows_of_offers(case):
        seen.silent = True
        seen.troubles.append("no visit of this call, though CDR knows of offers by a queue")
        return seen
    if outside := _outside(case):
        return View(BOOK, silent=True, troubles=outside)
    if visits:
        _stay(seen, case, visits)
    else:
        _no_stay(seen, case, others_wait=others_wait)
    return seen


def _outside(case: Case) -> list[str]:
    """Lines written when the call had not begun or was over, or out of their order."""
    if case.caller is None or case.caller.ended is None:
        return []
    low, high = case.began // SECOND - 1, case.caller.ended // SECOND + 1
    own = [visit for visit in case.stay.visits if visit.callid == case.uniqueid]
    seconds = [second for visit in own for second in _seconds(visit)]
    wrong = [second for second in seconds if not low <= second <= high]
    wrong += [later for earlier, later in pairwise(seconds) if later < earlier - 1]
    return [f"a line of {clock(second * SECOND)} is out of its time" for second in wrong[:1]]


def _seconds(visit: Visit) -> list[int]:
    """All seconds of a visit in the order in which they must be."""
    entered = [visit.entered] if visit.entered is not None else []
    return [*entered, *(each.second for each in visit.tries), visit.ended]


def _no_stay(seen: View, case: Case, *, others_wait: bool) -> None:
    outcomes = [one for one in _NEVER_ENTERED if others_wait or one != "queue_full"]
    seen.claim("outcome", one_of(BOOK, *outcomes, *(("answered",) if by_dial(case) or outside(case) else ())))
    seen.claim("visits", one_of(BOOK, ""))
    seen.claim("transfers", one_of(BOOK, ""))
    seen.claim("queued_at", one_of(BOOK, None))
    if not by_dial(case):
        seen.claim("agent", one_of(BOOK, None))
    seen.claim("abandoned_in", one_of(BOOK, "entry"))


def _stay(seen: View, case: Case, visits: list[Visit]) -> None:
    seen.claim("visits", one_of(BOOK, "→".join(visit.queue for visit in visits)))
    ways = _transfers(visits) + _torn_transfers(case, visits) + _unlogged_transfers(case, visits)
    seen.claim("transfers", one_of(BOOK, *_with_onward(case, ways)))
    seen.claim("abandoned_in", one_of(BOOK, "waiting", "ringing"))
    if visits[0].entered is not None:
        seen.claim("queued_at", _second(visits[0].entered))
    for number, visit in enumerate(visits, start=1):
        _visit(seen, case, number, visit)
        seen.offers += [_offer(case, visit, each) for each in visit.tries]
    _ending(seen, case, visits)


def _visit(seen: View, case: Case, number: int, visit: Visit) -> None:
    results = _RESULTS[visit.end]
    if visit.end == "ABANDON" and case.caller is not None and case.caller.left is not None:
        results = ("abandoned",)
    seen.claim(f"visit {number} result", one_of(BOOK, *results, *(("abandoned",) if case.race else ())))
    if visit.entered is not None:
        seen.claim(f"visit {number} joined_at", _second(visit.entered))


def _ending(seen: View, case: Case, visits: list[Visit]) -> None:
    connected = next((visit for visit in visits if visit.end == "CONNECT"), None)
    if connected is None:
        _unanswered(seen, case, visits[-1])
    elif case.race:
        seen.claim("outcome", one_of(BOOK, "answered", "abandoned"))
        seen.claim("agent", one_of(BOOK, connected.agent, None))
        seen.claim("answered_at", replace(_second(connected.ended), perhaps=True))
        seen.claim("queue", one_of(BOOK, connected.queue))
    else:
        seen.claim("outcome", one_of(BOOK, "answered"))
        seen.claim("agent", one_of(BOOK, connected.agent))
        seen.claim("answered_at", _second(connected.ended))
        seen.claim("queue", one_of(BOOK, connected.queue))
    own = [visit for visit in visits if visit.callid == case.uniqueid]
    if own and not _handed_over(case, own[-1:]):
        _side(seen, own[-1])


def _unanswered(seen: View, case: Case, last: Visit) -> None:
    """No queue's agent took the call. What came after the last queue the log does not know: a dial that was answered,
    or a further queue that would not take the caller."""
    if by_dial(case) or outside(case):
        seen.claim("outcome", one_of(BOOK, *_OUTCOMES[last.end], "answered"))
        return
    seen.claim("agent", one_of(BOOK, None))
    seen.claim("answered_at", one_of(BOOK, None))
    if case.rows and case.rows[-1].dst in REFUSED_JOIN:
        seen.claim("outcome", one_of(BOOK, *_OUTCOMES[last.end], "queue_empty", "queue_full"))
    else:
        seen.claim("outcome", one_of(BOOK, *_OUTCOMES[last.end]))
        seen.claim("queue", one_of(BOOK, last.queue))


def _side(seen: View, last: Visit) -> None:
    """Who ended it, if the last visit's end was the call's end (not when a transfer ended it)."""
    if last.finish in _SIDES:
        seen.claim("hung_up_by", one_of(BOOK, *_SIDES[last.finish]))
        # After the agent's end the dialplan may have more for the caller.
        longer = _LONGEST_FAREWELL if last.finish == "COMPLETEAGENT" else 1
        seen.claim("ended_at", _second(last.finished, longer))
    elif last.end == "ABANDON":
        seen.claim("hung_up_by", one_of(BOOK, "caller", "system", "other"))
        seen.claim("ended_at", _second(last.ended))


def _transfers(visits: list[Visit]) -> list[str]:
    """The kinds of the transfers in order; each way in which the words may be taken. Who was with an agent and then
    stands in line again was sent back."""
    ways = [""]
    for visit, later in pairwise([*visits, None]):
        assert visit is not None
        again = later is not None and visit.callid == later.callid and visit.end == "CONNECT"
        kinds = _KINDS.get(visit.finish, ("requeue",) if again else ())
        ways = [f"{way}→{kind}".lstrip("→") for way in ways for kind in kinds] if kinds else ways
    return ways


def _with_onward(case: Case, ways: list[str]) -> list[str]:
    """A transfer's target that no queue rang may send the caller on in its turn (REFER): of that queue_log knows
    nothing. The phones do; only not whether the PBX still took it when the call ended in the same moment."""
    own = offered(case)
    certain = doubtful = 0
    for ring in case.rings:
        if ring in own:
            continue
        ended_with_it = case.ended is None or ring.over is None or abs(case.ended - ring.over) < SHORT
        doubtful += len(ring.refers) if ended_with_it else 0
        certain += 0 if ended_with_it else len(ring.refers)
    more = range(certain, certain + doubtful + 1)
    return [each for way in ways for count in more for each in _mixed(way.split("→") if way else [], count)]


def _mixed(kinds: list[str], more: int) -> list[str]:
    """``more`` further blind transfers after the first of ``kinds``, wherever between the others they may have been."""
    places: Iterable[tuple[int, ...]] = combinations_with_replacement(range(1, len(kinds) + 1), more) if kinds else [()]
    told = []
    for chosen in places:
        row = [[kind, *["blind"] * chosen.count(index)] for index, kind in enumerate(kinds, start=1)]
        told.append("→".join(kind for part in row for kind in part))
    return sorted(set(told))


def _torn_transfers(case: Case, visits: list[Visit]) -> list[str]:
    """A PBX that shuts down while an agent consults hangs up the agent, and some of its parts take that for the
    completion of a transfer (AttendedTransfer, Success), of which queue_log says nothing."""
    if not (case.side_rows and nobody_hung_up(case)):
        return []
    return [f"{way}→{kind}".lstrip("→") for way in _transfers(visits) for kind in ("attended", "blonde")]


def _unlogged_transfers(case: Case, visits: list[Visit]) -> list[str]:
    """An agent who hangs up in a consult hands the caller over, and queue_log now and then says COMPLETEAGENT all the
    same. The CDRs then show the caller with a phone that no queue rang for him."""
    if not _handed_over(case, visits):
        return []
    return [f"{way}→{kind}".lstrip("→") for way in _transfers(visits) for kind in ("attended", "blonde")]


def _handed_over(case: Case, visits: list[Visit]) -> bool:
    """Whether COMPLETEAGENT may have been the end of the agent alone: always so in a room, where queue_log does not see
    the caller stay with whom the agent had asked."""
    if not case.side_rows or all(visit.finish != "COMPLETEAGENT" for visit in visits):
        return False
    agents = {visit.agent for visit in visits}
    return any(row.phone and row.phone not in agents for row in case.rows)


def _offer(case: Case, visit: Visit, each: Try) -> OfferSeen:
    outcomes = _TRIES[each.event] + (("dropped", "cancelled") if case.race and each.event == "CONNECT" else ())
    claims: dict[str, Claim] = {
        "outcome": one_of(BOOK, *outcomes),
        "ended_at": _second(each.second),
        "queue": one_of(BOOK, visit.queue),
    }
    if each.event == "CONNECT":
        claims["uniqueid"] = one_of(BOOK, visit.leg)
    return OfferSeen(BOOK, each.agent, each.second * SECOND + SECOND // 2, claims)


def _second(second: int, lasting: int = 1) -> Within:
    """The whole second, and one more on either side: the log's clock may lag by a tick."""
    return Within(BOOK, second * SECOND, (second + lasting) * SECOND, SECOND)
