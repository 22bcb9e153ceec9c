"""``zhitong calls list``: what is shown, what is hidden, and how to come to the rest."""

import json
import re

import pytest

from telephony.model.ids import MemberName, QueueName
from telephony.model.terms import AbandonedIn, Outcome
from telephony.records.record import RefusedOut
from tests.unit.telephony.records.samples import call_id, record
from tests.unit.zhitong.cli.conftest import ANY_LONG_NUMBER, Terminal

NUMBER, NAME = "13812345678", "王小明"


@pytest.fixture
def hotline(terminal: Terminal) -> Terminal:
    """Seven calls: the third abandoned, the fourth answered elsewhere, the fifth from another number."""
    calls = [record(number) for number in range(1, 8)]
    calls[2] = record(
        3, outcome=Outcome.ABANDONED, abandoned_in=AbandonedIn.WAITING, agent=None, answered_at=None, legs=()
    )
    calls[3] = record(4, agent=MemberName("1002"), queue=QueueName("policy"))
    calls[4] = record(5, caller_number="02161234567", caller_name="02161234567")
    terminal.keep(calls)
    return terminal


def listed(text: str) -> list[int]:
    """Which of the seven calls a text shows, in its order."""
    ids = {str(call_id(number)): number for number in range(1, 8)}
    return [ids[word] for word in re.findall(r"\b[0-9A-Z]{26}\b", text)]


def test_the_newest_stand_first(hotline: Terminal) -> None:
    said = hotline.zhitong("calls", "list")
    assert said.status == 0
    assert listed(said.out) == [7, 6, 5, 4, 3, 2, 1]
    assert said.err == ""


def test_no_whole_number_and_no_name_is_shown(hotline: Terminal) -> None:
    for words in (("calls", "list"), ("calls", "list", "--json")):
        said = hotline.zhitong(*words)
        assert NUMBER not in said.both
        assert NAME not in said.both
        assert "138****5678" in said.out
    assert not ANY_LONG_NUMBER.search(hotline.zhitong("calls", "list").out)


def test_refused_calls_out_are_listed_with_whose_phone_which_number_and_why(terminal: Terminal) -> None:
    tried = RefusedOut(record(2).received_at, "call-out", "008613812345678", "1001", "not-allowed")
    terminal.keep([record(1), record(2, refused_out=(tried,))])
    said = terminal.zhitong("calls", "list", "--refused")
    assert said.status == 0
    assert listed(said.out) == [2]
    assert "1001" in said.out
    assert "不允许" in said.out
    assert "5678" in said.out
    assert "13812345678" not in said.out


def test_reveal_shows_them(hotline: Terminal) -> None:
    assert NUMBER in hotline.zhitong("calls", "list", "--reveal").out
    revealed = json.loads(hotline.zhitong("calls", "list", "--reveal", "--json").out)
    assert {call["caller_name"] for call in revealed} == {NAME, "02161234567"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--number", "02161234567"), [5]),
        (("--number", "6123"), []),  # a part of a number is no number
        (("--agent", "1002"), [4]),
        (("--queue", "policy"), [4]),
        (("--outcome", "abandoned"), [3]),
        (("--outcome", "answered", "--agent", "1001"), [7, 6, 5, 2, 1]),
        (("--limit", "2"), [7, 6]),
    ],
)
def test_options_narrow(hotline: Terminal, options: tuple[str, ...], expected: list[int]) -> None:
    assert listed(hotline.zhitong("calls", "list", *options).out) == expected


def test_spans_meet_without_overlap(hotline: Terminal) -> None:
    """The samples are a second apart; the third is received at 2026-11-23 10:57:47 in Shanghai."""
    assert "10:57:47" in hotline.zhitong("calls", "list", "--outcome", "abandoned").out
    border = "2026-11-23T10:57:47"
    assert listed(hotline.zhitong("calls", "list", "--from", border).out) == [7, 6, 5, 4, 3]
    assert listed(hotline.zhitong("calls", "list", "--to", border).out) == [2, 1]
    assert listed(hotline.zhitong("calls", "list", "--from", "2026-11-23T02:57:47Z", "--to", border).out) == []


def test_json_is_json_with_all_there_is(hotline: Terminal) -> None:
    calls = json.loads(hotline.zhitong("calls", "list", "--json", "--limit", "3").out)
    assert [call["call_id"] for call in calls] == [call_id(number) for number in (7, 6, 5)]
    assert calls[0]["timeline"][-1]["with"] == ["1001"]
    assert json.loads(hotline.zhitong("calls", "list", "--json", "--agent", "nobody").out) == []


def test_the_hint_leads_to_every_call_once(hotline: Terminal) -> None:
    seen: list[int] = []
    options: list[str] = []
    for _ in range(7):
        said = hotline.zhitong("calls", "list", "--limit", "2", *options)
        seen += listed(said.out)
        hint = re.search(r"(--to \S+?) ", said.out)
        if hint is None:
            break
        options = hint[1].split()
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_no_hint_when_there_is_no_more(hotline: Terminal) -> None:
    assert "--to" not in hotline.zhitong("calls", "list", "--limit", "7").out


def test_nothing_that_fits_is_said_so(hotline: Terminal) -> None:
    said = hotline.zhitong("calls", "list", "--agent", "nobody")
    assert said.status == 0
    assert "没有通话" in said.out


@pytest.mark.parametrize("columns", [80, 120])
def test_it_fits_the_screen(hotline: Terminal, columns: int) -> None:
    hotline.width(columns)
    rows = hotline.zhitong("calls", "list").out.splitlines()
    assert all(_cells(row) <= columns for row in rows)
    (abandoned,) = [row for row in rows if str(call_id(3)) in row]
    assert "放弃" in abandoned
    answered = next(row for row in rows if str(call_id(1)) in row)
    assert "接通" in answered
    assert "3.0 s" in answered
    assert len(rows) == 4 + 7  # title, two lines of headings, rule; a row for each call


def _cells(row: str) -> int:
    return sum(2 if ord(character) >= 0x2E80 else 1 for character in row)


@pytest.mark.parametrize(
    "options", [("--limit", "0"), ("--limit", "1001"), ("--outcome", "lost"), ("--nosuch",), ("--from",)]
)
def test_a_wrong_option_is_a_usage_error(hotline: Terminal, options: tuple[str, ...]) -> None:
    said = hotline.zhitong("calls", "list", *options)
    assert said.status == 2
    assert options[0] in said.err
    assert said.out == ""


def test_a_wrong_time_is_an_error_that_shows_the_forms(hotline: Terminal) -> None:
    said = hotline.zhitong("calls", "list", "--from", "yesterday")
    assert said.status == 1
    assert "yesterday" in said.err
    assert "2026-11-23T08:30" in said.err
    assert said.out == ""


def test_who_only_looks_makes_no_database(terminal: Terminal) -> None:
    for words in (("calls", "list"), ("calls", "show", "x"), ("calls", "export")):
        said = terminal.zhitong(*words)
        assert said.status == 1
        assert "zhitong serve" in said.err
    assert [path.name for path in terminal.folder.iterdir()] == ["site.toml"]


def test_a_missing_site_is_named(terminal: Terminal) -> None:
    said = terminal.zhitong("calls", "list", "--site", "/nosuch/site.toml")
    assert said.status == 1
    assert "/nosuch/site.toml" in said.err


def test_a_record_that_cannot_be_read_is_named_and_hides_no_other(hotline: Terminal) -> None:
    hotline.spoil(call_id(4))
    said = hotline.zhitong("calls", "list")
    assert said.status == 1
    assert listed(said.out) == [7, 6, 5, 3, 2, 1]
    assert set(listed(said.err)) == {4}
    assert said.err.startswith("警告 warning: 通话")
    assert "cannot be read (" in said.err
    assert NUMBER not in said.both
    as_json = hotline.zhitong("calls", "list", "--json")
    assert as_json.status == 1
    assert len(json.loads(as_json.out)) == 6


def test_a_page_without_a_readable_record_tells_how_to_go_on(hotline: Terminal) -> None:
    hotline.spoil(call_id(7))
    said = hotline.zhitong("calls", "list", "--limit", "1")
    assert (said.status, listed(said.out), set(listed(said.err))) == (1, [], {7})
    assert "没有通话" not in said.out
    (earlier,) = re.findall(r"--to (\S+) ", said.out)
    assert listed(hotline.zhitong("calls", "list", "--limit", "1", "--to", earlier).out) == [6]
