"""Follows the hold keys of phones in a room, where Asterisk gives nobody music for them.

Who holds while alone with the caller goes aside, and comes back when they take the caller again. Who holds in a consult
leaves whom they consult with music. Among three nobody need be moved while one of them does not hold; whoever is muted
is heard again by a caller who would hear nobody. Without the bridge an agent keys ``*2#`` instead.
"""

from collections.abc import Callable, Sequence

import structlog

from telephony.ami.actions import Action, ConfbridgeUnmute, Redirect
from telephony.control.handlers.moving import AGENT, GUEST
from telephony.control.reach import Act
from telephony.control.whereabouts import caller_of_room, guests
from telephony.errors import AmiError
from telephony.model.calls import Call
from telephony.model.changes import CallTransferred, Change, HoldEnded
from telephony.model.ids import CallId, Uniqueid
from telephony.model.names import trunk_of
from telephony.model.terms import Place
from telephony.model.world import Channel, World

log = structlog.get_logger(__name__)

_DEADLINE_S = 5.0


class Holder:
    """``fold`` takes changes in; ``follow`` does what they, and the phones that hold now, ask for. ``world`` is only
    read. ``ready``: whether the PBX has rooms."""

    def __init__(self, world: World, act: Act, ready: Callable[[], bool]) -> None:
        self._world = world
        self._act = act
        self._ready = ready
        self._aside: set[Uniqueid] = set()  # whose phone holds, for which somebody was moved
        self._with_music: dict[Uniqueid, Uniqueid] = {}  # who waits because of that: whom they were apart with
        self._transferred: set[CallId] = set()

    def fold(self, changes: Sequence[Change]) -> None:
        """A hold that ended and had begun before we came is one that we were to end."""
        for change in changes:
            if isinstance(change, CallTransferred):
                self._transferred.add(change.call_id)
            elif isinstance(change, HoldEnded):
                self._aside.add(change.uniqueid)

    async def follow(self) -> None:
        self._aside &= self._world.channels.keys()
        self._with_music = {one: other for one, other in self._with_music.items() if one in self._world.channels}
        # A phone's own attended transfer, from its hold key: whom it left the caller to stands aside in its place.
        for call in [self._world.calls[call_id] for call_id in self._transferred if call_id in self._world.calls]:
            self._aside |= {channel.uniqueid for channel in self._people(call) if channel.leg.place is Place.SIDE}
        self._transferred.clear()
        for call in [call for call in self._world.calls_with_rooms() if call.room and self._ready()]:
            for channel in self._people(call):
                await self._look(call, channel)

    async def _look(self, call: Call, channel: Channel) -> None:
        if channel.leg.on_hold:
            await self._hold(call, channel)
        elif channel.uniqueid in self._aside:
            self._aside.discard(channel.uniqueid)
            await self._take_back(call, channel)

    async def _hold(self, call: Call, channel: Channel) -> None:
        place = channel.leg.place
        if place is Place.ROOM and self._alone_with_caller(call, channel):
            self._aside.add(channel.uniqueid)
            await (self._send(channel, GUEST, "hold") if _is_outside(channel) else self._send(channel, AGENT, "side"))
        elif place is Place.SIDE and (guest := self._apart_with(call, channel)) is not None:
            self._aside.add(channel.uniqueid)
            self._with_music[guest.uniqueid] = channel.uniqueid
            await self._send(guest, GUEST, "hold")
        elif place is Place.ROOM:
            await self._among_others(call, channel)

    async def _among_others(self, call: Call, channel: Channel) -> None:
        """Where all who are with the caller hold, each goes aside."""
        caller = caller_of_room(self._world, call, channel)
        others = [
            other for other in self._people(call) if other.uniqueid in channel.leg.partners and other is not caller
        ]
        if caller is None or channel is caller or not others:
            return
        if all(other.leg.on_hold for other in others):
            self._aside.add(channel.uniqueid)
            invited = _is_outside(channel) or channel in guests(self._world, call)
            await (self._send(channel, GUEST, "hold") if invited else self._send(channel, AGENT, "side"))
        elif all(other.leg.on_hold or other.leg.muted for other in others):
            for other in [other for other in others if other.leg.muted]:
                await self._do(other, ConfbridgeUnmute(caller.uniqueid, other.name))

    async def _take_back(self, call: Call, channel: Channel) -> None:
        place, waiting = channel.leg.place, self._waits_for(channel)
        if place is Place.SIDE and waiting is not None:
            await self._send(waiting, GUEST, "side")
        elif place is Place.HOLD:
            await self._send(channel, GUEST, "join")
        elif place is Place.SIDE and not channel.leg.partners and not self._is_busy(call, channel):
            await self._send(channel, AGENT, "back")

    def _waits_for(self, channel: Channel) -> Channel | None:
        """Who hears music because this phone holds."""
        for guest, other in list(self._with_music.items()):
            if other == channel.uniqueid:
                del self._with_music[guest]
                found = self._world.channels.get(guest)
                return found if found is not None and found.leg.place is Place.HOLD else None
        return None

    def _alone_with_caller(self, call: Call, channel: Channel) -> bool:
        caller = caller_of_room(self._world, call, channel)
        return caller is not None and channel is not caller and channel.leg.partners == (caller.uniqueid,)

    def _apart_with(self, call: Call, channel: Channel) -> Channel | None:
        """Whom an agent talks with in private."""
        invited = guests(self._world, call)
        partner = self._world.channels.get(channel.leg.partners[0]) if len(channel.leg.partners) == 1 else None
        if partner is None or partner not in invited or channel in invited or partner.uniqueid in self._with_music:
            return None
        return partner if partner.leg.place is Place.SIDE else None

    def _is_busy(self, call: Call, channel: Channel) -> bool:
        """Somebody is rung, or there, for whom they are aside."""
        rung = call.consult is not None and call.consult.ringing and call.consult.by == channel.uniqueid
        return rung or any(
            other is not channel and other.leg.place is Place.SIDE and other.bridge is not None
            for other in self._people(call)
        )

    def _people(self, call: Call) -> list[Channel]:
        found = [self._world.channels[uniqueid] for uniqueid in call.live if uniqueid in self._world.channels]
        return [channel for channel in found if channel.leg.person]

    async def _send(self, channel: Channel, context: str, exten: str) -> None:
        await self._do(channel, Redirect(channel.name, context, exten))

    async def _do(self, channel: Channel, action: Action) -> None:
        try:
            await self._act(action, _DEADLINE_S)
        except AmiError as error:
            log.warning("a phone that holds could not be followed", channel=channel.uniqueid, reason=str(error))


def _is_outside(channel: Channel) -> bool:
    """Of a trunk: nobody there has an agent's keys."""
    return bool(trunk_of(channel.name))
