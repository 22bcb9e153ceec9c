"""A site on a real PBX with two queues, agents' phones and citizens that hum, and its bridge: orders go in at its
socket."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from telephony.control.commands import Answer, AnyOrder, Request, Taken
from telephony.control.socket import ask
from telephony.model.ids import CallId, MemberName, call_id_of
from telephony.places import control_of, secrets_of
from telephony.secrets import read_secrets
from tests.acceptance.stage import ALWAYS, TRUNK_HOST, Stage, people, site
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.callstate import State
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Ring
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

CITIZEN, OTHER = "13800000001", "13800000002"
HUM = {CITIZEN: 450, OTHER: 600, "1001": 1000, "1002": 700, "1003": 1350}
"""Who hums what, in Hz."""
ENOUGH_S = 60.0


class Office:
    def __init__(self, scene: Scene, citizens: dict[str, Phone], agents: dict[str, Phone]) -> None:
        self.scene, self.citizens, self.agents = scene, citizens, agents
        self.citizen = citizens[CITIZEN]
        self.ringing: dict[MemberName, Call] = {}
        """The newest call of each agent's that ``rings`` has seen."""

    async def order(self, order: AnyOrder, key: str = "", deadline_s: float = 10.0) -> Answer:
        """What the bridge answers."""
        control = control_of(self.scene.site_file, self.scene.site)
        return await ask(control, Request(key or uuid.uuid4().hex, order, deadline_s))

    async def done(self, order: AnyOrder) -> Answer:
        """Carried out, and its effect seen."""
        answer = await self.order(order)
        assert (answer.taken, answer.seen) == (Taken.ACCEPTED, True), answer
        return answer

    async def call_id(self, number: str = CITIZEN) -> CallId:
        """The id of this citizen's live call."""
        async with asyncio.timeout(ENOUGH_S):
            while True:
                for line in (await self.scene.lab.pbx.cli("core show channels concise")).splitlines():
                    fields = line.split("!")
                    if fields[0].startswith("PJSIP/trunk-") and fields[7] == number:
                        return call_id_of(self.scene.site.pbx.systemname, fields[-1])
                await asyncio.sleep(0.1)

    async def rings(self) -> MemberName:
        """The agent whose phone is ringing by now; what stopped ringing does not count."""
        async with asyncio.timeout(ENOUGH_S):
            while True:
                for number, phone in self.agents.items():
                    while not phone._incoming.empty():
                        call = await phone.next_call()
                        self.ringing[MemberName(number)] = call
                        if call.state is State.RINGING:
                            return MemberName(number)
                await asyncio.sleep(0.02)

    async def rings_at(self, number: str) -> None:
        """Return when this agent's phone rings."""
        async with asyncio.timeout(ENOUGH_S):
            while await self.rings() != number:
                pass

    async def free(self, number: str) -> None:
        """Return when this agent's phone has no channel."""
        async with asyncio.timeout(ENOUGH_S):
            while f"PJSIP/{number}-" in await self.scene.lab.pbx.cli("core show channels concise"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def quiet(self) -> None:
        """Return when the PBX has no channel left."""
        await Stage(self.scene).quiet(ENOUGH_S)


def _site(port: list[int], rest: str, ports: Ports) -> str:
    port.append(ports.take())
    other = '[[queue]]\nname = "other"\njoin_empty = true\nleave_empty = false\n'
    other += '[[phone_profile]]\nname = "standard"\ntalk = true\n'
    return site(ports, rest=other + ALWAYS + rest, trunk=f"port = {port[0]}", host=TRUNK_HOST)


@asynccontextmanager
async def office(
    directory: Path, tools: Tools, *numbers: str, citizens: tuple[str, ...] = (CITIZEN,), rest: str = ""
) -> AsyncIterator[Office]:
    """Agents of the queue ``service``; the first citizen's phone is also whom calls to outside reach."""
    port: list[int] = []
    text = partial(_site, port, rest)
    async with Scene.open(directory, tools, text, people(numbers), contacts=False) as scene, AsyncExitStack() as stack:
        place = ("127.0.0.1", scene.site.sip.port)
        passwords = read_secrets(secrets_of(scene.site_file, scene.site)).phones
        outside = {}
        for number, at in zip(citizens, itertools.chain(port, itertools.repeat(0)), strict=False):
            setup = Setup(host=TRUNK_HOST, port=at)
            phone = await Phone.start(number, "", place, HUM[number], register=False, setup=setup)
            outside[number] = await stack.enter_async_context(phone)
        agents = {}
        for number in numbers:
            phone = await Phone.start(number, passwords[number], place, HUM[number])
            agents[number] = await stack.enter_async_context(phone)
            phone.on_invite = Ring()
        await Stage(scene).reachable(numbers, ENOUGH_S)
        yield Office(scene, outside, agents)
