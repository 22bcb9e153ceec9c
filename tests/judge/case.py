"""One call with all that the books hold of it."""

import re
from dataclasses import dataclass, field

from tests.judge.books.cdr import Row
from tests.judge.books.sipp import Caller, Ring
from tests.judge.times import SECOND, clock
from tests.judge.visits import Stay

SHORT = 100_000
"""Microseconds within which two things on this machine count as one instant, when their order is in doubt."""

TRUNK = "trunk-"
"""How the endpoints of trunks are named."""

_UNIQUEID = re.compile(r"^(?:(?P<pbx>.+)-)?(?P<second>\d{10})\.\d+$")


@dataclass(slots=True)
class Case:
    """``uniqueid`` is the caller's channel (empty: no book of the PBX knows it)."""

    uniqueid: str = ""
    caller: Caller | None = None
    rows: list[Row] = field(default_factory=list)  # CDRs of the caller's channel, by sequence
    stay: Stay = field(default_factory=Stay)
    side_rows: list[Row] = field(default_factory=list)  # CDRs of its other channels (consults, Local halves)
    rings: list[Ring] = field(default_factory=list)  # phones rung for this caller, by time
    consults: list[Ring] = field(default_factory=list)  # phones rung by one of its agents meanwhile
    killed: int | None = None  # when the PBX was killed under it
    back: int | None = None  # when the PBX was up again after that
    made: tuple[tuple[str, int], ...] = ()  # channels of its conversation, where CEL may say so
    met: tuple[int, ...] = ()  # when the caller's channel came into a bridge
    gone: tuple[int, ...] = ()  # and when it was gone
    stopped: tuple[int, int] | None = None  # when the PBX was stopped in order under it, and up again

    @property
    def number(self) -> str:
        if self.caller is not None:
            return self.caller.number
        if self.rows:
            return self.rows[0].src
        return self.stay.visits[0].number if self.stay.visits else ""

    @property
    def began(self) -> int:
        """Best known beginning, for telling calls apart; 0: unknown."""
        if self.caller is not None:
            return self.caller.invited
        return self.rows[0].start if self.rows else second_of(self.uniqueid) * SECOND

    @property
    def ended(self) -> int | None:
        """Best known end."""
        if self.caller is not None and self.caller.ended is not None:
            return self.caller.ended
        return max((row.end for row in self.rows), default=None)

    @property
    def name(self) -> str:
        """How findings call it."""
        parts = [self.number or "unknown number", clock(self.began) if self.began else "", self.uniqueid]
        return " ".join(part for part in parts if part)

    @property
    def taken(self) -> Ring | None:
        """The ring that became the talk, by the phones' word alone: the first one picked up that the PBX did not
        hang up again at once while the caller was still there (a phone that was second in a ring-all)."""
        return next((ring for ring in self.rings if self.became_talk(ring)), None)

    def became_talk(self, ring: Ring) -> bool:
        """Picked up, and not hung up again at once by the PBX while the caller was still there."""
        if ring.accepted is None:
            return False
        if ring.bye_seen is None or self.ended is None:
            return True
        return ring.bye_seen - ring.accepted >= SHORT or self.ended - ring.bye_seen <= SHORT

    @property
    def race(self) -> bool:
        """The caller left in the very instant in which the phone was picked up: the phones cannot tell whether the
        two ever met."""
        ring, left = self.taken, self.caller.left if self.caller is not None else None
        if self.killed is not None and left is not None and left >= self.killed:
            return False  # there was nobody left to leave
        return ring is not None and ring.accepted is not None and left is not None and left - ring.accepted < SHORT

    @property
    def own_answer(self) -> bool:
        """The caller's 200 came with the agent's, so it tells of the answer; where the PBX takes every call at its
        entry, neither the caller's 200 nor the CDR's answer does."""
        caller, ring = self.caller, self.taken
        if caller is None or caller.accepted is None or ring is None or ring.accepted is None:
            return False
        return caller.accepted > ring.accepted - SHORT

    @property
    def first_row_missing(self) -> bool:
        """The first CDR begins long after the channel was made."""
        made = second_of(self.uniqueid) * SECOND
        return bool(self.rows and made) and self.rows[0].start > made + 2 * SECOND

    @property
    def exact_end(self) -> int | None:
        """The end by CDR, where it tells: after a dial that failed no row need follow, nor while an agent consults."""
        if not self.rows or self.side_rows or (self.rows[-1].phone and self.rows[-1].disposition != "ANSWERED"):
            return None
        return max(row.end for row in self.rows)


def second_of(uniqueid: str) -> int:
    """The second in which the channel was made, from its name; 0 if it has none."""
    match = _UNIQUEID.match(uniqueid)
    return int(match["second"]) if match else 0


def pbx_of(uniqueid: str) -> str:
    match = _UNIQUEID.match(uniqueid)
    return (match["pbx"] or "") if match else ""
