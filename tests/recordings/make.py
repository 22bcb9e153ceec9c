"""Makes the captures of single calls again: ``python -m tests.recordings.make [NAME …]``.

A site of our own dialplan on a real Asterisk, real SIP phones, one call after the other; each capture is one login with
the bridge's user, rights and filter. Numbers and names are synthetic. Takes two to three minutes.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from telephony.ami.account import Account
from telephony.directory.agents import Agent, QueueMembership
from telephony.errors import ZhitongError
from telephony.model.ids import MemberName, QueueName
from telephony.secrets import generate
from tests.integration.dialplans.rig import Rig, running
from tests.recordings.captures import FOLDER, save
from tests.recordings.stage import Stage, Story
from tests.recordings.stories import STORIES
from tools.capture_ami import Tap
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Ring
from zhitong.lab.programs import Tools, find_tools

SITE = """
name = "某市12345"
hotline = ["12345"]
[agents]
sign_in = "always"
[prompts]
no_agent = "beep"
full = "beep"
waited = "beep"
closed = "beep"
goodbye = "beep"
[[queue]]
name = "hotline"
strategy = "rrmemory"
timeout_s = 4
[[queue]]
name = "all"
number = "8001"
strategy = "ringall"
timeout_s = 6
[[queue]]
name = "short"
max_wait_s = 3
join_empty = true
leave_empty = false
[[queue]]
name = "empty"
overflow = "queue:hotline"
[[queue]]
name = "tiny"
max_callers = 1
join_empty = true
leave_empty = false
[[queue]]
name = "keys"
join_empty = true
leave_empty = false
exits = { 1 = "queue:hotline", 2 = "hangup" }
[[queue]]
name = "leave"
timeout_s = 4
"""
QUEUES = ("hotline", "all", "short", "empty", "tiny", "keys", "leave")
_TRUNK = """
[[trunk]]
name = "{queue}"
hosts = ["127.0.1.{number}"]
queue = "{queue}"
{more}
"""
MEMBERS = {
    "1001": "hotline",
    "1002": "hotline",
    "1003": "all",
    "1004": "all",
    "1005": "",
    "1006": "leave",
    "1009": "short keys tiny",
}
"""Agent → queues. 1005 is in none, 1009 has no phone."""
_QUIET_S = 2.5


def site_text() -> str:
    """A trunk for each queue, told by its address."""
    trunks = [
        _TRUNK.format(queue=queue, number=number, more=f'answer = "{"at-entry" if queue == "keys" else "at-agent"}"')
        for number, queue in enumerate(QUEUES, 1)
    ]
    return SITE + "".join(trunks)


def people() -> list[Agent]:
    return [
        Agent(MemberName(number), f"坐席{number}", tuple(QueueMembership(QueueName(q)) for q in queues.split()), number)
        for number, queues in MEMBERS.items()
    ]


@contextlib.asynccontextmanager
async def stage(directory: Path, tools: Tools) -> AsyncIterator[Stage]:
    """The site, running, with its agents' phones registered and callers' phones at hand."""
    async with running(directory, "", people(), tools=tools, base=site_text()) as rig:
        agents = {number: await rig.agent(number) for number in MEMBERS if number != "1009"}
        callers = {queue: await _caller(rig, number) for number, queue in enumerate(QUEUES, 1)}
        yield Stage(rig, agents, callers, await _chief(rig))


async def _caller(rig: Rig, number: int) -> Phone:
    setup = Setup(host=f"127.0.1.{number}", name="王小明")
    server = ("127.0.0.1", rig.lab.ports.sip)
    phone = await Phone.start(f"1380000000{number}", "", server, register=False, setup=setup)
    return await rig.phones.enter_async_context(phone)


async def _chief(rig: Rig) -> Account:
    """A manager user with all rights, for orders; ours has none of these."""
    conf, secret = rig.lab.etc / "manager.conf", generate()
    text = await asyncio.to_thread(conf.read_text, encoding="utf-8")
    chief = f"\n[chief]\nsecret = {secret}\nread =\nwrite = all\npermit = 127.0.0.1/32\n"
    await asyncio.to_thread(conf.write_text, text + chief, encoding="utf-8")
    await rig.lab.pbx.cli("manager reload")
    return Account("127.0.0.1", "chief", secret, rig.lab.ports.ami)


async def play(on: Stage, story: Story) -> bytes:
    """One story, from a PBX without calls back to one. The stream begins with a snapshot, as the bridge's do."""
    for agent in on.agents.values():
        agent.on_invite = Ring()
    async with Tap.open(account(on.rig)) as tap:
        await tap.snapshot()
        on.tap = tap
        try:
            async with asyncio.timeout(60):
                await story(on)
        finally:
            if on.rig.lab.pbx.pid is not None:
                await on.rig.lab.pbx.hang_up_all()
        return await tap.quiet(_QUIET_S)


def account(rig: Rig) -> Account:
    return Account("127.0.0.1", rig.site.pbx.ami.user, rig.secrets.ami, rig.lab.ports.ami)


async def make(names: list[str], folder: Path) -> None:
    tools = await asyncio.to_thread(find_tools)
    with tempfile.TemporaryDirectory(prefix="zt-capture-") as directory:
        async with stage(Path(directory), tools) as on:
            for name, story in STORIES.items():
                if not names or name in names:
                    data = await play(on, story)
                    print(f"{save(f'single/{name}', data, folder).relative_to(folder)}: {len(data)} bytes", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.recordings.make", description=__doc__)
    parser.add_argument("names", nargs="*", help="captures to make; all by default")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to keep them")
    options = parser.parse_args()
    try:
        asyncio.run(make(options.names, options.folder))
    except ZhitongError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
