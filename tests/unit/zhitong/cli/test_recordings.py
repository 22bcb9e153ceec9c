"""``zhitong recordings`` and ``zhitong retention`` at a terminal."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telephony.config import read_site
from telephony.live.alarms import Alarms
from telephony.model.ids import Micros
from telephony.places import certificates_of, database_url, recordings_of
from telephony.recordings.files import Folder
from telephony.recordings.keeper import Keeper
from telephony.recordings.store import Recordings
from telephony.records.record import CallRecord, RecordingPause
from telephony.records.store import RecordStore
from tests.integration.recordings.shelf import path_of, told, wav
from tests.unit.telephony.records.samples import PBX, call_id
from tests.unit.zhitong.cli.conftest import SITE, Terminal

DAY = 86_400 * 1_000_000


class Archive:
    """The site's recordings; three calls of 40, 20 and 1 days ago."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.site_file = terminal.site_file
        self.root = terminal.folder / "monitor"
        text = f'[recording]\non = true\nfolder = "{self.root}"\nkeep_days = 30\n[pbx]\nsystemname = "{PBX}"\n'
        self.site_file.write_text(SITE + text, encoding="utf-8")
        now = time.time_ns() // 1_000
        for number, days in ((1, 40), (2, 20), (3, 1)):
            file = self.root / path_of(number)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(wav(60_000, seed=number))
            self.tell(told(number, ended_at=Micros(now - days * DAY)))

    def tell(self, record: CallRecord) -> None:
        self.do(lambda store: store.write([record]))

    def do(self, work: Callable[[RecordStore], Awaitable[Any]]) -> None:
        asyncio.run(self._do(work))

    async def _do(self, work: Callable[[RecordStore], Awaitable[Any]]) -> None:
        site = await asyncio.to_thread(read_site, self.site_file)
        store = await RecordStore.open(database_url(self.site_file, site))
        await work(store)
        keeper = Keeper(Recordings(store.database), PBX, Folder(recordings_of(site)), Alarms(lambda: Micros(0)))
        await keeper.step(Micros(time.time_ns() // 1_000))
        await store.close()

    @property
    def certificates(self) -> Path:
        return certificates_of(self.site_file, read_site(self.site_file))


@pytest.fixture
def archive(terminal: Terminal) -> Archive:
    return Archive(terminal)


def test_the_list_tells_what_became_of_each(archive: Archive) -> None:
    archive.tell(told(4, recorded_bytes=0))
    said = archive.terminal.zhitong("recordings", "list")
    assert said.status == 0
    for word in ("已录音 recorded", "未录音 not recorded · PBX 写不进 not written", path_of(1), call_id(4)):
        assert word in said.out
    only = json.loads(archive.terminal.zhitong("recordings", "list", "--state", "not_recorded", "--json").out)
    assert [each["case"]["call_id"] for each in only] == [call_id(4)]


def test_verify_finds_what_was_altered_is_missing_or_unknown(archive: Archive) -> None:
    assert archive.terminal.zhitong("recordings", "verify").status == 0
    (archive.root / path_of(1)).write_bytes(wav(60_000, seed=50))
    (archive.root / path_of(2)).unlink()
    (archive.root / "stranger.wav").write_bytes(b"x")
    said = archive.terminal.zhitong("recordings", "verify")
    assert said.status == 1
    assert f"{path_of(1)}  文件被改动 altered" in said.out
    assert f"{path_of(2)}  找不到文件 missing" in said.out
    assert "stranger.wav  无记录 not on record" in said.out
    assert "2 of 3 recordings are not what they were" in said.err


def test_a_run_deletes_and_certifies(archive: Archive) -> None:
    dry = archive.terminal.zhitong("retention", "run", "--dry-run")
    assert "1 recordings would be deleted" in dry.out
    assert (archive.root / path_of(1)).exists()
    said = archive.terminal.zhitong("retention", "run", "--by", "li")
    assert said.status == 0
    assert "已删除 1 个录音" in said.out
    assert not (archive.root / path_of(1)).exists()
    certificate = json.loads((archive.certificates / "000001.json").read_text(encoding="utf-8"))
    assert [(each["call_id"], each["path"]) for each in certificate["deleted"]] == [(call_id(1), path_of(1))]
    assert certificate["by"] == "li"
    assert "链条完好" in archive.terminal.zhitong("retention", "check").out


def test_a_certificate_that_was_changed_is_found(archive: Archive) -> None:
    archive.terminal.zhitong("retention", "run")
    file = archive.certificates / "000001.json"
    file.chmod(0o600)
    file.write_text("{", encoding="utf-8")
    said = archive.terminal.zhitong("retention", "check")
    assert said.status == 1
    assert "no certificate any more" in said.err


def test_holds_keep_and_are_listed(archive: Archive) -> None:
    held = archive.terminal.zhitong("retention", "hold", call_id(1), "--reason", "诉讼 2026-17", "--by", "wang")
    assert held.status == 0
    assert "诉讼 2026-17" in archive.terminal.zhitong("retention", "holds").out
    assert "保全 held" in archive.terminal.zhitong("recordings", "list").out
    assert "保全 held" in archive.terminal.zhitong("calls", "show", call_id(1)).out
    said = archive.terminal.zhitong("retention", "run")
    assert "1 are due and under legal hold" in said.out
    assert (archive.root / path_of(1)).exists()
    assert archive.terminal.zhitong("retention", "release", call_id(1), "--reason", "结案").status == 0
    assert "没有保全" in archive.terminal.zhitong("retention", "holds").out
    assert "结案" in archive.terminal.zhitong("retention", "holds", "--all").out


def test_who_holds_is_said_once_for_all_commands(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHITONG_BY", "李明")
    archive.terminal.zhitong("retention", "hold", call_id(1), "--reason", "诉讼")
    assert "李明" in archive.terminal.zhitong("retention", "holds").out


def test_a_hold_on_no_call_is_refused(archive: Archive) -> None:
    said = archive.terminal.zhitong("retention", "hold", "13812345678", "--reason", "x")
    assert said.status == 1
    assert "13812345678" not in said.err


def test_without_a_period_nothing_is_ever_due(terminal: Terminal) -> None:
    terminal.keep([told(1)])
    said = terminal.zhitong("retention", "run")
    assert said.status == 1
    assert "recording.keep_days" in said.err


def test_a_folder_that_is_elsewhere_is_said(archive: Archive) -> None:
    archive.root.rename(archive.root.with_name("away"))
    for command in (("retention", "run"), ("recordings", "verify")):
        said = archive.terminal.zhitong(*command)
        assert said.status == 1
        assert "not on this machine" in said.err


def test_without_the_service_nothing_is_paused(archive: Archive) -> None:
    for command in ("pause", "resume"):
        said = archive.terminal.zhitong("recordings", command, call_id(1))
        assert said.status == 1
        assert "cannot be asked" in said.err


def test_the_record_is_shown_and_exported_with_its_file(archive: Archive) -> None:
    start = told(5).received_at
    pause = RecordingPause(Micros(start + 20_000_000), Micros(start + 27_500_000), "key")
    archive.tell(told(5, recorded_bytes=0, recording_pauses=(pause,), notice="carrier"))
    shown = archive.terminal.zhitong("calls", "show", call_id(5)).out
    assert "未录音 not recorded" in shown
    assert "7.5 s 坐席按键 by key" in shown
    assert "告知 notice carrier" in shown
    rows = [json.loads(line) for line in archive.terminal.zhitong("calls", "export").out.splitlines()]
    files = {row["call_id"]: row["recording_file"] for row in rows}
    assert files[call_id(1)]["state"] == "recorded"
    assert len(files[call_id(1)]["sha256"]) == 64
    assert files[call_id(5)] | {"state": "not_recorded", "why": "not_written"} == files[call_id(5)]
    csv = archive.terminal.zhitong("calls", "export", "--format", "csv").out.splitlines()
    columns = "uniqueids,recording_state,recording_why,recording_ms,recording_paused_ms,recording_sha256,notice,"
    assert columns in csv[0]
    assert any(",not_recorded,not_written,,7500,,carrier," in line for line in csv)


def test_the_stored_record_is_as_it_was(archive: Archive) -> None:
    """What is joined in is not written back."""

    async def body(store: RecordStore) -> None:
        record = await store.get(call_id(1))
        assert record is not None
        assert record.recording_file is None
        assert msgspec.structs.replace(record, ended_at=told(1).ended_at) == told(1)

    archive.do(body)
