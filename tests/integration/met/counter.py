"""Callers, agents and the bridge's word of them, for these tests."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from telephony.ami.actions import Getvar
from telephony.database.database import Database
from telephony.places import database_url
from telephony.records.query import CallQuery
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from tests.integration.dialplans.rig import Rig
from tests.integration.rooms.office import DEADLINE_S, Office
from zhitong.lab.phones.call import Call

SITE = """
[agents]
sign_in = "always"
[sip]
rtp_timeout_s = 5
[sticky]
on = true
[rating]
on = true
wait_s = 5
[silence]
after_s = 1
[[queue]]
name = "hotline"
"""


async def calls(rig: Rig, number: str, *, silent: bool = False) -> Call:
    """A citizen dials the hotline, and hums."""
    citizen = await rig.citizen(number, trunk="entry")
    citizen.tone_hz = None if silent else 450
    return await citizen.call("12345")


async def ready(rig: Rig, *numbers: str) -> None:
    """The line beside the queue knows these phones, too."""
    for number in numbers:
        await rig.manager.event("QueueMemberStatus", Queue="zt-sticky-hotline", MemberName=number, Status="1")


async def told(bridge: Office, name: str) -> str:
    """What the PBX keeps under this name, once there is something."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            variable = f"PRESENCE_STATE(CustomPresence:{name},subtype)"
            reply = await bridge.service.connection.act(Getvar(variable), DEADLINE_S)
            if value := reply.headers.get("Value", ""):
                return value
            await asyncio.sleep(0.05)


async def records(rig: Rig, folder: Path, count: int) -> Mapping[str, CallRecord]:
    """All in the database of the bridge at home in ``folder``, by the numbers of their callers as received."""
    database = await Database.open(database_url(folder / "site.toml", rig.site))
    store = RecordStore(database)
    try:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                found = [record async for record in store.stream(CallQuery(limit=100), [])]
                if len(found) >= count:
                    return {record.caller_number: record for record in found}
                await asyncio.sleep(0.1)
    finally:
        await database.close()
