"""A real PBX with plain phones, its bridge with a gateway, and people with accounts."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from agent_bridge.client import Client
from agent_bridge.errors import Refused
from agent_bridge.wire.messages import Hit
from telephony.database.database import Database
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Department, Specialist
from telephony.model.ids import MemberName, QueueName
from telephony.places import database_url, secrets_of
from telephony.secrets import read_secrets
from tests.acceptance.stage import TRUNK_HOST, Stage, people, site
from zhitong.access.accounts import Account
from zhitong.access.passwords import Passwords
from zhitong.access.roles import Role
from zhitong.access.store import AccountStore, New
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Ring
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

PASSWORD = "correct horse 12345"
CITIZEN = "13800000001"
ENOUGH_S = 60.0


class Hall:
    """``citizen`` and ``phones`` (by agent's number) can be heard and told what to do."""

    def __init__(self, scene: Scene, citizen: Phone, phones: dict[str, Phone]) -> None:
        gateway = scene.site.gateway
        assert gateway is not None
        self.scene, self.citizen, self.phones = scene, citizen, phones
        self.auth = f"http://127.0.0.1:{scene.site.http.port}"
        self.url = f"ws://127.0.0.1:{gateway.port}/agent"

    async def engage(self, accounts: Iterable[Account]) -> None:
        """Give these accounts, all with one password."""
        passwords = Passwords()
        hashed = await passwords.hash(PASSWORD)
        passwords.close()
        database = await Database.open(database_url(self.scene.site_file, self.scene.site))
        try:
            await AccountStore(database).add([New(account, hashed) for account in accounts])
        finally:
            await database.close()

    async def directory(self, account: str, *entries: Department | Specialist) -> None:
        """These alone are in the directory of specialists, and desktops find them, as this account sees."""
        database = await Database.open(database_url(self.scene.site_file, self.scene.site))
        try:
            await SpecialistStore(database).change(lambda _: entries)
        finally:
            await database.close()
        async with self.desktop(account, "looks-up") as desktop, asyncio.timeout(ENOUGH_S):
            while True:
                if [hit.code for hit in await _found(desktop, entries[-1].name)] == [entries[-1].code]:
                    return
                await asyncio.sleep(0.1)

    async def token(self, account: str) -> str:
        """As people get it: over HTTP, for a password."""
        asked = {"account": account, "password": PASSWORD}
        async with aiohttp.ClientSession() as http, http.post(f"{self.auth}/auth/token", json=asked) as response:
            assert response.status == 200, await response.text()
            return str((await response.json())["token"])

    @asynccontextmanager
    async def desktop(self, account: str, client_id: str = "seat", *urls: str) -> AsyncIterator[Client]:
        """A client of this account, connected."""
        async with Client(urls or [self.url], lambda: self.token(account), client_id, first_pause_s=0.1) as client:
            await client.connected(ENOUGH_S)
            yield client


async def _found(desktop: Client, name: str) -> tuple[Hit, ...]:
    try:
        return (await desktop.search(name)).hits
    except Refused:  # it has not been read yet
        return ()


def _tables(http: int, gateway: int, redis: str) -> str:
    store = f'[store]\nredis_url = "{redis}"\n' if redis else ""
    return f"""
{store}
[http]
port = {http}

[gateway]
port = {gateway}
heartbeat_s = 2

[[phone_profile]]
name = "standard"
talk = true
"""


async def _registered(scene: Scene, numbers: Iterable[str]) -> bool:
    contacts = await scene.lab.pbx.cli("pjsip show contacts")
    return all(f" {number}/sip:" in contacts for number in numbers)


def free_port() -> int:
    with socket.socket() as here:
        here.bind(("127.0.0.1", 0))
        return int(here.getsockname()[1])


@asynccontextmanager
async def hall(directory: Path, tools: Tools, *numbers: str, redis: str = "") -> AsyncIterator[Hall]:
    """Agents of the queue ``service``, none signed in, each with an account of their number; a supervisor ``boss``.
    ``redis``: the URL of a server between the bridge and gateways."""
    out: list[int] = []

    def text(ports: Ports) -> str:
        out.append(ports.take())
        return site(
            ports,
            queue="join_empty = true\nleave_empty = false",
            rest=_tables(free_port(), free_port(), redis),
            trunk=f"port = {out[0]}",
            host=TRUNK_HOST,
        )

    async with Scene.open(directory, tools, text, people(numbers), contacts=False) as scene, AsyncExitStack() as stack:
        place = ("127.0.0.1", scene.site.sip.port)
        passwords = read_secrets(secrets_of(scene.site_file, scene.site)).phones
        outside = Setup(host=TRUNK_HOST, port=out[0])
        phone = await Phone.start(CITIZEN, "", place, 450, register=False, setup=outside)
        citizen = await stack.enter_async_context(phone)
        phones = {}
        for at, number in enumerate(numbers):
            phone = await Phone.start(number, passwords[number], place, 700 + 300 * at)
            phones[number] = await stack.enter_async_context(phone)
            phone.on_invite = Ring()
        async with asyncio.timeout(ENOUGH_S):
            while not await _registered(scene, numbers):  # noqa: ASYNC110  # the PBX does not tell
                await asyncio.sleep(0.1)
        here = Hall(scene, citizen, phones)
        agents = [Account(number, Role.AGENT, MemberName(number), must_change=False) for number in numbers]
        boss = Account("boss", Role.SUPERVISOR, None, frozenset({QueueName("*")}), must_change=False)
        await here.engage([*agents, boss])
        yield here
        await Stage(scene).quiet(ENOUGH_S)
