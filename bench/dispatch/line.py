"""One queue as its events tell it: how long a free agent and a waiting caller were there together. Pure.

A moment counts when an agent becomes free while a caller waits for whom no phone rings and whom no other free agent is
there to take. It ends with the queue's next offer, the oldest moment first: who of the free agents is offered whom is
app_queue's affair, and does not change how long a place at work stayed empty.
"""

from collections import deque
from collections.abc import Iterable

import msgspec

from bench.dispatch.listening import Heard
from telephony.model.ids import Micros

_FREE = 1  # AST_DEVICE_NOT_INUSE


class Moment(msgspec.Struct, frozen=True):
    """An offer that ended one, ``took_us`` after it began. ``same``: who was offered is the agent who became free."""

    member: str
    number: str
    took_us: int
    same: bool


class Line:
    """``members`` are free at the start. ``idle_us``: the agents' time, summed, in which as many callers as free agents
    waited without a phone that rings for them. ``waits``: from joining to AgentConnect, µs, by the caller's number;
    AgentConnect is said as the two are put into one bridge."""

    def __init__(self, members: Iterable[str]) -> None:
        self.moments: list[Moment] = []
        self.overtaken = 0
        """Moments that ended otherwise than by an offer: the caller hung up, say."""
        self.idle_us = 0
        self.waits: dict[str, int] = {}
        self.missed = 0
        """Offers that were not answered."""
        self.gone = 0
        """Callers who left without an agent."""
        self.offers: list[tuple[str, str, Micros]] = []
        """Agent, caller's number, when."""
        self._free = set(members)
        self._rung: set[str] = set()
        self._joined: dict[str, Micros] = {}
        self._waiting: set[str] = set()
        self._open: deque[tuple[Micros, str]] = deque()
        self._now = Micros(0)

    def take(self, heard: Heard) -> None:
        """The next event of this queue."""
        self.idle_us += self._both() * max(0, heard.at - self._now)
        self._now = heard.at
        match heard.event:
            case "QueueCallerJoin":
                self._joined[heard.caller] = heard.at
                self._waiting.add(heard.caller)
            case "QueueMemberStatus":
                self._status(heard)
            case "AgentCalled":
                self._called(heard)
            case "AgentRingNoAnswer":
                self.missed += 1
                self._rung.discard(heard.member)
                self._waiting.add(heard.caller)
            case "AgentConnect":
                self.waits[heard.number] = heard.at - self._joined[heard.caller]
            case "QueueCallerAbandon":
                self.gone += 1
            case "QueueCallerLeave":
                self._waiting.discard(heard.caller)
                self._drop()

    def _both(self) -> int:
        return min(len(self._free), len(self._waiting))

    def _status(self, heard: Heard) -> None:
        member = heard.member
        if heard.status != _FREE or heard.paused:
            self._free.discard(member)
            self._rung.discard(member)
            self._drop()
        elif member not in self._free and member not in self._rung:
            if len(self._waiting) > len(self._free):
                self._open.append((heard.at, member))
            self._free.add(member)

    def _called(self, heard: Heard) -> None:
        self._free.discard(heard.member)
        self._rung.add(heard.member)  # until its phone is seen to ring: an older state may still be told
        self._waiting.discard(heard.caller)
        self.offers.append((heard.member, heard.number, heard.at))
        if self._open:
            since, member = self._open.popleft()
            self.moments.append(Moment(heard.member, heard.number, heard.at - since, heard.member == member))
        self._drop()

    def _drop(self) -> None:
        while len(self._open) > self._both():
            self._open.pop()
            self.overtaken += 1
