"""A limit on a number, and whose calls it holds for. Pure."""

import msgspec

from telephony.model.ids import Micros
from telephony.numbers.kinds import Kind, Rules
from telephony.numbers.outward import outward
from telephony.numbers.received import normalised
from telephony.texts import EMERGENCY

HOW = ("low-priority", "one-call", "refuse")
LONGEST_REASON = 200
_SHORTEST = 3  # digits


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """``who``: kind and number, as the dialplan knows callers (zt-caller). It ends at ``until``, or when it was
    lifted."""

    number: str  # as one writes it
    who: str
    how: str
    until: Micros
    reason: str
    by: str
    at: Micros
    lifted_at: Micros | None = None
    lifted_by: str = ""
    lifted_because: str = ""

    def holds(self, now: Micros) -> bool:
        return self.lifted_at is None and now < self.until


class NotLimitable(ValueError):
    """No limit can be set on this number; the message says why."""


def number_of(text: str, rules: Rules) -> tuple[str, str]:
    """The number as one writes it, and whose it is (``Limit.who``). Raises NotLimitable."""
    meant = normalised(text, rules)
    if meant.kind is Kind.WITHHELD:
        raise NotLimitable("a number that is withheld is everybody's.")
    found = outward(meant.e164 or meant.number, rules)
    if len(found.nsn) < _SHORTEST or meant.extension:
        raise NotLimitable("write the number as it is shown, digits only, without an extension.")
    if found.nsn in EMERGENCY or (found.kind is Kind.SERVICE and found.nsn[-3:] in EMERGENCY):
        raise NotLimitable("an emergency number is never limited.")
    return meant.national, f"{found.kind.value}-{found.nsn}"


def who_of(received: str, rules: Rules) -> str:
    """Who calls, as the dialplan's zt-caller says; empty: nobody who could be known again."""
    if not received.strip("+0"):
        return ""
    found = outward(received, rules)
    return f"{found.kind.value}-{found.nsn}" if found.nsn else ""
