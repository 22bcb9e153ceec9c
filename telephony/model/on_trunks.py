"""Trunks: whether the PBX reaches the carrier, and whether the carrier takes our registration."""

from telephony.model.changes import TrunkChanged, TrunkRegistered
from telephony.model.events import EndpointChanged, RegistrationChanged
from telephony.model.names import trunk_of_endpoint
from telephony.model.seen import TrunkSeen
from telephony.model.world import World

_GONE = "Unreachable"
_TAKEN = "Registered"
MAX_TRUNKS = 1_000
"""More are no trunks: whatever a PBX says, what is known of it stays small."""


def endpoint_changed(world: World, event: EndpointChanged) -> None:
    trunk = trunk_of_endpoint(event.endpoint)
    if trunk:
        _turn(world, trunk, event.status != _GONE)


def seen(world: World, trunks: tuple[TrunkSeen, ...]) -> None:
    """As a snapshot has them."""
    for trunk in trunks:
        _turn(world, trunk.name, trunk.reachable)


def _turn(world: World, trunk: str, reachable: bool) -> None:
    known = world.trunks.get(trunk)
    if known is reachable or (known is None and len(world.trunks) >= MAX_TRUNKS):
        return
    world.trunks[trunk] = reachable
    world.emit(TrunkChanged(world.now, trunk, reachable))


def registration_changed(world: World, event: RegistrationChanged) -> None:
    taken = event.status == _TAKEN
    known = world.registrations.get(event.account)
    if known is taken or (known is None and len(world.registrations) >= MAX_TRUNKS):
        return
    world.registrations[event.account] = taken
    world.emit(TrunkRegistered(world.now, event.account, event.server, taken, event.status))
