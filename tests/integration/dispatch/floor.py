"""A real PBX whose queues stand in pairs, one left to app_queue and one woken, with a listener that hears every event.

``stock…`` and ``woken…`` have the same settings, callers who do the same, and agents of their own who do the same: what
differs between the two books is what waking has done.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from telephony.ami.actions import Action, ControlPlayback, Reply
from telephony.directory.agents import Agent as Person
from telephony.model.ids import QueueName
from telephony.places import home_of, secrets_of
from telephony.secrets import generate, read_secrets
from telephony.service import Service
from tests.acceptance.stage import TRUNK_HOST
from tests.integration.dialplans.manager import Manager, Message
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Ring
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene, head
from zhitong.lab.roles import Agent

ENOUGH_S = 90.0
KNOWN = ("Session already DISCONNECTED", "Don't know how to indicate condition 1000")
STOCK, WOKEN = QueueName("stock"), QueueName("woken")
REST = """
[agents]
sign_in = "always"
[desk]
after_missed = "next"
after_refused = "next"
[dispatch]
on = true
"""


class Sent(NamedTuple):
    """A wake, as it left: the caller's channel, and how many events the listener had heard by then."""

    channel: str
    heard: int


class Floor:
    """``ear`` hears all classes of events, DTMF among them, and may do anything. ``sent``: each wake of the bridge."""

    def __init__(self, scene: Scene, ear: Manager, phones: AsyncExitStack) -> None:
        self.scene, self.lab, self.ear = scene, scene.lab, ear
        self.service: Service | None = None
        self.sent: list[Sent] = []
        self._phones = phones
        self._secrets = read_secrets(secrets_of(scene.site_file, scene.site))

    # --- people ------------------------------------------------------------------------------------------------

    async def agent(self, number: str, hz: int | None = None) -> Phone:
        """A phone that hears, registered; its queues know of it."""
        phone = await self.registered(number, hz)
        await self.free([number])
        return phone

    async def registered(self, number: str, hz: int | None = None) -> Phone:
        """One that may be rung the moment it has registered, and lets it ring."""
        place = ("127.0.0.1", self.lab.ports.sip)
        phone = await Phone.start(number, self._secrets.phones[number], place, hz, register=False)
        await self._phones.enter_async_context(phone)
        phone.on_invite = Ring()
        await phone.registration.begin()
        return phone

    async def agents(self, agents: Sequence[Agent]) -> None:
        """Phones that do as they are told, on a floor with ``contacts``."""
        await self.lab.agents(agents)
        await self.free([agent.number for agent in agents])

    async def citizen(self, number: str, hz: int | None = None) -> Phone:
        setup = Setup(host=TRUNK_HOST)
        place = ("127.0.0.1", self.lab.ports.sip)
        return await self._phones.enter_async_context(
            await Phone.start(number, "", place, hz, register=False, setup=setup)
        )

    async def free(self, numbers: Iterable[str]) -> None:
        """Return when all queues of these agents can have their phones rung."""
        waited_for = {f"PJSIP/{number}" for number in numbers}

        async def there() -> bool:
            lines = [line for line in (await self.lab.pbx.cli("queue show")).splitlines() if "PJSIP/" in line]
            mine = [line for line in lines if any(f"{phone})" in line or f"{phone} " in line for phone in waited_for)]
            return all("Not in use" in line for line in mine)

        await self.until(there)

    # --- time ----------------------------------------------------------------------------------------------------

    async def until(self, true: Callable[[], object]) -> None:
        """Return when it is; ``true`` may be awaitable. The PBX tells of few things that tests wait for."""
        async with asyncio.timeout(ENOUGH_S):
            while True:
                said = true()
                if await said if asyncio.iscoroutine(said) else said:
                    return
                await asyncio.sleep(0.05)

    async def waiting(self, count: int, queue: str) -> list[Message]:
        """Return when so many callers have joined this queue: their joins, in order."""
        await self.until(lambda: len(self.ear.all("QueueCallerJoin", Queue=queue)) >= count)
        return self.ear.all("QueueCallerJoin", Queue=queue)

    async def quiet(self) -> None:
        """Return when the PBX has no channel left."""

        async def none_left() -> bool:
            return (await self.lab.pbx.cli("core show channels count")).startswith("0 ")

        await self.until(none_left)

    # --- the bridge ----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def bridge(self, *queues: str) -> AsyncIterator[Service]:
        """The bridge, in this process, once it wakes callers of these queues and of no other."""
        secrets = read_secrets(secrets_of(self.scene.site_file, self.scene.site))
        async with Service.open(self.scene.site, secrets, home_of(self.scene.site_file, self.scene.site)) as service:
            self._note(service)
            work = asyncio.create_task(service.run())
            try:
                await self.until(lambda: service.dispatcher.said)
                assert service.dispatcher.waker.allowed == set(queues)
                self.service = service
                yield service
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    def _note(self, service: Service) -> None:
        """Keep what the waker sends to the PBX."""
        send = service.dispatcher._act

        def act(action: Action, deadline_s: float) -> Awaitable[Reply]:
            if isinstance(action, ControlPlayback):
                self.sent.append(Sent(action.channel, len(self.ear.events)))
            return send(action, deadline_s)

        service.dispatcher._act = act

    async def wake(self, channel: str, may_be_gone: bool = False) -> None:
        """As the bridge does it, but when the test wants it."""
        action = ControlPlayback(channel)
        answer = await self.ear.ask(action.name, **dict(action.fields()))
        assert answer["Response"] == "Success" or (may_be_gone and answer["Message"] == "No such channel"), answer

    # --- the books -----------------------------------------------------------------------------------------------

    def queue_log(self) -> list[list[str]]:
        """Rows of queue_log: time, call, queue, agent, event, data …"""
        text = (self.lab.run / "log" / "queue_log").read_text(encoding="utf-8")
        return [line.split("|") for line in text.splitlines()]

    def complaints(self) -> list[str]:
        """What the PBX's log has of warnings and errors. Not how phones hang up, nor that a driver has no use for a
        wake that came as a phone began to ring (``KNOWN``)."""
        text = (self.lab.run / "log" / "messages.log").read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if "WARNING[" in line or "ERROR[" in line]
        return [line for line in lines if not any(words in line for words in KNOWN)]


def pair(name: str, keys: str = "") -> str:
    """Two queues of these keys: ``stock…``, which nobody wakes, and ``woken…``."""
    tables = (f'[[queue]]\nname = "{kind}{name}"\nwake = {wake}\n{keys}\n' for kind, wake in KINDS.items())
    return "".join(tables)


KINDS: Mapping[str, str] = {STOCK: "false", WOKEN: "true"}


def route(number: str, queue: str) -> str:
    return f'[[route]]\nnumbers = ["{number}"]\nqueues = {{ {queue} = 1 }}\n'


@asynccontextmanager
async def floor(
    directory: Path,
    tools: Tools,
    persons: Sequence[Person],
    queues: str,
    *,
    rest: str = "",
    trunk: str = "",
    contacts: bool = False,
) -> AsyncIterator[Floor]:
    """A PBX with these queues (TOML, routes among them), without a bridge as yet. Agents' phones register, or with
    ``contacts`` are SIPp's."""

    def text(ports: Ports) -> str:
        return f"{head(ports, trunk=trunk, host=TRUNK_HOST)}\n{queues}\n{REST}\n{rest}"

    async with (
        Scene.open(directory, tools, text, persons, bridge=False, contacts=contacts) as scene,
        AsyncExitStack() as phones,
    ):
        ear = await _listen(scene)
        phones.push_async_callback(ear.close)
        yield Floor(scene, ear, phones)


async def _listen(scene: Scene) -> Manager:
    """A manager user beside the bridge's, with every right and no filter."""
    conf, secret = scene.lab.etc / "manager.conf", generate()
    text = await asyncio.to_thread(conf.read_text, encoding="utf-8")
    ear = f"\n[ear]\nsecret = {secret}\nread = all\nwrite = all\npermit = 127.0.0.1/32\nwritetimeout = 10000\n"
    await asyncio.to_thread(conf.write_text, text + ear, encoding="utf-8")
    await scene.lab.pbx.cli("manager reload")
    return await Manager.open(scene.lab.ports.ami, "ear", secret)
