"""``zhitong directory`` as somebody types it."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from telephony.directory.sheets import sheets_of
from tests.unit.zhitong.cli.conftest import Said, Terminal

LIST = """\
代码,名称,简称,类别,部门,电话,值班,顺序,同时振铃
8100,人力资源和社会保障局,人社局,部门,,,周一至周五 09:00-17:00,,2
8101,张三,,专家,人社局,01000001111;01000001112,,,
8102,李四,,专家,人社局,01000001113,,1,
8103,王五,,专家,人社局,01000001114,每天 18:00-08:00,,
"""


@pytest.fixture
def filled(terminal: Terminal) -> Terminal:
    assert import_(terminal, LIST).status == 0
    return terminal


def import_(terminal: Terminal, text: str, *options: str | Path) -> Said:
    file = terminal.folder / "名录.csv"
    file.write_text(text, encoding="utf-8")
    return terminal.zhitong("directory", "import", file, *options)


def listed(terminal: Terminal, *options: str) -> list[Any]:
    found: list[Any] = json.loads(terminal.zhitong("directory", "list", "--json", *options).out)
    return found


def test_nobody_yet(terminal: Terminal) -> None:
    said = terminal.zhitong("directory", "list")
    assert said.status == 0
    assert "zhitong directory import" in said.out
    assert listed(terminal) == []


def test_import_then_list(filled: Terminal) -> None:
    (home,) = listed(filled)
    assert (home["code"], home["short"], home["at_once"]) == ("8100", "人社局", "2")
    people = listed(filled, "--department", "人社局", "--reveal")
    assert [(each["code"], each["numbers"]) for each in people] == [
        ("8102", "01000001113"),
        ("8101", "01000001111; 01000001112"),
        ("8103", "01000001114"),
    ]
    said = filled.zhitong("directory", "list")
    assert "人力资源和社会保障局" in said.out
    assert "/3" in said.out


def test_numbers_are_masked_unless_revealed(filled: Terminal) -> None:
    for command in (("list", "--people"), ("show", "8101"), ("duty", "8100", "--at", "2026-11-16 10:00")):
        masked, whole = filled.zhitong("directory", *command), filled.zhitong("directory", *command, "--reveal")
        assert masked.status == whole.status == 0
        assert "0100000111" not in masked.both
        assert "0100000111" in whole.out


def test_every_refused_row_is_named_and_nothing_is_imported(filled: Terminal) -> None:
    report = filled.folder / "refused.csv"
    said = import_(filled, LIST + "8104,赵六,,,,abc,周八,,\n12345,孙七,,,人社局,010,,,\n", "--report", report)
    assert said.status == 1
    for words in ("line 6, department ''", "line 6, numbers 'abc'", "周八", "line 7, code '12345'"):
        assert words in said.err
    assert [each["code"] for each in listed(filled, "--people")] == ["8102", "8101", "8103"]
    ((_, header), *rows) = sheets_of(report.read_bytes())[0].rows
    assert header[0] == "表 sheet"
    assert {cells[1] for _, cells in rows} == {"6", "7"}
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_replace_and_dry_run(filled: Terminal) -> None:
    fewer = "\n".join(LIST.splitlines()[:3]) + "\n"
    tried = import_(filled, fewer, "--replace", "--dry-run")
    assert "移除 removed 2: 8102 李四, 8103 王五" in tried.out
    assert "--dry-run" in tried.out
    assert len(listed(filled, "--people")) == 3
    import_(filled, fewer)
    assert len(listed(filled, "--people")) == 3
    assert "移除 removed 2" in import_(filled, fewer, "--replace").out
    assert [each["code"] for each in listed(filled, "--people")] == ["8101"]
    assert "没有变化" in import_(filled, fewer, "--replace").out


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_what_is_exported_can_be_imported_elsewhere(filled: Terminal, ending: str) -> None:
    before = listed(filled, "--people", "--reveal")
    file = filled.folder / f"名录.{ending}"
    assert filled.zhitong("directory", "export", file).status == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert filled.zhitong("directory", "remove", "8100", "8101", "8102", "8103").status == 0
    assert listed(filled) == []
    assert filled.zhitong("directory", "import", file).status == 0
    assert listed(filled, "--people", "--reveal") == before
    assert filled.zhitong("directory", "export", "list.txt").status == 1


def test_the_sample_is_taken_as_it_is(terminal: Terminal) -> None:
    file = terminal.folder / "sample.xlsx"
    assert terminal.zhitong("directory", "sample", file).status == 0
    said = terminal.zhitong("directory", "import", file)
    assert said.status == 0, said.err
    assert "新增 added 179:" in said.out
    assert (len(listed(terminal)), len(listed(terminal, "--people"))) == (43, 136)


def test_add_change_remove(filled: Terminal) -> None:
    added = filled.zhitong(
        *("directory", "add", "8104", "--name", "赵六", "--department", "8100"),
        *("--number", "010 0000 1115", "--number", "01000001116", "--topic", "社保", "--language", "粤语"),
    )
    assert added.status == 0, added.err
    (zhao,) = [each for each in listed(filled, "--people", "--reveal") if each["code"] == "8104"]
    assert (zhao["numbers"], zhao["topics"], zhao["languages"]) == ("01000001115; 01000001116", "社保", "粤语")
    filled.zhitong("directory", "change", "8104", "--leave", "2026-11-01至2026-11-30", "--order", "0")
    (zhao,) = [each for each in listed(filled, "--people", "--reveal") if each["code"] == "8104"]
    assert (zhao["leave"], zhao["order"], zhao["topics"]) == ("2026-11-01至2026-11-30", "0", "社保")
    away = filled.zhitong("directory", "duty", "8104", "--at", "2026-11-16 10:00")
    assert "请假" in away.out
    assert "2026-12-01" in away.out
    filled.zhitong("directory", "change", "8104", "--leave", "")
    assert "请假" not in filled.zhitong("directory", "duty", "8104", "--at", "2026-11-16 10:00").out
    assert filled.zhitong("directory", "remove", "8104").status == 0
    assert "8104" not in {each["code"] for each in listed(filled, "--people")}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("add", "8101", "--name", "赵六"), "zhitong directory change 8101"),
        (("add", "9101", "--name", "赵六", "--department", "8100", "--number", "010"), "8XXX"),
        (("add", "8105", "--name", "赵六", "--department", "教育局", "--number", "010"), "教育局"),
        (("add", "8105", "--name", "赵六", "--department", "8100"), "numbers"),
        (("add", "8105", "--name", "赵六", "--title", "科长"), "--department"),
        (("change", "8999", "--name", "赵六"), "8999"),
        (("change", "8101", "--roster", "周八 9:00-10:00"), "周八"),
        (("change", "8100", "--department", "8100"), "department"),
        (("remove", "8100"), "no department 8100"),
        (("show", "8999"), "zhitong directory list"),
        (("duty", "8100", "--at", "morgen"), "2026-10-01 09:30"),
        (("list", "--department", "教育局"), "教育局"),
    ],
)
def test_what_cannot_be_done_is_said_and_not_done(filled: Terminal, command: tuple[str, ...], words: str) -> None:
    before = listed(filled, "--people", "--reveal")
    said = filled.zhitong("directory", *command)
    assert said.status == 1
    assert words in said.err
    assert listed(filled, "--people", "--reveal") == before


def test_whom_a_request_would_ring(filled: Terminal) -> None:
    def plan(at: str) -> Any:
        return json.loads(filled.zhitong("directory", "duty", "8100", "--at", at, "--json", "--reveal").out)

    day, night = plan("2026-11-16 10:00"), plan("2026-11-16 20:00")
    assert [[each["number"] for each in line] for line in day["lines"]] == [
        ["01000001113"],
        ["01000001111", "01000001112"],
    ]
    assert [[each["code"] for each in line] for line in night["lines"]] == [["8103"]]
    assert plan("2026-11-16 17:30") == {"to": "8100", "department": "8100", "lines": [], "why": "off-duty"}
    said = filled.zhitong("directory", "duty", "8100", "--at", "2026-11-16 17:30")
    assert "无人值班" in said.out
    holiday = filled.zhitong("directory", "duty", "--at", "2026-10-01 10:00")
    assert "节假日 holiday" in holiday.out
    assert "0 of 3" in holiday.out


def test_check(filled: Terminal) -> None:
    assert filled.zhitong("directory", "check").status == 0
    filled.site_file.write_text(
        filled.site_file.read_text(encoding="utf-8") + '\n[conference]\ncodes = ["7XXX"]\n', encoding="utf-8"
    )
    said = filled.zhitong("directory", "check")
    assert said.status == 1
    assert "8101" in said.out
    assert "[conference] codes" in said.out
    assert "7XXX" in said.out
    found = json.loads(filled.zhitong("directory", "check", "--json").out)
    assert {fault["code"] for fault in found if fault["level"] == "error"} == {"8100", "8101", "8102", "8103"}


def test_who_changed_it_is_on_record(filled: Terminal) -> None:
    filled.zhitong("directory", "change", "8101", "--title", "科长", "--by", "陈主任")
    filled.zhitong("directory", "export", filled.folder / "a.csv", "--by", "陈主任")
    said = filled.zhitong("audit", "list")
    for words in ("directory import", "directory change", "directory export", "陈主任", "8101"):
        assert words in said.out
