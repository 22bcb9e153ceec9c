"""Book 3: what the callers and the agents' phones themselves saw. Times are microseconds of this machine's clock."""

from dataclasses import dataclass, field

BOOK = "SIPp"


def _first(*times: int | None) -> int | None:
    return min((at for at in times if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Caller:
    """One call that a caller's phone made. ``final`` is the status that settled the INVITE (0: none came)."""

    sip_id: str
    number: str
    name: str
    dialled: str
    invited: int
    ringing: int | None  # first provisional response above 100
    accepted: int | None  # 200 received
    cancelled: int | None  # CANCEL sent
    final: int
    final_at: int | None
    bye_sent: int | None
    bye_seen: int | None

    @property
    def left(self) -> int | None:
        """When the caller ended the call; None if the other side did."""
        mine = _first(self.cancelled, self.bye_sent)
        return mine if mine is not None and (self.bye_seen is None or mine <= self.bye_seen) else None

    @property
    def turned_away(self) -> int | None:
        """When the PBX refused the INVITE for good, with no CANCEL asking for it."""
        refused = self.final >= 300 and self.cancelled is None
        return self.final_at if refused else None

    @property
    def ended(self) -> int | None:
        """First sign of the end that this phone gave or got; None: none at all, as when the PBX is killed."""
        return _first(self.cancelled, self.bye_sent, self.bye_seen, self.turned_away)


@dataclass(frozen=True, slots=True)
class Ring:
    """One INVITE that an agent's phone received."""

    phone: str
    sip_id: str
    number: str  # the caller's number, as the phone was shown it
    invited: int
    accepted: int | None  # 200 sent
    acked: int | None
    cancelled: int | None  # CANCEL received
    status: int  # the final status the phone itself sent (0: none)
    rejected: int | None  # when it sent one of 300 and above of its own will
    bye_sent: int | None
    bye_seen: int | None
    refers: tuple[str, ...] = ()  # whom it transferred the caller to, by REFER

    @property
    def rang_until(self) -> int | None:
        """When the ringing ended, by whichever side."""
        return _first(self.accepted, self.cancelled, self.rejected)

    @property
    def over(self) -> int | None:
        """When this phone was free again."""
        hung_up = _first(self.bye_sent, self.bye_seen)
        return hung_up if hung_up is not None else _first(self.cancelled, self.rejected)


@dataclass(frozen=True, slots=True)
class Book:
    """All phones' logs."""

    callers: list[Caller] = field(default_factory=list)
    rings: list[Ring] = field(default_factory=list)
