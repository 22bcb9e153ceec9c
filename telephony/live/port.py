"""How documents reach whoever shows them, in process or over Redis: one port, two adapters."""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from telephony.errors import ZhitongError
from telephony.live.documents import Delta, Snapshot


class Position(NamedTuple):
    """A place in the stream of deltas: everything up to and with ``sequence`` is known."""

    epoch: int
    sequence: int


def position_of(delta: Delta) -> Position:
    """The place that knows this delta, too."""
    return Position(delta.epoch, delta.sequence)


class PositionGone(ZhitongError):
    """What came after the position is no longer kept, or is another run's: read the snapshot."""


class UpstreamLost(ZhitongError):
    """The telephony process, or Redis between, does not answer; it is tried again."""


class Feed(Protocol):
    """The reading side. Any number of readers."""

    async def snapshot(self) -> Snapshot:
        """Raises UpstreamLost."""

    def deltas(self, after: Position) -> AsyncIterator[tuple[Delta, ...]]:
        """What came after, in order, without a hole, then what comes, in batches; for ever. Raises PositionGone before
        the first batch, or when the reader has fallen behind what is kept; UpstreamLost."""
