"""Invitations: who was asked into a call, and what became of it. Mutable, owned by the tracker, as all of a call.

An invitation rings one number after another, on one *line* or on several lines at once; the first who answers is its
guest. What the dialplan says of it: dialplans/README.md, ``ZtInvite`` and ``ZtConsult``.
"""

from dataclasses import dataclass, field

from telephony.model.ids import Micros, Uniqueid
from telephony.model.terms import InviteMode, InviteState, TryResult

EMERGENCY = "emergency"
"""The purpose of a call to 110, 119, 120 or another number of ``[emergency]``."""


@dataclass(slots=True)
class Asked:
    """One number of an invitation was rung. ``status``: the PBX's own word of its end, in small letters (Asterisk's
    DIALSTATUS, or a reason of ``ZtOutRefused``); ``left``: how many this line had still to try."""

    number: str
    code: str  # in the directory; empty: a number that is not in it
    at: Micros
    line: str = ""
    by: Uniqueid | None = None  # the channel that rings it: the line's, or an agent's or the caller's own
    leg: Uniqueid | None = None  # what rings, or rang
    left: int = 0
    ended_at: Micros | None = None  # answered: picked up
    result: TryResult = TryResult.RINGING
    status: str = ""

    @property
    def open(self) -> bool:
        return self.ended_at is None

    @property
    def to(self) -> str:
        return self.code or self.number


@dataclass(slots=True)
class Invite:
    """``by``: the number of the agent who invites. ``to``: what was asked for: a specialist's code, or a number, if no
    other was rung; else a department's. ``guest``: the leg of who answered."""

    id: str
    by: str
    at: Micros
    mode: InviteMode
    purpose: str = ""
    department: str = ""
    by_leg: Uniqueid | None = None  # that agent's leg, as long as they are here
    tries: list[Asked] = field(default_factory=list)  # line by line, which begin at once; each in its order
    guest: Uniqueid | None = None
    answered_at: Micros | None = None
    joined_at: Micros | None = None  # with the agent aside, or in the call
    ended_at: Micros | None = None  # given up, nobody came, or the guest has left
    state: InviteState = InviteState.RINGING

    @property
    def to(self) -> str:
        codes = {tried.to for tried in self.tries}
        return next(iter(codes)) if len(codes) == 1 else self.department or (self.tries[0].to if self.tries else "")

    @property
    def ringing(self) -> bool:
        """Nobody is with anybody because of it yet, and somebody still may be."""
        return self.state is InviteState.RINGING

    def tried(self, leg: Uniqueid) -> Asked | None:
        """The number that this leg was rung for."""
        return next((tried for tried in reversed(self.tries) if tried.leg == leg), None)

    @property
    def answered(self) -> Asked | None:
        """The number that its guest answered."""
        return next((tried for tried in self.tries if tried.result is TryResult.ANSWERED), None)

    @property
    def code(self) -> str:
        """Of whom is rung now, or has answered; of several at once the first."""
        ringing = next((tried for tried in self.tries if tried.open), None)
        found = self.answered or ringing or (self.tries[-1] if self.tries else None)
        return found.code if found is not None else ""
