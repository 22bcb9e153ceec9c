"""A lab in which several conferences are played at once. Each has a table of its own: a caller's phone, a queue with
one agent, and two specialists of the directory whom the player moves by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from telephony.directory.entries import Entry
from telephony.directory.specialists import Code, Department, Specialist
from telephony.model.ids import MemberName
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.listening import music_of
from tests.integration.dialplans.rig import Rig, agents_of
from tests.integration.rooms.hall import complaints
from tests.integration.rooms.office import DEADLINE_S, Office, office
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone
from zhitong.lab.phones.policy import Answer, OnInvite, Ring
from zhitong.lab.phones.tones import Tone

GUEST_TONES = (Tone.SPECIALIST, Tone.SUPERVISOR)
"""Of the first and of the second who is brought into a call."""


class Patience(NamedTuple):
    """How long the site lets an agent hold, and a specialist's phone ring."""

    hold_s: int = 120
    ring_s: int = 90


PATIENT = Patience()
HASTY = Patience(10, 5)
"""For what time does by itself."""


class Guest(NamedTuple):
    phone: Phone
    code: Code

    @property
    def hz(self) -> int:
        return int(self.phone.tone_hz or 0)

    @property
    def leg(self) -> Call:
        """Their newest call."""
        return self.phone.calls[-1]


class Table(NamedTuple):
    """What one conference at a time needs. ``dialled``: what the caller dials for this table's queue."""

    dialled: str
    caller: Phone
    agent: Phone
    guests: tuple[Guest, ...]

    @property
    def me(self) -> MemberName:
        return MemberName(self.agent.account.number)

    async def connected(self) -> Call:
        """The agent's call, once there is one that is up."""
        async with asyncio.timeout(DEADLINE_S):
            while not (self.agent.calls and self.agent.calls[-1].is_up):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return self.agent.calls[-1]

    def calls(self) -> list[Call]:
        """All that its phones have had."""
        phones = (self.caller, self.agent, *(guest.phone for guest in self.guests))
        return [call for phone in phones for call in phone.calls]

    async def cleared(self) -> None:
        """Everybody hangs up, whatever went wrong."""
        self.agent.on_invite = Answer()
        for call in self.calls():
            await call.hangup()


class Company(NamedTuple):
    rig: Rig
    bridge: Office
    tables: tuple[Table, ...]

    async def silent(self) -> None:
        """Return when the PBX has no channel left."""
        async with asyncio.timeout(DEADLINE_S):
            while not (await self.rig.lab.pbx.cli("core show channels count")).startswith("0 "):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@asynccontextmanager
async def company(make_rig: MakeRig, folder: Path, tables: int, patience: Patience = PATIENT) -> AsyncIterator[Company]:
    """So many conferences at once. Nothing may be left of them at the end, nor have been complained of."""
    numbers = range(1, tables + 1)
    people = [agent for number in numbers for agent in agents_of(f"10{number:02}", queues=f"q{number}")]
    people += [agent for number in numbers for agent in agents_of(f"11{number:02}", f"12{number:02}", queues="asked")]
    async with (
        make_rig(_site(tables, patience), people) as rig,
        office(rig, folder / "office", _directory(tables)) as bridge,
    ):
        await music_of(rig, folder / "music", Tone.MUSIC)
        there = Company(rig, bridge, tuple([await _table(rig, number) for number in numbers]))
        yield there
        await there.silent()
        assert complaints(rig) == []


def _site(tables: int, patience: Patience) -> str:
    """Each table's queue has a number of its own."""
    limits = f"[rooms]\nhold_max_s = {patience.hold_s}\n[conference]\nring_s = {patience.ring_s}\n"
    queues = [f'[[queue]]\nname = "q{number}"\n' for number in range(1, tables + 1)]
    routes = [
        f'[[route]]\nnumbers = ["961{number:02}"]\nqueues = {{ q{number} = 1 }}\n' for number in range(1, tables + 1)
    ]
    return '[agents]\nsign_in = "always"\n' + limits + "".join(queues) + '[[queue]]\nname = "asked"\n' + "".join(routes)


def _directory(tables: int) -> tuple[Entry, ...]:
    office = Code("8000")
    found: list[Entry] = [Department(office, "人力资源和社会保障局", "人社局")]
    for number in range(1, tables + 1):
        found += [
            Specialist(Code(f"8{series}{number:02}"), "林专员", office, (f"1{series}{number:02}",)) for series in (1, 2)
        ]
    return tuple(found)


async def _table(rig: Rig, number: int) -> Table:
    caller = await rig.citizen(f"138000010{number:02}")
    caller.tone_hz = Tone.CALLER
    guests = [
        Guest(await _phone(rig, f"1{series}{number:02}", hz, Ring()), Code(f"8{series}{number:02}"))
        for series, hz in enumerate(GUEST_TONES, 1)
    ]
    agent = await _phone(rig, f"10{number:02}", Tone.AGENT, Answer())
    return Table(f"961{number:02}", caller, agent, tuple(guests))


async def _phone(rig: Rig, number: str, hz: int, on_invite: OnInvite) -> Phone:
    phone = await rig.agent(number)
    phone.tone_hz, phone.on_invite = hz, on_invite
    return phone
