"""Which documents may be another after a change. Pure.

By the names of a change's fields: ``call_id``, ``member``, ``queue``. A new kind of change that names what it is about
so needs no line here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from telephony.model.changes import Anomaly, CallEnded, CallsJoined, Change, EpochBegan, EpochEnded
from telephony.model.ids import CallId, MemberName, QueueName

_CLOCK_SET = "clock set"


@dataclass(slots=True)
class Marks:
    """``everything``: the link came or went, or the PBX's clock was set."""

    calls: set[CallId] = field(default_factory=set)
    members: set[MemberName] = field(default_factory=set)
    queues: set[QueueName] = field(default_factory=set)
    everything: bool = False

    def take(self, changes: Iterable[Change]) -> None:
        """Mark what these changes are about."""
        for change in changes:
            for name, marked in _SETS.items():
                if name in change.__struct_fields__ and (value := getattr(change, name)):
                    getattr(self, marked).add(value)
            self._take_special(change)

    def join(self, other: "Marks") -> None:
        """What is marked there is marked here, too."""
        self.calls |= other.calls
        self.members |= other.members
        self.queues |= other.queues

    def _take_special(self, change: Change) -> None:
        match change:
            case CallEnded(call=call):
                self.calls.add(call.call_id)
            case CallsJoined(kept=kept, gone=gone):
                self.calls.update((kept, gone))
            case EpochBegan() | EpochEnded():
                self.everything = True
            case Anomaly(kind=kind) if kind.startswith(_CLOCK_SET):
                self.everything = True
            case _:
                pass


_SETS = {"call_id": "calls", "member": "members", "queue": "queues"}
