"""Looks after rooms as far as the dialplan cannot: whether there are any, and who is left alone in one.

The dialplan ends or mends each case itself when somebody hangs up. What remains are hang-ups in the very instant in
which others walk, a phone that is still rung for a consult whose caller has gone, and the hold keys of phones
(``telephony.control.holder``).
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence

import structlog

from telephony.ami.actions import Action, ConfbridgeUnmute, Hangup, Redirect, ShowDialPlan
from telephony.control.holder import Holder
from telephony.control.reach import Act
from telephony.control.whereabouts import caller_of_room
from telephony.errors import AmiError
from telephony.model.calls import Call
from telephony.model.changes import AgentStateChanged, CallTransferred, Change, EpochBegan, HoldEnded
from telephony.model.ids import Uniqueid
from telephony.model.invites import Invite
from telephony.model.terms import InviteMode, Place
from telephony.model.world import Channel, World

log = structlog.get_logger(__name__)

PLACES = (
    *(("zt-room-caller", exten) for exten in ("join", "requeue", "left")),
    *(("zt-room-agent", exten) for exten in ("join", "side", "back", "consult", "wait", "leave")),
    *(("zt-room-guest", exten) for exten in ("join", "side", "hold")),
    ("zt-invited", "guest"),
    ("zt-hand-over", "tries"),
    ("zt-together", "s"),
)
"""Where orders send people, and whom they ring: a Redirect to a place that is not there would end their calls."""
EVERY_S = 0.5
LEFT_S = 3.0
"""Whoever walks is alone for milliseconds; whoever is for this long was left."""
_DEADLINE_S = 5.0
_NORMAL = 16


class Porter:
    """``fold`` is a sink for changes; ``run`` until cancelled. ``world`` is only read."""

    def __init__(self, world: World, act: Act) -> None:
        self._world = world
        self._act = act
        self._asked = False
        self._woken = asyncio.Event()
        self.holder = Holder(world, act, self.ready)
        self._since: dict[Uniqueid, float] = {}  # who is alone where nobody will come: since when (monotonic)
        self.missing = ""
        """A place that the PBX's dialplan lacks, as of the last login; empty: none is known to."""

    def ready(self) -> bool:
        """Whether people may be sent into rooms."""
        return not self.missing

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        for change in changes:
            if isinstance(change, EpochBegan):
                self._asked = True
            if isinstance(change, EpochBegan | AgentStateChanged | CallTransferred | HoldEnded):
                self._woken.set()
        self.holder.fold(changes)

    async def run(self) -> None:
        while True:
            if self._asked:
                self._asked = False
                await self.ask()
            await self.holder.follow()
            await self.unmute()
            await self.step(time.monotonic())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):  # not wait_for, which may swallow the end of all (Python 3.11)
                    await self._woken.wait()
            self._woken.clear()

    async def ask(self) -> None:
        """Whether the PBX has all places. When it cannot be asked, what was known holds."""
        try:
            replies = [(place, await self._act(ShowDialPlan(*place), _DEADLINE_S)) for place in PLACES]
        except AmiError as error:
            log.warning("whether the dialplan has rooms is not known", reason=str(error))
            return
        self.missing = next((",".join(place) for place, reply in replies if reply.failed), "")
        if self.missing:
            log.error("the dialplan has no rooms: hold and consult are refused; deploy it anew", missing=self.missing)

    # --- who is muted -----------------------------------------------------------------------------------------

    async def unmute(self) -> None:
        """Who is muted is heard again when the caller is with nobody else: the agent has gone, or is aside."""
        for call in [call for call in self._world.calls_with_rooms() if call.room]:
            caller = caller_of_room(self._world, call)
            there = (
                [self._world.channels.get(uniqueid) for uniqueid in caller.leg.partners] if caller is not None else []
            )
            muted = [channel for channel in there if channel is not None and channel.leg.muted]
            if caller is not None and muted and len(muted) == len(there):
                for channel in muted:
                    await self._mend(channel.uniqueid, ConfbridgeUnmute(caller.uniqueid, channel.name))

    # --- who is left ------------------------------------------------------------------------------------------

    async def step(self, now: float) -> None:
        """Send away who has been left for long enough."""
        left = {channel.uniqueid: action for channel, action in self._left()}
        self._since = {uniqueid: self._since.get(uniqueid, now) for uniqueid in left}
        for uniqueid, since in list(self._since.items()):
            if now - since >= LEFT_S:
                self._since[uniqueid] = now
                log.warning("somebody was left alone in a room", channel=uniqueid, action=left[uniqueid].name)
                await self._mend(uniqueid, left[uniqueid])

    async def _mend(self, uniqueid: Uniqueid, action: Action) -> None:
        try:
            await self._act(action, _DEADLINE_S)
        except AmiError as error:
            log.warning("somebody in a room could not be moved", channel=uniqueid, reason=str(error))

    def _left(self) -> list[tuple[Channel, Action]]:
        """A call whose caller was sent back into the queue has no room, and yet somebody may just have come there."""
        calls = [call for call in self._world.calls_with_rooms() if call.room or any(map(self._is_placed, call.live))]
        return [found for call in calls for found in self._left_in(call)]

    def _is_placed(self, uniqueid: Uniqueid) -> bool:
        channel = self._world.channels.get(uniqueid)
        return channel is not None and channel.leg.place is not Place.NONE

    def _left_in(self, call: Call) -> list[tuple[Channel, Action]]:
        placed = [channel for channel in self._living(call) if channel.leg.place is not Place.NONE]
        caller = caller_of_room(self._world, call)
        if caller is None or not call.room:
            return [(channel, Hangup(channel.name, _NORMAL)) for channel in placed if not channel.leg.partners]
        if caller in placed and caller.leg.place is Place.SIDE:  # of a call-back whose citizen has not come yet
            here = [channel for channel in placed if channel.bridge is not None and not channel.leg.partners]
            return [(channel, Hangup(channel.name, _NORMAL)) for channel in here]
        if (guest := self._asked_by_nobody(call, placed)) is not None:
            return [(guest, Redirect(guest.name, "zt-room-guest", "join"))]
        alone = caller in placed and caller.bridge is not None and not caller.leg.partners and len(placed) == 1
        alone = alone and not any(map(_may_come, call.invites))
        # Nobody is on hold for somebody who has gone: before all others to whoever is free.
        return [(caller, Redirect(caller.name, "zt-room-caller", "left"))] if alone and call.inbound else []

    def _asked_by_nobody(self, call: Call, placed: list[Channel]) -> Channel | None:
        """Who was asked and came aside in the instant in which the agent who asked hung up."""
        guests = {consult.guest for consult in call.consults}
        aside = [channel for channel in placed if channel.leg.place is Place.SIDE]
        (only,) = aside if len(aside) == 1 else (None,)
        lost = only is not None and only.uniqueid in guests and only.bridge is not None and not only.leg.partners
        return only if lost else None

    def _living(self, call: Call) -> list[Channel]:
        """The people of this call."""
        found = [self._world.channels[uniqueid] for uniqueid in call.live if uniqueid in self._world.channels]
        return [channel for channel in found if channel.leg.person]


def _may_come(invite: Invite) -> bool:
    """To the caller, though nobody else is there: who is rung to join, or has answered and is told what it is about."""
    return invite.ringing and (invite.mode is InviteMode.ROOM or invite.guest is not None)
