"""Looks after rooms as far as the dialplan cannot: whether there are any, and who is left alone in one.

The dialplan ends or mends each case itself when somebody hangs up. What remains are hang-ups in the very instant in
which others walk, and a phone that is still rung for a consult whose caller has gone.
"""

import asyncio
import time
from collections.abc import Sequence

import structlog

from telephony.ami.actions import Action, Hangup, Redirect, ShowDialPlan
from telephony.control.reach import Act
from telephony.control.whereabouts import caller_of_room
from telephony.errors import AmiError
from telephony.model.calls import Call
from telephony.model.changes import Change, EpochBegan
from telephony.model.ids import Uniqueid
from telephony.model.terms import Place
from telephony.model.world import Channel, World

log = structlog.get_logger(__name__)

PLACES = (
    *(("zt-room-caller", exten) for exten in ("join", "requeue")),
    *(("zt-room-agent", exten) for exten in ("join", "side", "back", "consult", "leave")),
    *(("zt-room-guest", exten) for exten in ("join", "side", "hold")),
)
"""Where orders send people: a Redirect to a place that is not there would end their calls."""
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
        self._asked = asyncio.Event()
        self._since: dict[Uniqueid, float] = {}  # who is alone where nobody will come: since when (monotonic)
        self.missing = ""
        """A place that the PBX's dialplan lacks, as of the last login; empty: none is known to."""

    def ready(self) -> bool:
        """Whether people may be sent into rooms."""
        return not self.missing

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        if any(isinstance(change, EpochBegan) for change in changes):
            self._asked.set()

    async def run(self) -> None:
        while True:
            if self._asked.is_set():
                self._asked.clear()
                await self.ask()
            await self.step(time.monotonic())
            await asyncio.sleep(EVERY_S)

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

    # --- who is left ------------------------------------------------------------------------------------------

    async def step(self, now: float) -> None:
        """Send away who has been left for long enough."""
        left = {channel.uniqueid: action for channel, action in self._left()}
        self._since = {uniqueid: self._since.get(uniqueid, now) for uniqueid in left}
        for uniqueid, since in list(self._since.items()):
            if now - since >= LEFT_S:
                self._since[uniqueid] = now
                await self._mend(uniqueid, left[uniqueid])

    async def _mend(self, uniqueid: Uniqueid, action: Action) -> None:
        log.warning("somebody was left alone in a room", channel=uniqueid, action=action.name)
        try:
            await self._act(action, _DEADLINE_S)
        except AmiError as error:
            log.warning("somebody left in a room could not be helped", channel=uniqueid, reason=str(error))

    def _left(self) -> list[tuple[Channel, Action]]:
        return [found for call in self._world.calls.values() if call.room for found in self._left_in(call)]

    def _left_in(self, call: Call) -> list[tuple[Channel, Action]]:
        living = [self._world.channels[uniqueid] for uniqueid in call.live if uniqueid in self._world.channels]
        placed = [channel for channel in living if channel.leg.person and channel.leg.place is not Place.NONE]
        caller = caller_of_room(self._world, call)
        if caller is None:
            return [(channel, Hangup(channel.name, _NORMAL)) for channel in placed if not channel.leg.partners]
        alone = caller in placed and not caller.leg.partners and len(placed) == 1
        # Nobody is on hold for somebody who has gone: before all others to whoever is free.
        return [(caller, Redirect(caller.name, "zt-room-caller", "requeue"))] if alone and call.inbound else []
