"""What is known of a caller from before this call. Pure."""

import msgspec

from telephony.model.ids import CallId, MemberName, Micros


class Earlier(msgspec.Struct, frozen=True):
    """An earlier call of the same caller. ``outcome`` as in model.terms; ``agent``: who answered first."""

    call_id: CallId
    at: Micros
    outcome: str
    agent: MemberName | None = None
    topics: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True):
    """``calls_7d``: this is their n-th call in seven days. ``earlier``: the newest first. ``open_missed``: entries of
    the missed-call ledger that are not closed. ``last_agent``: who talked with them last."""

    calls_7d: int = 1
    earlier: tuple[Earlier, ...] = ()
    open_missed: tuple[int, ...] = ()
    last_agent: MemberName | None = None
