"""What the phones saw: the only book with every moment to the microsecond, and the only one that tells a refusal
from a phone that rang out, or who hung up first."""

from dataclasses import replace

from tests.judge.books.sipp import BOOK, Caller, Ring
from tests.judge.case import SHORT, Case
from tests.judge.claims import Claim, Lasting, Number, Within, moment, one_of
from tests.judge.offered import by_dial, offered, outside, row_of, rows_of_offers
from tests.judge.times import MILLI, SECOND, clock
from tests.judge.views.view import KEPT_WAITING, OfferSeen, Setting, View, kept_waiting

_TURNED_AWAY = ("timed_out", "queue_empty", "queue_full", "key_exit", "refused", "withdrawn", "failed", "system")
_LEFT = ("abandoned", "timed_out", "queue_empty", "queue_full", "key_exit", "refused", "withdrawn")
_BY_FINAL = {404: ("refused",), 486: ("queue_full",)}  # as dialplans/ chooses its causes
_BY_STATUS = {486: ("refused",), 600: ("refused",), 603: ("refused",)}
_UNREACHED = ("refused", "unavailable")
_CROSSING = 20 * MILLI  # two BYEs this close crossed on the wire
_AFTER = SECOND  # the PBX hangs up the second party this soon after the first


def view(case: Case, setting: Setting) -> View:
    """All that the phones claim of this call."""
    seen = View(BOOK)
    if case.caller is None:
        seen.silent = True
        return seen
    if troubles := _troubles(case, case.caller):
        return View(BOOK, silent=True, troubles=troubles)
    _who(seen, case.caller)
    _times(seen, case, case.caller, setting)
    _ending(seen, case, case.caller, setting)
    _talk(seen, case, setting)
    seen.offers = [_offer(case, ring, setting) for ring in offered(case)]
    _first_offer(seen, case, setting)
    return seen


def _troubles(case: Case, caller: Caller) -> list[str]:
    """What a phone must have seen and did not, unless the PBX died under it."""
    if case.killed is not None:
        return []
    troubles = ["the caller's phone never saw the end"] if caller.ended is None else []
    if caller.final == 487 and caller.cancelled is None:
        troubles.append("the caller's phone saw 487, but sent no CANCEL")
    if case.taken is not None and not case.race and caller.accepted is None:
        troubles.append("the caller's phone never saw the 200, though the agent's sent one")
    for ring in (*case.rings, *case.consults):
        if ring.rang_until is None:
            troubles.append(f"phone {ring.phone} never saw the end of the ringing that began at {clock(ring.invited)}")
        if (ring.acked is None) != (ring.accepted is None):
            sent, seen = ("answered", "no ACK") if ring.acked is None else ("did not answer", "an ACK")
            troubles.append(f"phone {ring.phone} {sent} at {clock(ring.invited)}, but saw {seen}")
    return troubles


def _who(seen: View, caller: Caller) -> None:
    seen.claim("caller_number", Number(BOOK, caller.number))
    if caller.name:
        seen.claim("caller_name", one_of(BOOK, caller.name))
    if caller.dialled:
        seen.claim("dialled", one_of(BOOK, caller.dialled))


def _times(seen: View, case: Case, caller: Caller, setting: Setting) -> None:
    seen.claim("received_at", sent(caller.invited, case.rows[0].start if case.rows else None, setting))
    if case.killed is not None and case.back is not None:
        seen.claim("ended_at", Within(BOOK, _last_sign(case), case.back, setting.slack))
    elif caller.ended is not None:
        seen.claim("ended_at", _end(case, caller.ended, by_us=caller.left is not None, setting=setting))


def _end(case: Case, at: int, *, by_us: bool, setting: Setting) -> Within:
    last = max((row.end for row in case.rows), default=None)
    seen = sent(at, last, setting) if by_us else received(at, case.exact_end, setting)
    return replace(seen, high=kept_waiting(seen.high, case.gone))


def received(at: int, told: int | None, setting: Setting) -> Within:
    """The moment of something a phone received, in a book whose writer may be kept waiting on a busy machine: what it
    saw at ``at`` was sent no later, and if CDR tells when, a little earlier."""
    late = told is not None and (0 if setting.busy else setting.slack) < at - told < KEPT_WAITING
    return Within(BOOK, told if late and told is not None else at, at, setting.slack)


def sent(at: int, told: int | None, setting: Setting) -> Within:
    """The moment of something a phone sent: on a busy machine the PBX may be kept waiting likewise."""
    late = setting.busy and told is not None and setting.slack < told - at < KEPT_WAITING
    return Within(BOOK, at, told if late and told is not None else at, setting.slack)


def rang(case: Case, ring: Ring, setting: Setting) -> Within:
    """When a phone was rung."""
    made = [at for name, at in case.made if name.startswith(f"PJSIP/{ring.phone}-") and at <= ring.invited]
    return received(ring.invited, max(made, default=None), setting)


def first_answer(case: Case) -> int | None:
    """The answer by CDR."""
    return next((row.answer for row in case.rows if row.phone and row.disposition == "ANSWERED"), None)


def _last_sign(case: Case) -> int:
    """The last thing any phone saw of the call before the PBX was killed."""
    caller, killed = case.caller, case.killed or 0
    signs = [caller.invited, caller.ringing, caller.accepted] if caller is not None else []
    for ring in case.rings:
        signs += [ring.invited, ring.accepted, ring.cancelled, ring.rejected]
    return max((at for at in signs if at is not None and at <= killed), default=0)


# --- the ending -------------------------------------------------------------------------------------------


def _ending(seen: View, case: Case, caller: Caller, setting: Setting) -> None:
    seen.claim("outcome", one_of(BOOK, *_outcomes(case, caller)))
    if sides := _sides(case, caller):
        seen.claim("hung_up_by", one_of(BOOK, *sides))
    if caller.left is not None and case.killed is None and _all_heard(case, setting):
        seen.claim("abandoned_in", one_of(BOOK, *_left_while(case, caller.left)))


def _outcomes(case: Case, caller: Caller) -> tuple[str, ...]:
    if case.race:
        return ("answered", "abandoned")
    if case.taken is not None and (case.killed is None or (case.taken.accepted or 0) < case.killed):
        return ("answered",)
    if case.killed is not None:
        return ("system", "abandoned") if caller.left and caller.left - case.killed < SHORT else ("system",)
    if outside(case) and caller.accepted is not None:
        return ("answered",)
    if caller.left is not None:
        return _LEFT  # perhaps in the middle of the sentence that turned them away
    return _BY_FINAL.get(caller.final, _TURNED_AWAY)


def _sides(case: Case, caller: Caller) -> tuple[str, ...]:
    if case.killed is not None:
        return ("system", "unknown")
    hanging = _who_hung_up(case, caller)
    if caller.left is not None:
        crossed = hanging is not None and abs((hanging.bye_sent or 0) - caller.left) < _CROSSING
        return ("caller", "agent", "other") if crossed else ("caller",)
    if hanging is None:
        return ("system", *(("other",) if outside(case) else ())) if caller.ended is not None else ()
    if case.stopped is not None and case.stopped[0] <= (caller.ended or 0) <= case.stopped[1]:
        return ("system", "agent", "other")  # its transferrer had just left
    return ("agent",) if hanging in offered(case) else ("agent", "other")


def _who_hung_up(case: Case, caller: Caller) -> Ring | None:
    """The phone whose own BYE came right before the caller's end."""
    if caller.ended is None:
        return None
    end = caller.ended
    byes = [ring for ring in (*case.rings, *case.consults) if ring.bye_sent is not None]
    near = [ring for ring in byes if -_AFTER < (ring.bye_sent or 0) - end < _CROSSING]
    return min(near, key=lambda ring: abs((ring.bye_sent or 0) - end), default=None)


def nobody_hung_up(case: Case) -> bool:
    """The PBX ended the call by itself: at its shutdown, by an operator's command, or by the dialplan."""
    caller = case.caller
    return caller is not None and caller.left is None and _who_hung_up(case, caller) is None


def _left_while(case: Case, left: int) -> tuple[str, ...]:
    """Where the caller stood on leaving: was a phone ringing then?"""
    if any(_in_doubt(ring, left) for ring in case.rings):
        return ("ringing", "waiting")
    ringing = any(ring.invited < left and ring.cancelled is not None and ring.cancelled >= left for ring in case.rings)
    return ("ringing",) if ringing else ("waiting", "entry")


def _in_doubt(ring: Ring, left: int) -> bool:
    """It began, or ended otherwise than by the caller's leaving, in the very instant of it."""
    until = ring.rang_until
    stopped_by_it = until is not None and until == ring.cancelled and until >= left
    ended_then = until is not None and abs(until - left) < SHORT and not stopped_by_it
    return ended_then or abs(ring.invited - left) < SHORT // 2


# --- the talk ---------------------------------------------------------------------------------------------


def _talk(seen: View, case: Case, setting: Setting) -> None:
    ring = case.taken
    if case.race:
        _perhaps(seen, case, setting)
    elif ring is None and outside(case):
        seen.claim("agent", one_of(BOOK, None))
    elif ring is None or ring.accepted is None or _after_death(case, ring):
        seen.claim("agent", one_of(BOOK, None))
        seen.claim("answered_at", one_of(BOOK, None))
        seen.claim("talk_ms", Lasting(BOOK, 0, 0))
    else:
        seen.claim("agent", one_of(BOOK, ring.phone, *((None,) if by_dial(case) else ())))
        seen.claim("answered_at", *_answers(case, ring, ring.accepted, setting))
        wide = 2 * setting.slack + (KEPT_WAITING if setting.busy else 0)
        ringing = ring.accepted - ring.invited
        if not by_dial(case):
            seen.claim("ring_ms", _lasting(ringing, ringing, wide))
        _talked(seen, case, ring.accepted, wide)


def _perhaps(seen: View, case: Case, setting: Setting) -> None:
    """Both left and picked up in one instant: if it was a talk, then when and with whom."""
    ring = case.taken
    if ring is not None and ring.accepted is not None:
        seen.claim("agent", one_of(BOOK, ring.phone, None))
        seen.claim("answered_at", replace(moment(BOOK, ring.accepted, setting.slack), perhaps=True))
        seen.claim("talk_ms", _lasting(0, SHORT, 2 * setting.slack))


def _after_death(case: Case, ring: Ring) -> bool:
    """Picked up only after the PBX was dead."""
    return case.killed is not None and (ring.accepted or 0) >= case.killed


def _answers(case: Case, ring: Ring, accepted: int, setting: Setting) -> list[Claim]:
    row = row_of(case, ring)
    heard = sent(accepted, row.answer if row is not None else None, setting)
    moments: list[Claim] = [replace(heard, high=kept_waiting(heard.high, case.met))]
    if case.caller is not None and case.caller.accepted is not None and case.own_answer:
        seen = received(case.caller.accepted, first_answer(case), setting)
        moments.append(replace(seen, high=kept_waiting(seen.high, case.met)))
    return moments


def _talked(seen: View, case: Case, accepted: int, wide: int) -> None:
    """Talk and hold together; after a transfer only that it cannot be longer than there was time."""
    if case.caller is None or case.caller.ended is None or case.killed is not None:
        return
    span = case.caller.ended - accepted
    moved = bool(case.consults) or len(case.rings) > len(offered(case)) or len(case.stay.visits) > 1
    seen.claim("talk_ms", _lasting(0 if moved else span, span, wide))


def _lasting(low: int, high: int, wide: int) -> Lasting:
    return Lasting(BOOK, max(0, low - wide) // MILLI, (high + wide) // MILLI)


# --- offers -----------------------------------------------------------------------------------------------


def _offer(case: Case, ring: Ring, setting: Setting) -> OfferSeen:
    claims: dict[str, Claim] = {"at": rang(case, ring, setting)}
    until = ring.rang_until
    if until is not None and (case.killed is None or until < case.killed):
        claims["ended_at"] = _rung_until(case, ring, until, setting)
    outcomes = _offer_outcomes(case, ring)
    if outcomes:
        claims["outcome"] = one_of(BOOK, *outcomes)
    optional = frozenset({"queue_log"}) if "lost" in outcomes or not outcomes else frozenset()
    return OfferSeen(BOOK, ring.phone, until or ring.invited, claims, optional)


def _rung_until(case: Case, ring: Ring, until: int, setting: Setting) -> Within:
    """The end of the ringing: the phone was told of it, or told the PBX."""
    row = row_of(case, ring)
    if until == ring.cancelled:
        return received(until, row.end if row is not None else None, setting)
    told = row.answer if row is not None and until == ring.accepted else row.end if row is not None else None
    return sent(until, told, setting)


def _offer_outcomes(case: Case, ring: Ring) -> tuple[str, ...]:
    if case.killed is not None and (ring.rang_until is None or ring.rang_until >= case.killed):
        return ()
    if ring.rejected is not None:
        return _BY_STATUS.get(ring.status, _UNREACHED)
    if ring.accepted is not None:
        return _picked_up(case, ring)
    return _stopped(case, ring, ring.cancelled) if ring.cancelled is not None else ()


def _picked_up(case: Case, ring: Ring) -> tuple[str, ...]:
    if ring is case.taken:
        return ("answered", "dropped", "cancelled") if case.race else ("answered",)
    later = case.taken is not None and case.taken.accepted is not None and ring.invited > case.taken.accepted
    return ("answered",) if later else ("lost", "dropped")


def _stopped(case: Case, ring: Ring, at: int) -> tuple[str, ...]:
    """The PBX stopped the ringing: because the caller left, another phone was quicker, or the time was up."""
    if case.stopped is not None and case.stopped[0] <= at <= case.stopped[1]:
        return ("cancelled", "no_answer", "dropped", "lost")
    left = case.caller.left if case.caller is not None else None
    if left is not None and -5 * MILLI <= at - left < SHORT:
        return ("cancelled",) if at >= left else ("cancelled", "no_answer")
    quicker = [one.accepted for one in (*case.rings, *case.consults) if one is not ring and one.accepted is not None]
    if any(-SHORT < at - accepted < SHORT for accepted in quicker):
        return ("lost",) if any(at - accepted > -5 * MILLI for accepted in quicker) else ("lost", "no_answer")
    return ("no_answer", "cancelled") if _gave_up(case, at) else ("no_answer",)


def _gave_up(case: Case, at: int) -> bool:
    """The queue ended the visit while this phone rang, which a book may call either way."""
    ends = [visit.ended for visit in case.stay.visits if visit.end not in {"CONNECT", "ABANDON"}]
    return any(abs(second * SECOND - at) < 2 * SECOND for second in ends)


def _first_offer(seen: View, case: Case, setting: Setting) -> None:
    if not _all_heard(case, setting):
        return
    rings = offered(case)
    if rings:
        seen.claim("first_offered_at", rang(case, rings[0], setting))
    else:
        seen.claim("first_offered_at", one_of(BOOK, None))


def _all_heard(case: Case, setting: Setting) -> bool:
    """Whether every phone that a queue rang for this call keeps a log."""
    return all(setting.logs(row.phone) for row in rows_of_offers(case))
