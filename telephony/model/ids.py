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
_DIGITS = str.maketrans(_ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTUV")  # of Python's base 32
_PAIRS = [one + two for one in _ALPHABET for two in _ALPHABET]
_HASH = 66  # bits
_30_BITS = (1 << 30) - 1
GENERATIONS = 16
"""So many calls can have one Uniqueid and yet an id each."""


def micros_of(seconds: float) -> Micros:
    """Microseconds of a time or a duration given in seconds."""
    return Micros(round(seconds * MICROS_PER_SECOND))


def _base32(value: int) -> str:
    """26 digits, two at a time; of 30 bits at a time, since a small number is shifted quicker than a big one."""
    a, b, c, d, e = (
        value >> 120,
        value >> 90 & _30_BITS,
        value >> 60 & _30_BITS,
        value >> 30 & _30_BITS,
        value & _30_BITS,
    )
    two = _PAIRS
    return "".join(
        (
            two[a],
            *(two[b >> 20], two[b >> 10 & 1023], two[b & 1023]),
            *(two[c >> 20], two[c >> 10 & 1023], two[c & 1023]),
            *(two[d >> 20], two[d >> 10 & 1023], two[d & 1023]),
            *(two[e >> 20], two[e >> 10 & 1023], two[e & 1023]),
        )
    )


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
    id. Layout: 40 bits second, 24 bits counter, 66 bits hash of (pbx, uniqueid), so that ids of one PBX sort in the
    order of the calls. ``generation`` tells apart calls whose Uniqueids repeat (``generation_of``).
    """
    second, counter = uniqueid_parts(uniqueid)
    head = ((second & 0xFF_FFFF_FFFF) << 24) | (counter & 0xFF_FFFF)
    return generation_of(_call_id(head, f"{pbx}\0{uniqueid}\00"), generation)


def generation_of(call_id: CallId, generation: int) -> CallId:
    """The id of another call whose channel's name gives ``call_id``, too: generation 0 is that id itself.

    Uniqueids repeat when the PBX is started again with its clock set back. Which of the calls is which nobody can tell
    from the name; ``telephony.records.identity`` tells it from what is known of them. Sorts beside ``call_id``.
    """
    if generation == 0:
        return call_id
    head = int(call_id.translate(_DIGITS), 32) >> _HASH
    return _call_id(head, f"{call_id}\0{generation}")


def _call_id(head: int, text: str) -> CallId:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=9).digest()
    return CallId(_base32((head << _HASH) | (int.from_bytes(digest) >> 6)))
