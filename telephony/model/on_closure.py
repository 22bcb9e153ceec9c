"""The emergency closure: who closed the hotline by feature code, until when, and who opened it again."""

from telephony.model.changes import ClosureChanged
from telephony.model.events import ClosureTold
from telephony.model.ids import MICROS_PER_SECOND, Micros
from telephony.model.world import World

CLOSED, OPEN, DENIED = "closed", "open", "denied"


def told(world: World, event: ClosureTold) -> None:
    """By the dialplan. ``denied``: by a phone that may not."""
    until = Micros(event.until_s * MICROS_PER_SECOND) if event.state == CLOSED else None
    if event.state == DENIED:
        world.emit(ClosureChanged(world.now, event.by, world.closed_until, denied=True))
    elif until != world.closed_until:
        world.closed_until = until
        world.emit(ClosureChanged(world.now, event.by, until))


def seen(world: World, kept: str) -> None:
    """As a snapshot has it: what AstDB holds, ``until:agent:since``; empty: the hotline is not closed."""
    seconds, _, rest = kept.partition(":")
    until = Micros(int(seconds) * MICROS_PER_SECOND) if _is_time(seconds) else None
    if until != world.closed_until:
        world.closed_until = until
        world.emit(ClosureChanged(world.now, rest.partition(":")[0], until))


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12
