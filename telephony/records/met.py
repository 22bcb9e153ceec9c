"""What of a caller's meeting with the desks stands in the record, and back again. Pure."""

from telephony.model.calls import Call
from telephony.model.ids import MemberName
from telephony.model.met import Kept, Met
from telephony.records.record import CallerMet, CallRecord

OFFERED, ANSWERED = "offered", "answered"
_NOTHING = CallerMet()


def met_of(call: Call) -> CallerMet | None:
    """The record's part of this name; None where there is nothing to be told."""
    met = call.met
    kept = _kept(call, met.kept)
    told = CallerMet(
        rating_asked=met.rating_asked,
        rating=met.rating,
        rated=MemberName(met.rated) if met.rated else None,
        limited=met.limited,
        sticky=kept,
        sticky_agent=met.kept.agent if met.kept is not None and kept else None,
        silent=met.silent,
    )
    return None if told == _NOTHING else told


def _kept(call: Call, kept: Kept | None) -> str:
    """Whether the agent's phone was rung before others, and they answered."""
    if kept is None:
        return ""
    rung = [offer for offer in call.offers.values() if offer.member == kept.agent and offer.at >= kept.at]
    rung = [offer for offer in rung if kept.until is None or offer.at < kept.until]
    if any(offer.uniqueid == call.answered_by for offer in rung):
        return ANSWERED
    return OFFERED if rung else ""


def take_over(met: Met, seen: CallRecord) -> None:
    """What a record saw that the logs do not tell, or have lost."""
    if seen.met is None:
        return
    met.rating_asked = met.rating_asked or seen.met.rating_asked
    met.rating = seen.met.rating if met.rating is None else met.rating
    met.rated = met.rated or seen.met.rated or ""
    met.limited = met.limited or seen.met.limited
    met.silent = seen.met.silent
    if met.kept is None and seen.met.sticky_agent is not None and seen.queue is not None:
        met.kept = Kept(seen.met.sticky_agent, seen.queue, seen.received_at)
