"""The record of a conference: as the bridge saw it, and as the PBX's own logs alone tell it. Through the bridge's door,
with specialists in the house, a specialist outside and an emergency number behind a trunk, and recordings."""

import asyncio
from pathlib import Path

import pytest

from telephony.directory.entries import Entry
from telephony.directory.specialists import Code, Department, Specialist
from telephony.journal.differences import differences
from telephony.journal.rebuild import rebuild
from telephony.journal.rows import cel_row, queue_line
from telephony.model.ids import CallId, Micros
from telephony.model.machines import AgentState
from telephony.places import database_url
from telephony.records.build import build_record
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from tests.integration.dialplans.outside import Outside, outside
from tests.integration.dialplans.rig import Rig, agents_of, running
from tests.integration.rooms.hall import CITIZEN, FIRST, MUSIC, SECOND, SITE, Hall, hall, only
from tests.integration.rooms.office import Office, office
from tests.unit.telephony.journal import recorded
from zhitong.lab.phones.policy import Answer, Refuse
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

_LATE = Micros(1_000_000)
"""On a busy machine Asterisk says an event so much later than it writes the row: what is compared is what happened."""
AGENTS = agents_of("1001") + agents_of("1002", "1003", queues="other")
OFFICE, OUTSIDE = Code("8100"), Code("8201")
DIRECTORY: tuple[Entry, ...] = (
    Department(OFFICE, "人力资源和社会保障局", "人社局"),
    Specialist(Code("8101"), "林专员", OFFICE, ("1002",)),
    Specialist(Code("8102"), "何专员", OFFICE, ("1003",)),
    Department(Code("8200"), "医疗保障局", "医保局"),
    Specialist(OUTSIDE, "方专员", Code("8200"), ("13900000001",)),
)


async def asked_and_merged(bridge: Office, here: Hall) -> None:
    here.phones["1002"].on_invite, here.phones["1003"].on_invite = Refuse(603), Answer()
    await bridge.done(bridge.desk(here).consult(OFFICE))
    guest = await here.phones["1003"].next_call()
    await asyncio.gather(only(here.citizen, {MUSIC}, 0.6), only(guest, {FIRST}, 0.6))
    await bridge.done(bridge.desk(here).merge())
    await asyncio.gather(only(here.citizen, {FIRST, SECOND}), only(guest, {FIRST, CITIZEN}))
    await guest.hangup()


async def joined_from_outside(bridge: Office, here: Hall, out: Outside) -> None:
    out.carrier.on_invite = Answer()
    await bridge.done(bridge.desk(here).invite(OUTSIDE))
    guest = await out.carrier.next_call()
    await only(here.citizen, {FIRST, SECOND})
    await guest.hangup()
    await only(here.citizen, {FIRST})


async def emergency(bridge: Office, here: Hall, out: Outside) -> None:
    await bridge.done(bridge.desk(here).emergency("110"))
    guest = await out.carrier.next_call()
    await only(here.citizen, {FIRST, SECOND})
    await bridge.done(bridge.desk(here).complete())
    await here.agent.ended()
    await only(guest, {CITIZEN})
    await here.citizen.hangup()
    await guest.ended()


def by_the_logs(rig: Rig) -> dict[CallId, CallRecord]:
    log = rig.lab.pbx.log_dir
    rows = map(cel_row, (log / "cel-custom" / "zhitong-cel.csv").read_text(encoding="utf-8").splitlines())
    lines = map(queue_line, (log / "queue_log").read_text(encoding="utf-8").splitlines())
    groups = recorded.groups(filter(None, rows), filter(None, lines))
    return {call.call_id: build_record(call) for group in groups for call in rebuild(recorded.PBX, group)}


async def stored(rig: Rig, folder: Path, call_id: CallId) -> CallRecord:
    store = await RecordStore.open(database_url(folder / "site.toml", rig.site))
    try:
        async with asyncio.timeout(30):
            while (record := await store.get(call_id)) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        await store.close()
    return record


async def test_the_record_is_the_same_by_events_and_by_the_logs(tools: Tools, tmp_path: Path) -> None:
    async with (
        outside() as out,
        running(tmp_path, SITE, AGENTS, tools=tools, base=out.base) as rig,
        office(rig, tmp_path / "office", DIRECTORY) as bridge,
    ):
        out.carrier.tone_hz = SECOND
        here = await hall(rig, tmp_path / "music")
        await bridge.until(lambda: bridge.state("1001") is AgentState.ON_CALL)
        call_id = bridge.call(here).call_id
        await asked_and_merged(bridge, here)
        await joined_from_outside(bridge, here, out)
        await emergency(bridge, here, out)
        await here.silent()
        seen = await stored(rig, tmp_path / "office", call_id)
        told = await asyncio.to_thread(by_the_logs, rig)
    assert [str(each) for each in differences(seen, told[call_id], _LATE)] == []
    holds(seen)
    holds(told[call_id])
    assert set(told) == {call_id}


def holds(record: CallRecord) -> None:
    consult, joined, called = record.invitations
    assert [(tried.number, tried.code, tried.result.value) for tried in consult.tries] == [
        *(("1002", "8101", "refused"), ("1003", "8102", "answered")),
    ]
    assert [(each.mode.value, each.by, each.result.value) for each in record.invitations] == [
        *(("side", "1001", "joined"), ("room", "1001", "joined"), ("room", "1001", "joined")),
    ]
    assert (joined.to, joined.department, called.purpose) == ("8201", "8200", "emergency")
    assert [(one.who, one.role.value, one.code) for one in record.participants[1:]] == [
        *(("1001", "agent", ""), ("1003", "specialist", "8102"), ("13900000001", "specialist", "8201")),
        ("110", "target", ""),
    ]
    (part,) = record.private_parts
    assert (part.who, part.recording.endswith(".wav")) == (("1001", "1003"), True)
    assert [(each.number, each.by, each.result.value) for each in record.incidents] == [("110", "1001", "answered")]
