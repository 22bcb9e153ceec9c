"""``zhitong phones``: what a phone gets over HTTP, and what everybody else gets."""

import asyncio
import json
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest

from telephony.config import read_site
from telephony.database.database import Database
from telephony.directory.agents import Agent, QueueMembership
from telephony.directory.store import AgentStore
from telephony.journal.agent.keys import keys_in, make_keys
from telephony.model.ids import MemberName, QueueName
from telephony.places import database_url
from telephony.secrets import ensure_secrets
from tests.unit.dialplans.handsets.phones import yealink
from tests.unit.zhitong.access.deeds import deeds, written
from zhitong.cli.provisioning.app import MISSES, serving
from zhitong.cli.provisioning.links import Links, address_of, links_of

SITE = """\
name = "某市12345"
hotline = ["12345"]
[sip]
bind = "192.0.2.5"
[[trunk]]
name = "carrier"
hosts = ["192.0.2.1"]
[[queue]]
name = "hotline"
[phones]
url = "http://127.0.0.1:1"
"""
AGENTS = [
    Agent(MemberName(number), "张三", (QueueMembership(QueueName("hotline")),), number) for number in ("1001", "1002")
]


class Desk:
    """A site with two agents."""

    def __init__(self, folder: Path) -> None:
        self.site_file = folder / "site.toml"
        self.var = folder / "var"
        self.site_file.write_text(SITE, encoding="utf-8")
        self.password = ensure_secrets(self.var / "secrets.toml", ["1001"]).phones["1001"]

    async def have(self, agents: Sequence[Agent]) -> None:
        """These and nobody else."""
        database = await Database.open(database_url(self.site_file, read_site(self.site_file)))
        await AgentStore(database).import_agents(agents, replace=True)
        await database.close()

    def link(self, number: str, model: str, mac: str | None = None, *, once: bool = False) -> str:
        """The path of a new link."""
        site = read_site(self.site_file)
        token = Links(links_of(self.site_file, site)).make(number, model, "li", hours=1, mac=mac, once=once)
        return address_of(site, model, token, mac).removeprefix("http://127.0.0.1:1")

    def audit(self, deed: str) -> list[dict[str, object]]:
        return [found for found in deeds(self.var) if found["deed"] == deed]


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    await made.have(AGENTS)
    return made


class Web:
    """What a phone, or anybody, gets."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session, self._base = session, base

    async def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        async with self._session.request(method, self._base + path) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.status, await answer.text()


@asynccontextmanager
async def open_web(desk: Desk) -> AsyncIterator[Web]:
    async with serving(desk.site_file, "127.0.0.1", 0, None) as port, aiohttp.ClientSession() as session:
        yield Web(session, f"http://127.0.0.1:{port}")


async def test_a_phone_gets_its_file_and_it_is_on_record(desk: Desk) -> None:
    path = desk.link("1001", "yealink-t4x", "805ec0123456")
    assert path.endswith("/")  # the phone adds the name
    async with open_web(desk) as web:
        status, text = await web.get(path + "805ec0123456.cfg")
        assert status == 200
        assert yealink(text)["account.1.password"] == desk.password
        assert await web.get(path + "y000000000066.cfg") == (404, "not found\n")
        assert await web.get(path + "805ec0123457.cfg") == (404, "not found\n")
    (fetch,) = desk.audit("phone fetch")
    assert {key: fetch[key] for key in ("number", "model", "peer", "by", "mac")} == {
        "number": "1001",
        "model": "yealink-t4x",
        "peer": "127.0.0.1",
        "by": "li",
        "mac": "805ec0123456",
    }
    kept = written(desk.var) + (desk.var / "phones.json").read_text(encoding="utf-8")
    assert desk.password not in kept
    assert path.split("/")[2] not in kept


async def test_a_link_for_one_fetch(desk: Desk) -> None:
    path = desk.link("1001", "grandstream-grp261x", once=True)
    async with open_web(desk) as web:
        assert (await web.get(path, "HEAD"))[0] == 200  # gives nothing away, and takes nothing
        assert (await web.get(path))[0] == 200
        assert (await web.get(path))[0] == 404


async def test_what_changed_is_served_as_it_is_now(desk: Desk) -> None:
    path = desk.link("1001", "yealink-t4x")
    async with open_web(desk) as web:
        await desk.have([msgspec.structs.replace(AGENTS[0], name="王五")])
        assert yealink((await web.get(path))[1])["account.1.display_name"] == "王五"
        await desk.have([])
        assert (await web.get(path))[0] == 404


async def test_guessing_is_told_nothing_and_soon_stopped(desk: Desk) -> None:
    path = desk.link("1001", "yealink-t4x")
    async with open_web(desk) as web:
        for other in ("/", "/p/", "/p/x", "/p/%2e%2e/site.toml", "/agents", path + "x"):
            assert await web.get(other) == (404, "not found\n")
        for method in ("POST", "PUT", "DELETE"):
            assert await web.get(path, method) == (404, "not found\n")
        for at in range(MISSES):
            assert await web.get(f"/p/{at:043d}/phone.cfg") == (404, "not found\n")
        assert (await web.get(f"/p/{0:043d}/phone.cfg"))[0] == 429
        assert (await web.get(path))[0] == 429  # until a minute is over: whoever guesses is that peer


async def test_a_phone_that_asks_for_many_names_is_no_guesser(desk: Desk) -> None:
    path = desk.link("1001", "yealink-t4x", "805ec0123456")
    async with open_web(desk) as web:
        for name in ("y000000000066.boot", "805ec0123456.boot", "y000000000066.cfg") * MISSES:
            assert (await web.get(path + name))[0] == 404
        assert (await web.get(path + "805ec0123456.cfg"))[0] == 200


async def test_the_command_serves_over_tls_until_told_to_stop(desk: Desk, tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", ["127.0.0.1"])
    keys = keys_in(tmp_path / "keys")
    path = desk.link("1001", "yealink-t4x")
    words = (
        "--bind",
        "127.0.0.1",
        "--port",
        "0",
        "--cert",
        str(keys.certificate),
        "--key",
        str(keys.key),
        "--log",
        "json",
    )
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "zhitong", "phones", "serve", *words),
        env=os.environ | {"ZHITONG_SITE": str(desk.site_file)},
        stderr=asyncio.subprocess.PIPE,
    )
    assert program.stderr
    try:
        async with asyncio.timeout(60):
            told = json.loads(await program.stderr.readline())
        assert told["tls"] is True
        context = ssl.create_default_context(cafile=str(keys.certificate))
        async with aiohttp.ClientSession() as session:
            address = f"https://127.0.0.1:{told['port']}{path}"
            async with session.get(address, ssl=context) as answer:
                assert yealink(await answer.text())["account.1.password"] == desk.password
            with pytest.raises(aiohttp.ClientError):
                await session.get(address.replace("https:", "http:"))
        program.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            rest = (await program.stderr.read()).decode()
            assert await program.wait() == 0
        assert desk.password not in rest
        assert path.split("/")[2] not in rest
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
