"""``zhitong calls export``: files for other programs and for spreadsheets."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.telephony.records.samples import call_id, record
from tests.unit.zhitong.cli.conftest import Terminal

NUMBER, NAME = "13812345678", "王小明"


@pytest.fixture
def kept(terminal: Terminal) -> Terminal:
    terminal.keep(record(number) for number in range(1, 4))
    return terminal


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_json_lines_the_oldest_first(kept: Terminal) -> None:
    said = kept.zhitong("calls", "export")
    calls = [json.loads(line) for line in said.out.splitlines()]
    assert [call["call_id"] for call in calls] == [call_id(number) for number in (1, 2, 3)]
    assert said.err == ""


def test_csv_on_the_screen_and_in_a_file_is_the_same(kept: Terminal) -> None:
    file = kept.folder / "calls.csv"
    said = kept.zhitong("calls", "export", "--format", "csv", "--output", file)
    assert said.status == 0
    assert "3" in said.out
    assert str(file) in said.out
    written = file.read_bytes().decode()
    assert written.replace("\r\n", "\n") == kept.zhitong("calls", "export", "--format", "csv").out.replace("\r\n", "\n")
    first = rows(written)[0]
    assert first["received_at"] == "2026-11-23 10:57:45.000+08:00"
    assert first["talk_ms"] == "60000"


@pytest.mark.parametrize("options", [("--format", "jsonl"), ("--format", "csv"), ("--excel",)])
def test_files_are_masked_unless_revealed(kept: Terminal, options: tuple[str, ...]) -> None:
    masked, whole = kept.folder / "masked", kept.folder / "whole"
    kept.zhitong("calls", "export", *options, "--output", masked)
    kept.zhitong("calls", "export", *options, "--output", whole, "--reveal")
    assert NUMBER not in masked.read_text(encoding="utf-8")
    assert NAME not in masked.read_text(encoding="utf-8")
    assert "138****5678" in masked.read_text(encoding="utf-8")
    assert NUMBER in whole.read_text(encoding="utf-8")
    assert NAME in whole.read_text(encoding="utf-8")


def test_a_file_with_whole_numbers_is_its_owners_alone(kept: Terminal) -> None:
    file = kept.folder / "whole"
    file.write_text("an older export\n" * 1000, encoding="utf-8")
    file.chmod(0o644)
    kept.zhitong("calls", "export", "--reveal", "--output", file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "older" not in file.read_text(encoding="utf-8")


def test_excel_means_csv_with_chinese_headings_and_the_mark(kept: Terminal) -> None:
    file = kept.folder / "excel.csv"
    kept.zhitong("calls", "export", "--excel", "--output", file)
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    first = rows(data.decode("utf-8-sig"))[0]
    assert first["主叫号码"] == "138****5678"
    assert first["坐席工号"] == "1001"


def test_spans_narrow(kept: Terminal) -> None:
    said = kept.zhitong("calls", "export", "--from", "2026-11-23T10:57:46", "--to", "2026-11-23T10:57:47")
    assert [json.loads(line)["call_id"] for line in said.out.splitlines()] == [call_id(2)]


def test_more_than_a_page(terminal: Terminal) -> None:
    terminal.keep(record(number) for number in range(1, 1202))
    said = terminal.zhitong("calls", "export", "--format", "csv")
    assert len({row["call_id"] for row in rows(said.out)}) == 1201


def test_a_place_that_cannot_be_written_is_named(kept: Terminal) -> None:
    for place in (kept.folder / "nosuch" / "x.csv", kept.folder):
        said = kept.zhitong("calls", "export", "--output", place)
        assert said.status == 1
        assert str(place) in said.err
        assert said.out == ""


def test_a_reader_who_goes_away_is_no_traceback(kept: Terminal) -> None:
    """``zhitong calls export | head -1``."""
    kept.keep(record(number) for number in range(1, 400))
    command = [sys.executable, "-m", "zhitong", "calls", "export"]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "ZHITONG_SITE": str(kept.site_file)}
    )
    assert running.stdout is not None
    assert running.stdout.readline().startswith(b"{")
    running.stdout.close()
    assert running.stderr is not None
    assert b"Traceback" not in running.stderr.read()
    running.stderr.close()
    running.wait(timeout=30)


def test_a_full_disk_is_said(kept: Terminal) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    said = kept.zhitong("calls", "export", "--output", "/dev/full")
    assert said.status == 1
    assert "No space left" in said.err


@pytest.mark.parametrize("to_file", [True, False])
def test_a_record_that_cannot_be_read_is_named_and_hides_no_other(kept: Terminal, to_file: bool) -> None:
    kept.spoil(call_id(2))
    file = kept.folder / "calls.jsonl"
    said = kept.zhitong("calls", "export", *(("--output", file) if to_file else ()))
    assert said.status == 1
    written = file.read_text(encoding="utf-8") if to_file else said.out
    assert [json.loads(line)["call_id"] for line in written.splitlines()] == [call_id(1), call_id(3)]
    assert call_id(2) in said.err
    assert NUMBER not in said.err
