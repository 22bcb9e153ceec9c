"""Who takes part in a call, and in what manner. Pure."""

from telephony.live.desk.roster import Roster
from telephony.live.documents import Invited, Party, Tried
from telephony.model.calls import Call, Leg
from telephony.model.ids import NEVER, MemberName, Micros
from telephony.model.invites import Asked, Invite
from telephony.model.terms import InviteState, Place, TryResult

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
    invite = call.invite_of(leg.uniqueid)
    tried = invite.tried(leg.uniqueid) if invite is not None else None
    if tried is not None:
        number = tried.number
    code = tried.code if tried is not None else ""
    return Party(
        leg=leg.uniqueid,
        role=leg.role.value,
        who=number if member is None else member,
        state=state,
        since=since,
        code=code,
        name=roster.name_of(code, member),
        muted=leg.muted,
        place=leg.place.value,
        invite=invite.id if invite is not None else "",
    )


# --- invitations ------------------------------------------------------------------------------------------


def invited(call: Call, roster: Roster) -> tuple[Invited, ...]:
    """All invitations of the call so far, in order."""
    return tuple(_invited(invite, roster) for invite in call.invites)


def _invited(invite: Invite, roster: Roster) -> Invited:
    times = (invite.at, invite.joined_at, invite.ended_at if invite.state is not InviteState.JOINED else None)
    return Invited(
        id=invite.id,
        by=MemberName(invite.by),
        to=invite.to,
        department=invite.department,
        code=invite.code,
        name=roster.name_of(invite.to, MemberName(invite.to)),
        mode=invite.mode.value,
        purpose=invite.purpose,
        state=invite.state.value,
        since=max(time for time in times if time is not None),
        at=invite.at,
        answered_at=invite.answered_at,
        ended_at=invite.ended_at,
        leg=invite.guest,
        tries=tuple(_tried(tried, roster) for tried in invite.tries),
    )


def _tried(tried: Asked, roster: Roster) -> Tried:
    return Tried(
        number=tried.number,
        code=tried.code,
        name=roster.name_of(tried.code, MemberName(tried.number)),
        state=tried.result.value,
        since=tried.at if tried.ended_at is None else tried.ended_at,
        reason="" if tried.result is TryResult.ANSWERED else tried.status,
        line=tried.line,
        left=tried.left,
    )


# --- where they stand -------------------------------------------------------------------------------------


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
