"""``zhitong missed``: who is owed a call back, and what people order; no PBX is needed."""

import asyncio
import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from telephony.config import read_site
from telephony.control import socket
from telephony.control.commands import Answer, Request, Taken
from telephony.control.orders.ledger import CallBack
from telephony.ledger.terms import AttemptOutcome, CloseReason, EntryState
from telephony.model.ids import MemberName
from telephony.model.terms import AbandonedIn, Outcome
from telephony.places import control_of
from tests.integration.ledger.told import CALLER, OTHER, answered, missed
from tests.unit.zhitong.cli.conftest import ANY_LONG_NUMBER, Said, Terminal
from zhitong.cli import missed_words

NAME = "王小明"
AGENTS = "number,name,queues,phone\n1001,李四,citizens,\n1002,王五,citizens,\n"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the hotline of the first test is kept for the others: to migrate a database takes longer than they do."""
    return tmp_path_factory.mktemp("kept") / "hotline"


@pytest.fixture
def hotline(terminal: Terminal, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Three who were missed: one twice, one who is no number and gave up at once, one who got through since."""
    monkeypatch.setenv("ZHITONG_BY", "li")
    if not kept.exists():
        _make(terminal)
        shutil.copytree(terminal.folder, kept)
    shutil.copytree(kept, terminal.folder, dirs_exist_ok=True)
    return terminal


def _make(terminal: Terminal) -> None:
    agents = terminal.folder / "agents.csv"
    agents.write_text(AGENTS, encoding="utf-8")
    assert terminal.zhitong("agents", "import", agents).status == 0
    terminal.keep(
        [
            missed(1, 0),
            missed(2, 60, "anonymous", caller_name="", wait_ms=2_000),
            missed(3, 120, OTHER, abandoned_in=AbandonedIn.RINGING),
            missed(4, 180, outcome=Outcome.TIMED_OUT, abandoned_in=None),
            answered(5, 240, OTHER),
        ]
    )


def listed(said: Said) -> list[int]:
    """The entries that a list of JSON holds."""
    assert said.status == 0, said.err
    return [line["entry"]["number"] for line in json.loads(said.out)]


def entry(terminal: Terminal, number: int) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(terminal.zhitong("missed", "show", str(number), "--json").out)["entry"]
    return shown


# --- list -------------------------------------------------------------------------------------------------


def test_who_is_owed_a_call_the_oldest_first_with_owner_and_age(hotline: Terminal) -> None:
    hotline.zhitong("missed", "assign", "1", "1002")
    said = hotline.zhitong("missed", "list")
    assert said.status == 0
    lines = {words[0]: line for line in said.out.splitlines() if (words := line.split()) and words[0].isdigit()}
    assert list(lines) == ["1", "2"]
    assert "138****5678" in lines["1"]
    assert "1002" in lines["1"]
    assert re.search(r"\d+:\d\d:\d\d", lines["1"]), "its age"
    assert "anonymous" in lines["2"]
    assert "归属" in said.out
    assert "owner" in said.out


def test_the_headings_and_states_are_in_both_languages(hotline: Terminal) -> None:
    said = hotline.zhitong("missed", "list", "--all")
    for words in (
        "漏接电话 missed calls",
        "待办",
        "open",
        "已关闭",
        "closed",
        "再次来电已接通",
        "called again",
        "时长",
        "age",
    ):
        assert words in said.out.replace("\n", " "), words


def test_a_narrow_terminal_loses_columns_not_entries(hotline: Terminal) -> None:
    hotline.width(80)
    said = hotline.zhitong("missed", "list", "--all")
    assert max(len(line) for line in said.out.splitlines()) <= 80
    assert "次数" not in said.out
    assert "138****5678" in said.out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [1, 2]),
        (("--all",), [1, 2, 3]),
        (("--agent", "1001"), [1]),
        (("--agent", "1002"), []),
        (("--number", CALLER), [1]),
        (("--number", CALLER[:-1]), []),
        (("--number", OTHER), []),
        (("--all", "--number", OTHER), [3]),
        (("--limit", "1"), [1]),
        (("--from", "2026-11-23T10:58:00"), [2]),
        (("--to", "2026-11-23T10:58:00"), [1]),
        (("--from", "2026-11-24"), []),
    ],
)
def test_options_narrow(hotline: Terminal, options: tuple[str, ...], expected: list[int]) -> None:
    hotline.zhitong("missed", "assign", "1", "1001")
    assert listed(hotline.zhitong("missed", "list", "--json", *options)) == expected


def test_nobody_is_owed_a_call(terminal: Terminal) -> None:
    terminal.keep([answered(1, 0)])
    said = terminal.zhitong("missed", "list")
    assert (said.status, "没有漏接电话" in said.out, "Nobody" in said.out) == (0, True, True)


# --- masking ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("list", "--all"), ("show", "1"), ("show", "3")])
def test_no_whole_number_and_no_name_is_shown(hotline: Terminal, words: tuple[str, ...]) -> None:
    hotline.zhitong("missed", "close", "1", "--reason", "resolved", "--note", f"已打 {CALLER}")
    for form in ((), ("--json",)):
        said = hotline.zhitong("missed", *words, *form)
        assert said.status == 0
        for secret in (CALLER, OTHER, NAME):
            assert secret not in said.both
        if not form:
            assert not ANY_LONG_NUMBER.search(said.out)
    revealed = hotline.zhitong("missed", *words, "--reveal", "--json").out
    assert CALLER in revealed or OTHER in revealed


def test_what_a_command_answers_is_masked_too(hotline: Terminal) -> None:
    for words in (
        ("assign", "1", "1001"),
        ("close", "1", "--reason", "resolved"),
        ("reopen", "1", "--note", "关错了"),
    ):
        said = hotline.zhitong("missed", *words, "--json")
        assert said.status == 0
        assert CALLER not in said.both
        assert json.loads(said.out)["latest"]["caller_number"] == "138****5678"


# --- orders -----------------------------------------------------------------------------------------------


def test_assigning(hotline: Terminal) -> None:
    said = hotline.zhitong("missed", "assign", "1", "1001", "--by", "班长")
    assert (said.status, "归坐席 1001" in said.out, "owns entry 1" in said.out) == (0, True, True)
    assert (entry(hotline, 1)["state"], entry(hotline, 1)["owner"]) == ("assigned", "1001")
    shown = hotline.zhitong("missed", "show", "1").out
    assert "指派 assigned  1001  (班长)" in shown


def test_closing_and_reopening_stay_on_record_with_who_and_why(hotline: Terminal) -> None:
    said = hotline.zhitong("missed", "close", "1", "--reason", "unreachable", "--note", "三次无人接", "--by", "李明")
    assert (said.status, "联系不上 unreachable" in said.out) == (0, True)
    assert entry(hotline, 1)["closed"] | {"at": 0} == {
        "at": 0,
        "reason": "unreachable",
        "by": "李明",
        "note": "三次无人接",
        "call": None,
    }
    said = hotline.zhitong("missed", "reopen", "1", "--note", "是另一个号码", "--by", "班长")
    assert (said.status, "已重开" in said.out, "open again" in said.out) == (0, True, True)
    shown = hotline.zhitong("missed", "show", "1").out
    assert "关闭 closed  联系不上 unreachable  三次无人接  (李明)" in shown
    assert "重开 reopened  是另一个号码  (班长)" in shown
    assert "重开" in hotline.zhitong("missed", "list").out
    assert listed(hotline.zhitong("missed", "list", "--json")) == [1, 2]


def test_what_a_call_closed_names_that_call_also_when_reopened(hotline: Terminal) -> None:
    through = entry(hotline, 3)["closed"]["call"]
    hotline.zhitong("missed", "reopen", "3", "--note", "一接通就断了")
    shown = hotline.zhitong("missed", "show", "3").out
    assert f"再次来电已接通 called again  {through}  (zhitong)" in shown
    assert "一接通就断了" in shown


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("assign", "1", "9999"), "no agent 9999"),
        (("assign", "9", "1001"), "no entry 9"),
        (("assign", "99999999999999999999", "1001"), "no entry 99999999999999999999"),
        (("assign", "1", "\udcff"), "no agent"),
        (("show", "9"), "no entry 9"),
        (("close", "1", "--reason", "other"), "note"),
        (("close", "1", "--reason", "called_back"), "found, not claimed"),
        (("close", "3", "--reason", "resolved"), "closed already: called_again, by zhitong"),
        (("close", "1", "--reason", "resolved", "--note", "长" * 501), "500"),
        (("close", "1", "--reason", "resolved", "--by", "zhitong"), "--by"),
        (("close", "1", "--reason", "resolved", "--by", "\x1b[2J"), "--by"),
        (("reopen", "1", "--note", "x"), "not closed"),
        (("reopen", "3", "--note", " "), "why"),
        (("list", "--from", "gestern"), "is no time"),
        (("list", "--number", "\udcff"), "UTF-8"),
        (("list", "--agent", "\udcd5\udcc5"), "UTF-8"),
        (("call", "1", "--agent", "\udcd5\udcc5"), "UTF-8"),
        (("report", "--to", "31.12."), "is no time"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(hotline: Terminal, words: tuple[str, ...], why: str) -> None:
    before = hotline.zhitong("missed", "list", "--all", "--json").out
    said = hotline.zhitong("missed", *words)
    assert (said.status, said.out) == (1, "")
    assert "错误 error:" in said.err
    assert why in said.err
    assert hotline.zhitong("missed", "list", "--all", "--json").out == before


@pytest.mark.parametrize(
    "words",
    [
        ("show", "0"),
        ("show", "eins"),
        ("assign", "1"),
        ("close", "1"),
        ("close", "1", "--reason", "bored"),
        ("reopen", "1"),
        ("list", "--limit", "0"),
        ("list", "--limit", "1001"),
        ("pick-up",),
    ],
)
def test_what_is_not_understood_is_status_2(hotline: Terminal, words: tuple[str, ...]) -> None:
    said = hotline.zhitong("missed", *words)
    assert (said.status, said.out) == (2, "")


def test_who_runs_it_is_who_orders(hotline: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """But not the service's own user: everybody who types is that one there (docs/operations.md)."""
    monkeypatch.delenv("ZHITONG_BY")
    monkeypatch.setenv("LOGNAME", "zhang")
    assert hotline.zhitong("missed", "close", "1", "--reason", "resolved").status == 0
    assert entry(hotline, 1)["closed"]["by"] == "zhang"
    monkeypatch.setenv("LOGNAME", "zhitong")
    said = hotline.zhitong("missed", "close", "2", "--reason", "resolved")
    assert (said.status, "ZHITONG_BY" in said.err) == (1, True)


def test_without_a_database_there_is_no_ledger(terminal: Terminal) -> None:
    for words in (("list",), ("show", "1"), ("report",), ("close", "1", "--reason", "resolved", "--by", "li")):
        said = terminal.zhitong("missed", *words)
        assert said.status == 1
        assert "错误 error:" in said.err


# --- calling back -----------------------------------------------------------------------------------------


@contextmanager
def service(path: Path, answer: Answer) -> Iterator[list[Request]]:
    """A bridge's socket, in a thread, that answers so."""
    asked: list[Request] = []
    ready, over = threading.Event(), threading.Event()

    async def handle(request: Request) -> Answer:
        asked.append(request)
        return answer

    async def serve() -> None:
        async with socket.serving(path, handle):
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(60)
        yield asked
    finally:
        over.set()
        thread.join()


def control(terminal: Terminal) -> Path:
    path = control_of(terminal.site_file, read_site(terminal.site_file))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_calling_back_orders_it_at_the_running_service(hotline: Terminal) -> None:
    with service(control(hotline), Answer("k", Taken.ACCEPTED, attempt=7)) as asked:
        said = hotline.zhitong("missed", "call", "1", "--agent", "1002", "--by", "李明")
        assert hotline.zhitong("missed", "call", "2").status == 0
        document = json.loads(hotline.zhitong("missed", "call", "1", "--json").out)
    assert (said.status, "第 7 次回拨" in said.out, "Accepted" in said.out) == (0, True, True)
    assert [request.command for request in asked[:2]] == [
        CallBack(1, "李明", MemberName("1002")),  # type: ignore[arg-type]
        CallBack(2, "li", None),  # type: ignore[arg-type]
    ]
    assert len({request.key for request in asked}) == 3, "each order is one of its own"
    assert (document["taken"], document["attempt"]) == ("accepted", 7)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer("k", Taken.REFUSED, "Agent 1001 is on a call right now."), "is on a call"),
        (Answer("k", Taken.UNKNOWN, "The link broke."), "Nothing is sent again"),
    ],
)
def test_what_was_not_accepted_is_an_error(hotline: Terminal, answer: Answer, why: str) -> None:
    with service(control(hotline), answer):
        said = hotline.zhitong("missed", "call", "1", "--agent", "1001")
        document = hotline.zhitong("missed", "call", "1", "--agent", "1001", "--json")
    assert (said.status, said.out) == (1, "")
    assert why in said.err
    assert (document.status, json.loads(document.out)["taken"]) == (1, answer.taken.value)


def test_without_a_service_nothing_is_asked(hotline: Terminal) -> None:
    said = hotline.zhitong("missed", "call", "1", "--agent", "1001")
    assert said.status == 1
    assert "zhitong serve" in said.err
    assert entry(hotline, 1)["state"] == "open"


# --- report -----------------------------------------------------------------------------------------------


def test_the_report_counts_what_the_list_shows(hotline: Terminal) -> None:
    hotline.zhitong("missed", "assign", "1", "1001")
    hotline.zhitong("missed", "reopen", "3", "--note", "一接通就断了")
    told = json.loads(hotline.zhitong("missed", "report", "--json").out)
    assert (told["entries"], told["calls"], told["short"], told["reopened"]) == (3, 4, 1, 1)
    assert told["states"] == {"assigned": 1, "open": 2}
    assert told["owners"] == {"": 2, "1001": 1}
    assert told["why"] == {"abandoned": 2, "timed_out": 1}
    said = hotline.zhitong("missed", "report")
    assert said.status == 0
    for words in ("漏接条目 entries", "曾重开 reopened", "无人 nobody 2", "已指派 assigned 1", "最久未办 oldest open"):
        assert words in said.out, words


def test_the_report_of_a_time_without_calls(hotline: Terminal) -> None:
    told = json.loads(hotline.zhitong("missed", "report", "--from", "2030-01-01", "--json").out)
    assert (told["entries"], told["oldest_open_ms"]) == (0, None)
    assert hotline.zhitong("missed", "report", "--from", "2030-01-01").status == 0


# --- words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "terms"),
    [
        (missed_words.STATES, EntryState),
        (missed_words.REASONS, CloseReason),
        (missed_words.ATTEMPTS, AttemptOutcome),
    ],
)
def test_every_term_has_a_word_in_both_languages(texts: dict[Any, str], terms: Any) -> None:
    assert set(texts) == set(terms)
    assert len(set(texts.values())) == len(texts)
    for text in texts.values():
        chinese, english = text.split(" ", 1)
        assert not chinese.isascii()
        assert english.isascii()


def test_help_is_in_both_languages(terminal: Terminal) -> None:
    said = terminal.zhitong("missed", "--help")
    assert said.status == 0
    for word in ("list", "show", "assign", "close", "reopen", "call", "report"):
        text = terminal.zhitong("missed", word, "--help").out
        assert not text.isascii()
        assert word in said.out
