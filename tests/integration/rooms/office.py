"""The hall with the bridge at work: orders go through its door, and its model is looked at."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from telephony.control.commands import Answer, AnyOrder, Request, Taken
from telephony.control.orders import conference, rooms
from telephony.database.database import Database
from telephony.directory.entries import Entry
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.store import AgentStore
from telephony.model.calls import Call as ModelCall
from telephony.model.ids import CallId, MemberName, Uniqueid
from telephony.model.machines import AgentState
from telephony.places import database_url, home_of
from telephony.service import Service
from tests.integration.dialplans.rig import Rig
from tests.integration.rooms.hall import Hall

DEADLINE_S = 30.0
ME = MemberName("1001")


class Office(NamedTuple):
    rig: Rig
    service: Service

    async def order(self, order: AnyOrder) -> Answer:
        return await self.service.door.handle(Request(uuid.uuid4().hex, order, DEADLINE_S))

    async def done(self, order: AnyOrder) -> Answer:
        """Carried out, and its effect seen."""
        answer = await self.order(order)
        assert (answer.taken, answer.seen) == (Taken.ACCEPTED, True), answer
        return answer

    async def refused(self, order: AnyOrder) -> str:
        answer = await self.order(order)
        assert answer.taken is Taken.REFUSED, answer
        return f"{answer.reason}: {answer.why}"

    def call(self, here: Hall) -> ModelCall:
        return self.service.reach.world.by_leg[here.room]  # type: ignore[index]

    def desk(self, here: Hall) -> "Desk":
        return Desk(self, self.call(here).call_id)

    async def until(self, test: Callable[[], bool]) -> None:
        """Return when the bridge's model says so."""
        assert await self.service.outcomes.until(test, DEADLINE_S)

    def state(self, number: str) -> AgentState:
        return self.service.reach.world.agents[MemberName(number)].state


class Desk(NamedTuple):
    """The first agent's orders about one call."""

    office: Office
    call: CallId

    def hold(self) -> rooms.Hold:
        return rooms.Hold(self.call, ME, "test")

    def resume(self) -> rooms.Resume:
        return rooms.Resume(self.call, ME, "test")

    def consult(self, to: str = "1002") -> rooms.Consult:
        return rooms.Consult(self.call, ME, to, "test")

    def cancel(self) -> rooms.CancelConsult:
        return rooms.CancelConsult(self.call, ME, "test")

    def complete(self) -> rooms.CompleteTransfer:
        return rooms.CompleteTransfer(self.call, ME, "test")

    def swap(self) -> rooms.Swap:
        return rooms.Swap(self.call, ME, "test")

    def merge(self) -> rooms.Merge:
        return rooms.Merge(self.call, ME, "test")

    def invite(self, to: str) -> conference.Invite:
        return conference.Invite(self.call, ME, to, "test")

    def cancel_invite(self, invite: str = "") -> conference.CancelInvite:
        return conference.CancelInvite(self.call, ME, "test", invite)

    def drop(self, leg: Uniqueid) -> conference.Drop:
        return conference.Drop(self.call, ME, leg, "test")

    def mute(self, leg: Uniqueid) -> conference.Mute:
        return conference.Mute(self.call, ME, leg, "test")

    def unmute(self, leg: Uniqueid) -> conference.Unmute:
        return conference.Unmute(self.call, ME, leg, "test")

    def rejoin(self) -> conference.Rejoin:
        return conference.Rejoin(self.call, ME, "test")

    def hand_over(self, to: str) -> conference.HandOver:
        return conference.HandOver(self.call, ME, to, "test")

    def emergency(self, number: str) -> conference.Emergency:
        return conference.Emergency(ME, number, "test", self.call)


@asynccontextmanager
async def office(rig: Rig, folder: Path, directory: Sequence[Entry] = ()) -> AsyncIterator[Office]:
    """The bridge of this rig's site, in this process; ``directory``: whom its agents may ask."""
    ami = msgspec.structs.replace(rig.site.pbx.ami, host="127.0.0.1", port=rig.lab.ports.ami)
    site = msgspec.structs.replace(rig.site, pbx=msgspec.structs.replace(rig.site.pbx, ami=ami))
    file = folder / "site.toml"
    await asyncio.to_thread((folder / "var").mkdir, parents=True)
    database = await Database.open(database_url(file, site))
    await AgentStore(database).import_agents(rig.agents)
    await SpecialistStore(database).change(lambda _: directory)
    await database.close()
    async with Service.open(site, rig.secrets, home_of(file, site)) as service:
        work = asyncio.create_task(service.run())
        await asyncio.wait_for(service.ready.wait(), DEADLINE_S)
        try:
            yield Office(rig, service)
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
