"""Invitations to test with."""

from collections.abc import Sequence
from typing import Any

import msgspec

from telephony.model.ids import Micros, Uniqueid
from telephony.model.terms import InviteMode, InviteState, Role, TryResult
from telephony.records.record import CallRecord, Invitation, Participant, Stretch, Try
from tests.unit.telephony.records.samples import START, record

MS = 1_000
Rung = tuple[str, TryResult, int]
"""A code, what became of it, and after how many ms."""


def invitation(*tries: Rung, department: str = "8100", at: int = START, **changes: Any) -> Invitation:
    """The tries one after another; who answers joins a second later."""
    made: list[Try] = []
    answered: Micros | None = None
    now = at
    for code, result, after_ms in tries:
        end = now + after_ms * MS
        made.append(Try(f"62{code}", code, Micros(now), Micros(end), result))
        answered = Micros(end) if result is TryResult.ANSWERED else answered
        now = end
    joined = None if answered is None else Micros(answered + 1_000 * MS)
    plain = Invitation(
        id="i1",
        by="1001",
        to=department or tries[0][0],
        department=department,
        mode=InviteMode.ROOM,
        purpose="specialist",
        at=Micros(at),
        tries=tuple(made),
        answered_at=answered,
        joined_at=joined,
        ended_at=Micros(now),
        result=InviteState.FAILED if answered is None else InviteState.JOINED,
    )
    return msgspec.structs.replace(plain, **changes)


def guest(code: str, *stretches: tuple[str, int, int], department: str = "8100") -> Participant:
    """Kinds with their beginnings and ends in seconds."""
    made = tuple(
        Stretch(kind, Micros(START + a * 1_000_000), Micros(START + b * 1_000_000)) for kind, a, b in stretches
    )
    leg = Uniqueid(f"leg-{code}")
    return Participant(
        leg=leg,
        who=f"62{code}",
        role=Role.SPECIALIST,
        code=code,
        department=department,
        invited_by="1001",
        stretches=made,
    )


def call(
    number: int, invitations: Sequence[Invitation] = (), guests: Sequence[Participant] = (), **changes: Any
) -> CallRecord:
    """An answered call with these."""
    return record(number, invitations=tuple(invitations), participants=tuple(guests), **changes)
