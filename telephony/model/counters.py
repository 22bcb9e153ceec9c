"""The names of channels that we have the PBX make: of the form of Asterisk's own, told apart by their counter.

Asterisk counts a PBX's channels from 0; ours begin above what it comes to, within the 24 bits that a CallId keeps of
the counter. So it is known of a channel what it was made for, from its name alone, in the PBX's logs too.
"""

from telephony.model.ids import uniqueid_parts

CALLS_OUT = range(1 << 22, 6 << 20)
"""An agent's phone that is rung for a call out."""
EARS = range(6 << 20, 1 << 23)
"""A supervisor's phone that is rung to hear a call, or to take one over."""
CALL_BACKS = range(1 << 23, 1 << 24)
"""An agent's phone that is rung for a call-back (``telephony.ledger.attempts``)."""


def is_ear(uniqueid: str) -> bool:
    """Whether this is a supervisor's phone that we had rung."""
    return uniqueid_parts(uniqueid)[1] in EARS
