"""The faults of a run, carried out one track beside the other."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from zhitong.lab.chaos import store
from zhitong.lab.chaos.bridge import Bridge
from zhitong.lab.chaos.link import Link
from zhitong.lab.chaos.plan import Fault, Trouble
from zhitong.lab.pbx import Pbx

_CARRYING_S = 30.0
_GIVE_UP_S = 30.0
"""A half-open link that nobody notices in so long will not be noticed."""


class Happened(msgspec.Struct, frozen=True):
    """One fault as it was: ``began`` … ``ended`` in epoch seconds. ``noticed``: of a half-open link, by the bridge."""

    kind: Fault
    began: float
    ended: float
    noticed: bool = True


class Faults:
    """``play`` a track; ``happened`` tells what was done. The SQLite ``database`` is on a volume of its own, if that is
    ever to be filled."""

    def __init__(self, pbx: Pbx, bridge: Bridge, link: Link, database: Path) -> None:
        self._pbx, self._bridge, self._link, self._database = pbx, bridge, link, database
        self.happened: list[Happened] = []
        self.going_on: set[Fault] = set()
        self._how: Mapping[Fault, Callable[[float], Awaitable[bool]]] = {
            Fault.KILL: self._kill,
            Fault.CLOSED: self._close,
            Fault.HALF_OPEN: self._leave_half_open,
            Fault.SLOW: self._slow,
            Fault.RESTART: self._restart,
            Fault.CRASH: self._crash,
            Fault.LOCKED: self._lock,
            Fault.FULL: self._fill,
        }

    async def play(self, troubles: Sequence[Trouble], start: float) -> None:
        """One track; ``start`` is the first call's moment by our monotonic clock."""
        for trouble in troubles:
            await asyncio.sleep(start + trouble.at - time.monotonic())
            if trouble.kind in (Fault.CLOSED, Fault.HALF_OPEN, Fault.SLOW):
                await self._link.carrying(_CARRYING_S)  # what is not there cannot be cut
            self.going_on.add(trouble.kind)
            began = time.time()
            noticed = await self._how[trouble.kind](trouble.lasts_s)
            self.going_on.discard(trouble.kind)
            self.happened.append(Happened(trouble.kind, began, time.time(), noticed))

    async def _kill(self, lasts_s: float) -> bool:
        await self._bridge.kill()
        await asyncio.sleep(lasts_s)
        await self._bridge.start()
        return True

    async def _close(self, lasts_s: float) -> bool:
        async with self._link.shut():
            await asyncio.sleep(lasts_s)
        return True

    async def _leave_half_open(self, _lasts_s: float) -> bool:
        return await self._link.given_up(self._link.swallow(), _GIVE_UP_S)

    async def _slow(self, lasts_s: float) -> bool:
        with self._link.slowed():
            await asyncio.sleep(lasts_s)
        return True

    async def _restart(self, lasts_s: float) -> bool:
        await self._pbx.stop()
        return await self._bring_back(lasts_s)

    async def _crash(self, lasts_s: float) -> bool:
        await self._pbx.kill()
        return await self._bring_back(lasts_s)

    async def _bring_back(self, lasts_s: float) -> bool:
        async with self._link.shut():  # a proxy would take connections for a PBX that is not there
            await asyncio.sleep(lasts_s)
            await self._pbx.start()
        return True

    async def _lock(self, lasts_s: float) -> bool:
        async with store.locked(self._database, self._pbx.run / "lock-holder.out"):
            await asyncio.sleep(lasts_s)
        return True

    async def _fill(self, lasts_s: float) -> bool:
        with store.filled(self._database.parent):
            await asyncio.sleep(lasts_s)
        return True
