"""The PBX on another machine: the bridge cannot see its log folder, and reads it through the journal agent.

The bridge is killed while citizens call, and the agent too; the records are as complete as with the logs at hand.
"""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from telephony.journal.agent.keys import keys_in, make_keys
from telephony.model.terms import Outcome, Provenance, Side
from telephony.places import secrets_of
from tests.acceptance.stage import Stage, people, stage
from tests.integration.journal_agent.process import Serving
from zhitong.lab.programs import Tools
from zhitong.lab.roles import Agent, Caller, Offer

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


def call(number: str, start_at: float = 0.0, give_up_after_s: float | None = None) -> Caller:
    return Caller(number=number, dialled="12345", start_at=start_at, give_up_after_s=give_up_after_s)


@contextlib.asynccontextmanager
async def apart(directory: Path, tools: Tools) -> AsyncIterator[tuple[Stage, Serving]]:
    """A PBX with an agent beside it, and a bridge that has the PBX's log folder nowhere."""
    async with stage(directory / "lab", tools, people(["1001", "1002"]), bridge=False) as play:
        keys = directory / "keys"
        await asyncio.to_thread(make_keys, keys, ["127.0.0.1"])
        agent = Serving(play.lab.run / "log", keys, play.lab.ports.take(), directory / "agent.log")
        try:
            await asyncio.to_thread(agent.start)
            await asyncio.to_thread(_tell_the_bridge, play, agent.port, keys)
            await play.scene.bridge.start()
            yield play, agent
        finally:
            await play.scene.bridge.stop()
            agent.close()


def _tell_the_bridge(play: Stage, port: int, keys: Path) -> None:
    file, log = play.scene.site_file, f"{play.lab.run}/log"
    text = file.read_text(encoding="utf-8")
    assert text.count(f'log = "{log}"') == 1
    text = text.replace(f'log = "{log}"', f'log = "{play.lab.run}/nowhere"')
    agent = f'[pbx.journal]\nurl = "https://127.0.0.1:{port}"\ntls_cert = "{keys_in(keys).certificate}"\n'
    file.write_text(text + agent, encoding="utf-8")
    secrets = secrets_of(file, play.scene.site)
    token = keys_in(keys).token.read_text(encoding="ascii").strip()
    secrets.write_text(f'journal = "{token}"\n' + secrets.read_text(encoding="utf-8"), encoding="utf-8")


async def until_alarm(play: Stage, stands: bool) -> None:
    """Wait until ``zhitong status`` shows the alarm that the logs cannot be read, or no longer does."""
    command = [sys.executable, "-m", "zhitong", "status", "--json", "--site", str(play.scene.site_file)]
    async with asyncio.timeout(60):
        while True:
            done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=False)
            alarms = {alarm["name"]: alarm["detail"] for alarm in json.loads(done.stdout)["alarms"]}
            if ("journal_unreadable" in alarms) is stands:
                assert not stands or "the journal agent does not answer" in alarms["journal_unreadable"]
                return
            await asyncio.sleep(0.5)


async def test_what_happened_while_the_bridge_was_dead_is_read_through_the_agent(tmp_path: Path, tools: Tools) -> None:
    """One call is over before the kill, two talk through it, one waits through it, one comes and goes unseen. The agent
    is killed meanwhile, and starts some time after the bridge."""
    async with apart(tmp_path, tools) as (play, agent):
        talks = tuple(Offer(ring_s=0.3, talk_s=3.0) for _ in range(3))
        await play.lab.agents([Agent("1001", talks), Agent("1002", talks)])
        talking = [call("13800000001"), call("13800000002", 4.0), call("13800000003", 4.2)]
        waiting = [call("13800000004", 4.4, 1.5), call("13800000005", 5.6, 0.8)]
        running = await play.lab.callers([*talking, *waiting])
        assert len(await play.scene.records_of(1, timeout_s=30)) == 1
        async with asyncio.timeout(30):
            while await play.channels() < 5:  # noqa: ASYNC110 - two talk, one waits; the PBX does not say so by itself
                await asyncio.sleep(0.05)
        await play.scene.bridge.kill()
        await asyncio.to_thread(agent.end, signal.SIGKILL)
        await running.finished(60)
        await play.quiet()
        await play.scene.bridge.start()
        await until_alarm(play, True)
        before = await play.scene.records()
        await asyncio.to_thread(agent.start)
        await play.scene.records_of(5, timeout_s=90)
        await asyncio.sleep(3)  # what would be doubled would be by now
        records = await play.scene.records()
        await asyncio.to_thread(play._judge, records)
        await until_alarm(play, False)
        said = await asyncio.to_thread((play.lab.run / "bridge.log").read_text, encoding="utf-8")
    assert len(before) <= 1, "without the agent nothing can be told of what was not seen"
    assert "the journal agent does not answer" in said
    assert "the journal agent answers again" in said
    assert len(records) == 5
    by_number = {record.caller_number: record for record in records}
    assert by_number["13800000001"].provenance is Provenance.OBSERVED
    for number in ("13800000002", "13800000003", "13800000004", "13800000005"):
        assert (by_number[number].provenance, by_number[number].estimated) == (Provenance.REBUILT, ()), number
    for number in ("13800000002", "13800000003"):
        assert (by_number[number].outcome, by_number[number].hung_up_by) == (Outcome.ANSWERED, Side.AGENT)
        assert 2_900 <= by_number[number].talk_ms <= 3_200
    for number in ("13800000004", "13800000005"):
        assert (by_number[number].outcome, by_number[number].hung_up_by) == (Outcome.ABANDONED, Side.CALLER)
