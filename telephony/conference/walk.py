"""Plays the table: where everybody stands after each step and each thing that somebody does. Pure.

A step moves who it is about (`table.ROWS`); what follows for the others is `AFTER`, which says what the dialplan's
sweep does when somebody goes. Between two standings people walk for milliseconds; that is not told here.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from telephony.conference.phases import Phase
from telephony.conference.table import Beyond, Deed, Input, Move, Row, Spot, Stage, Step, Who, row

GUESTS = 2
"""As many are brought into one call in a walk, at a time; Asterisk sets no limit."""
INPUTS: tuple[Input, ...] = (*Step, *Deed)


class Standing(NamedTuple):
    """Where everybody of a call stands; ``guests`` in the order of their names."""

    caller: Spot = Spot.BRIDGE
    agent: Spot = Spot.BRIDGE
    guests: tuple[Spot, ...] = ()
    aside: bool = False
    """The caller was on hold, or waited for somebody to come, when nobody was left: they are owed a human."""

    def count(self, *spots: Spot) -> int:
        return sum(self.guests.count(spot) for spot in spots)

    @property
    def stage(self) -> Stage:
        """What the agent is about, or where the call has got to."""
        beyond = _BEYOND.get(self.caller)
        if beyond is not None:
            return beyond
        if self.caller is Spot.AWAY:
            return Beyond.OVER if self.agent is Spot.AWAY else Beyond.APART
        return self._with_caller()

    def _with_caller(self) -> Stage:
        if self.agent is Spot.BRIDGE:
            return Phase.BRIDGE
        if self.agent is Spot.ROOM:
            return (
                Phase.SWAPPED
                if self.count(Spot.KEPT)
                else Phase.THREE
                if self.count(Spot.ROOM, Spot.MUTED)
                else Phase.ROOM
            )
        if self.agent is Spot.SIDE:
            return Phase.CONSULT if self.count(Spot.SIDE) else Phase.RINGING if self.count(Spot.RUNG) else Phase.HOLD
        return Beyond.HANDED if self.caller is Spot.BRIDGE else Phase.LEFT


_BEYOND = {Spot.QUEUE: Beyond.QUEUE, Spot.ASKING: Beyond.HANDING}

Rule = tuple[Callable[[Standing], bool], tuple[Move, ...]]


def _every(of: Spot, to: Spot) -> Move:
    return Move(Who.GUEST, to, of, every=True)


def _agent_waits_for_nobody(now: Standing) -> bool:
    alone = now.caller is Spot.AWAY and not now.count(Spot.SIDE, Spot.RUNG)
    with_caller = now.caller is Spot.AWAY and now.agent in (Spot.BRIDGE, Spot.ROOM)
    return alone or with_caller or (now.caller is not Spot.ROOM and now.agent is Spot.CALLED_IN)


def _nobody_with_caller(now: Standing) -> bool:
    """Nor on the way; an agent who is rung to come back does not count, for nothing of the call waits for them."""
    gone = now.agent in (Spot.AWAY, Spot.CALLED_IN) and not now.count(Spot.ROOM, Spot.MUTED, Spot.CALLED_IN)
    return now.caller is Spot.ROOM and gone


AFTER: Mapping[str, Rule] = {
    "the caller has gone: so does who is in the room": (
        lambda now: now.caller is not Spot.ROOM,
        tuple(_every(of, Spot.AWAY) for of in (Spot.ROOM, Spot.MUTED, Spot.KEPT, Spot.CALLED_IN)),
    ),
    "the agent who muted somebody is not in the room: they are heard again": (
        lambda now: now.agent is not Spot.ROOM,
        (_every(Spot.MUTED, Spot.ROOM),),
    ),
    "who was asked for the agent is asked no longer": (
        lambda now: now.agent is not Spot.SIDE,
        (_every(Spot.RUNG, Spot.AWAY),),
    ),
    "the agent has left who was consulted: they fall to the caller": (
        lambda now: now.agent is not Spot.SIDE and now.caller is Spot.ROOM,
        (_every(Spot.SIDE, Spot.ROOM),),
    ),
    "the agent has left and there is no caller to fall to": (
        lambda now: now.agent is not Spot.SIDE and now.caller is not Spot.ROOM,
        (_every(Spot.SIDE, Spot.AWAY),),
    ),
    "the agent has gone: who waits falls to the caller": (
        lambda now: now.agent is Spot.AWAY and now.caller is Spot.ROOM,
        (_every(Spot.KEPT, Spot.ROOM),),
    ),
    "the agent has neither caller nor consulted": (_agent_waits_for_nobody, (Move(Who.AGENT, Spot.AWAY),)),
    "the caller was on hold and nobody is left: back into the queue": (
        lambda now: _nobody_with_caller(now) and now.aside,
        (Move(Who.CALLER, Spot.QUEUE),),
    ),
    "nobody is left with the caller: the call is over": (
        lambda now: _nobody_with_caller(now) and not now.aside,
        (Move(Who.CALLER, Spot.AWAY),),
    ),
}
"""What follows, in this order, until nothing does any more."""


def inputs(now: Standing, guests: int = GUESTS) -> Iterator[Input]:
    """What may be asked or happen here; at most so many guests at a time."""
    for given in INPUTS:
        found = row(given, now.stage)
        if found is not None and _possible(now, found, guests) and _meant(now, given):
            yield given


def _possible(now: Standing, found: Row, guests: int) -> bool:
    if now.count(*found.unless):
        return False
    single = [move for move in found.moves if move.who is Who.GUEST and not move.every]
    return all(len(now.guests) < guests if move.of is Spot.AWAY else now.count(move.of) for move in single)


def _meant(now: Standing, given: Input) -> bool:
    """The agent's phone is rung to come back, or is not and there is a conference to come back to."""
    if given in (Deed.COMES_BACK, Deed.STAYS_AWAY):
        return now.agent is Spot.CALLED_IN
    return given is not Step.REJOIN or (now.agent is Spot.AWAY and now.count(Spot.ROOM) > 0)


def after(now: Standing, given: Input, rules: Mapping[str, Rule] = AFTER) -> Standing:
    """Where everybody stands then. Raises ValueError for an input that the stage does not know."""
    found = row(given, now.stage)
    if found is None:
        raise ValueError(f"{given} is not known in the stage {now.stage}")
    moved = _moved(now, found.moves)
    return _settled(moved._replace(aside=_owed(now, moved, given)), rules)


def _owed(before: Standing, now: Standing, given: Input) -> bool:
    """Who goes last decides what the caller is owed."""
    went_from_aside = before.agent is Spot.SIDE and now.agent is Spot.AWAY
    return went_from_aside or given in (Deed.DECLINES, Deed.NOT_COMING)


def _settled(now: Standing, rules: Mapping[str, Rule]) -> Standing:
    while True:
        then = now
        for applies, moves in rules.values():
            then = _moved(then, moves) if applies(then) else then
        if then == now:
            return now._replace(aside=False)
        now = then


def _moved(now: Standing, moves: Sequence[Move]) -> Standing:
    for move in moves:
        if move.who is Who.CALLER:
            now = now._replace(caller=move.to)
        elif move.who is Who.AGENT:
            now = now._replace(agent=move.to)
        else:
            now = now._replace(guests=_guests(now.guests, move))
    return now


def _guests(guests: tuple[Spot, ...], move: Move) -> tuple[Spot, ...]:
    counted = Counter(guests)
    many = counted[move.of] if move.every else 1
    if move.of is not Spot.AWAY:
        many = min(many, counted[move.of])
        counted[move.of] -= many
    if move.to is not Spot.AWAY:
        counted[move.to] += many
    return tuple(sorted(counted.elements()))


Path = tuple[tuple[Input, Standing], ...]


def paths(begin: Standing, depth: int, guests: int = GUESTS) -> Iterator[Path]:
    """Every order of so many inputs, or of fewer where the call is over before."""
    if depth == 0:
        yield ()
        return
    found = tuple(inputs(begin, guests))
    if not found:
        yield ()
    for given in found:
        then = after(begin, given)
        for rest in paths(then, depth - 1, guests):
            yield ((given, then), *rest)


def reachable(begin: Standing, guests: int = GUESTS) -> dict[Standing, dict[Input, Standing]]:
    """Every standing that there is, and what follows on it."""
    found: dict[Standing, dict[Input, Standing]] = {}
    ahead = [begin]
    while ahead:
        now = ahead.pop()
        if now not in found:
            found[now] = {given: after(now, given) for given in inputs(now, guests)}
            ahead.extend(found[now].values())
    return found
