"""Make the recording of queue calls again: ``python -m bench.record`` (a real Asterisk, real SIP phones, two minutes).

Two AMI logins listen at once: one that is sent everything there is (all classes, no event filter), as a PBX that
nobody has looked after would send it, and the bridge's own with its filter. Numbers and names are synthetic.
"""

import argparse
import asyncio
import datetime
import itertools
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from bench import recording
from bench.recording import FILTERED, RECORDINGS, UNFILTERED, About
from telephony.ami.account import Account
from telephony.directory.agents import Agent as Person
from telephony.directory.agents import QueueMembership
from telephony.errors import LabError, ZhitongError
from telephony.model.ids import MemberName, QueueName
from telephony.places import secrets_of
from telephony.secrets import generate, read_secrets
from telephony.service import account_of
from tools.capture_ami import Tap
from zhitong.lab.books import fold
from zhitong.lab.people import Spread, draw, stream
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools, find_tools
from zhitong.lab.rehearsal import plan as people
from zhitong.lab.rehearsal.plan import Plan
from zhitong.lab.rehearsal.scene import Scene, head
from zhitong.lab.roles import Agent, Caller, Offer

PLAN = Plan(calls=60, agents=10, seed=12345, load=1.2, patience=Spread(median=12.0, sigma=0.9, least=1.5))
"""A little more calls than the agents can take: some wait, and some give up."""
_REFUSED_EVERY, _MISSED_EVERY = 9, 13  # offers refused (486), and left to ring out
_HANGS_UP_EVERY = 3  # callers who end the talk themselves
_OF_BOTH_QUEUES = 4  # each fourth agent
_QUIET_S = 2.0  # nothing said for so long: the PBX is done with the calls
_LISTENER = "listener"
_ALL_OF_IT = """
[{user}]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/32
read = all
write =
writetimeout = 10000
"""


def site_text(ports: Ports) -> str:
    """Two queues, recorded calls, a short wrap-up."""
    queue = '[[queue]]\nname = "{}"\ntimeout_s = 10\nwrapup_s = 2\nmax_wait_s = 300\n'
    rest = '[recording]\non = true\nkeep_days = 30\n\n[agents]\nsign_in = "always"\n'
    return "\n".join((head(ports), queue.format("service"), queue.format("enterprise"), rest))


def persons(plan: Plan) -> list[Person]:
    """The agents: all in the first queue, each fourth in both."""
    made = []
    for index, number in enumerate(people.agent_numbers(plan)):
        queues = ["service", "enterprise"] if index % _OF_BOTH_QUEUES == 0 else ["service"]
        member = tuple(QueueMembership(QueueName(queue)) for queue in queues)
        made.append(Person(MemberName(number), f"坐席{number}", member, number))
    return made


def phones(plan: Plan) -> list[Agent]:
    """The agents' phones; now and then an offer is refused, or rings out."""
    count = itertools.count(1)
    return [Agent(agent.number, tuple(_mixed(agent.offers, count))) for agent in people.agents(plan)]


def _mixed(offers: Sequence[Offer], count: Iterator[int]) -> Iterator[Offer]:
    for offer in offers:
        number = next(count)
        if number % _REFUSED_EVERY == 0:
            yield replace(offer, refuse=486)
        elif number % _MISSED_EVERY == 0:
            yield replace(offer, ring_s=None)
        else:
            yield offer


def callers(plan: Plan) -> list[Caller]:
    """The callers; each third hangs up before the agent does."""
    made = people.callers(plan)
    for index in range(0, len(made), _HANGS_UP_EVERY):
        talk = draw(stream(plan.seed, "caller talks", made[index].number), replace(plan.talk, median=3.0))
        made[index] = replace(made[index], talk_s=talk)
    return made


async def record(tools: Tools, plan: Plan) -> tuple[About, dict[str, bytes]]:
    """Play the calls on a PBX of their own in a temporary directory. Raises LabError."""
    with tempfile.TemporaryDirectory(prefix="zt-record-") as directory:
        async with Scene.open(Path(directory), tools, site_text, persons(plan), bridge=False) as scene:
            return await _play(scene, plan)


async def _play(scene: Scene, plan: Plan) -> tuple[About, dict[str, bytes]]:
    everything, bridges = await _listener(scene), await asyncio.to_thread(_bridge, scene)
    async with Tap.open(everything) as unfiltered, Tap.open(bridges) as filtered:
        await scene.lab.agents(phones(plan))
        await (await scene.lab.callers(callers(plan))).finished(timeout_s=240)
        await scene.lab.pbx.hang_up_all()
        streams = {UNFILTERED: await unfiltered.quiet(_QUIET_S), FILTERED: await filtered.quiet(_QUIET_S)}
    for name, data in streams.items():
        if not data.endswith(b"\r\n\r\n"):
            raise LabError(f"the {name} stream ends within a frame: {data[-200:]!r}; record again")
    return await _about(scene, plan, streams), streams


async def _listener(scene: Scene) -> Account:
    """A manager user of our own beside the bridge's: all classes, no filter."""
    secret = generate()
    conf = scene.lab.etc / "manager.conf"
    text = await asyncio.to_thread(conf.read_text, encoding="utf-8")
    await asyncio.to_thread(conf.write_text, text + _ALL_OF_IT.format(user=_LISTENER, secret=secret), encoding="utf-8")
    await scene.lab.pbx.cli("manager reload")
    return Account(host=scene.lab.host, port=scene.lab.ports.ami, user=_LISTENER, secret=secret)


def _bridge(scene: Scene) -> Account:
    return account_of(scene.site, read_secrets(secrets_of(scene.site_file, scene.site)))


async def _about(scene: Scene, plan: Plan, streams: dict[str, bytes]) -> About:
    seen = [call for call in fold(scene.lab.lines()) if call.role == "caller"]
    version = await scene.lab.pbx.cli("core show version")
    return About(
        asterisk=version.split(" built ")[0].strip(),
        made=datetime.datetime.now(datetime.UTC).date().isoformat(),
        seed=plan.seed,
        agents=plan.agents,
        calls=len(seen),
        answered=sum(call.answered_at is not None for call in seen),
        events={name: recording.Recording(name, data).events for name, data in streams.items()},
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.record", description=__doc__)
    parser.add_argument("--directory", type=Path, default=RECORDINGS, help="where to keep it (%(default)s)")
    parser.add_argument("--calls", type=int, default=PLAN.calls, help="how many calls (%(default)s)")
    options = parser.parse_args()
    try:
        told, streams = asyncio.run(record(find_tools(), replace(PLAN, calls=options.calls)))
    except ZhitongError as error:
        print(error, file=sys.stderr)
        return 1
    recording.write(told, streams, options.directory)
    print(f"{options.directory}: {told.calls} calls, {told.answered} answered; events {told.events}; {told.asterisk}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
