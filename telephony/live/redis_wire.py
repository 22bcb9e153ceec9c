"""Documents and deltas as bytes in Redis. Pure.

An entry of the stream is a batch of deltas and says which position it follows, so that whoever reads on knows whether
anything is missing between.
"""

from collections.abc import Mapping, Sequence

import msgspec

from telephony.errors import ZhitongError
from telephony.live.documents import Audience, Delta, Document, Snapshot
from telephony.live.port import Position, position_of

VERSION = b"1"
"""Of what is in the stream; another one is refused."""

_encode = msgspec.msgpack.Encoder().encode
_deltas = msgspec.msgpack.Decoder(list[Delta])
_seen = msgspec.msgpack.Decoder(tuple[Document, Audience])


class Damaged(ZhitongError):
    """What Redis gave is none of ours, or another version's."""


class Batch(msgspec.Struct, frozen=True):
    """Deltas in order, without a hole; ``after``: the position that the first one follows."""

    after: Position
    deltas: tuple[Delta, ...]


def entry(deltas: Sequence[Delta]) -> bytes:
    """The bytes of a batch; its version and the position it follows are fields beside it."""
    return _encode(deltas)


def read_entry(entry_id: bytes, fields: Mapping[bytes, bytes]) -> Batch:
    """The batch of an entry. Raises Damaged."""
    version = fields.get(b"v")
    if version != VERSION:
        why = "bridges and gateways of one site must be of one version"
        raise Damaged(f"An entry of version {version!r:.20} is in the stream of deltas: {why}.")
    try:
        batch = Batch(position_at(fields[b"after"]), tuple(_deltas.decode(fields[b"deltas"])))
        last = position_at(entry_id)
    except (KeyError, ValueError) as error:  # msgspec's are ValueErrors
        raise Damaged(f"An entry of the stream of deltas cannot be read: {error}") from error
    expected = range(batch.after.sequence + 1, last.sequence + 1)
    if [delta.sequence for delta in batch.deltas] != list(expected) or position_of(batch.deltas[-1]) != last:
        raise Damaged(f"The entry {entry_id!r:.60} of the stream of deltas does not hold what it says.")
    return batch


def documents(snapshot: Snapshot) -> dict[str, bytes]:
    """The bytes of each document with its audience."""
    return {key: _encode(seen) for key, seen in snapshot.documents.items()}


def document_of(delta: Delta) -> bytes:
    """The bytes of the delta's document with its audience."""
    return _encode((delta.document, delta.audience))


def read_snapshot(at: bytes, said: Mapping[bytes, bytes]) -> Snapshot:
    """All documents as of the position ``at``. Raises Damaged."""
    try:
        epoch, sequence = position_at(at)
        return Snapshot(epoch, sequence, {key.decode(): _seen.decode(value) for key, value in said.items()})
    except ValueError as error:
        raise Damaged(f"A document in Redis cannot be read: {error}") from error


def stream_id(position: Position) -> str:
    """A position is the id of its entry in the stream: both only ever grow."""
    return f"{position.epoch}-{position.sequence}"


def position_at(said: bytes) -> Position:
    """The position of a stream's id. Raises ValueError."""
    epoch, _, sequence = said.partition(b"-")
    return Position(int(epoch), int(sequence))
