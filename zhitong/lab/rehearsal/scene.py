"""A lab with everything a site has: site.toml, people in the directory, secrets, a rendered PBX, and a bridge."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Self

from dialplans.render import Lab as LabParameters
from dialplans.render import render, write
from telephony.config import Site, read_site
from telephony.database.database import Database
from telephony.directory.agents import Agent
from telephony.directory.entries import Entry
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.store import AgentStore
from telephony.errors import LabError
from telephony.places import database_url, secrets_of
from telephony.records.query import PAGE_LIMIT, CallQuery
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from telephony.secrets import ensure_secrets
from zhitong.lab.lab import Lab
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.bridge import Bridge

_LOOK_S = 0.25

SiteText = Callable[[Ports], str]
"""Makes the text of site.toml from the lab's ports (``head`` writes what every lab needs)."""


def head(ports: Ports, name: str = "演练 rehearsal", trunk: str = "", host: str = "127.0.0.1") -> str:
    """The beginning of a lab's site.toml: names, addresses, and one trunk for callers at ``host``.

    ``trunk`` adds keys to that trunk. Phones that register need an address that is not the trunk's. Calls are answered
    when the agent answers, unless ``trunk`` says otherwise: SIPp's own timer of the answer is then the connect time.
    """
    answer = "" if "answer = " in trunk else 'answer = "at-agent"'
    return f"""\
name = "{name}"
hotline = ["12345"]
var = "var"

[pbx.ami]
port = {ports.ami}

[sip]
bind = "127.0.0.1"
port = {ports.sip}
rtp_start = {ports.rtp.start}
rtp_end = {ports.rtp.stop - 1}
# SIPp's callers send no RTP, and nobody answers OPTIONS where they call from.
rtp_timeout_s = 0
rtp_timeout_hold_s = 0
qualify_s = 0

[[trunk]]
name = "carrier"
hosts = ["{host}"]
{answer}
{trunk}
"""


class Scene:
    """A running site in one directory. ``lab`` has the PBX and the phones, ``bridge`` the bridge's process.

    Use ``Scene.open``; everything stops when it is left.
    """

    def __init__(self, lab: Lab, site_file: Path, site: Site, database: Database) -> None:
        self.lab = lab
        self.site_file = site_file
        self.site = site
        self._database = database
        self.bridge = Bridge(site_file, lab.run)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        directory: Path,
        tools: Tools,
        site_text: SiteText,
        agents: Sequence[Agent],
        *,
        bridge: bool = True,
        contacts: bool = True,
        port_count: int = 1500,
    ) -> AsyncIterator[Self]:
        """Render, start the PBX, then the bridge (unless told not to).

        ``contacts``: the agents' phones are where ``lab.agents`` puts them; without, they must register.
        ``port_count``: a call takes four.
        """
        async with (
            Lab(directory, tools, port_count=port_count) as lab,
            cls._prepared(lab, site_text(lab.ports), agents, contacts) as scene,
        ):
            await lab.pbx.start()
            try:
                if bridge:
                    await scene.bridge.start()
                yield scene
            finally:
                await lab.stop_phones()
                await scene.bridge.stop()

    @classmethod
    @contextlib.asynccontextmanager
    async def _prepared(cls, lab: Lab, site_text: str, agents: Sequence[Agent], contacts: bool) -> AsyncIterator[Self]:
        site_file = lab.run / "site.toml"
        text = f'{site_text}\n[pbx.folders]\nlog = "{lab.run}/log"\n'
        await asyncio.to_thread(site_file.write_text, text, encoding="utf-8")
        site = await asyncio.to_thread(read_site, site_file)
        database = await Database.open(database_url(site_file, site))
        try:
            scene = cls(lab, site_file, site, database)
            await AgentStore(database).import_agents(agents, replace=True)
            await asyncio.to_thread(scene._render, agents, contacts)
            yield scene
        finally:
            await database.close()

    def _render(self, agents: Sequence[Agent], contacts: bool) -> None:
        secrets = ensure_secrets(secrets_of(self.site_file, self.site), [agent.phone for agent in agents])
        ports = self.lab.ports
        known = {agent.phone: f"sip:{agent.number}@127.0.0.1:{ports.agents}" for agent in agents if contacts}
        write(self.lab.etc, render(self.site, agents, secrets, lab=LabParameters(contacts=known, data=self.lab.data)))

    async def introduce(self, entries: Sequence[Entry]) -> None:
        """Make the directory of departments and specialists these. Raises DirectoryError when that cannot be."""
        await SpecialistStore(self._database).change(lambda _stored: entries)

    async def fallen(self) -> LabError:
        """Wait until the PBX or the bridge ends by itself, and return the error that tells how."""
        watched = [asyncio.create_task(part.wait()) for part in (self.lab.pbx, self.bridge)]
        try:
            done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for watch in watched:
                watch.cancel()

    async def records(self) -> list[CallRecord]:
        """All call records so far, the oldest first."""
        query = CallQuery(oldest_first=True, limit=PAGE_LIMIT)
        return [record async for record in RecordStore(self._database).stream(query)]

    async def records_of(self, count: int, timeout_s: float = 30.0) -> list[CallRecord]:
        """Wait until there are ``count`` records; what there is when the time is up."""
        records = await self.records()
        for _ in range(int(timeout_s / _LOOK_S)):
            if len(records) >= count:
                break
            await asyncio.sleep(_LOOK_S)
            records = await self.records()
        return records
