"""The records of a real PBX's calls beside its own books, by the command that people run: clean, then one falsified."""

import asyncio
import json
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telephony.model.ids import Micros
from telephony.places import figures_of, var_of
from telephony.reconcile.figures import FigureStore
from telephony.reconcile.nightly import Nightly
from telephony.reconcile.verify import Problem, verify
from tests.acceptance.test_transfers import Desk, desk
from zhitong.lab.phones.policy import Answer, Refuse, Ring
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

_PATIENCE_S = 60
_TWO_DAYS = 2 * 86_400 * 1_000_000


async def attended_by_keys(room: Desk) -> None:
    call, taken = await room.connected()
    await asyncio.sleep(0.5)
    await taken.dtmf("*21002")
    consulted = await room.second.next_call(timeout=30)
    await consulted.answered(30)
    await asyncio.sleep(0.5)
    await taken.hangup()
    await asyncio.sleep(0.8)
    await call.hangup()
    await room.play.quiet()


async def refused_then_answered(room: Desk) -> None:
    room.first.on_invite = Refuse(486, 0.1)
    call = await room.citizen.call("12345")
    await call.answered(30)
    await asyncio.sleep(0.5)
    await call.hangup()
    await room.play.quiet()


async def given_up(room: Desk) -> None:
    room.first.on_invite = room.second.on_invite = Ring()
    call = await room.citizen.call("12345")
    await room.first.next_call(30)
    await asyncio.sleep(0.5)
    await call.hangup()
    await room.play.quiet()
    room.first.on_invite = Answer(0.2)


async def told(site: Path) -> tuple[int, dict[str, Any]]:
    """What ``zhitong reconcile`` says, once every call is over and settled."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        words = ["-m", "zhitong", "reconcile", "--site", str(site), "--from", "1h", "--json"]
        process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        assert process.returncode in (0, 1), out
        report = json.loads(out)
        if not report["counts"]["unsettled"]:
            return process.returncode, report
        assert time.monotonic() < deadline, report
        await asyncio.sleep(1)


def falsify(database: Path, call_id: str) -> None:
    """As somebody with the database file at hand would: another agent had the call."""
    with closing(sqlite3.connect(database)) as connection, connection:
        (body,) = connection.execute("SELECT body FROM calls WHERE call_id = ?", (call_id,)).fetchone()
        record = msgspec.json.decode(body)
        record["agent"] = "1001"
        new = msgspec.json.encode(record).decode()
        connection.execute("UPDATE calls SET body = ?, agent = '1001' WHERE call_id = ?", (new, call_id))


async def test_row_03_every_difference_from_queue_log_and_cdr_is_explained(tmp_path: Path, tools: Tools) -> None:
    """Row 3 of the failures: CONNECT missing after an attended transfer, queue_log and database differ."""
    async with desk(tmp_path, tools) as room:
        for story in (attended_by_keys, refused_then_answered, given_up):
            await story(room)
        records = await room.play.scene.records_of(3)
        site, scene = room.play.scene.site_file, room.play.scene
        store, folder = FigureStore(scene._database), figures_of(site, scene.site)
        now = Micros(time.time_ns() // 1_000 + _TWO_DAYS)
        await Nightly(store, "k" * 32, scene.site.time_zone, folder).make_up(now)

        status, clean = await told(site)
        assert (status, clean["counts"]["unexplained"]) == (0, 0), clean
        assert clean["counts"]["records"] == clean["counts"]["cdr"] == clean["counts"]["queue_log"] == 3
        assert clean["cel"]
        reasons = {each["finding"]["because"] for call in clean["calls"] for each in call["findings"]}
        assert "refusal written as no answer" in reasons

        victim = next(record for record in records if record.agent == "1002")
        await asyncio.to_thread(falsify, var_of(site, scene.site) / "zhitong.db", victim.call_id)
        status, tampered = await told(site)
        assert status == 1
        assert [call["call_id"] for call in tampered["calls"] if not call["explained"]] == [victim.call_id]
        checks = await verify(store, "k" * 32, folder)
    assert [problems for check in checks for problems in check.problems.items()] == [
        (Problem.ALTERED, (victim.call_id,))
    ]
