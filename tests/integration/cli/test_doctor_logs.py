"""Asterisk's log folder, as the doctor finds it."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from tests.integration.cli.clinic import Clinic, Diagnosis
from tests.unit.telephony.journal.books import cel, line
from zhitong.cli.checks import log_folder
from zhitong.cli.checks.findings import Severity

Usage = namedtuple("Usage", "total used free")
ABOUT = ("pbx-folders", "logs", "log-disk", "rotation")


@pytest.fixture
def log(clinic: Clinic) -> Path:
    """The log folder of a PBX that has had a call."""
    folder = clinic.etc.parent / "log"
    for name in ("cel-custom", "cdr-custom"):
        (folder / name).mkdir(parents=True)
    (folder / "cel-custom" / "zhitong-cel.csv").write_text(cel(1, "CHAN_START") + "\n", encoding="utf-8")
    (folder / "queue_log").write_text(line(1, "NONE", "QUEUESTART", queue="NONE") + "\n", encoding="utf-8")
    return folder


async def about_logs(clinic: Clinic) -> tuple[Diagnosis, list[tuple[str, Severity]]]:
    found = await clinic.examine()
    return found, [(check, severity) for check, severity in found.bad() if check in ABOUT]


async def test_all_is_well_but_nobody_rotates(clinic: Clinic, log: Path) -> None:
    found, bad = await about_logs(clinic)
    assert bad == [("rotation", Severity.NOTE)]
    assert found.one("logs").severity is Severity.OK


async def test_folders_that_asterisk_does_not_make(clinic: Clinic, log: Path) -> None:
    shutil.rmtree(log / "cel-custom")
    found, bad = await about_logs(clinic)
    assert ("pbx-folders", Severity.ERROR) in bad
    assert found.one("pbx-folders").found.en == f"{log} has no cel-custom"


async def test_a_folder_that_asterisk_cannot_write_into(clinic: Clinic, log: Path) -> None:
    (log / "cdr-custom").chmod(0o555)
    found, bad = await about_logs(clinic)
    assert ("pbx-folders", Severity.ERROR) in bad
    assert "cdr-custom" in found.one("pbx-folders").found.en


async def test_logs_that_we_may_not_read(clinic: Clinic, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = os.access
    closed = log / "cel-custom" / "zhitong-cel.csv"
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and allowed(path, mode))
    found, _ = await about_logs(clinic)
    assert found.one("pbx-folders").found.en == "This user cannot read zhitong-cel.csv"
    assert "asterisk" in (found.one("pbx-folders").remedy or found.one("pbx-folders").found).en


async def test_rows_of_another_form(clinic: Clinic, log: Path) -> None:
    (log / "cel-custom" / "zhitong-cel.csv").write_text('"CHAN_START","1795400000.1"\n' * 5, encoding="utf-8")
    found, bad = await about_logs(clinic)
    assert ("logs", Severity.ERROR) in bad
    assert "zhitong-cel.csv" in found.one("logs").found.en


@pytest.mark.parametrize(("free", "severity"), [(0, Severity.ERROR), (20, Severity.WARNING), (500, None)])
async def test_the_disk_is_nearly_full(
    clinic: Clinic, log: Path, monkeypatch: pytest.MonkeyPatch, free: int, severity: Severity | None
) -> None:
    usage = shutil.disk_usage
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: Usage(1000, 1000 - free, free) if Path(path) == log else usage(path)
    )
    found, _ = await about_logs(clinic)
    assert [each.severity for each in found.of("log-disk")] == ([severity] if severity else [])


async def test_a_disk_of_another_machine(
    clinic: Clinic, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(log_folder, "MOUNTS", mounts)
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nfiler:/logs {log} nfs4 rw 0 0\n", encoding="utf-8")
    found, _ = await about_logs(clinic)
    assert found.one("log-disk").severity is Severity.WARNING
    mounts.write_text(f"filer:/ / nfs4 rw 0 0\n/dev/sdb {log} ext4 rw 0 0\n", encoding="utf-8")
    found, _ = await about_logs(clinic)
    assert found.of("log-disk") == []
