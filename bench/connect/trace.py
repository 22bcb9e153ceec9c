"""One call from the citizen's INVITE to the agent, cut into its parts: by the PBX's time stamps and the phones' books.
Pure.

PBX and phones are on one machine, so they read one clock.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bench.connect.ways import WAYS, Way, numbers_of
from bench.dispatch.listening import Heard
from telephony.model.ids import Micros
from zhitong.lab.books import Seen

EVENTS = ("Newchannel", "QueueCallerJoin", "AgentCalled", "BridgeEnter")
PARTS = ("entry", "wait", "ring", "answer")
"""INVITE → in the queue (the menu is in it) → the agent's phone has the INVITE → its 200 OK → both in one bridge."""


class Trace(msgspec.Struct, frozen=True):
    """Milliseconds of one connected call."""

    entry: float
    wait: float
    ring: float
    answer: float

    @property
    def connect(self) -> float:
        """The headline figure: the citizen's INVITE → agent bridged."""
        return self.entry + self.wait + self.ring + self.answer


class Marks(msgspec.Struct):
    """When the PBX said what of one caller's call, epoch µs; None: it has not."""

    created: Micros | None = None
    joined: Micros | None = None
    offered: Micros | None = None
    bridged: Micros | None = None


def marks(heard: Iterable[Heard]) -> dict[str, Marks]:
    """By the caller's number. The last offer counts: the one that was answered."""
    found: dict[str, Marks] = {}
    names = {"Newchannel": "created", "QueueCallerJoin": "joined", "AgentCalled": "offered", "BridgeEnter": "bridged"}
    for event in heard:
        of = found.setdefault(event.number, Marks())
        name = names[event.event]
        if name == "offered" or getattr(of, name) is None:
            setattr(of, name, event.at)
    return found


def traced(heard: Iterable[Heard], seen: Sequence[Seen], calls: int) -> tuple[dict[str, list[Trace]], str]:
    """Each way's traces in the order of the calls, and why they are worth nothing (empty: they are)."""
    at = marks(heard)
    invited = {call.number: call.invited_at for call in seen if call.role == "caller"}
    taken = {call.other: call for call in seen if call.role == "agent" and call.answered_at is not None}
    found = {way.name: list(_of_way(way, calls, at, invited, taken)) for way in WAYS}
    short = [f"{name}: {len(traces)} of {calls} calls reached an agent" for name, traces in found.items()]
    return found, "; ".join(text for text, traces in zip(short, found.values(), strict=True) if len(traces) != calls)


def _of_way(
    way: Way, calls: int, at: Mapping[str, Marks], invited: Mapping[str, float], taken: Mapping[str, Seen]
) -> Iterable[Trace]:
    for number in numbers_of(way, calls):
        mark, phone = at.get(number), taken.get(number)
        if mark is None or phone is None or number not in invited:
            continue
        if mark.joined is None or mark.bridged is None or phone.answered_at is None:
            continue
        begun, joined, bridged = invited[number] * 1000, mark.joined / 1000, mark.bridged / 1000
        rung, answered = phone.invited_at * 1000, phone.answered_at * 1000
        yield Trace(joined - begun, rung - joined, answered - rung, bridged - answered)
