"""Orders that put down what people say of a call. Pure.

``agent``: whose word it is; empty: that of ``by``. ``any_call``: they may write of calls that they had no part in.
"""

from telephony.control.orders.order import Order
from telephony.model.ids import CallId, MemberName, Micros


class Note(Order, frozen=True, tag="note"):
    """``text`` replaces this agent's note on the call, during it or after."""

    call: CallId
    agent: MemberName
    text: str
    by: str
    any_call: bool = False


class Dispose(Order, frozen=True, tag="dispose"):
    """What the call was about: codes of the site's tree of topics; ``answered``: directly, without a work order."""

    call: CallId
    agent: MemberName
    topics: tuple[str, ...]
    by: str
    answered: bool | None = None
    any_call: bool = False


class Resolve(Order, frozen=True, tag="resolve"):
    """Whether what the caller wanted was resolved on the call, with those asked into it, if any; None takes it back."""

    call: CallId
    agent: MemberName
    resolved: bool | None
    by: str
    any_call: bool = False


class Mark(Order, frozen=True, tag="mark"):
    """``mark``: nuisance, silent, or empty to take it back."""

    call: CallId
    agent: MemberName
    mark: str
    by: str
    any_call: bool = False


class AskHelp(Order, frozen=True, tag="ask-help"):
    """Have supervisors told that the agent wants help, or (``wanted`` false) no more."""

    agent: MemberName
    wanted: bool
    by: str
    text: str = ""


class LimitNumber(Order, frozen=True, tag="limit-number"):
    """``how``: low-priority, one-call, refuse. Until ``until``, which must lie within the site's longest limit."""

    number: str
    how: str
    until: Micros
    reason: str
    by: str


class LiftLimit(Order, frozen=True, tag="lift-limit"):
    number: str
    reason: str
    by: str
