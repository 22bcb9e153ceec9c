"""``zhitong agents add`` and the others beside a real Asterisk: taken in under calls, or all as it was before."""

import asyncio
import contextlib
import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from telephony.config import read_site
from telephony.database.database import Database
from telephony.directory.agents import Agent, QueueMembership
from telephony.directory.store import AgentStore
from telephony.model.ids import MemberName, QueueName
from telephony.places import database_url
from telephony.secrets import read_secrets
from tests.integration.cli.typed import Typed, typed
from tests.integration.cli.ward import TRUNK, Ward, open_ward
from tests.unit.dialplans.handsets.camera import read_qr
from tests.unit.dialplans.handsets.phones import Sheet, grandstream, linphone, yealink
from tests.unit.zhitong.access.deeds import deeds, written
from zhitong.cli.provisioning.app import serving
from zhitong.lab.phones.errors import RegisterRefused
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Ring
from zhitong.lab.phones.tones import Tone
from zhitong.lab.phones.udp import now
from zhitong.lab.programs import Tools, find_tools

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools()


@asynccontextmanager
async def deployed(tmp_path: Path, tools: Tools, *, sign_in: str = "always", more: str = "") -> AsyncIterator[Ward]:
    """An Asterisk with agents 1001 and 1002, into whose folder the command may write."""
    async with open_ward(tmp_path, tools, more=more) as ward:
        ward.clinic.add(f'[pbx.deploy]\nfolder = "{ward.lab.etc}"\nmode = "new"\n')
        ward.clinic.change("[pbx.folders]\n", f'[pbx.folders]\nrun = "{ward.lab.pbx.socket.parent}"\n')
        ward.clinic.change('sign_in = "always"', f'sign_in = "{sign_in}"')
        ward.clinic.render()
        await ward.lab.pbx.start()
        yield ward


async def say(ward: Ward, *words: str | Path) -> Typed:
    return await typed(ward.clinic.site_file, *words)


async def directory(ward: Ward) -> list[Agent]:
    site_file = ward.clinic.site_file
    database = await Database.open(database_url(site_file, read_site(site_file)), create=False)
    try:
        return await AgentStore(database).list()
    finally:
        await database.close()


def files(ward: Ward) -> dict[str, bytes]:
    """All that a change may touch: the PBX's files and the secrets."""
    found = {path.name: path.read_bytes() for path in ward.lab.etc.iterdir() if path.is_file()}
    return found | {"secrets": ward.clinic.secrets_file.read_bytes()}


async def citizen(ward: Ward, number: str) -> Phone:
    server = ("127.0.0.1", ward.lab.ports.sip)
    return await Phone.start(number, "", server, Tone.CALLER, register=False, setup=Setup(host=TRUNK))


def of_wave(text: str) -> dict[str, str]:
    """A QR code's account, as GS Wave reads it."""
    said = {each.tag: each.text or "" for each in ET.fromstring(text).iter()}
    server, _, port = said["RegisterServer"].rpartition(":")
    return {"server": server, "port": port, "user": said["UserID"], "password": said["AuthPass"]}


async def fetched(ward: Ward, number: str) -> dict[str, dict[str, str]]:
    """The account as each kind of phone reads it from what it fetches, over HTTP."""
    found: dict[str, str] = {}
    async with serving(ward.clinic.site_file, "127.0.0.1", 0, None) as port, aiohttp.ClientSession() as web:
        ward.clinic.add(f'[phones]\nurl = "http://127.0.0.1:{port}"\n')
        for model in ("yealink-t4x", "grandstream-grp261x", "linphone"):
            told = await say(ward, "phones", "link", number, "--model", model)
            assert told.status == 0, told.err
            async with web.get(told.out.split()[-1]) as answer:
                assert answer.status == 200
                found[model] = await answer.text()
    by_yealink = yealink(found["yealink-t4x"])
    by_grandstream = grandstream(found["grandstream-grp261x"])
    by_linphone = linphone(found["linphone"])
    names = {"server": "sip_server.1.address", "port": "sip_server.1.port", "user": "auth_name", "password": "password"}
    server, _, port_there = by_grandstream["P47"].rpartition(":")
    place = by_linphone["proxy_0"]["reg_proxy"].removeprefix("<sip:").partition(";")[0].partition(":")
    auth = by_linphone["auth_info_0"]
    return {
        "yealink": {name: by_yealink[f"account.1.{key}"] for name, key in names.items()},
        "grandstream": {
            "server": server,
            "port": port_there,
            "user": by_grandstream["P36"],
            "password": by_grandstream["P34"],
        },
        "linphone": {"server": place[0], "port": place[2], "user": auth["username"], "password": auth["passwd"]},
    }


async def test_an_agent_is_added_under_a_call_and_takes_the_next_one(tmp_path: Path, tools: Tools) -> None:
    async with deployed(tmp_path, tools) as ward, contextlib.AsyncExitStack() as phones:
        place = ("127.0.0.1", ward.lab.ports.sip)
        secret = read_secrets(ward.clinic.secrets_file).phones["1001"]
        first = await phones.enter_async_context(await Phone.start("1001", secret, place, Tone.AGENT))
        first.on_invite = Ring()
        async with asyncio.timeout(30):  # the queue hears of a phone some milliseconds after its registration
            while "Not in use" not in await ward.lab.pbx.cli("queue show hotline"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        caller = await phones.enter_async_context(await citizen(ward, "13800000001"))
        call = await caller.call("12345")
        taken = await first.next_call()
        taken.answer()
        await call.hears(Tone.AGENT)

        # Added while they talk, by whoever is of Asterisk's group.
        assert ward.lab.pbx.socket.stat().st_mode & 0o777 == 0o660
        begun = now().mono
        told = await say(ward, "agents", "add", "1003", "--name", "王五&六", "--queue", "hotline")
        assert told.status == 0, told.err
        assert "PBX 已重新加载" in told.out
        assert [agent.number for agent in await directory(ward)] == ["1001", "1002", "1003"]

        # A phone registers with what the page and all the others say.
        account = await told_alike(ward, "1003")
        assert place == (account["server"], int(account["port"]))
        new = await phones.enter_async_context(
            await Phone.start(account["user"], account["password"], place, Tone.SPECIALIST)
        )
        new.on_invite = Ring()
        other = await phones.enter_async_context(await citizen(ward, "13800000002"))
        second = await other.call("12345")
        (await new.next_call()).answer()
        await second.hears(Tone.SPECIALIST)

        # Nobody heard anything of it.
        assert call.is_up
        assert taken.is_up
        await call.hears(Tone.AGENT, now().mono)
        assert call.heard.longest_gap(Tone.AGENT, begun, now().mono, spoken=taken.spoke) < 1000
        await call.hangup()
        await second.hangup()

        await void_once_removed(ward, account)


async def told_alike(ward: Ward, number: str) -> dict[str, str]:
    """The account that the page, its QR code and each provisioning file tell of."""
    page_file = ward.clinic.site_file.with_name("page.html")
    told = await say(ward, "agents", "sheet", number, "-o", page_file)
    assert told.status == 0, told.err
    assert page_file.stat().st_mode & 0o777 == 0o600
    page = Sheet(page_file.read_text(encoding="utf-8"))
    account = {name: page.pages[0][name] for name in ("server", "port", "user", "password")}
    assert of_wave(read_qr(page.pictures[0]["wave"])) == account
    assert all(each == account for each in (await fetched(ward, number)).values())
    return account


async def void_once_removed(ward: Ward, account: dict[str, str]) -> None:
    """The account is gone at once, its password forgotten; and all of it is on record, but for the password."""
    told = await say(ward, "agents", "remove", account["user"])
    assert told.status == 0, told.err
    with pytest.raises(RegisterRefused):
        await Phone.start(account["user"], account["password"], (account["server"], int(account["port"])))
    assert account["password"] not in ward.clinic.secrets_file.read_text(encoding="utf-8")
    found = deeds(ward.clinic.secrets_file.parent)
    assert [(deed["deed"], deed["by"]) for deed in found if deed["deed"].startswith("agents")] == [
        ("agents add", "li"),
        ("agents sheet", "li"),
        ("agents remove", "li"),
    ]
    assert sum(deed["deed"] == "phone fetch" for deed in found) == 3
    assert account["password"] not in written(ward.clinic.secrets_file.parent)


async def test_who_is_signed_in_leaves_queues_that_are_gone(tmp_path: Path, tools: Tools) -> None:
    async with deployed(tmp_path, tools, sign_in="code") as ward, await ward.phone("1001") as phone:
        call = await phone.call("*11")
        await call.answered()
        await call.ended()
        assert "PJSIP/1001" in await ward.lab.pbx.cli("queue show hotline")
        told = await say(ward, "agents", "change", "1001", "--no-queues")
        assert told.status == 0, told.err
        assert "PJSIP/1001" not in await ward.lab.pbx.cli("queue show hotline")


async def test_a_changed_site_is_deployed(tmp_path: Path, tools: Tools) -> None:
    async with deployed(tmp_path, tools) as ward:
        ward.clinic.change('name = "hotline"\n', 'name = "hotline"\nmax_callers = 7\n')
        told = await say(ward, "dialplan", "deploy")
        assert told.status == 0, told.err
        assert "+maxlen = 7" in told.out.splitlines()
        assert "(max 7)" in await ward.lab.pbx.cli("queue show hotline")
        # What a killed command leaves: the directory has an agent whom files and PBX do not.
        await import_into(ward, "1003")
        assert (await say(ward, "dialplan", "deploy")).status == 0
        assert "1003" in await endpoints(ward)


async def import_into(ward: Ward, number: str) -> None:
    """Into the directory alone."""
    site_file = ward.clinic.site_file
    database = await Database.open(database_url(site_file, read_site(site_file)), create=False)
    agent = Agent(MemberName(number), "王五", (QueueMembership(QueueName("hotline")),), number)
    await AgentStore(database).import_agents([agent])
    await database.close()


async def endpoints(ward: Ward) -> set[str]:
    """Those that Asterisk has."""
    shown = await ward.lab.pbx.cli("pjsip show endpoints")
    return set(re.findall(r"(?m)^ Endpoint:  ([^</ ]+)", shown))


async def unchanged_by(ward: Ward, *words: str | Path) -> Typed:
    """Say what must fail; then files, secrets, directory and what Asterisk has are as they were."""
    before = files(ward), await directory(ward), await endpoints(ward)
    assert {"1001", "1002"} <= before[2]
    told = await say(ward, *words)
    assert told.status == 1
    assert (files(ward), await directory(ward), await endpoints(ward)) == before
    return told


async def test_what_the_pbx_does_not_take_in_is_undone(tmp_path: Path, tools: Tools) -> None:
    add = ("agents", "add", "1003", "--name", "王五", "--queue", "hotline")
    async with deployed(tmp_path, tools) as ward:
        # A folder that this Asterisk does not read: the reload goes well, and changes nothing.
        elsewhere = tmp_path / "elsewhere"
        ward.clinic.change(f'folder = "{ward.lab.etc}"\n', f'folder = "{elsewhere}"\n')
        told = await unchanged_by(ward, *add)
        assert "did not take in the change" in told.err
        assert list(elsewhere.iterdir()) == []

        # An existing PBX whose own pjsip.conf is broken: Asterisk keeps what it has, and says that all went well.
        ward.clinic.change(f'folder = "{elsewhere}"\nmode = "new"\n', f'folder = "{ward.lab.etc}"\nmode = "include"\n')
        for name in ("pjsip.conf", "extensions.conf"):
            text = (ward.lab.etc / name).read_text(encoding="utf-8")
            (ward.lab.etc / name).write_text(
                f"{text}\n#include zhitong-{name}\n#include nosuch.conf\n", encoding="utf-8"
            )
        told = await unchanged_by(ward, *add)
        assert "did not take in the change" in told.err

        # A file that cannot be written, when others have been.
        ward.clinic.change('mode = "include"\n', 'mode = "new"\n')
        (ward.lab.etc / "queues.conf").unlink()
        (ward.lab.etc / "queues.conf").mkdir()
        told = await unchanged_by(ward, *add)
        assert "queues.conf" in told.err

        # Nobody to tell.
        (ward.lab.etc / "queues.conf").rmdir()
        await ward.lab.pbx.stop()
        before = files(ward), await directory(ward)
        told = await say(ward, *add)
        assert told.status == 1
        assert "--no-reload" in told.err
        assert (files(ward), await directory(ward)) == before
        told = await say(ward, *add, "--no-reload")
        assert told.status == 0, told.err
        await ward.lab.pbx.start()
        assert "1003" in await endpoints(ward)


async def test_two_changes_at_once_are_made_one_after_the_other(tmp_path: Path, tools: Tools) -> None:
    async with deployed(tmp_path, tools) as ward:
        words = [
            ("agents", "add", str(number), "--name", "王五", "--queue", "hotline") for number in (1003, 1004, 1005)
        ]
        told = await asyncio.gather(*(say(ward, *each) for each in words))
        done = {each[2] for each, answer in zip(words, told, strict=True) if answer.status == 0}
        assert done, [answer.err for answer in told]
        assert all("Another command" in answer.err for answer in told if answer.status)
        assert {agent.number for agent in await directory(ward)} == {"1001", "1002"} | done
        assert await endpoints(ward) & {"1003", "1004", "1005"} == done
