"""What becomes of an invitation: its numbers are rung, one comes, or none; and who came leaves again."""

from telephony.model.calls import MAX_INVITES, MAX_TRIES, Call, Leg
from telephony.model.ids import Uniqueid
from telephony.model.invites import Asked, Invite
from telephony.model.terms import InviteState, Role, TryResult
from telephony.model.world import Channel, World

_LATE = "late"
_NOT_THERE, _REJECTED = "chanunavail", 21
"""DIALSTATUS does not tell a phone that declined (SIP 603, of Q.850 21) from one that is not there; how its channel
ended does, which is told before or after (seen on 22.10)."""
_RESULT_OF_STATUS = {
    "noanswer": TryResult.NO_ANSWER,
    "busy": TryResult.REFUSED,
    _NOT_THERE: TryResult.UNREACHABLE,
    "congestion": TryResult.UNREACHABLE,
    "cancel": TryResult.CANCELLED,
    _LATE: TryResult.LATE,
    "answer": TryResult.UNKNOWN,  # and yet nobody came: their channel ended before it could say so
    "": TryResult.UNKNOWN,
}
"""Asterisk's DIALSTATUS; any other word is why nothing left."""
_OVER = (InviteState.FAILED, InviteState.CANCELLED)


def rung(call: Call, made: Invite, asked: Asked) -> None:
    """This number is about to be rung for this invitation, ``made`` if there is none of its id yet."""
    invite = call.invite(made.id)
    if invite is None:
        if len(call.invites) >= MAX_INVITES:
            call.left_out += 1
            return
        call.invites.append(made)
        invite = made
    if any(_is_same(known, asked) for known in invite.tries):
        return
    _close(invite, asked)
    if len(invite.tries) >= MAX_TRIES:
        call.left_out += 1
        return
    invite.tries.append(asked)
    invite.tries.sort(key=lambda tried: (len(tried.line), tried.line))
    if invite.state in _OVER:  # all lines that had spoken until now had failed
        invite.state, invite.ended_at = InviteState.RINGING, None


def _is_same(known: Asked, asked: Asked) -> bool:
    """Told twice."""
    same = (known.line, known.number, known.by) == (asked.line, asked.number, asked.by)
    return same and (known.open or known.at == asked.at)


def _close(invite: Invite, asked: Asked) -> None:
    """A line rings one number at a time: nobody told the end of the last."""
    for known in invite.tries:
        if known.open and (known.line, known.by) == (asked.line, asked.by):
            known.ended_at, known.result = asked.at, TryResult.UNKNOWN


def phone_made(world: World, call: Call, channel: Channel) -> None:
    """A channel was made in this call: if a number of an invitation is about to be rung in its conversation, it is
    that phone."""
    if not channel.leg.person or channel.uniqueid == call.caller or call.invite_of(channel.uniqueid) is not None:
        return
    for invite in reversed(call.invites):
        for tried in invite.tries:
            ringing = world.channels.get(tried.by) if tried.open and tried.by is not None else None
            if ringing is not None and ringing.linkedid == channel.linkedid and _is_free(call, tried):
                tried.leg = channel.uniqueid
                _cast(call, tried, invite, channel.leg)
                return


def _is_free(call: Call, tried: Asked) -> bool:
    """Over another trunk the same number has another channel."""
    before = call.legs.get(tried.leg) if tried.leg is not None else None
    return before is None or before.ended_at is not None


def _cast(call: Call, tried: Asked, invite: Invite, leg: Leg) -> None:
    """Who comes back is an agent, as before."""
    if tried.number == invite.by or any(offer.member == tried.number for offer in call.offers.values()):
        leg.role, leg.party = Role.AGENT, tried.number
    elif (tried.code or invite.department) and leg.role is Role.TARGET:
        leg.role = Role.SPECIALIST


def ended(world: World, call: Call, invite: Invite, line: str, number: str, status: str) -> None:
    """This number did not come. ``status``: a DIALSTATUS, or why nothing left; in small letters."""
    tried = _last(invite, line, number)
    if tried is None or not _may_end(invite, tried, status):
        return
    if tried.leg is not None and tried.leg == invite.guest:  # the agent, aside, wants nobody any more
        invite.guest, invite.state, invite.ended_at = None, InviteState.CANCELLED, world.now
    result = _RESULT_OF_STATUS.get(status, TryResult.BARRED)
    tried.ended_at, tried.result, tried.status = tried.ended_at or world.now, result, status
    if (leg := call.legs.get(tried.leg) if tried.leg is not None else None) is not None:
        _declined(tried, leg)
    settle(world, call, invite)


def _declined(tried: Asked, leg: Leg) -> None:
    if leg.cause == _REJECTED and tried.status == _NOT_THERE:
        tried.result = TryResult.REFUSED


def _may_end(invite: Invite, tried: Asked, status: str) -> bool:
    waits = invite.ringing and tried.leg is not None and tried.leg == invite.guest
    return tried.open or tried.result is TryResult.CANCELLED or (status == _LATE and waits)


def _last(invite: Invite, line: str, number: str) -> Asked | None:
    found = [tried for tried in invite.tries if (tried.line, tried.number) == (line, number)]
    return next((tried for tried in found if tried.open), found[-1] if found else None)


def answered(world: World, call: Call, invite: Invite, leg: Leg, tried: Asked | None) -> None:
    """This one picked up. Who does so after another is too late."""
    if invite.guest == leg.uniqueid:
        return
    guest = call.legs.get(invite.guest) if invite.guest is not None else None
    late = guest is not None and guest.ended_at is None
    if tried is not None:
        tried.leg, tried.ended_at = leg.uniqueid, world.now
        tried.result, tried.status = (TryResult.LATE, _LATE) if late else (TryResult.ANSWERED, "answer")
        _cast(call, tried, invite, leg)
    if not late:
        invite.guest, invite.answered_at = leg.uniqueid, world.now
        invite.state, invite.ended_at = InviteState.RINGING, None


def picked_up(world: World, call: Call, invite: Invite, leg: Leg, line: str, number: str) -> None:
    """``answered``, by the number that was rung."""
    own = next((tried for tried in invite.tries if tried.leg == leg.uniqueid), None)
    answered(world, call, invite, leg, own or _last(invite, line, number))


def came(world: World, call: Call, invite: Invite, leg: Leg) -> None:
    """``answered``, without the number: an agent has but one rung at a time."""
    answered(world, call, invite, leg, next((tried for tried in reversed(invite.tries) if tried.open), None))


def met(world: World, call: Call, leg: Leg) -> None:
    """This one is in talk with somebody: who was invited has joined."""
    for invite in call.invites:
        if invite.state is not InviteState.RINGING:
            continue
        tried = next((tried for tried in invite.tries if tried.leg == leg.uniqueid and tried.open), None)
        if invite.guest is None and tried is not None:  # nothing but the bridge tells
            answered(world, call, invite, leg, tried)
        joined(world, invite, leg)


def joined(world: World, invite: Invite, leg: Leg) -> None:
    if invite.guest == leg.uniqueid and invite.joined_at is None:
        invite.state, invite.joined_at = InviteState.JOINED, world.now


def left(world: World, call: Call, leg: Leg) -> None:
    """This leg has ended: a guest's, or one that rang numbers."""
    for invite in call.invites:
        if leg.uniqueid == invite.guest and invite.ended_at is None:
            _guest_left(invite, world)
        for tried in invite.tries:
            if tried.leg == leg.uniqueid:
                _declined(tried, leg)
            if tried.by == leg.uniqueid and tried.open and not _is_coming(call, tried):
                _give_up(world, invite, tried)
        settle(world, call, invite)


def _guest_left(invite: Invite, world: World) -> None:
    """Before they were with anybody: they came as little as if they had not picked up, but the number was answered."""
    if invite.state is InviteState.JOINED:
        invite.ended_at = world.now
    else:
        invite.guest = None


def _is_coming(call: Call, tried: Asked) -> bool:
    """Who has picked up goes on without the line that rang them, and says so itself."""
    leg = call.legs.get(tried.leg) if tried.leg is not None else None
    return leg is not None and leg.answered_at is not None and leg.ended_at is None


def _give_up(world: World, invite: Invite, tried: Asked) -> None:
    tried.ended_at = world.now
    tried.result = TryResult.CANCELLED if invite.guest is None else TryResult.LATE


def given_up(world: World, call: Call, invite_id: str, by: Uniqueid) -> None:
    """Who rings has gone elsewhere: of these numbers none comes any more."""
    invite = call.invite(invite_id) if invite_id else None
    if invite is None or invite.state is not InviteState.RINGING or invite.guest is not None:
        return
    for tried in invite.tries:
        if tried.by == by and tried.open:
            _give_up(world, invite, tried)
    invite.state, invite.ended_at = InviteState.CANCELLED, world.now


def settle(world: World, call: Call, invite: Invite) -> None:
    """Whether anybody may still come. An invitation is over when all its lines are."""
    if invite.state is not InviteState.RINGING or invite.guest is not None:
        return
    last = {(tried.line, tried.by): tried for tried in invite.tries}.values()
    if any(tried.open or (tried.left > 0 and tried.by in call.live and _goes_on(tried)) for tried in last):
        return
    given_up = any(tried.result is TryResult.CANCELLED or (tried.left > 0 and _goes_on(tried)) for tried in last)
    invite.state = InviteState.CANCELLED if given_up else InviteState.FAILED
    invite.ended_at = world.now


def _goes_on(tried: Asked) -> bool:
    """Whether its line tries the next number, if there is one."""
    return tried.result not in (TryResult.ANSWERED, TryResult.LATE, TryResult.CANCELLED)
