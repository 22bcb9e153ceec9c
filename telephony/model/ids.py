"""Identifiers and the unit of time. All are plain strings and integers under a name of their own."""

import hashlib
from typing import NewType

Micros = NewType("Micros", int)
"""A point in time: microseconds since 1970-01-01 UTC, as the PBX's clock says. Exact, unlike a float."""

NEVER = Micros(0)
"""Before any event."""

Uniqueid = NewType("Uniqueid", str)
"""Asterisk's name for one channel, ``[systemname-]epoch.counter``."""

Linkedid = NewType("Linkedid", str)
"""Asterisk's name for a conversation. It changes silently, so nothing of ours is keyed by it for long."""

CallId = NewType("CallId", str)
"""Our name for one call: 26 characters (Crockford base 32), sorts by the time the call was received."""

BridgeId = NewType("BridgeId", str)
QueueName = NewType("QueueName", str)
MemberName = NewType("MemberName", str)
"""The agent's number: the member name that app_queue, queue_log and our records all show."""

PbxName = NewType("PbxName", str)
"""``systemname`` of asterisk.conf: tells several PBXs apart."""

MICROS_PER_SECOND = 1_000_000
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [one + two for one in _ALPHABET for two in _ALPHABET]


def micros_of(seconds: float) -> Micros:
    """Microseconds of a time or a duration given in seconds."""
    return Micros(round(seconds * MICROS_PER_SECOND))


def _base32(value: int, length: int) -> str:
    """An even ``length`` of digits, two at a time."""
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(5 * length - 10, -1, -10)])


def uniqueid_parts(uniqueid: str) -> tuple[int, int]:
    """Epoch second and counter of a Uniqueid; (0, 0) if it is not of Asterisk's form.

    Uniqueids are compared as numbers, never as strings: ``….9`` is older than ``….10``.
    """
    second, _, counter = uniqueid.rsplit("-", 1)[-1].partition(".")
    if second.isascii() and second.isdigit() and counter.isascii() and counter.isdigit():
        return int(second), int(counter)
    return 0, 0


def call_id_of(pbx: str, uniqueid: str, generation: int = 0) -> CallId:
    """The CallId of the call whose oldest channel is ``uniqueid``.

    Made from the channel's own name, so whoever rebuilds the call from the PBX's logs arrives at the same
    id. Layout: 40 bits second, 24 bits counter, 66 bits hash of (pbx, uniqueid, generation), so that ids of
    one PBX sort in the order of the calls. ``generation`` tells apart calls whose Uniqueids repeat, as they
    can after a restart when the PBX's clock was set back.
    """
    second, counter = uniqueid_parts(uniqueid)
    digest = hashlib.blake2b(f"{pbx}\0{uniqueid}\0{generation}".encode(), digest_size=9).digest()
    head = ((second & 0xFF_FFFF_FFFF) << 24) | (counter & 0xFF_FFFF)
    return CallId(_base32((head << 66) | (int.from_bytes(digest) >> 6), 26))
