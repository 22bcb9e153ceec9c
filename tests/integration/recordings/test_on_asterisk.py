"""Recordings of a real Asterisk, linked by a real bridge: through hold, transfer, pauses, a kill and a full disk.

What a recording holds is measured in the file, against what the phones heard of each other. That each way of handing a
caller on loses nobody is held in tests/integration/dialplans/test_recording.py.
"""

import asyncio
import hashlib
from pathlib import Path

import pytest

from telephony.control.commands import Taken
from telephony.control.orders.recording import PauseRecording
from telephony.model.terms import Outcome, Provenance
from telephony.records.record import CallRecord, RecordingFile, RecordingPause
from tests.integration.dialplans.listening import heard
from tests.integration.journal.mirror import assert_same
from tests.integration.recordings.studio import (
    CARD,
    CITIZEN,
    FIRST,
    SECOND,
    Studio,
    may_mount,
    pick_up,
    small_disk,
    studio,
)
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone
from zhitong.lab.programs import Tools, find_tools

pytestmark = pytest.mark.acceptance

ONE, TWO = "13800000001", "13800000002"
EDGE = 0.2
LATE = 0.8
"""Seconds of a voice that a busy machine may cost: a recorder drops what comes too late."""


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools()


async def held_and_handed_on(call: Call, taken: Call, second: Phone) -> Call:
    """By the first agent, with a consult; the second agent's call."""
    await asyncio.sleep(1.0)
    await taken.hold()
    await asyncio.sleep(0.5)
    await taken.resume()
    await asyncio.sleep(0.5)
    await taken.dtmf("*21002")
    consulted = await pick_up(second, 20_000)
    await asyncio.sleep(0.5)
    await taken.hangup()
    await call.hears(SECOND)
    return consulted


async def tells_a_card_number(room: Studio, call: Call, agent: Call) -> None:
    """While the recording pauses by command."""
    uniqueid = await room.live_call(ONE)
    assert (await room.order(PauseRecording(uniqueid, "li"))).taken is Taken.ACCEPTED
    await asyncio.sleep(0.3)
    call.say(CARD)
    await agent.hears(CARD)
    await asyncio.sleep(1.0)
    call.say(CITIZEN)
    await asyncio.sleep(0.3)
    assert "录音已恢复" in await room.zhitong("recordings", "resume", uniqueid, "--by", "li")


def whole(room: Studio, record: CallRecord, file: RecordingFile, call: Call, unheard: float) -> None:
    """All that was said is in the file, but for the card number; ``unheard``: seconds of the second agent before the
    recorder had begun anew."""
    data = room.file(record).read_bytes()
    assert (file.state, file.why, file.sha256) == ("recorded", None, hashlib.sha256(data).hexdigest())
    assert (file.size, record.recorded_bytes, record.notice) == (len(data), len(data), "carrier")
    kept = room.kept(record)
    assert file.length_ms == pytest.approx(kept.seconds * 1_000, abs=20)
    assert [pause.by for pause in record.recording_pauses] == ["command"]
    paused = seconds(record.recording_pauses[0])
    assert paused > 1.3
    assert kept.silent() >= paused - EDGE
    assert kept.of(CARD) == 0
    assert kept.of(FIRST) >= 0.995 * heard(call, FIRST) - LATE
    assert kept.of(SECOND) >= heard(call, SECOND) - unheard - paused - LATE


def seconds(pause: RecordingPause) -> float:
    return (pause.end - pause.start) / 1e6


async def test_row_14_one_file_a_call_through_hold_transfer_and_pauses(tmp_path: Path, tools: Tools) -> None:
    async with studio(tmp_path, tools, "1001", "1002", "1003", more='notice = "carrier"\npause_max_s = 10') as room:
        # A pause by key that nobody ends runs beside all the rest.
        other_call, other_agent = await room.talk(await room.citizen(TWO), await room.agent("1003", FIRST))
        await asyncio.sleep(0.5)
        await other_agent.dtmf("*5")

        call, taken = await room.talk(await room.citizen(ONE), await room.agent("1001", FIRST))
        consulted = await held_and_handed_on(call, taken, await room.agent("1002", SECOND))
        await room.bridge_says("is to begin anew")
        await asyncio.sleep(0.5)
        unheard = heard(call, SECOND)
        await asyncio.sleep(2.0)
        await tells_a_card_number(room, call, consulted)
        await asyncio.sleep(1.5)
        await call.hangup()

        await asyncio.sleep(6.0)  # the forgotten pause is over by now, and some talk after it
        await other_call.hangup()
        await room.silent()
        (record, file), (other, other_file) = sorted(await room.linked(2), key=lambda pair: pair[0].caller_number)
        assert "recording_failed" not in [alarm.name for alarm in (await room.status()).alarms]
        await asyncio.to_thread(assert_same, [record, other], room.scene.lab.run / "log")
        assert len(room.files()) == 2
        whole(room, record, file, call, unheard)

        (pause,) = other.recording_pauses
        assert (pause.by, other_file.state) == ("key", "recorded")
        assert seconds(pause) > 9.5
        assert pause.end < other.ended_at
        assert room.kept(other).seconds == pytest.approx(heard(other_agent, CITIZEN) - seconds(pause), abs=1.0)


@pytest.mark.slow
async def test_row_14_nearly_all_of_the_talk_is_recorded(tmp_path: Path, tools: Tools) -> None:
    """Row 14, "recordings lost around transfers": 99.5 % of one call that is held, handed on blindly, and again after
    a consult."""
    async with studio(tmp_path, tools, "1001", "1002", "1003") as room:
        first = await room.agent("1001", FIRST)
        call, taken = await room.talk(await room.citizen(ONE), first)
        second, third = await room.agent("1002", SECOND), await room.agent("1003", FIRST)
        await asyncio.sleep(8)
        await taken.hold()
        await asyncio.sleep(1)
        await taken.resume()
        await asyncio.sleep(8)
        assert await taken.refer("1002") == 200
        agents = [taken, await pick_up(second, 20_000)]
        await asyncio.sleep(10)
        await agents[1].dtmf("*21003")
        agents.append(await pick_up(third, 10_000))
        await asyncio.sleep(0.5)
        await agents[1].hangup()
        await room.bridge_says("is to begin anew")
        await asyncio.sleep(12)
        await call.hangup()
        ((record, file),) = await room.linked(1)
        assert (file.state, len(room.files())) == ("recorded", 1)
        kept = room.kept(record)
        assert record.talk_ms > 36_000
        assert record.hold_ms > 1_000
        # What the agents heard of the citizen, who hums while held as well: a busy machine's phones skip packets.
        together = sum(heard(each, CITIZEN) for each in agents)
        assert together * 1_000 > 0.9 * record.talk_ms
        assert kept.of(CITIZEN) - record.hold_ms / 1_000 >= 0.995 * together - LATE


async def test_a_bridge_killed_in_mid_call_links_the_file_after_its_start(tmp_path: Path, tools: Tools) -> None:
    async with studio(tmp_path, tools, "1001") as room:
        call, taken = await room.talk(await room.citizen(ONE), await room.agent("1001", FIRST))
        await asyncio.sleep(1.0)
        await room.scene.bridge.kill()
        await taken.dtmf("*5")
        await asyncio.sleep(1.0)
        await taken.dtmf("*6")
        await asyncio.sleep(1.0)
        await call.hangup()
        await room.silent()
        await room.scene.bridge.start()
        ((record, file),) = await room.linked(1)
        data = room.file(record).read_bytes()
    assert (record.provenance, record.outcome) == (Provenance.REBUILT, Outcome.ANSWERED)
    assert (file.state, file.sha256, record.recorded_bytes) == (
        *("recorded", hashlib.sha256(data).hexdigest()),
        len(data),
    )
    (pause,) = record.recording_pauses
    assert pause.by == "key"
    assert (pause.end - pause.start) / 1e6 > 0.9
    assert pause.end < record.ended_at


@pytest.mark.skipif(not may_mount(), reason="only root may mount a small disk")
async def test_row_15_a_full_disk_costs_the_recording_and_nothing_else(tmp_path: Path, tools: Tools) -> None:
    """Row 15, "disk full stops the PBX": the call goes on, the record says *not recorded*, an alarm is raised."""
    with small_disk(tmp_path / "recordings", "48k"):  # three seconds
        async with studio(tmp_path, tools, "1001") as room:
            citizen, agent = await room.citizen(ONE), await room.agent("1001", FIRST)
            call, taken = await room.talk(citizen, agent)
            await asyncio.sleep(5.5)
            before = heard(call, FIRST)
            await asyncio.sleep(0.5)
            assert heard(call, FIRST) > before, "the call goes on"
            await call.hangup()
            await taken.ended()
            ((_, file),) = await room.linked(1)
            assert (file.state, file.why) == ("incomplete", "cut_short")
            assert "is the disk full" in await room.alarm("recording_failed")

            call, taken = await room.talk(citizen, agent)
            await asyncio.sleep(2.0)
            assert heard(call, FIRST) > 1.0
            await call.hangup()
            await taken.ended()
            _, (record, file) = await room.linked(2)
            assert (file.state, record.outcome) == ("not_recorded", Outcome.ANSWERED)


async def test_a_folder_that_cannot_be_written_is_an_alarm(tmp_path: Path, tools: Tools) -> None:
    (tmp_path / "recordings").write_text("a file where a folder should be", encoding="utf-8")
    async with studio(tmp_path, tools, "1001") as room:
        call, _ = await room.talk(await room.citizen(ONE), await room.agent("1001", FIRST))
        await asyncio.sleep(1.5)
        assert heard(call, FIRST) > 0.8
        await call.hangup()
        ((record, file),) = await room.linked(1)
        assert (file.state, file.why, record.outcome) == ("not_recorded", "not_written", Outcome.ANSWERED)
        assert record.call_id in await room.alarm("recording_failed")
