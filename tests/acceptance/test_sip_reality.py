"""What SIP does to a call on a real line: hold by re-INVITE, parties who vanish, ports that run out, dead trunks.

The bridge is a process of its own; each record is held against queue_log, CDR and the phones' books, and against what
Asterisk's logs alone give.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from telephony.files import write_private
from telephony.model.terms import Outcome, Side
from telephony.places import secrets_of
from telephony.records.record import CallRecord
from telephony.secrets import generate, read_secrets
from tests.acceptance.stage import ALWAYS, TRUNK_HOST, Stage, people, site, stage
from zhitong.lab.phones import book
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.exchange import Incoming
from zhitong.lab.phones.line import new_token
from zhitong.lab.phones.message import required
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer
from zhitong.lab.phones.sdp import Direction
from zhitong.lab.phones.udp import Moment, now
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

pytestmark = pytest.mark.acceptance

CITIZEN = "13800000001"
SHORT = "rtp_timeout_s = 3\nrtp_timeout_hold_s = 6\n"
PROFILE = f'[[phone_profile]]\nname = "short"\n{SHORT}'


class Room:
    """A citizen behind the trunk and one agent's phone, registered."""

    def __init__(self, play: Stage, citizen: Phone, agent: Phone) -> None:
        self.play, self.citizen, self.agent = play, citizen, agent

    async def connected(self) -> tuple[Call, Call]:
        """The citizen talks with the agent: both ends."""
        call = await self.citizen.call("12345")
        taken = await self.agent.next_call(30)
        await asyncio.gather(call.answered(30), taken.answered(30))
        await asyncio.gather(call.hears(1000), taken.hears(450))
        return call, taken

    async def records(self, count: int = 1) -> list[CallRecord]:
        await self.play.quiet()
        folder = self.play.lab.run / "phones" / "room"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(book.write, folder / "citizen.tsv", self.citizen.calls)
        await asyncio.to_thread(book.write, folder / "1001.tsv", self.agent.calls)
        return await self.play.records(count)


@asynccontextmanager
async def room(directory: Path, tools: Tools, *, trunk: str = "", rest: str = "") -> AsyncIterator[Room]:
    async with stage(directory, tools, people(["1001"]), "", ALWAYS + rest, trunk=trunk, contacts=False) as play:
        place = ("127.0.0.1", play.scene.site.sip.port)
        secrets = read_secrets(secrets_of(play.scene.site_file, play.scene.site)).phones
        async with AsyncExitStack() as stack:
            setup = Setup(host=TRUNK_HOST)
            citizen = await Phone.start(CITIZEN, "", place, 450, register=False, setup=setup)
            agent = await Phone.start("1001", secrets["1001"], place, 1000)
            for phone in (citizen, agent):
                phone.on_invite = Answer(after_s=0.2)
                await stack.enter_async_context(phone)
            await play.reachable(["1001"])
            yield Room(play, citizen, agent)


@pytest.mark.parametrize("said", [Direction.SEND, Direction.NONE])
async def test_a_phone_that_holds_by_re_invite(tmp_path: Path, tools: Tools, said: Direction) -> None:
    """sendonly and inactive: the citizen hears music, and the record has the time."""
    async with room(tmp_path, tools) as lab:
        call, taken = await lab.connected()
        began = now()
        taken._leg.media.pause()
        await taken._leg.redirect(said)
        held = now()
        music = await call.hears(from_=held.mono + 0.2)
        await asyncio.sleep(1.0)
        assert call.heard.first(1000, held.mono + 0.2) is None, "the agent is not heard while they hold"
        before = now()
        await taken.resume()
        back = now()
        await call.hears(1000, back.mono)
        await call.hangup()
        (record,) = await lab.records()
    assert began.mono < music < before.mono
    shortest, longest = (before.wall_us - held.wall_us) // 1000, (back.wall_us - began.wall_us) // 1000
    assert shortest - 50 <= record.hold_ms <= longest + 50
    assert record.outcome is Outcome.ANSWERED


class End(StrEnum):
    """How somebody goes without a word."""

    CALLER_VANISHES = "the caller vanishes"
    CALLER_FALLS_SILENT = "the caller sends no sound any more"
    AGENT_VANISHES = "the agent's phone vanishes"


@pytest.mark.parametrize(
    "end", [End.CALLER_VANISHES, End.AGENT_VANISHES, pytest.param(End.CALLER_FALLS_SILENT, marks=pytest.mark.slow)]
)
async def test_who_goes_without_a_bye(tmp_path: Path, tools: Tools, end: End) -> None:
    """The call ends by the RTP timeout: by the system, cause 44. Both who are left are free for others."""
    async with room(tmp_path, tools, trunk=SHORT, rest=PROFILE) as lab:
        call, taken = await lab.connected()
        left = taken if end is not End.AGENT_VANISHES else call
        if end is End.CALLER_FALLS_SILENT:
            call.say(None)
        else:
            (call if left is taken else taken).vanish()
        gone = now()
        ended = (await left.ended(60)).at
        (record,) = await lab.play.scene.records_of(1)
        await lab.play.quiet()
        await lab.play.reachable(["1001"])
        again, _ = await lab.connected()
        await again.hangup()
        both = await lab.records(2)
    assert ended.mono - gone.mono > 1.5, "not before the time that the site says"
    assert both[0] == record
    assert (record.outcome, record.agent, record.hung_up_by) == (Outcome.ANSWERED, "1001", Side.SYSTEM)
    vanished = "1001" if end is End.AGENT_VANISHES else CITIZEN
    assert [leg.cause for leg in record.legs if leg.party == vanished] == [44]
    assert (both[1].outcome, both[1].hung_up_by) == (Outcome.ANSWERED, Side.CALLER)


async def alarm(lab: Stage, name: str, *, stands: bool = True) -> str:
    """The detail of this alarm, once ``zhitong status`` shows it; or, the other way, once it does not."""
    async with asyncio.timeout(60):
        while True:
            said = await status(lab)
            found = next((each["detail"] for each in said["alarms"] if each["name"] == name), None)
            if (found is not None) is stands:
                return found or ""
            await asyncio.sleep(0.2)


async def status(lab: Stage) -> dict[str, Any]:
    """``zhitong status --json``."""
    command = [sys.executable, "-m", "zhitong", "status", "--json", "--site", str(lab.scene.site_file)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    said: dict[str, Any] = json.loads(out)
    return said


@asynccontextmanager
async def few_ports(directory: Path, tools: Tools, legs: int) -> AsyncIterator[tuple[Stage, list[Phone]]]:
    """A PBX with RTP ports for so many legs, two agents who answer, and three citizens."""

    def text(ports: Ports) -> str:
        few = f"rtp_end = {ports.rtp.start + 2 * legs - 1}\n"
        return site(ports, rest=ALWAYS, host=TRUNK_HOST).replace(f"rtp_end = {ports.rtp.stop - 1}\n", few)

    numbers = ["1001", "1002"]
    async with Scene.open(directory, tools, text, people(numbers), contacts=False) as scene, AsyncExitStack() as stack:
        lab, place = Stage(scene), ("127.0.0.1", scene.site.sip.port)
        secrets = read_secrets(secrets_of(scene.site_file, scene.site)).phones
        agents = [await Phone.start(number, secrets[number], place, 1000) for number in numbers]
        setup = Setup(host=TRUNK_HOST)
        citizens = [await Phone.start(f"1380000000{n}", "", place, 450, register=False, setup=setup) for n in range(3)]
        for phone in (*agents, *citizens):
            phone.on_invite = Answer(after_s=0.2)
            await stack.enter_async_context(phone)
        await lab.reachable(numbers)
        yield lab, citizens


async def test_rtp_ports_that_run_out_are_counted_and_alarmed(tmp_path: Path, tools: Tools) -> None:
    """Three legs have ports. The second caller waits: no phone can be rung. The third has no path for sound, and is
    refused before there is a channel, so that only Asterisk's message log knows."""
    async with few_ports(tmp_path, tools, 3) as (lab, citizens):
        first = await citizens[0].call("12345")
        await first.answered()
        second = await citizens[1].call("12345")
        detail = await alarm(lab, "rtp_ports_exhausted")
        third = await citizens[2].call("12345")
        refused = await third.ended()
        assert not second.is_up
        for call in (second, first):  # who waits goes first: there are ports again the moment the other hangs up
            await call.hangup()
        records = {record.caller_number: record for record in await lab.scene.records_of(2)}
        log = await asyncio.to_thread((lab.lab.run / "log" / "messages.log").read_text, encoding="utf-8")
    assert "couldn't allocate a port" in detail
    assert int(detail.split()[0]) <= log.count("couldn't allocate a port")
    assert refused.code == 488
    assert (records["13800000000"].outcome, records["13800000000"].hung_up_by) == (Outcome.ANSWERED, Side.CALLER)
    missed = records["13800000001"]
    assert (missed.outcome, missed.offers, missed.agent) == (Outcome.ABANDONED, (), None)
    assert set(records) == {"13800000000", "13800000001"}


def registrar(phone: Phone, willing: list[bool]) -> None:
    """The phone takes REGISTER as long as ``willing`` says so; phones of the lab refuse it (405)."""
    inner = phone.on_request

    def hear(asked: Incoming, at: Moment) -> None:
        if asked.request.method == "REGISTER" and willing[-1]:
            contact = required(asked.request, "contact")
            asked.respond(200, new_token(), (("Contact", f"{contact};expires=300"), ("Expires", "300")))
        else:
            inner(asked, at)

    phone.on_request = hear  # type: ignore[method-assign]


@asynccontextmanager
async def behind(directory: Path, tools: Tools, carrier: Phone, trunk: str) -> AsyncIterator[Stage]:
    """A stage whose trunk leads to this phone."""
    line = f"port = {carrier.place[1]}\nqualify_s = 1\n{trunk}"
    async with carrier, stage(directory, tools, people(["1001"]), "", trunk=line, contacts=False) as play:
        yield play


NOWHERE = ("127.0.0.1", 9)


async def test_a_trunk_that_dies_and_comes_back(tmp_path: Path, tools: Tools) -> None:
    """Also for a bridge that begins while it is dead."""
    carrier = await Phone.start("carrier", "", NOWHERE, None, register=False, setup=Setup(host=TRUNK_HOST))
    same = Setup(host=TRUNK_HOST, port=carrier.place[1])
    async with behind(tmp_path, tools, carrier, "") as play:
        await alarm(play, "trunk_down", stands=False)
        carrier.unplug()
        assert (await alarm(play, "trunk_down")).startswith("carrier since 20")
        await play.scene.bridge.stop()
        await play.scene.bridge.start()
        assert (await alarm(play, "trunk_down")).startswith("carrier since 20")
        async with await Phone.start("carrier", "", NOWHERE, None, register=False, setup=same):
            await alarm(play, "trunk_down", stands=False)


@pytest.mark.slow  # Asterisk begins to register after up to ten seconds
async def test_a_registration_that_is_refused_and_then_taken(tmp_path: Path, tools: Tools) -> None:
    carrier = await Phone.start("carrier", "", NOWHERE, None, register=False, setup=Setup(host=TRUNK_HOST))
    willing = [False]
    registrar(carrier, willing)
    private = tmp_path / "var" / "secrets.toml"
    private.parent.mkdir(parents=True)
    write_private(private, f'ami = "{generate()}"\n[trunks]\ncarrier = "of-the-carrier"\n')
    async with behind(tmp_path, tools, carrier, 'register = true\nusername = "gov"\n') as play:
        assert "gov" in await alarm(play, "trunk_unregistered")
        willing.append(True)
        await play.lab.pbx.cli("pjsip send register *all")
        await alarm(play, "trunk_unregistered", stands=False)
