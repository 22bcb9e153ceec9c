"""Records on their way to the store: what the writer asks of the place where they wait, and one in memory.

The one on disk is ``telephony.records.outbox``. All of them are of call records, unless said otherwise: what else is
kept for good of calls goes the same way (``telephony.remarks``).
"""

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Generic, Protocol

from telephony.model.ids import CallId, PbxName
from telephony.records.record import CallRecord

if TYPE_CHECKING:
    from typing_extensions import TypeVar
else:
    from typing import TypeVar


class Waits(Protocol):
    """What can wait here: any frozen struct that names its call."""

    @property
    def call_id(self) -> CallId: ...

    @property
    def pbx(self) -> PbxName: ...


if TYPE_CHECKING:  # Python 3.13 has defaults of its own
    R = TypeVar("R", bound=Waits, default=CallRecord)
else:
    R = TypeVar("R")


class Backlog(Protocol[R]):
    """First in, first out, for one process: one side puts, one takes. What was taken stays until it is
    dropped, so that nothing is lost between the two.
    """

    @property
    def lasting(self) -> bool:
        """Whether what waits here outlives the process."""
        ...

    def put(self, record: R) -> bool:
        """Keep ``record``; False when there is no room. Quick, never raises: ingest calls it."""
        ...

    async def oldest(self, count: int) -> Sequence[R]:
        """Up to ``count`` records, oldest first, without taking them away. Empty only if none wait any more."""
        ...

    def drop(self, count: int) -> None:
        """The oldest ``count`` are done with."""
        ...

    def __len__(self) -> int: ...


class MemoryBacklog(Generic[R]):
    """In memory, so what it holds is gone with the process; the journal (Asterisk's own logs) has it still.

    When it is full the newest record is refused and those that wait are kept: either way one is lost here,
    and the oldest have been waited for the longest. 10,000 records are 16 minutes of the heaviest load we
    plan for (10 calls a second) and two days of the first user's peak, some 40 MB.
    """

    lasting = False

    def __init__(self, capacity: int = 10_000) -> None:
        self.capacity = capacity
        self._records: deque[R] = deque()

    def put(self, record: R) -> bool:
        if len(self._records) >= self.capacity:
            return False
        self._records.append(record)
        return True

    async def oldest(self, count: int) -> Sequence[R]:
        return list(islice(self._records, count))

    def drop(self, count: int) -> None:
        for _ in range(count):
            self._records.popleft()

    def __len__(self) -> int:
        return len(self._records)
