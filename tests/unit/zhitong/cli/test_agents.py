"""``zhitong agents``: all of a file or nothing of it."""

import json
from pathlib import Path

import pytest

import dialplans
from tests.unit.dialplans.speech.test_check import a_wav
from tests.unit.zhitong.cli.conftest import Said, Terminal

GOOD = """\
number,name,queues,phone
1001,张三,citizens;policy:5,
1002,李四,citizens,8002
"""


def write(terminal: Terminal, text: str, encoding: str = "utf-8") -> Path:
    file = terminal.folder / "agents.csv"
    file.write_bytes(text.encode(encoding))
    return file


def import_(terminal: Terminal, text: str, *options: str, encoding: str = "utf-8") -> Said:
    return terminal.zhitong("agents", "import", write(terminal, text, encoding), *options)


def listed(terminal: Terminal) -> list[dict[str, object]]:
    return list(json.loads(terminal.zhitong("agents", "list", "--json").out))


def numbers(terminal: Terminal) -> list[object]:
    return [agent["number"] for agent in listed(terminal)]


def test_import_then_list(terminal: Terminal) -> None:
    said = import_(terminal, GOOD)
    assert said.status == 0
    assert "新增 added 2: 1001 张三, 1002 李四" in said.out
    assert "core reload" in said.out  # there is no PBX here: a person copies and reloads
    assert listed(terminal) == [
        {
            "number": "1001",
            "name": "张三",
            "queues": [{"queue": "citizens", "penalty": 0}, {"queue": "policy", "penalty": 5}],
            "phone": "1001",
            "profile": "",
            "auto_answer": False,
        },
        {
            "number": "1002",
            "name": "李四",
            "queues": [{"queue": "citizens", "penalty": 0}],
            "phone": "8002",
            "profile": "",
            "auto_answer": False,
        },
    ]


def test_who_wants_it_picks_up_by_itself_until_they_do_not(terminal: Terminal) -> None:
    import_(terminal, GOOD)
    assert terminal.zhitong("agents", "change", "1001", "--auto-answer", "yes").status == 0
    assert [agent["auto_answer"] for agent in listed(terminal)] == [True, False]
    assert terminal.zhitong("agents", "change", "1001", "--name", "张三丰").status == 0
    assert [agent["auto_answer"] for agent in listed(terminal)] == [True, False]  # what is not given stays
    said = terminal.zhitong("agents", "change", "1001", "--auto-answer", "maybe")
    assert said.status != 0
    assert "auto_answer 'maybe'" in said.err
    assert terminal.zhitong("agents", "change", "1001", "--auto-answer", "no").status == 0
    assert [agent["auto_answer"] for agent in listed(terminal)] == [False, False]
    given = ("1009", "--name", "赵九", "--queue", "citizens", "--auto-answer", "是")
    assert terminal.zhitong("agents", "add", *given).status == 0
    assert [agent["auto_answer"] for agent in listed(terminal)] == [False, False, True]


def test_the_list_for_people(terminal: Terminal) -> None:
    import_(terminal, GOOD)
    rows = [row.split() for row in terminal.zhitong("agents", "list").out.splitlines()]
    assert ["1001", "张三", "citizens,", "policy:5", "1001"] in rows
    assert ["1002", "李四", "citizens", "8002"] in rows


def test_nobody_yet(terminal: Terminal) -> None:
    said = terminal.zhitong("agents", "list")
    assert said.status == 0
    assert "zhitong agents import" in said.out
    assert listed(terminal) == []


def test_every_refused_row_is_named_and_nothing_is_imported(terminal: Terminal) -> None:
    import_(terminal, GOOD)
    said = import_(
        terminal,
        "number,name,queues\n1003,王五,citizens\nabc,赵六,citizens\n1004,,citizens\n1005,钱七,nosuch\n1003,孙八,policy\n",
    )
    assert said.status == 1
    for part in ("line 3, number 'abc'", "line 4, name ''", "line 5, queues 'nosuch'", "line 6, number '1003'"):
        assert part in said.err
    assert "line 2" not in said.err.replace("line 2 has it already", "")
    assert numbers(terminal) == ["1001", "1002"]


def test_dry_run_says_and_does_not(terminal: Terminal) -> None:
    import_(terminal, GOOD)
    changed = GOOD.replace("张三", "张三丰") + "1003,王五,policy,\n"
    said = import_(terminal, changed, "--dry-run")
    assert said.status == 0
    assert "新增 added 1: 1003 王五" in said.out
    assert "变更 changed 1: 1001 张三丰" in said.out
    assert "不变 unchanged 1" in said.out
    assert "--dry-run" in said.out
    assert "render" not in said.out
    assert numbers(terminal) == ["1001", "1002"]
    assert listed(terminal)[0]["name"] == "张三"


def test_replace_removes_who_is_not_in_the_file(terminal: Terminal) -> None:
    import_(terminal, GOOD)
    alone = "number,name,queues\n1002,李四,citizens\n1009,周九,policy\n"
    kept = import_(terminal, alone)
    assert "移除" not in kept.out
    assert numbers(terminal) == ["1001", "1002", "1009"]
    said = import_(terminal, alone, "--replace")
    assert "移除 removed 1: 1001 张三" in said.out
    assert numbers(terminal) == ["1002", "1009"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_whatever_excel_saved(terminal: Terminal, encoding: str) -> None:
    said = import_(terminal, "工号,姓名,队列\n1001,张三,citizens\n", encoding=encoding)
    assert said.status == 0, said.err
    assert listed(terminal)[0]["name"] == "张三"


def test_twice_the_same_changes_nothing(terminal: Terminal) -> None:
    import_(terminal, GOOD)
    said = import_(terminal, GOOD)
    assert said.status == 0
    assert said.out.splitlines()[0] == "不变 unchanged 2"
    assert "没有变化" in said.out


def test_the_sample_of_the_first_users_size(terminal: Terminal) -> None:
    samples = Path(dialplans.__path__[0]) / "samples" / "city"
    data = terminal.folder / "data"  # its notice is spoken, and so must be there where the PBX is
    for sound in ("sounds/zh/zt/notice", "sounds/en/silence/10", "moh/a"):
        a_wav(data / f"{sound}.wav")
    text = (samples / "site.toml").read_text(encoding="utf-8") + f'\n[pbx.folders]\ndata = "{data}"\n'
    terminal.site_file.write_text(text, encoding="utf-8")
    said = terminal.zhitong("agents", "import", samples / "agents.csv")
    assert said.status == 0, said.err
    assert "新增 added 68:" in said.out
    assert "… (+56)" in said.out
    assert len(numbers(terminal)) == 68


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04rest", "Save it as CSV"),
        ("number,name\n1001,张三\n".encode(), "queues is missing"),
        (b"\xff\xff\xff", "GB18030"),
    ],
)
def test_a_file_that_is_no_list(terminal: Terminal, data: bytes, words: str) -> None:
    file = terminal.folder / "agents.csv"
    file.write_bytes(data)
    said = terminal.zhitong("agents", "import", file)
    assert said.status == 1
    assert words in said.err


def test_a_file_that_is_not_there(terminal: Terminal) -> None:
    for place in (terminal.folder / "nosuch.csv", terminal.folder):
        said = terminal.zhitong("agents", "import", place)
        assert said.status == 1
        assert str(place) in said.err
