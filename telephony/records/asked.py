"""Who of the directory was asked into a call, and whether they came. Pure.

One is asked once in an invitation, on however many numbers they are rung. Numbers that never left, since a rule of ours
forbade it, ask nobody; calls to emergency numbers ask nobody of the directory.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from telephony.model.ids import Micros
from telephony.model.invites import EMERGENCY
from telephony.model.terms import InviteState, TryResult
from telephony.records.record import CallRecord, Invitation, Try


class Came(StrEnum):
    ANSWERED = "answered"
    MISSED = "missed"  # let it ring out, refused, or could not be reached
    TAKEN_BACK = "taken back"  # a colleague was quicker, or it was given up while they were rung


class Asked(msgspec.Struct, frozen=True):
    """A specialist (by ``code``) in an invitation, or a department (``code`` empty). ``answer_ms``: first ring →
    answer; of a department invitation → answer. ``join_ms``: invitation → with the agent or in the call."""

    code: str
    department: str
    came: Came
    answer_ms: int | None = None
    join_ms: int | None = None


_MISSED = frozenset({TryResult.NO_ANSWER, TryResult.REFUSED, TryResult.UNREACHABLE})


def asked_in(record: CallRecord) -> Iterator[Asked]:
    """All who were asked in this call, in order; of each invitation its department first."""
    for invitation in record.invitations:
        tries = [each for each in invitation.tries if each.result is not TryResult.BARRED]
        if invitation.purpose == EMERGENCY or not tries:
            continue
        if invitation.department:
            yield _department(invitation, tries)
        for code in dict.fromkeys(each.code for each in tries if each.code not in ("", invitation.department)):
            yield _specialist(invitation, code, [each for each in tries if each.code == code])


def _department(invitation: Invitation, tries: Sequence[Try]) -> Asked:
    if invitation.answered_at is not None:
        answer_ms = _ms(invitation.at, invitation.answered_at)
        return Asked("", invitation.department, Came.ANSWERED, answer_ms, _ms(invitation.at, invitation.joined_at))
    failed = invitation.result is InviteState.FAILED or any(each.result in _MISSED for each in tries)
    return Asked("", invitation.department, Came.MISSED if failed else Came.TAKEN_BACK)


def _specialist(invitation: Invitation, code: str, tries: Sequence[Try]) -> Asked:
    answered = next((each for each in tries if each.result is TryResult.ANSWERED), None)
    if answered is not None:
        answer_ms = _ms(min(each.at for each in tries), answered.ended_at)
        return Asked(code, invitation.department, Came.ANSWERED, answer_ms, _ms(invitation.at, invitation.joined_at))
    missed = any(each.result in _MISSED for each in tries)
    return Asked(code, invitation.department, Came.MISSED if missed else Came.TAKEN_BACK)


def _ms(start: Micros, end: Micros | None) -> int | None:
    return None if end is None else max(0, end - start) // 1_000
