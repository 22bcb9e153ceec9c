"""Asterisk's own files, where they are on this machine."""

from pathlib import Path

import pytest

from dialplans.include import PLAIN
from dialplans.render import Mode, render, write
from telephony.config import read_site
from telephony.secrets import read_secrets
from tests.integration.cli.clinic import AGENTS, Clinic
from zhitong.cli.checks.findings import Severity


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


async def test_files_in_order(clinic: Clinic) -> None:
    found = await clinic.examine()
    assert found.one("rendered").severity is Severity.OK
    assert not found.of("writetimeout")


async def test_the_pbx_is_on_another_machine(clinic: Clinic) -> None:
    for file in clinic.etc.iterdir():
        file.unlink()
    found = await clinic.examine()
    assert found.one("writetimeout").severity is Severity.NOTE
    assert not found.of("rendered")


async def test_the_files_may_not_be_read(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Path.read_text

    def refuse(path: Path, *args: str, **kwargs: str) -> str:
        if path.name == "manager.conf":
            raise PermissionError(13, "Permission denied", str(path))
        return plain(path, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", refuse)
    found = await clinic.examine()
    assert found.one("writetimeout").severity is Severity.NOTE
    assert found.one("writetimeout").found.en.endswith("manager.conf: Permission denied")


async def test_files_of_yesterday(clinic: Clinic) -> None:
    clinic.change("[[queue]]", "[[queue]]\nmax_wait_s = 120")
    found = await clinic.examine()
    assert found.one("rendered").severity is Severity.WARNING
    assert found.one("rendered").found.en == f"Out of date in {clinic.etc}: extensions.conf"
    clinic.render()
    assert (await clinic.examine()).one("rendered").severity is Severity.OK


async def test_include_files_beside_a_person_s_own(clinic: Clinic) -> None:
    site, secrets = read_site(clinic.site_file), read_secrets(clinic.secrets_file)
    for step in PLAIN:
        sections = "".join(f"[{section}]\n" for section in step.sections)
        (clinic.etc / step.theirs).write_text(f"{sections}{step.line}\n", encoding="utf-8")
    edit(clinic.etc / "pjsip.conf", "#include", "[global]\ntaskprocessor_overload_trigger = pjsip_only\n#include")
    write(clinic.etc, render(site, AGENTS, secrets, mode=Mode.INCLUDE))
    assert (await clinic.examine()).one("rendered").severity is Severity.OK
    edit(clinic.etc / "zhitong-queues.conf", "leastrecent", "ringall")
    assert "zhitong-queues.conf" in (await clinic.examine()).one("rendered").found.en


async def test_a_dialplan_that_leads_nowhere(clinic: Clinic) -> None:
    edit(clinic.etc / "extensions.conf", "Goto(zt-queue-hotline,s,1)", "Goto(zt-queue-hotlin,s,1)")
    found = await clinic.examine()
    assert "rendered" in found.errors()
    assert any("zt-queue-hotlin,s,1" in finding.found.en for finding in found.of("rendered"))


@pytest.mark.parametrize(
    ("line", "said"),
    [("", "100"), ("writetimeout = 100", "100"), ("writetimeout = 999", "999"), ("writetimeout = x", "100")],
)
async def test_a_short_writetimeout(clinic: Clinic, line: str, said: str) -> None:
    edit(clinic.etc / "manager.conf", "writetimeout = 10000", line)
    found = await clinic.examine()
    assert found.errors() == ["writetimeout"]
    assert said in found.one("writetimeout").found.en


async def test_another_user_s_writetimeout_is_no_concern_of_ours(clinic: Clinic) -> None:
    with (clinic.etc / "manager.conf").open("a", encoding="utf-8") as file:
        file.write("[other]\nwritetimeout = 1\n")
    assert not (await clinic.examine()).of("writetimeout")


async def test_a_log_that_hangs_would_make_the_pbx_deaf(clinic: Clinic) -> None:
    edit(clinic.etc / "pjsip.conf", "taskprocessor_overload_trigger = pjsip_only", "")
    assert (await clinic.examine()).one("overload").severity is Severity.WARNING


async def test_a_queue_nobody_answers(clinic: Clinic) -> None:
    clinic.add('[[queue]]\nname = "night"\n')
    found = await clinic.examine()
    assert found.of("site")[-1].severity is Severity.WARNING
    assert "'night'" in found.of("site")[-1].found.en


async def test_a_site_that_cannot_be_rendered(clinic: Clinic) -> None:
    clinic.change('hotline = ["12345"]', 'hotline = ["1001"]')  # the number of an agent
    found = await clinic.examine()
    assert "cannot be rendered" in found.one("rendered").found.en
