"""A clinic whose PBX is a real Asterisk."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from telephony.secrets import read_secrets
from tests.integration.cli.clinic import Clinic, open_clinic
from zhitong.lab.lab import Lab
from zhitong.lab.phones.phone import Phone
from zhitong.lab.programs import Tools

TRUNK = "127.0.0.2"


class Ward(msgspec.Struct, frozen=True):
    """``clinic`` is the site; its rendered files lie where this Asterisk reads them."""

    clinic: Clinic
    lab: Lab

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.lab.etc / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def may_do_everything(self) -> None:
        """Give the AMI user all rights, and all classes of events; its event filter stays."""
        for key in ("read", "write"):
            lines = (self.lab.etc / "manager.conf").read_text(encoding="utf-8").splitlines()
            (line,) = [line for line in lines if line.startswith(f"{key} =")]
            self.edit("manager.conf", line, f"{key} = all")

    def without_filter(self) -> None:
        """Take the event filter away."""
        file = self.lab.etc / "manager.conf"
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join(line for line in lines if not line.startswith("eventfilter")), encoding="utf-8")

    async def phone(self, number: str) -> Phone:
        """An agent's phone, registered."""
        password = read_secrets(self.clinic.secrets_file).phones[number]
        return await Phone.start(number, password, ("127.0.0.1", self.lab.ports.sip))

    def complaints(self) -> list[str]:
        """Lines of Asterisk's log that are warnings or errors."""
        log = (self.lab.pbx.log_dir / "messages.log").read_text(encoding="utf-8")
        return [line for line in log.splitlines() if "WARNING[" in line or "ERROR[" in line]


@asynccontextmanager
async def open_ward(folder: Path, tools: Tools, *, more: str = "") -> AsyncIterator[Ward]:
    """The rendered site on an Asterisk of its own, not started yet. ``more``: tables for site.toml."""
    async with Lab(folder / "pbx", tools, port_count=1000) as lab:
        clinic = await open_clinic(folder, lab.ports.ami)
        rtp = f"rtp_start = {lab.ports.rtp.start}\nrtp_end = {lab.ports.rtp.stop - 1}\n"
        clinic.add(f'[sip]\nbind = "127.0.0.1"\nport = {lab.ports.sip}\n{rtp}{more}')
        clinic.change("192.0.2.1", TRUNK)
        clinic.change(str(clinic.etc), str(lab.etc))
        clinic.render()
        await asyncio.to_thread(shutil.rmtree, folder / "asterisk")
        yield Ward(clinic, lab)
