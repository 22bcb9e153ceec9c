"""A site in a directory, its PBX, and the doctor sent to look at both."""

from pathlib import Path

import msgspec

from dialplans.render import render, write
from telephony.config import read_site
from telephony.database.database import Database
from telephony.directory.agents import Agent, QueueMembership
from telephony.directory.store import AgentStore
from telephony.model.ids import MemberName, QueueName
from telephony.places import database_url, secrets_of
from telephony.secrets import ensure_secrets, read_secrets
from zhitong.cli.checks.examine import Patience, examine
from zhitong.cli.checks.findings import Finding, Severity

SITE = """\
name = "某市12345"
hotline = ["12345"]
[pbx.ami]
port = {port}
[pbx.folders]
etc = "{folder}/asterisk/etc"
log = "{folder}/asterisk/log"
[[trunk]]
name = "carrier"
hosts = ["192.0.2.1"]
qualify_s = 0
[[queue]]
name = "hotline"
[agents]
sign_in = "always"
"""
AGENTS = tuple(
    Agent(MemberName(number), "张三", (QueueMembership(QueueName("hotline")),), number) for number in ("1001", "1002")
)
QUICK = Patience(listen_s=0.0, silence_s=3.0)


class Clinic(msgspec.Struct, frozen=True):
    """``site_file`` may be rewritten before ``examine``."""

    site_file: Path

    @property
    def secrets_file(self) -> Path:
        return secrets_of(self.site_file, read_site(self.site_file))

    @property
    def database_file(self) -> Path:
        return self.secrets_file.with_name("zhitong.db")

    @property
    def etc(self) -> Path:
        """Where its PBX would read its files."""
        return Path(read_site(self.site_file).pbx.folders.etc)

    def render(self) -> None:
        """Write the PBX's files anew."""
        write(self.etc, render(read_site(self.site_file), AGENTS, read_secrets(self.secrets_file)))

    def add(self, toml: str) -> None:
        """More lines for site.toml; tables only, since they come last."""
        self.site_file.write_text(self.site_file.read_text(encoding="utf-8") + toml, encoding="utf-8")

    def change(self, old: str, new: str) -> None:
        text = self.site_file.read_text(encoding="utf-8")
        assert old in text
        self.site_file.write_text(text.replace(old, new), encoding="utf-8")

    async def examine(self, patience: Patience = QUICK) -> "Diagnosis":
        return Diagnosis(tuple([finding async for finding in examine(self.site_file, patience)]))


class Diagnosis(msgspec.Struct, frozen=True):
    """What the doctor said."""

    findings: tuple[Finding, ...]

    def of(self, check: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.check == check]

    def one(self, check: str) -> Finding:
        """The only finding of this check."""
        found = self.of(check)
        assert len(found) == 1, (check, self.findings)
        return found[0]

    def bad(self) -> list[tuple[str, Severity]]:
        """All that is not ok."""
        return [(finding.check, finding.severity) for finding in self.findings if finding.severity != Severity.OK]

    def errors(self) -> list[str]:
        return [check for check, severity in self.bad() if severity is Severity.ERROR]


async def open_clinic(folder: Path, port: int, secret: str = "r1ght" * 4) -> Clinic:
    """A site that is in order: secrets, database, two agents. Its PBX is at ``port``."""
    site_file = folder / "site.toml"
    site_file.write_text(SITE.format(port=port, folder=folder), encoding="utf-8")
    site = read_site(site_file)
    secrets_file = secrets_of(site_file, site)
    ensure_secrets(secrets_file, [agent.phone for agent in AGENTS])
    text = secrets_file.read_text(encoding="utf-8").splitlines()
    secrets_file.write_text(
        "\n".join(f'ami = "{secret}"' if line.startswith("ami") else line for line in text), encoding="utf-8"
    )
    database = await Database.open(database_url(site_file, site))
    await AgentStore(database).import_agents(AGENTS)
    await database.close()
    clinic = Clinic(site_file)
    clinic.render()
    return clinic
