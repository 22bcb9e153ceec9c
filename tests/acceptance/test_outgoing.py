"""Calls that leave over a trunk and those that may not, in the records: by what was seen, and by the logs alone."""

import asyncio
import json
from pathlib import Path

import pytest

from telephony.model.terms import Direction, Outcome
from telephony.records.record import CallRecord
from tests.acceptance.desk import CITIZEN, Desk, desk
from tests.acceptance.stage import Stage
from tests.integration.cli.typed import typed
from tests.integration.journal.mirror import assert_same
from zhitong.lab.phones.policy import Answer, Forward
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

ABROAD, LISTED = "00441632960961", "+441632960961"
KEYS = "749315820649"


async def called_out(room: Desk) -> None:
    room.citizen.on_invite = Answer()
    call = await room.agent.call(f"0{CITIZEN}")
    await call.answered()
    await (await room.citizen.next_call()).answered()
    await call.dtmf(KEYS)
    await call.hangup()


async def refused(room: Desk) -> None:
    ending = await (await room.agent.call(ABROAD)).ended()
    assert ending.code == 403


async def transferred_abroad(room: Desk) -> None:
    """The agent tries to transfer the citizen abroad, has them back, and then forwards another's call."""
    room.agent.on_invite = Answer()
    call = await room.citizen.call("12345")
    taken = await room.agent.next_call()
    await taken.answered()
    await call.answered()
    await call.dtmf(KEYS, via="info")
    await taken.refer(ABROAD)
    again = await room.agent.next_call(60)
    await again.answered()
    await asyncio.sleep(0.5)  # a talk, and no answer in the instant of an end
    await again.hangup()
    await call.ended()


async def forwarded(room: Desk) -> None:
    """The agent's phone would send the citizen abroad; then it takes the call."""
    room.agent.on_invite = Forward(ABROAD)
    call = await room.citizen.call("12345")
    await (await room.agent.next_call()).ended()
    room.agent.on_invite = Answer()
    await call.answered(60)
    await (await room.agent.next_call()).answered()
    await asyncio.sleep(0.5)
    await call.hangup()


async def test_what_left_and_what_was_refused_is_on_record(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        for story in (called_out, refused, transferred_abroad, forwarded):
            await story(room)
            await Stage(room.scene).quiet()
            await room.idle()
        records = await room.scene.records_of(4)
        await asyncio.to_thread(assert_same, records, room.scene.lab.run / "log")
        out, no, back, sent = sorted(records, key=lambda record: record.received_at)

        assert (out.direction, out.outcome, out.agent, out.trunk) == (
            Direction.OUTBOUND,
            Outcome.ANSWERED,
            "1001",
            room.scene.site.trunks[0].name,
        )
        assert [(each.purpose, each.number, each.agent) for each in out.out] == [("call-out", CITIZEN, "1001")]
        assert (no.direction, no.outcome, no.refused_because, no.agent) == (
            Direction.OUTBOUND,
            Outcome.REFUSED,
            "not-allowed",
            "1001",
        )
        assert refusals(no) == [("call-out", LISTED, "1001", "not-allowed")]
        assert (back.direction, back.outcome, len(back.visits)) == (Direction.INBOUND, Outcome.ANSWERED, 2)
        assert refusals(back) == [("transfer", LISTED, "1001", "not-allowed")]
        assert (sent.outcome, sent.offers[-1].outcome.value) == (Outcome.ANSWERED, "answered")
        assert set(refusals(sent)) == {("forward", LISTED, "1001", "not-allowed")}
        assert "answered" not in {offer.outcome.value for offer in sent.offers[:-1]}

        listed = await typed(room.scene.site_file, "calls", "list", "--refused", "--json")
        assert {each["call_id"] for each in json.loads(listed.out)} == {no.call_id, back.call_id, sent.call_id}
        assert LISTED not in listed.out, "masked"
        shown = await typed(room.scene.site_file, "calls", "show", back.call_id)
        assert "不允许" in shown.out
        await asyncio.to_thread(holds_no_keys, room.scene.site_file.parent)


def refusals(record: CallRecord) -> list[tuple[str, str, str, str]]:
    return [(each.purpose, each.number, each.agent, each.reason) for each in record.refused_out]


def holds_no_keys(folder: Path) -> None:
    """Nothing of ours or Asterisk's: logs, database and its journal, outbox. Sounds are not read."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".wav"]
    assert any(path.name.startswith("zhitong.db") or path.suffix == ".db" for path in files)
    assert [path for path in files if KEYS.encode() in path.read_bytes()] == []
