"""A site whose citizen is missed, its agents' phones, and the ledger as a second program sees it.

The bridge is a process of ``zhitong serve``; calls are ordered at its socket, as the command line does.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from telephony.control.commands import Answer, Request, Taken
from telephony.control.orders.ledger import CallBack
from telephony.control.socket import ask
from telephony.ledger.entry import Entry
from telephony.ledger.query import Detail, EntryQuery
from telephony.ledger.store import Ledger
from telephony.ledger.terms import EntryId, EntryState
from telephony.model.ids import MemberName
from telephony.numbers.kinds import Rules
from telephony.places import control_of, secrets_of
from telephony.secrets import read_secrets
from tests.acceptance.stage import ALWAYS, TRUNK_HOST, Stage, people, site
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer as PickUp
from zhitong.lab.phones.policy import OnInvite, Ring
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

CITIZEN = "13800000001"
ONE = EntryId(1)
ENOUGH_S = 90.0


class Desk:
    """A citizen behind the trunk, agents in the order of their numbers from 1001, and the ledger."""

    def __init__(self, scene: Scene, citizen: Phone, agents: list[Phone]) -> None:
        self.scene, self.citizen, self.agents = scene, citizen, agents
        self.agent = agents[0]
        self.ledger = Ledger(scene._database, Rules())

    async def misses(self, number: str = "12345") -> None:
        """The citizen calls, the agents' phones ring, nobody answers, the citizen gives up."""
        for agent in self.agents:
            agent.on_invite = Ring()
        before = len(await self.scene.records())
        call = await self.citizen.call(number)
        await self.rings()
        await call.hangup()
        await self.scene.records_of(before + 1)
        await self.idle()
        for agent in self.agents:
            while not agent._incoming.empty():
                agent._incoming.get_nowait()

    async def rings(self) -> None:
        """Return when one of the agents' phones rings for the citizen."""
        async with asyncio.timeout(ENOUGH_S):
            while all(agent._incoming.empty() for agent in self.agents):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def idle(self) -> None:
        """Return when the PBX has no channel and the queue could ring every phone that is registered."""
        stage = Stage(self.scene)
        await stage.quiet(ENOUGH_S)
        await stage.reachable([agent.account.number for agent in self.agents], ENOUGH_S)

    async def queue_shows(self, words: str) -> None:
        """Return when the PBX's list of the queue has these words."""
        async with asyncio.timeout(ENOUGH_S):
            while words not in await self.scene.lab.pbx.cli("queue show service"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def gets_through(self) -> None:
        self.agent.on_invite = PickUp()
        before = len(await self.scene.records())
        call = await self.citizen.call("12345")
        await call.answered()
        taken = await self.agent.next_call()
        await taken.hears()
        await call.hangup()
        await self.scene.records_of(before + 1)

    async def order(self, agent: str = "1001", key: str = "") -> Answer:
        """As ``zhitong missed call 1 --agent 1001``."""
        command = CallBack(ONE, "li", MemberName(agent))
        control = control_of(self.scene.site_file, self.scene.site)
        return await ask(control, Request(key or uuid.uuid4().hex, command, 30.0))

    async def called_back(self, agent: OnInvite, citizen: OnInvite) -> Detail:
        self.agent.on_invite, self.citizen.on_invite = agent, citizen
        answer = await self.order()
        assert answer.taken is Taken.ACCEPTED, answer.why
        return await self.settled()

    async def settled(self) -> Detail:
        """What the bridge itself has written, once the last try has an outcome and the PBX is silent: this test follows
        nothing for it. A try that was given up for a moment, until its record comes, has its record's outcome by then.
        """
        await Stage(self.scene).quiet(ENOUGH_S)
        return await self.until(lambda found: bool(found.attempts) and found.attempts[-1].call_id is not None)

    async def until(self, ready: Callable[[Detail], bool]) -> Detail:
        """What the ledger says of the entry once it is so."""
        detail = await self.ledger.detail(ONE)
        async with asyncio.timeout(ENOUGH_S):
            while not ready(detail):
                await asyncio.sleep(0.2)
                detail = await self.ledger.detail(ONE)
        return detail

    async def noted(self) -> Entry:
        """The entry of the missed call, once the bridge has it in the ledger."""
        every = EntryQuery(states=tuple(EntryState))
        async with asyncio.timeout(ENOUGH_S):
            while not (found := await self.ledger.entries(every)):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        return found[0].entry


def _site(port: list[int], ports: Ports) -> str:
    port.append(ports.take())
    return site(ports, rest=ALWAYS, trunk=f"port = {port[0]}", host=TRUNK_HOST)


@asynccontextmanager
async def desk(directory: Path, tools: Tools, agents: int = 1, citizen: str = CITIZEN) -> AsyncIterator[Desk]:
    port: list[int] = []
    numbers = [f"{1001 + index}" for index in range(agents)]
    text = partial(_site, port)
    async with Scene.open(directory, tools, text, people(numbers), contacts=False) as scene, AsyncExitStack() as stack:
        place = ("127.0.0.1", scene.site.sip.port)
        setup = Setup(host=TRUNK_HOST, port=port[0])
        caller = await stack.enter_async_context(await Phone.start(citizen, "", place, register=False, setup=setup))
        passwords = read_secrets(secrets_of(scene.site_file, scene.site)).phones
        phones = [await stack.enter_async_context(await Phone.start(n, passwords[n], place)) for n in numbers]
        room = Desk(scene, caller, phones)
        await room.idle()
        yield room
