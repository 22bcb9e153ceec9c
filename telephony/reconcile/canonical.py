"""What exactly is hashed. Pure.

The canonical form of a record is its stored JSON with the keys of every object in order and no space between: what a
later program adds to its schema does not change it. The digest of a record is the SHA-256 of that form. The hash of a
day is the SHA-256 of one line for each of its calls, ``CallId SPACE digest LF``, in the order of the CallIds: so it
does not depend on the order in which records were written, and any other set of records has another hash.
"""

import hashlib
from collections.abc import Mapping

import msgspec

from telephony.errors import StoreError
from telephony.model.ids import CallId


def canonical(body: str, call_id: CallId) -> bytes:
    """The canonical form of a stored record. Raises StoreError naming the call when it is no JSON."""
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    except (msgspec.MsgspecError, ValueError) as error:
        raise StoreError(f"The record of call {call_id} is damaged: it is no JSON ({error}).") from error


def digest(body: str, call_id: CallId) -> str:
    """The digest of a stored record; of one that is no JSON, of its bytes."""
    try:
        form = canonical(body, call_id)
    except StoreError:
        form = body.encode("utf-8", "surrogatepass")
    return hashlib.sha256(form).hexdigest()


def hash_of(digests: Mapping[CallId, str]) -> str:
    """The hash of a day, from its calls' digests."""
    whole = hashlib.sha256()
    for call_id in sorted(digests):
        whole.update(f"{call_id} {digests[call_id]}\n".encode())
    return whole.hexdigest()
