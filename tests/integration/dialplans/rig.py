"""A rendered site on a real Asterisk, with phones that speak SIP and a manager client that watches."""

import asyncio
import contextlib
import csv
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from dialplans.render import Lab as Moved
from dialplans.render import Mode, render, write
from telephony.config import Site, parse_site
from telephony.directory.agents import Agent, QueueMembership
from telephony.model.ids import MemberName, QueueName
from telephony.secrets import Secrets, generate
from tests.integration.dialplans.manager import Manager
from zhitong.lab.lab import Lab
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Ring
from zhitong.lab.programs import Tools

TRUNKS = {"carrier": "127.0.0.2", "early": "127.0.0.3", "entry": "127.0.0.4"}
"""Each trunk of the test site has an address of its own, as real ones have."""

SITE = """
name = "某市12345"
hotline = ["12345"]
[prompts]
no_agent = "vm-goodbye"
full = "vm-goodbye"
waited = "vm-goodbye"
closed = "vm-goodbye"
signed_in = "beep"
signed_out = "beep"
[[trunk]]
name = "carrier"
hosts = ["127.0.0.2"]
qualify_s = 0
answer = "at-agent"
[[trunk]]
name = "early"
hosts = ["127.0.0.3"]
qualify_s = 0
answer = "at-agent"
early_media = true
[[trunk]]
name = "entry"
hosts = ["127.0.0.4"]
qualify_s = 0
answer = "at-entry"
"""


def agents_of(*numbers: str, queues: str = "hotline") -> list[Agent]:
    """Agents whose phones bear their numbers; ``queues`` as in agents.csv."""
    parts = [part.partition(":") for part in queues.split(";")]
    memberships = tuple(QueueMembership(QueueName(name), int(penalty or 0)) for name, _, penalty in parts)
    return [Agent(MemberName(number), "张三", memberships, number) for number in numbers]


class Rig(NamedTuple):
    site: Site
    agents: Sequence[Agent]
    secrets: Secrets
    lab: Lab
    manager: Manager
    phones: contextlib.AsyncExitStack
    tls_port: int

    async def agent(self, number: str, **setup: str) -> Phone:
        """This agent's phone, registered, and known to be so by the queues of a member who need not sign in."""
        password = self.secrets.phones[number]
        phone = await Phone.start(number, password, ("127.0.0.1", self.lab.ports.sip), setup=Setup(**setup))  # type: ignore[arg-type]
        phone.on_invite = Ring()
        await self.phones.enter_async_context(phone)
        if self.site.agents.sign_in == "always" and self.is_member(number):
            await self.manager.event("QueueMemberStatus", MemberName=number, Status="1")
        return phone

    def is_member(self, number: str) -> bool:
        return any(agent.number == number and agent.queues for agent in self.agents)

    async def citizen(self, number: str = "13800000001", trunk: str = "carrier", name: str = "") -> Phone:
        """A caller behind a trunk."""
        setup = Setup(host=TRUNKS[trunk], name=name)
        phone = await Phone.start(number, "", ("127.0.0.1", self.lab.ports.sip), register=False, setup=setup)
        return await self.phones.enter_async_context(phone)

    def log(self) -> str:
        return (self.lab.pbx.log_dir / "messages.log").read_text(encoding="utf-8")

    def complaints(self) -> list[str]:
        """Lines of the log that are warnings or errors. Not that a call was over before it was answered: on a busy
        machine a caller's hang-up and the 200 OK cross."""
        lines = [line for line in self.log().splitlines() if "WARNING[" in line or "ERROR[" in line]
        return [line for line in lines if "Session already DISCONNECTED" not in line]

    def cel(self) -> list[tuple[str, str]]:
        """CEL's rows of our own events, in order: type and text (``k=v&k=v``)."""
        path = self.lab.pbx.log_dir / "cel-custom" / "zhitong-cel.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert all(row[0] == "c1" and row[-1] == "." for row in rows)
        return [(row[3], json.loads(row[14])["extra"]) for row in rows if row[2] == "USER_DEFINED"]

    async def members(self, queue: str) -> dict[str, tuple[int, bool]]:
        """Who may be offered this queue's callers: member name → penalty, paused. As app_queue itself says."""
        self.manager.events.clear()
        await self.manager.ask("QueueStatus", Queue=queue)
        await self.manager.event("QueueStatusComplete")
        found = self.manager.all("QueueMember")
        return {event["Name"]: (int(event["Penalty"]), event["Paused"] == "1") for event in found}


@asynccontextmanager
async def running(
    run: Path,
    site: str,
    agents: Sequence[Agent],
    *,
    tools: Tools,
    base: str = SITE,
    keep: Secrets | None = None,
) -> AsyncIterator[Rig]:
    """The site (``base`` and then ``site``, TOML) on an Asterisk of its own. Everything stops at the end."""
    parsed = parse_site(base + site)
    secrets = keep or Secrets(ami=generate(), phones={agent.phone: generate() for agent in agents})
    async with Lab(run, tools, port_count=1000) as lab, contextlib.AsyncExitStack() as phones:
        tls_port = lab.ports.take()
        place_files(lab, parsed, agents, secrets, tools, tls_port=tls_port)
        await lab.pbx.start()
        context = trusting(Path(parsed.pbx.ami.tls_cert)) if parsed.pbx.ami.tls else None
        manager = await Manager.open(lab.ports.ami, parsed.pbx.ami.user, secrets.ami, context)
        phones.push_async_callback(manager.close)
        yield Rig(parsed, agents, secrets, lab, manager, phones, tls_port)


def trusting(certificate: Path) -> ssl.SSLContext:
    """A client that trusts this one certificate, whatever name it bears."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    return context


def place_files(
    lab: Lab,
    site: Site,
    agents: Sequence[Agent],
    secrets: Secrets,
    tools: Tools,
    mode: Mode = Mode.NEW,
    tls_port: int | None = None,
) -> None:
    """Render for this lab's ports into its configuration directory."""
    rtp = lab.ports.rtp
    moved = Moved(
        bind="127.0.0.1",
        sip_port=lab.ports.sip,
        ami_port=lab.ports.ami,
        tls_port=tls_port,
        rtp=(rtp.start, rtp.stop - 1),
        data=tools.asterisk.data,
        modules=[path.stem for path in tools.asterisk.modules.glob("*.so")],
    )
    write(lab.etc, render(site, agents, secrets, mode=mode, lab=moved))


async def settled(seconds: float = 0.3) -> None:
    """Time for what must *not* happen to happen."""
    await asyncio.sleep(seconds)
