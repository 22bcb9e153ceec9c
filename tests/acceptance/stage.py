"""A story on a real PBX: a site, agents' phones, callers; then the records, held against the three books."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from telephony.directory.agents import Agent as Person
from telephony.directory.agents import QueueMembership
from telephony.model.ids import MemberName, QueueName
from telephony.model.terms import Provenance
from telephony.records.record import CallRecord
from tests.integration.journal.mirror import assert_same
from tests.judge import __main__ as judge
from tests.judge import report
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene, head
from zhitong.lab.roles import Agent, Caller

ANSWERING = ("1001", "1002", "1003")


class Stage:
    """A scene with a queue ``service``, that can be judged when its story is over."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.lab = scene.lab

    async def play(self, callers: Sequence[Caller], agents: Sequence[Agent], timeout_s: float = 60.0) -> None:
        """Put the phones, make the calls, wait until every caller is through and the PBX has no channel left."""
        await self.lab.agents(agents)
        await (await self.lab.callers(callers)).finished(timeout_s)
        await self.quiet()

    async def quiet(self, timeout_s: float = 40.0) -> None:
        """Return when the PBX has no channel left."""
        async with asyncio.timeout(timeout_s):
            while await self.channels():  # noqa: ASYNC110 - the PBX says nothing when it falls silent
                await asyncio.sleep(0.1)

    async def reachable(self, numbers: Sequence[str], timeout_s: float = 30.0) -> None:
        """Return when the queue knows that these agents' phones can be rung. It hears of a registration a moment after
        the phone does, and would turn away who calls in between."""
        async with asyncio.timeout(timeout_s):
            while not await self._reachable(numbers):  # noqa: ASYNC110 - the PBX does not tell
                await asyncio.sleep(0.1)

    async def _reachable(self, numbers: Sequence[str]) -> bool:
        lines = (await self.lab.pbx.cli("queue show service")).splitlines()
        return all(any(f"PJSIP/{n}" in line and "Not in use" in line for line in lines) for n in numbers)

    async def channels(self) -> int:
        """How many channels the PBX has."""
        return int((await self.lab.pbx.cli("core show channels count")).split(maxsplit=1)[0])

    async def records(self, count: int) -> list[CallRecord]:
        """So many records, held against queue_log, CDR and the phones' own logs: they must agree. And Asterisk's logs
        alone must give the same calls."""
        records = await self.scene.records_of(count, timeout_s=30.0)
        await asyncio.to_thread(self._judge, records)
        assert len(records) == count
        for record in records:  # seen whole, so nothing may be called a guess: the judge passes over what is
            assert (record.provenance, record.estimated) == (Provenance.OBSERVED, ())
        await asyncio.to_thread(assert_same, records, self.lab.run / "log")
        return records

    def _judge(self, records: Sequence[CallRecord]) -> None:
        run = self.lab.run
        kept = run / "records.jsonl"
        kept.write_bytes(msgspec.json.Encoder().encode_lines(records))
        books = ["--queue-log", f"{run}/log/queue_log", "--cdr", f"{run}/log/cdr-custom/zhitong-cdr.csv"]
        options = judge.arguments().parse_args(["--records", str(kept), *books, "--sipp", f"{run}/phones"])
        judgement = judge.run(options)
        assert judgement.good, report.as_text(judgement)


TRUNK_HOST = "127.0.0.2"
"""Where callers are when the agents' phones, at 127.0.0.1, register."""


def site(ports: Ports, queue: str = "", rest: str = "", trunk: str = "", host: str = "127.0.0.1") -> str:
    """site.toml with one queue; ``queue`` and ``trunk`` add keys to theirs, ``rest`` is whatever follows."""
    return f"""{head(ports, trunk=trunk, host=host)}
[[queue]]
name = "service"
{queue}
{rest}
"""


ALWAYS = '[agents]\nsign_in = "always"\n'


def people(numbers: Sequence[str], queue: str = "service") -> list[Person]:
    """These agents, in this queue."""
    return [Person(MemberName(n), f"坐席{n}", (QueueMembership(QueueName(queue)),), n) for n in numbers]


@contextlib.asynccontextmanager
async def stage(
    directory: Path,
    tools: Tools,
    persons: Sequence[Person],
    queue: str = "",
    rest: str = ALWAYS,
    *,
    trunk: str = "",
    bridge: bool = True,
    contacts: bool = True,
) -> AsyncIterator[Stage]:
    """A stage of this site, running. Without ``contacts`` the agents' phones must register."""
    host = "127.0.0.1" if contacts else TRUNK_HOST
    text = partial(site, queue=queue, rest=rest, trunk=trunk, host=host)
    async with Scene.open(directory, tools, text, persons, bridge=bridge, contacts=contacts) as scene:
        yield Stage(scene)
