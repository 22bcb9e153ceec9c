"""Invitations of a call seen in part, and of the same call out of the logs. Pure.

The logs have all of them, or their rows are lost. What began in a moment that nobody saw was guessed from a snapshot.
"""

from collections.abc import Callable

from telephony.model.calls import Call
from telephony.model.ids import Micros
from telephony.model.invites import Asked, Invite
from telephony.model.terms import TryResult
from telephony.records.record import CallRecord, Invitation, Try

Own = Callable[[Micros | None, Micros | None], Micros | None]
"""Of two times for one thing, the one to be kept: what was seen, then what the logs tell."""


def invites(call: Call, seen: CallRecord, own: Own) -> None:
    for invitation in seen.invitations:
        told = call.invite(invitation.id)
        if told is None:
            call.invites.append(_invite_of(invitation))
            call.invites.sort(key=lambda invite: invite.at)
            continue
        told.at = own(invitation.at, told.at) or told.at
        told.answered_at = own(invitation.answered_at, told.answered_at)
        told.joined_at = own(invitation.joined_at, told.joined_at)
        told.ended_at = own(invitation.ended_at, told.ended_at)
        for known, tried in zip(invitation.tries, told.tries, strict=False):
            _try(tried, known, own)


def _try(told: Asked, seen: Try, own: Own) -> None:
    if told.number == seen.number:
        told.at = own(seen.at, told.at) or told.at
        told.ended_at = own(seen.ended_at, told.ended_at)


def _invite_of(seen: Invitation) -> Invite:
    invite = Invite(seen.id, seen.by, seen.at, seen.mode, seen.purpose, seen.department)
    invite.tries = [
        Asked(
            tried.number,
            tried.code,
            tried.at,
            leg=seen.guest if tried.result is TryResult.ANSWERED else None,
            ended_at=tried.ended_at,
            result=tried.result,
            status=tried.reason,
        )
        for tried in seen.tries
    ]
    invite.guest, invite.answered_at, invite.joined_at = seen.guest, seen.answered_at, seen.joined_at
    invite.ended_at, invite.state = seen.ended_at, seen.result
    return invite
