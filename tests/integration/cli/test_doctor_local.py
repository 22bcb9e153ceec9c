"""What is wrong on this machine: files, folders, database. The doctor must say it, and change nothing."""

import os
import shutil
import sqlite3
import stat
from collections import namedtuple
from pathlib import Path

import pytest

from tests.integration.cli.clinic import Clinic, Diagnosis
from tests.integration.cli.good_pbx import GoodPbx
from zhitong.cli.checks.findings import Severity

Usage = namedtuple("Usage", "total used free")


def _files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file that is no bookkeeping of SQLite's, with its mode and content."""
    return {
        str(path.relative_to(folder)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


async def _unchanged(clinic: Clinic) -> Diagnosis:
    before = _files(clinic.site_file.parent)
    found = await clinic.examine()
    assert _files(clinic.site_file.parent) == before
    return found


# --- site.toml -----------------------------------------------------------------------------------------------


async def test_no_site(tmp_path: Path) -> None:
    found = await Clinic(tmp_path / "site.toml").examine()
    assert found.errors() == ["site"]
    assert "No such file" in found.one("site").found.en
    assert len(found.findings) == 1


async def test_a_wrong_key_is_named_and_ends_it(clinic: Clinic, pbx: GoodPbx) -> None:
    clinic.add("[recordings]\non = true\n")
    found = await clinic.examine()
    assert found.errors() == ["site"]
    assert "recordings: there is no such key. Did you mean recording?" in found.one("site").found.en
    assert pbx.actions == []


# --- folders -------------------------------------------------------------------------------------------------


async def test_nothing_was_ever_rendered(clinic: Clinic, pbx: GoodPbx) -> None:
    shutil.rmtree(clinic.secrets_file.parent)
    found = await _unchanged(clinic)
    assert dict(found.bad()) == {
        "folders": Severity.NOTE,
        "database": Severity.NOTE,
        "secrets": Severity.ERROR,
        "login": Severity.NOTE,
    }
    assert found.one("reach").severity is Severity.OK  # so far one can see without a secret
    assert pbx.actions == []


async def test_var_is_a_file(clinic: Clinic) -> None:
    clinic.change('hotline = ["12345"]', 'hotline = ["12345"]\nvar = "occupied"')
    (clinic.site_file.parent / "occupied").write_text("")
    assert (await clinic.examine()).one("folders").severity is Severity.ERROR


async def test_var_may_not_be_written(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = os.access
    var = clinic.secrets_file.parent
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != var and allowed(path, mode))
    assert (await clinic.examine()).errors() == ["folders"]


async def test_a_disk_that_is_nearly_full(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1000, 960, 40))
    found = await clinic.examine()
    assert found.one("folders").severity is Severity.WARNING
    assert "4.0%" in found.one("folders").found.en


async def test_asterisk_s_log_folder_lacks_what_it_will_not_make(clinic: Clinic, tmp_path: Path) -> None:
    log = tmp_path / "log"
    (log / "cdr-custom").mkdir(parents=True)
    clinic.change(f"{tmp_path}/asterisk/log", str(log))
    found = await clinic.examine()
    assert found.errors() == ["pbx-folders"]
    assert found.one("pbx-folders").found.en.endswith("has no cel-custom")
    (log / "cel-custom").mkdir()
    assert (await clinic.examine()).errors() == []


# --- secrets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
async def test_secrets_that_others_may_read(clinic: Clinic, pbx: GoodPbx, mode: int) -> None:
    clinic.secrets_file.chmod(mode)
    found = await _unchanged(clinic)
    assert found.errors() == ["secrets"]
    assert "chmod 600" in found.one("secrets").remedy.en  # type: ignore[union-attr]
    assert pbx.actions == []


async def test_secrets_that_are_none(clinic: Clinic) -> None:
    clinic.secrets_file.write_text('ami = "hunter2"\n', encoding="utf-8")
    found = await clinic.examine()
    assert found.errors() == ["secrets"]
    assert "hunter2" not in repr(found.findings)


async def test_a_phone_without_password(clinic: Clinic) -> None:
    lines = clinic.secrets_file.read_text(encoding="utf-8").splitlines(keepends=True)
    clinic.secrets_file.write_text("".join(line for line in lines if "1002" not in line), encoding="utf-8")
    found = await clinic.examine()
    assert found.of("secrets")[-1].severity is Severity.WARNING
    assert found.of("secrets")[-1].found.en == "1 phones have no password yet"


async def test_no_secret_is_ever_said(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.rights["Command"] = "command,all"
    text = repr((await clinic.examine()).findings)
    for line in clinic.secrets_file.read_text(encoding="utf-8").splitlines():
        if " = " in line:
            assert line.split('"')[-2] not in text


# --- the database --------------------------------------------------------------------------------------------


async def test_a_database_in_order(clinic: Clinic) -> None:
    found = await _unchanged(clinic)
    assert found.one("database").found.en.endswith("zhitong.db: schema up to date, 2 agents")


async def test_no_database_is_made(clinic: Clinic) -> None:
    clinic.database_file.unlink()
    found = await clinic.examine()
    assert found.one("database").severity is Severity.NOTE
    assert not clinic.database_file.exists()


async def test_an_older_schema_is_not_migrated(clinic: Clinic) -> None:
    clinic.database_file.unlink()
    with sqlite3.connect(clinic.database_file) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    connection.close()
    clinic.database_file.chmod(0o600)
    found = await clinic.examine()
    assert found.one("database").severity is Severity.WARNING
    with sqlite3.connect(clinic.database_file) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("alembic_version",)]
    connection.close()


async def test_a_newer_schema(clinic: Clinic) -> None:
    with sqlite3.connect(clinic.database_file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    found = await clinic.examine()
    assert found.errors() == ["database"]
    assert "schema 9999" in found.one("database").found.en


async def test_a_file_that_is_no_database(clinic: Clinic) -> None:
    clinic.database_file.write_bytes(b"no database " * 1000)
    assert (await clinic.examine()).errors() == ["database"]


async def test_a_database_that_others_may_read(clinic: Clinic) -> None:
    clinic.database_file.chmod(0o644)
    found = await clinic.examine()
    assert found.of("database")[-1].severity is Severity.WARNING
    assert "mode 0644" in found.of("database")[-1].found.en


async def test_a_database_that_cannot_be_written(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = os.access
    file = clinic.database_file
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != file and allowed(path, mode))
    assert (await clinic.examine()).errors() == ["database"]


@pytest.mark.parametrize("url", ["mysql://somebody:s3cret@host/zt", "not a url", "sqlite://"])
async def test_a_database_of_a_kind_we_do_not_know(clinic: Clinic, url: str) -> None:
    clinic.add(f'[store]\nurl = "{url}"\n')
    found = await clinic.examine()
    assert found.errors() == ["database"]
    assert "s3cret" not in repr(found.findings)


async def test_the_pbx_is_looked_at_even_without_a_database(clinic: Clinic, pbx: GoodPbx) -> None:
    clinic.database_file.write_bytes(b"no database " * 1000)
    found = await clinic.examine()
    assert found.one("dialplan").severity is Severity.OK
    assert found.one("queues").severity is Severity.OK


# --- recordings ----------------------------------------------------------------------------------------------


def _record_at(clinic: Clinic, folder: Path) -> None:
    clinic.add(f'[recording]\non = true\nkeep_days = 30\nfolder = "{folder}"\n')


async def test_a_recordings_folder_that_can_be_used(clinic: Clinic, pbx: GoodPbx, tmp_path: Path) -> None:
    folder = tmp_path / "monitor"
    _record_at(clinic, folder)
    folder.mkdir()
    assert (await _unchanged(clinic)).one("recordings").severity is Severity.OK


async def test_a_recordings_folder_on_another_machine(clinic: Clinic, pbx: GoodPbx, tmp_path: Path) -> None:
    _record_at(clinic, tmp_path / "monitor")
    found = (await _unchanged(clinic)).one("recordings")
    assert (found.severity, "not on this machine" in found.found.en) == (Severity.NOTE, True)


@pytest.mark.parametrize(("denied", "severity"), [(os.R_OK, Severity.ERROR), (os.W_OK, Severity.WARNING)])
async def test_a_recordings_folder_that_is_closed_to_us(
    clinic: Clinic, pbx: GoodPbx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, denied: int, severity: Severity
) -> None:
    """Root may do everything, so the question is answered here."""
    folder = tmp_path / "monitor"
    _record_at(clinic, folder)
    folder.mkdir()
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: real(path, mode) and not (Path(path) == folder and mode & denied)
    )
    found = (await clinic.examine()).one("recordings")
    assert found.severity is severity
    assert "setfacl" in str(found.remedy)


async def test_where_nothing_is_recorded_nothing_is_said(clinic: Clinic, pbx: GoodPbx) -> None:
    assert (await clinic.examine()).of("recordings") == []
