"""Many conferences at once on a real Asterisk: citizens, agents with desktops, people to ask, all of whom can be heard.

The bridge is a process of its own with a gateway, so that it can be killed; everybody else is in this process.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent_bridge.client import Client
from telephony.directory.agents import Agent as Person
from telephony.directory.agents import QueueMembership
from telephony.directory.entries import Entry
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Code, Department, Specialist
from telephony.live.documents import CallDocument
from telephony.model.ids import MemberName, QueueName
from telephony.model.machines import AgentState
from telephony.places import secrets_of
from telephony.secrets import read_secrets
from zhitong.access.accounts import Account
from zhitong.access.opening import tokens_of
from zhitong.access.roles import Role
from zhitong.access.store import AccountStore, New
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer, Ring
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene, head

QUEUE, APART = QueueName("service"), QueueName("apart")
TRUNK_HOST = "127.0.0.2"
MUSIC, RINGBACK, CITIZEN, GUEST, AGENT, SECOND = 300, 450, 600, 750, 1000, 1200
"""What each is heard by, in Hz; a hundred apart at least. The PBX's own ring-back is 450."""
DEPARTMENT = "8100"
"""Of all whom an agent may ask, one after another."""
PATIENCE_S = 60.0
_LOOK_S = 0.05
_HASH = "!"  # no password fits it
_FIRST_AGENT, _FIRST_GUEST, _FIRST_SECOND = 2001, 3001, 4001


@dataclass(slots=True)
class Seat:
    """An agent's phone and desktop; a citizen who may call; two who may be asked, by their numbers."""

    citizen: Phone
    agent: Phone
    guest: Phone
    second: Phone | None
    desktop: Client

    @property
    def number(self) -> str:
        return self.agent.account.number

    @property
    def code(self) -> str:
        """Of the guest, in the directory."""
        return _code(self.guest.account.number)


@dataclass(slots=True)
class Conference:
    """A citizen's call, from the agent's answer on."""

    seat: Seat
    citizen: Call
    agent: Call
    call: str
    guests: list[Call] = field(default_factory=list)

    @property
    def guest(self) -> Call:
        """The newest call of whom the agent asks first."""
        return self._newest(self.seat.guest)

    @property
    def second(self) -> Call:
        """And of the second."""
        assert self.seat.second is not None
        return self._newest(self.seat.second)

    def _newest(self, phone: Phone) -> Call:
        return next(call for call in reversed(self.guests) if call.own_number == phone.account.number)

    def has(self, phone: Phone | None) -> bool:
        """Whether a call of this phone's is of this conference, and up."""
        return phone is not None and any(g.is_up and g.own_number == phone.account.number for g in self.guests)

    @property
    def document(self) -> CallDocument | None:
        """As the agent's desktop shows it."""
        return next((call for call in self.seat.desktop.state.calls if call.call_id == self.call), None)

    async def ordered(self, what: str) -> None:
        """An order of the agent's desktop about this call, and its effect seen."""
        done = await self.seat.desktop.on_call(what, self.call)
        assert done.seen, f"{what}: its effect was not seen"

    async def asks(self, answer: bool = True) -> Call:
        """Who is asked rings, or has answered and talks aside with the agent."""
        self.seat.guest.on_invite = Answer() if answer else Ring()
        await self.seat.desktop.consult(self.call, self.seat.guest.account.number)
        return await self.comes(self.seat.guest, answered=answer)

    async def invites(self, phone: Phone | None, *, answer: bool = True) -> Call:
        """Who is invited rings, or has answered; they join the living call."""
        assert phone is not None
        phone.on_invite = Answer() if answer else Ring()
        await self.seat.desktop.invite(self.call, phone.account.number)
        return await self.comes(phone, answered=answer)

    def take_in(self) -> None:
        """Guests who came while nobody waited for them."""
        for phone in (self.seat.guest, self.seat.second):
            self.guests += [call for call in (phone.calls if phone else ()) if call not in self.guests]

    async def on_leg(self, what: str, guest: Call) -> None:
        """drop, mute, unmute: whom the document shows under this phone's number."""
        document = self.document
        assert document is not None
        leg = [party.leg for party in document.parties if party.who == guest.own_number][-1]
        await self.seat.desktop.on_leg(what, self.call, leg)

    async def comes(self, phone: Phone, *, answered: bool = True) -> Call:
        """The next call at this phone is of this conference."""
        guest = await phone.next_call(PATIENCE_S)
        self.guests.append(guest)
        if answered:
            await guest.answered(PATIENCE_S)
        return guest

    async def shows(self, *states: str) -> None:
        """Return when the desktop shows these states of agents and guests of the call, in any order."""
        wanted = sorted(states)
        try:
            await self.seat.desktop.until(lambda: self._states() == wanted, PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"{self.seat.number}: {wanted} was never shown; now {self.document}") from None

    @property
    def shows_muted(self) -> bool:
        """Whether the desktop shows somebody muted."""
        document = self.document
        return document is not None and any(party.muted for party in document.parties)

    def _states(self) -> list[str]:
        document = self.document
        parties = document.parties if document is not None else ()
        return sorted(party.state for party in parties if party.role != "caller")

    async def over(self) -> None:
        """The citizen hangs up, and whoever is left; no phone of theirs has a call any more."""
        for call in (self.citizen, *self.guests, *self.seat.agent.calls):
            await call.hangup(PATIENCE_S)


class Floor:
    """``scene`` has the PBX and the bridge."""

    def __init__(self, scene: Scene, seats: Sequence[Seat], tokens: dict[str, str]) -> None:
        self.scene, self.seats, self._tokens = scene, seats, tokens

    async def connected(self, count: int | None = None) -> list[Conference]:
        """So many citizens call at once, and each talks with an agent whose desktop shows the call."""
        seats = self.seats[: count or len(self.seats)]
        made = await asyncio.gather(*(seat.citizen.call("12345") for seat in seats))
        taken = await asyncio.gather(*(self._taken(call) for call in made))
        await asyncio.gather(*(call.answered(PATIENCE_S) for call in (*made, *(call for _, call in taken))))
        pairs = zip(made, taken, strict=True)
        return [Conference(seat, citizen, agent, await shown(seat)) for citizen, (seat, agent) in pairs]

    async def _taken(self, citizen: Call) -> tuple[Seat, Call]:
        """The agent whose phone rings for this citizen."""
        number = citizen.own_number
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for seat in self.seats:
                    newest = seat.agent.calls[-1] if seat.agent.calls else None
                    if newest is not None and newest.ending is None and newest.number == number:
                        return seat, newest
                await asyncio.sleep(_LOOK_S)

    async def back(self) -> None:
        """The bridge is started anew, and every desktop is connected to it."""
        hellos = [seat.desktop.hellos for seat in self.seats]
        await self.scene.bridge.start()
        for seat, before in zip(self.seats, hellos, strict=True):
            await seat.desktop.until(_more(seat.desktop, before), PATIENCE_S)

    @contextlib.asynccontextmanager
    async def supervisor(self, number: str) -> AsyncIterator[Client]:
        """A desktop of whoever has this second phone, as a supervisor who may see every queue."""
        gateway = self.scene.site.gateway
        url = f"ws://127.0.0.1:{gateway.port}/agent" if gateway is not None else ""
        async with Client([url], self._tokens[number], f"boss-{number}", first_pause_s=0.2) as desktop:
            await desktop.connected(PATIENCE_S)
            yield desktop

    async def quiet(self) -> None:
        """Return when the PBX has no channel left."""
        async with asyncio.timeout(PATIENCE_S):
            while not (await self.scene.lab.pbx.cli("core show channels count")).startswith("0 "):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_S)


def _more(desktop: Client, before: int) -> Callable[[], bool]:
    return lambda: desktop.hellos > before


async def shown(seat: Seat) -> str:
    """The call in which the seat's desktop shows its agent talking."""

    def talks() -> list[str]:
        agent = seat.desktop.state.agent(seat.number)
        return list(agent.calls) if agent is not None and agent.state == AgentState.ON_CALL else []

    await seat.desktop.until(lambda: bool(talks()), PATIENCE_S)
    return talks()[-1]


def _site(taken: list[int], rest: str, ports: Ports) -> str:
    taken += [ports.take(), ports.take()]
    return f"""{head(ports, trunk=f"port = {taken[0]}", host=TRUNK_HOST)}
[[queue]]
name = "{QUEUE}"
[[queue]]
name = "{APART}"
[gateway]
host = "127.0.0.1"
port = {taken[1]}
heartbeat_s = 15
[agents]
sign_in = "always"
{rest}
"""


def _code(number: str) -> Code:
    """The directory's for one of the people who may be asked."""
    return Code(f"81{int(number) % 100:02}" if number.startswith("3") else f"82{int(number) % 100:02}")


def _directory(numbers: Iterable[str]) -> list[Entry]:
    """One department; each of these is a specialist of it, always on duty."""
    home = Department(Code(DEPARTMENT), "人力资源和社会保障局", "人社局")
    return [home, *(Specialist(_code(number), f"专员{number}", home.code, (number,)) for number in numbers)]


def _people(first: int, count: int, queue: QueueName) -> list[Person]:
    numbers = [str(first + at) for at in range(count)]
    return [Person(MemberName(n), f"坐席{n}", (QueueMembership(queue),), n) for n in numbers]


@contextlib.asynccontextmanager
async def floor(
    folder: Path, tools: Tools, seats: int, *, seconds: int = 0, rest: str = "", desktops: bool = True
) -> AsyncIterator[Floor]:
    """So many seats, the bridge at work, nobody on the line. ``seconds``: how many seats have a second one to ask;
    ``rest``: more tables of site.toml. Without ``desktops`` these are not connected."""
    persons = _people(_FIRST_AGENT, seats, QUEUE) + _people(_FIRST_GUEST, seats, APART)
    persons += _people(_FIRST_SECOND, seconds, APART)
    taken: list[int] = []
    async with (
        Scene.open(folder, tools, lambda ports: _site(taken, rest, ports), persons, contacts=False) as scene,
        contextlib.AsyncExitStack() as stack,
    ):
        phones = {person.phone: await _phone(scene, stack, person.phone) for person in persons}
        asked = [person.phone for person in persons[seats:]]
        await SpecialistStore(scene._database).change(lambda _: _directory(asked))
        agents = [str(_FIRST_AGENT + at) for at in range(seats)]
        tokens = await _tokens(scene, [*map(_agent, agents), *map(_supervisor, asked[seats:])])
        made = []
        for at in range(seats):
            number = str(_FIRST_AGENT + at)
            desktop = Client([f"ws://127.0.0.1:{taken[1]}/agent"], tokens[number], f"seat-{number}", first_pause_s=0.2)
            if desktops:
                await stack.enter_async_context(desktop)
            outside = Setup(host=TRUNK_HOST)
            server = ("127.0.0.1", scene.site.sip.port)
            citizen = await Phone.start(f"1380000{at:04d}", "", server, CITIZEN, register=False, setup=outside)
            await stack.enter_async_context(citizen)
            second = phones.get(str(_FIRST_SECOND + at))
            made.append(Seat(citizen, phones[number], phones[str(_FIRST_GUEST + at)], second, desktop))
        here = Floor(scene, made, tokens)
        await _ready(here, desktops)
        yield here


async def _phone(scene: Scene, stack: contextlib.AsyncExitStack, number: str) -> Phone:
    passwords = read_secrets(secrets_of(scene.site_file, scene.site)).phones
    hz = {"2": AGENT, "3": GUEST, "4": SECOND}[number[0]]
    phone = await Phone.start(number, passwords[number], ("127.0.0.1", scene.site.sip.port), hz)
    return await stack.enter_async_context(phone)


def _agent(number: str) -> Account:
    return Account(number, Role.AGENT, MemberName(number), must_change=False)


def _supervisor(number: str) -> Account:
    return Account(number, Role.SUPERVISOR, MemberName(number), frozenset({QueueName("*")}), must_change=False)


async def _tokens(scene: Scene, accounts: Sequence[Account]) -> dict[str, str]:
    """One for each account, as signing in would give it, without a password's cost for each."""
    store = AccountStore(scene._database)
    await store.add([New(account, _HASH) for account in accounts])
    tokens, _ = tokens_of(scene.site_file, scene.site, scene._database)
    issued = {kept.name: await tokens.issue(kept, _seen(kept)) for kept in await store.all()}
    return {name: each.token for name, each in issued.items()}


def _seen(account: Account) -> frozenset[QueueName]:
    return account.queues or frozenset({QUEUE})


async def _ready(here: Floor, desktops: bool) -> None:
    """The queues know that every phone can be rung, and desktops are welcome."""
    if desktops:
        for seat in here.seats:
            await seat.desktop.connected(PATIENCE_S)
    numbers = [phone.account.number for seat in here.seats for phone in (seat.agent, seat.guest, seat.second) if phone]
    async with asyncio.timeout(PATIENCE_S):
        while True:
            lines = (await here.scene.lab.pbx.cli("queue show")).splitlines()
            free = [line for line in lines if "Not in use" in line]
            if all(any(f"PJSIP/{number}" in line for line in free) for number in numbers):
                return
            await asyncio.sleep(_LOOK_S)
