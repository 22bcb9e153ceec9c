"""What the dialplan is to know before a call comes (law 8): custom presence states, which Asterisk keeps in AstDB and
whose writing needs the right ``call`` alone (docs/decisions/0013). Each carries its own expiry. Pure.

``dialplans.contract`` has the same names; a test holds them together.
"""

from telephony.ami.actions import Setvar
from telephony.limits.limit import Limit
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Micros

LIMIT, BACK = "zt-limit-", "zt-back-"
_NEAR = 3
"""So many last digits of a number name who had the caller: a thousand rows, whatever happens."""


def limited(limit: Limit, now: Micros) -> Setvar:
    """The limit, or that there is none any more."""
    value = f"xa,{_seconds(limit.until)}:{limit.how}" if limit.holds(now) else "not_set"
    return _state(f"{LIMIT}{limit.who}", value)


def kept_for(who: str, agent: MemberName, until: Micros) -> Setvar:
    """Who calls as ``who`` until then is offered to this agent first."""
    return _state(f"{BACK}{who[-_NEAR:]}", f"xa,{_seconds(until)}:{agent}:{who}")


def _state(name: str, value: str) -> Setvar:
    return Setvar(f"PRESENCE_STATE(CustomPresence:{name})", value)


def _seconds(at: Micros) -> int:
    return at // MICROS_PER_SECOND
