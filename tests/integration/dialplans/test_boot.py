"""Asterisk starts with what we render and has nothing to complain of: no warning, no error."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from dialplans.include import PLAIN
from dialplans.render import Lab as Moved
from dialplans.render import Mode, render, write
from telephony.config import parse_site, read_site
from telephony.directory.agents import Agent
from telephony.directory.agents_csv import read_agents
from telephony.secrets import Secrets, generate
from tests.integration.dialplans.conftest import MakeRig
from tests.integration.dialplans.manager import Manager
from tests.integration.dialplans.rig import SITE, Rig, agents_of, place_files
from tests.integration.dialplans.test_calls import ALWAYS, EXITS, HOUSING
from zhitong.lab.lab import Lab
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

SAMPLES = Path(__file__).parents[3] / "dialplans" / "samples"

EVERYTHING = (
    EXITS
    + '\nposition = true\nmusic = "city"\nmax_callers = 5\nweight = 3\nwrapup_s = 2\noverflow = "queue:housing"'
    + HOUSING
    + """
[recording]
on = true
keep_days = 30
[opening]
mon = ["08:00-12:00", "13:00-24:00"]
holidays = [2026-10-01]
[baseline]
prompts = ["beep"]
numbers = ["12399"]
[[trunk]]
name = "registering"
hosts = ["127.0.0.9:5999"]
register = true
username = "12345"
from_domain = "sip.example.net"
"""
)

ALLOWED = (
    # The test's registrar does not exist.
    "No response received from 'sip:127.0.0.9:5999'",
    # A class of music whose folder is not on this machine (check_site finds it).
    "Error opening directory",
)


def complaints(log: str) -> list[str]:
    lines = [line for line in log.splitlines() if "WARNING[" in line or "ERROR[" in line]
    return [line for line in lines if not any(allowed in line for allowed in ALLOWED)]


def secrets_of(people: list[Agent] | tuple[Agent, ...]) -> Secrets:
    phones = {agent.phone: generate() for agent in people}
    return Secrets(ami=generate(), phones=phones, trunks={"registering": "secret,1#"})


async def boot_log(run: Path, tools: Tools, site_text: str, people: list[Agent]) -> str:
    """Start and stop a PBX; its whole log."""
    async with Lab(run, tools, port_count=1000) as lab:
        place_files(lab, parse_site(site_text), people, secrets_of(people), tools)
        await lab.pbx.start()
        await lab.pbx.cli("core reload")
        await lab.pbx.stop()
        console = (run / "console.log").read_text(encoding="utf-8", errors="replace")
        return (lab.pbx.log_dir / "messages.log").read_text(encoding="utf-8") + console


@pytest.mark.parametrize("more", [ALWAYS, ALWAYS.replace('"always"', '"code"'), ALWAYS + EVERYTHING])
async def test_a_start_and_a_reload_leave_no_complaint(tmp_path: Path, tools: Tools, more: str) -> None:
    log = await boot_log(tmp_path, tools, SITE + more, agents_of("1001", "1002"))
    assert complaints(log) == []
    assert "modules will be loaded" in log


async def test_the_list_of_complaints_would_see_one(tmp_path: Path, tools: Tools) -> None:
    async with Lab(tmp_path, tools, port_count=1000) as lab:
        people = agents_of("1001")
        place_files(lab, parse_site(SITE + ALWAYS), people, secrets_of(people), tools)
        queues = lab.etc / "queues.conf"
        queues.write_text(queues.read_text(encoding="utf-8").replace("leastrecent", "best"), encoding="utf-8")
        await lab.pbx.start()
        log = (lab.pbx.log_dir / "messages.log").read_text(encoding="utf-8")
        assert complaints(log)


@pytest.mark.parametrize("name", ["city", "two-phones"])
async def test_the_samples_start(tmp_path: Path, tools: Tools, name: str) -> None:
    site = read_site(SAMPLES / name / "site.toml")
    site = msgspec.structs.replace(site, sip=msgspec.structs.replace(site.sip, qualify_s=0))  # the carrier is not here
    people = read_agents((SAMPLES / name / "agents.csv").read_bytes()).all_or_nothing()
    async with Lab(tmp_path, tools, port_count=1000) as lab:
        place_files(lab, site, people, secrets_of(people), tools)
        await lab.pbx.start()
        shown = await lab.pbx.cli("pjsip show endpoints")
        assert f"Objects found: {len(people) + len(site.trunks) + 1}" in shown, "theirs, and zt-odd"
        assert complaints((lab.pbx.log_dir / "messages.log").read_text(encoding="utf-8")) == []


# --- into an Asterisk that is there already --------------------------------------------------------------------------


def existing(lab: Lab) -> Mapping[str, str]:
    """A small Asterisk of somebody else's, with a phone and a queue of its own."""
    return {
        "asterisk.conf": "[options]\nsystemname = theirs\n",
        "extensions.conf": "[general]\nstatic = yes\n[theirs]\nexten => 500,1,Answer()\n same => n,Queue(theirs)\n",
        "pjsip.conf": f"[global]\ntype = global\n[udp]\ntype = transport\nprotocol = udp\n"
        f"bind = 127.0.0.1:{lab.ports.sip}\n[500]\ntype = endpoint\ncontext = theirs\nallow = alaw\n",
        "queues.conf": "[general]\nautofill = no\n[theirs]\nstrategy = ringall\n",
        "manager.conf": "[general]\nenabled = yes\nbindaddr = 127.0.0.1\ntimestampevents = yes\n"
        f"port = {lab.ports.ami}\n",
        "indications.conf": "[general]\ncountry = us\n[us]\ndescription = us\nringcadence = 2000,4000\ndial = 350+440\n"
        "busy = 480+620/500,0/500\nring = 440+480/2000,0/4000\ncongestion = 480+620/250,0/250\n",
        "features.conf": "[general]\n[featuremap]\ndisconnect => *0\n[applicationmap]\ntheirs => *9,self,NoOp\n",
        "confbridge.conf": "[general]\n[theirs]\ntype = user\nquiet = yes\n",
        "musiconhold.conf": "[default]\nmode = files\ndirectory = moh\n",
        "cel.conf": "[general]\nenable = no\n",
        "cel_custom.conf": "[mappings]\n",
        "cdr.conf": "[general]\nenable = yes\n",
        "cdr_custom.conf": "[mappings]\ntheirs.csv => ${CSV_QUOTE(${CDR(src)})}\n",
        "logger.conf": "[general]\n[logfiles]\nmessages.log => notice,warning,error\n",
        "rtp.conf": f"[general]\nrtpstart = {lab.ports.rtp.start}\nrtpend = {lab.ports.rtp.stop - 1}\n",
        "acl.conf": "",
        "stasis.conf": "",
    }


def include_ours(etc: Path) -> None:
    """The steps of README.md, as a person would do them."""
    for step in PLAIN:
        theirs = etc / step.theirs
        text = theirs.read_text(encoding="utf-8")
        assert all(f"[{section}]" in text for section in step.sections)
        theirs.write_text(f"{text}{step.line}\n", encoding="utf-8")


async def test_an_existing_asterisk_takes_our_files_and_keeps_its_own(tmp_path: Path, tools: Tools) -> None:
    site, people = parse_site(SITE + "[recording]\non = true\nkeep_days = 30\n" + ALWAYS), agents_of("1001")
    secrets = secrets_of(people)
    async with Lab(tmp_path, tools, port_count=1000) as lab:
        for name, text in existing(lab).items():
            (lab.etc / name).write_text(text, encoding="utf-8")
        write(lab.etc, render(site, people, secrets, mode=Mode.INCLUDE, lab=Moved(bind="127.0.0.1")))
        include_ours(lab.etc)
        await lab.pbx.start()
        assert complaints((lab.pbx.log_dir / "messages.log").read_text(encoding="utf-8")) == []
        assert "theirs has 0 calls" in await lab.pbx.cli("queue show theirs")
        assert "'500'" in await lab.pbx.cli("dialplan show theirs")
        assert "CEL Logging: Enabled" in await lab.pbx.cli("cel show status")
        features = await lab.pbx.cli("features show")
        assert "*0" in features
        assert "#1" in features
        for name in ("theirs", "zt-pause", "zt-resume", "zt-again"):
            assert name in features
        manager = await Manager.open(lab.ports.ami, "zhitong", secrets.ami)
        await a_call(lab, manager, secrets)
        await manager.close()
        assert (lab.pbx.log_dir / "cel-custom" / "zhitong-cel.csv").stat().st_size > 0
        assert (lab.pbx.log_dir / "cdr-custom" / "zhitong-cdr.csv").stat().st_size > 0
        assert (lab.pbx.log_dir / "cdr-custom" / "theirs.csv").stat().st_size > 0


async def a_call(lab: Lab, manager: Manager, secrets: Secrets) -> None:
    """A citizen calls, an agent answers, the citizen hangs up."""
    place = ("127.0.0.1", lab.ports.sip)
    async with (
        await Phone.start("1001", secrets.phones["1001"], place) as agent,
        await Phone.start("138", "", place, register=False, setup=Setup(host="127.0.0.2")) as citizen,
    ):
        agent.on_invite = Answer()
        await manager.event("QueueMemberStatus", MemberName="1001", Status="1")
        call = await citizen.call("12345")
        await call.answered()
        await call.hangup()
        entry = await manager.event("ZtEntry")
        assert entry["Uniqueid"].startswith("theirs-")
        await manager.event("ZtEnd")
        await manager.event("Hangup", Uniqueid=entry["Uniqueid"])


async def test_a_reload_keeps_who_signed_in_and_who_waits(make_rig: MakeRig) -> None:
    async with make_rig(ALWAYS.replace('"always"', '"code"'), agents_of("1001", "1002")) as rig:
        phone = await rig.agent("1001")
        call = await phone.call("*11")
        await call.ended(15)
        waiting = await wait_for_nobody(rig)
        await rig.lab.pbx.cli("core reload")
        assert list(await rig.members("hotline")) == ["1001"]
        assert rig.manager.all("QueueEntry")
        assert waiting.ending is None


async def wait_for_nobody(rig: Rig) -> Call:
    call = await (await rig.citizen()).call("12345")
    await rig.manager.event("QueueCallerJoin")
    return call
