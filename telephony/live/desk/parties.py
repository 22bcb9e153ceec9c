"""Who takes part in a call, and in what manner. Pure."""

from telephony.live.desk.roster import Roster
from telephony.live.documents import Party
from telephony.model.calls import Call, Leg
from telephony.model.ids import NEVER, MemberName, Micros
from telephony.model.terms import Place

RINGING, TALKING, ON_HOLD, APART = "ringing", "talking", "on-hold", "apart"


def parties_of(call: Call, roster: Roster) -> tuple[Party, ...]:
    """The people whose channels live, in the order of their coming."""
    return tuple(_party(call, leg, roster) for leg in call.legs.values() if leg.person and leg.ended_at is None)


def members_of(call: Call, roster: Roster) -> frozenset[MemberName]:
    """The agents who take part in it now; whose phones only ring for it do not."""
    legs = [leg for leg in call.legs.values() if leg.ended_at is None and _takes_part(call, leg)]
    return frozenset(member for leg in legs if (member := member_of(call, leg, roster)) is not None)


def took_part(call: Call, roster: Roster) -> list[MemberName]:
    """The agents who have taken part so far; who talks with the caller, or had them last, comes last."""
    legs = [leg for leg in call.legs.values() if leg.uniqueid != call.caller and leg.spans]
    legs.sort(key=lambda leg: (call.caller in leg.partners, _with_caller(call, leg), leg.spans[-1].start))
    found = [member_of(call, leg, roster) for leg in legs]
    return [member for member in found if member is not None]


def _with_caller(call: Call, leg: Leg) -> Micros:
    """Since when they last were, if ever: whom an agent only asks was not."""
    return max((span.start for span in leg.spans if call.caller in span.partners), default=NEVER)


def member_of(call: Call, leg: Leg, roster: Roster) -> MemberName | None:
    """The agent whose leg this is: the one it was offered to, or the one whose phone it is."""
    offer = call.offers.get(leg.uniqueid)
    return roster.member(leg) if offer is None else offer.member


def _takes_part(call: Call, leg: Leg) -> bool:
    """Whoever began the call does from the beginning."""
    return leg.answered_at is not None or leg.talking or leg.uniqueid == call.caller


def _party(call: Call, leg: Leg, roster: Roster) -> Party:
    member = member_of(call, leg, roster)
    state, since = _state(call, leg)
    number = call.caller_number if leg.uniqueid == call.caller else leg.party
    return Party(leg.uniqueid, leg.role.value, number if member is None else member, state, since)


def _state(call: Call, leg: Leg) -> tuple[str, Micros]:
    if leg.talking:
        holds = [
            other.held[-1].start for other in map(call.anyone, leg.partners) if other is not None and other.on_hold
        ]
        return (ON_HOLD, max(holds)) if holds else (TALKING, leg.spans[-1].start)
    if leg.answered_at is None:
        return RINGING, leg.created_at
    apart = ON_HOLD if _hears_music(call, leg) else APART
    return apart, leg.answered_at if not leg.spans else leg.spans[-1].end or leg.answered_at


def _hears_music(call: Call, leg: Leg) -> bool:
    """Alone in a room that plays it: the caller's, or that of a guest who waits. An agent aside hears nothing."""
    return leg.place is Place.HOLD or (leg.place is Place.ROOM and leg is call.citizen)
