"""`zhitong doctor` at a site that names a journal agent."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from telephony.config import Site, parse_site
from telephony.journal.agent.keys import keys_in, make_keys
from telephony.secrets import Secrets
from telephony.site.pbx import JournalAgent, Pbx
from tests.integration.journal_agent.host import Agent, Host
from tests.unit.telephony.journal.pens import HeldPen, Pen
from zhitong.cli.checks.findings import Finding, Severity
from zhitong.cli.checks.journal_agent import check_journal_agent

BASE = parse_site('name = "x"\nhotline = ["12345"]\n[[queue]]\nname = "q"\n')
AMI = "a" * 32


def site_with(port: int, keys: Path) -> Site:
    agent = JournalAgent(url=f"https://127.0.0.1:{port}", tls_cert=str(keys_in(keys).certificate))
    return msgspec.structs.replace(BASE, pbx=Pbx(journal=agent))


@pytest.fixture
def books(pen: Pen, held: HeldPen, folder: Path) -> None:
    pen.write()
    held.write()
    (folder / "cdr-custom" / "zhitong-cdr.csv").write_text("d1\n")


async def found(agent: Agent, keys: Path, token: str | None) -> list[Finding]:
    return await check_journal_agent(site_with(agent.port, keys), Secrets(ami=AMI, journal=token))


def told(findings: list[Finding]) -> Iterator[tuple[Severity, str]]:
    for finding in findings:
        assert finding.check == "journal-agent"
        yield finding.severity, finding.found.en


@pytest.mark.usefixtures("books")
async def test_all_is_well(agent: Agent, keys: Path, token: str) -> None:
    ((severity, words),) = told(await found(agent, keys, token))
    assert severity is Severity.OK
    assert "all three books" in words


async def test_a_site_without_an_agent() -> None:
    assert await check_journal_agent(BASE, Secrets(ami=AMI)) == []


async def test_books_that_are_not_there(agent: Agent, keys: Path, token: str, pen: Pen) -> None:
    pen.write()
    findings = list(told(await found(agent, keys, token)))
    assert [severity for severity, _ in findings] == [Severity.ERROR, Severity.WARNING]
    assert "cannot read queue_log" in findings[0][1]
    assert "cannot read cdr" in findings[1][1]


@pytest.mark.usefixtures("books")
async def test_the_logs_of_another_pbx(agent: Agent, keys: Path, token: str) -> None:
    """With two PBXs and two agents it is one slip of the pen."""
    site = site_with(agent.port, keys)
    other = msgspec.structs.replace(site, pbx=msgspec.structs.replace(site.pbx, systemname="pbx2"))
    ((severity, said),) = told(await check_journal_agent(other, Secrets(ami=AMI, journal=token)))
    assert severity is Severity.ERROR
    assert "another PBX's logs: ids such as pbx1-" in said


@pytest.mark.parametrize(("token_given", "words"), [(None, "token is missing"), ("b" * 32, "refuses our token")])
async def test_the_token_is_missing_or_wrong(agent: Agent, keys: Path, token_given: str | None, words: str) -> None:
    ((severity, said),) = told(await found(agent, keys, token_given))
    assert severity is Severity.ERROR
    assert words in said


async def test_the_agent_is_away(agent: Agent, keys: Path, token: str) -> None:
    agent.stop()
    ((severity, said),) = told(await found(agent, keys, token))
    assert severity is Severity.ERROR
    assert "does not answer (Connection refused)" in said


@pytest.mark.usefixtures("books")
async def test_the_certificate_expires_soon(host: Host, folder: Path, port: int, tmp_path: Path) -> None:
    keys = tmp_path / "short"
    make_keys(keys, ["127.0.0.1"], days=20)
    agent = Agent(host, folder, keys, port)
    agent.start()
    try:
        ((severity, said),) = told(await found(agent, keys, agent.tokens[0]))
    finally:
        agent.stop()
    assert severity is Severity.WARNING
    assert "expires in 19 days" in said
