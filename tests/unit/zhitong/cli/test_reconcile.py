"""``zhitong reconcile``: what it says, in words and for programs, and how it ends."""

import datetime
import json
import re
import sqlite3
from contextlib import closing
from typing import Any

import msgspec
import pytest

from telephony.masking import mask_number
from telephony.model.ids import Micros
from telephony.reconcile.finding import Book, Finding, Kind, Reason
from telephony.reconcile.verify import Problem
from telephony.records.record import CallRecord
from telephony.secrets import ensure_secrets, read_secrets
from tests.unit.telephony.reconcile import recorded
from tests.unit.telephony.reconcile.alterations import with_
from tests.unit.telephony.records.samples import call_id, record
from tests.unit.zhitong.cli.conftest import ANY_LONG_NUMBER, Terminal
from zhitong.cli import reconcile_words as words

STORIES = ["refused-486", "gives-up-waiting", "the-pbx-is-stopped", "blind-by-refer"]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SPAN = ("--from", "2026-11-01", "--to", "2026-12-01")


@pytest.fixture
def site(terminal: Terminal) -> Terminal:
    """Calls of a real PBX on record, and its log folder."""
    folder = terminal.folder / "log"
    names = [name for name in recorded.in_time() if name in STORIES]
    recorded.write_books(folder, names)
    terminal.keep(recorded.all_records(names))
    text = terminal.site_file.read_text(encoding="utf-8")
    terminal.site_file.write_text(f'{text}\n[pbx.folders]\nlog = "{folder}"\n', encoding="utf-8")
    ensure_secrets(terminal.folder / "var" / "secrets.toml", [])
    return terminal


def replace(site: Terminal, old: CallRecord, **fields: Any) -> None:
    """Falsify a record in the database file."""
    with closing(sqlite3.connect(site.folder / "var" / "zhitong.db")) as connection, connection:
        body = msgspec.json.encode(with_(old, **fields)).decode()
        connection.execute("UPDATE calls SET body = ? WHERE call_id = ?", (body, old.call_id))


def told(site: Terminal, status: int = 0, *options: str) -> dict[str, Any]:
    said = site.zhitong("reconcile", *SPAN, "--json", *options)
    assert said.status == status, said.both
    found: dict[str, Any] = json.loads(said.out)
    return found


# --- reconcile ---------------------------------------------------------------------------------------------


def test_nothing_unexplained_ends_with_0(site: Terminal) -> None:
    said = site.zhitong("reconcile", *SPAN)
    assert said.status == 0
    for words_ in ("没有未解释的差异", "Nothing is unexplained", "records", "agreed", "RINGNOANSWER"):
        assert words_ in said.out
    counts = told(site)["counts"]
    assert counts["records"] == counts["agreed"] + counts["explained"] == 7
    assert counts["unexplained"] == 0


def test_an_unexplained_difference_ends_with_1_and_is_said_in_both_languages(site: Terminal) -> None:
    (victim,) = recorded.records("gives-up-waiting")
    replace(site, victim, caller_number="13912345678")
    said = site.zhitong("reconcile", *SPAN)
    assert said.status == 1
    assert victim.call_id in said.out
    assert "来电号码：记录 139****5678" in said.out
    assert "caller: recorded 139****5678, CDR 138****0005" in said.out
    assert not ANY_LONG_NUMBER.search(re.sub(r"pbx1-\d+", "", said.out))
    assert "13912345678" in site.zhitong("reconcile", *SPAN, "--reveal").out
    (call,) = [call for call in told(site, 1)["calls"] if not call["explained"]]
    assert call["call_id"] == victim.call_id
    assert "13912345678" not in json.dumps(call)
    assert "13912345678" in json.dumps(told(site, 1, "--reveal"))


def test_a_call_that_is_not_on_record(site: Terminal) -> None:
    (victim,) = recorded.records("gives-up-waiting")
    with closing(sqlite3.connect(site.folder / "var" / "zhitong.db")) as connection, connection:
        for table in ("call_channels", "offers", "calls"):
            connection.execute(f"DELETE FROM {table} WHERE call_id = ?", (victim.call_id,))
    said = site.zhitong("reconcile", *SPAN)
    assert said.status == 1
    assert "没有记录：queue_log 有 ENTERQUEUE ABANDON" in said.out
    assert "not on record; CDR has" in said.out
    assert victim.uniqueids[0] in said.out


@pytest.mark.parametrize("name", ["gives-up-waiting", "refused-486"])
def test_a_record_that_cannot_be_read_is_unexplained_and_hides_no_other(site: Terminal, name: str) -> None:
    (victim,) = recorded.records(name)
    before = told(site)["counts"]
    site.spoil(victim.call_id)
    said = site.zhitong("reconcile", *SPAN)
    assert (said.status, said.err) == (1, "")
    assert victim.call_id in said.out
    assert "记录读不出" in said.out
    assert "the record cannot be read" in said.out
    found = told(site, 1)
    (call,) = [call for call in found["calls"] if not call["explained"]]
    assert call["call_id"] == victim.call_id
    counts = found["counts"]
    assert (counts["records"], counts["unexplained"]) == (before["records"], 1)
    assert counts["agreed"] + counts["explained"] == before["records"] - 1


def test_explained_calls_are_listed_when_asked_for(site: Terminal) -> None:
    (refused,) = recorded.records("refused-486")
    assert refused.call_id not in site.zhitong("reconcile", *SPAN).out
    said = site.zhitong("reconcile", *SPAN, "--all")
    assert refused.call_id in said.out
    assert "第1次振铃 结果：记录 refused，queue_log RINGNOANSWER。话机拒接或不可达" in said.out


def test_a_call_belongs_to_the_interval_in_which_it_began(site: Terminal) -> None:
    first = min(recorded.all_records(STORIES), key=lambda each: each.received_at)
    local = datetime.datetime.fromtimestamp((first.received_at + 1) / 1e6, datetime.UTC).isoformat()
    said = site.zhitong("reconcile", "--from", "2026-11-01", "--to", local, "--json")
    assert said.status == 0
    assert json.loads(said.out)["counts"]["records"] == 1


def test_torn_rows_are_named(site: Terminal) -> None:
    cdr = site.folder / "log" / "cdr-custom" / "zhitong-cdr.csv"
    cdr.write_bytes(b'"d1","17954' + cdr.read_bytes())
    said = site.zhitong("reconcile", *SPAN)
    assert said.status == 0
    assert "残缺 CDR：zhitong-cdr.csv 第 0 字节起 11 字节" in said.out
    assert told(site)["damages"][0]["offset"] == 0


def test_without_cel_it_says_so(site: Terminal) -> None:
    (site.folder / "log" / "cel-custom" / "zhitong-cel.csv").unlink()
    said = site.zhitong("reconcile", *SPAN)
    assert said.status == 0
    assert "no CEL to bear witness" in said.out


@pytest.mark.parametrize("book", ["queue_log", "cdr-custom/zhitong-cdr.csv"])
def test_a_book_that_is_not_there_ends_with_2(site: Terminal, book: str) -> None:
    (site.folder / "log" / book).unlink()
    said = site.zhitong("reconcile", *SPAN)
    assert (said.status, said.out) == (2, "")
    assert book in said.err
    assert "--logs" in said.err


def test_a_log_folder_that_is_not_there_ends_with_2_unless_one_is_named(site: Terminal) -> None:
    moved = (site.folder / "log").rename(site.folder / "copy")
    assert site.zhitong("reconcile", *SPAN).status == 2
    assert site.zhitong("reconcile", *SPAN, "--logs", moved).status == 0


def test_an_interval_that_is_none_or_no_time_ends_with_2(site: Terminal) -> None:
    assert site.zhitong("reconcile", "--from", "2026-12-01", "--to", "2026-11-01").status == 2
    assert "is no time" in site.zhitong("reconcile", "--from", "noon").err


def test_a_site_without_a_database_ends_with_2(terminal: Terminal) -> None:
    said = terminal.zhitong("reconcile")
    assert said.status == 2
    assert "no database" in said.err


# --- nightly and verify ------------------------------------------------------------------------------------


def long_ago(number: int) -> CallRecord:
    """Of days that are over, whenever this runs."""
    return record(number, received_at=Micros(1_700_000_000_000_000 + number))


@pytest.fixture
def old(terminal: Terminal) -> Terminal:
    terminal.keep([long_ago(number) for number in range(1, 4)])
    ensure_secrets(terminal.folder / "var" / "secrets.toml", [])
    return terminal


@pytest.fixture
def quick(old: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """It is two days later."""
    monkeypatch.setattr("zhitong.cli.reconcile._now", lambda: Micros(1_700_000_000_000_000 + 2 * 86_400_000_000))
    return old


def test_nightly_makes_what_is_missing_and_verify_says_that_it_holds(quick: Terminal) -> None:
    said = quick.zhitong("reconcile", "nightly")
    assert said.status == 0
    assert "2023-11-15" in said.out
    assert "2 days were not reconciled" in said.err
    assert "没有要补的日子" in quick.zhitong("reconcile", "nightly").out
    assert read_secrets(quick.folder / "var" / "secrets.toml").figures
    verified = quick.zhitong("reconcile", "verify")
    assert verified.status == 0
    assert "相符 holds" in verified.out
    assert (quick.folder / "var" / "figures" / "2023-11-15.json").exists()


def test_nightly_says_what_it_made_for_programs(quick: Terminal) -> None:
    made = json.loads(quick.zhitong("reconcile", "nightly", "--json").out)
    assert [(figure["day"], figure["counts"]["offered"], figure["books"]) for figure in made] == [
        ("2023-11-15", 3, None),
        ("2023-11-16", 0, None),
    ]


def test_verify_names_the_call_that_was_altered(quick: Terminal) -> None:
    quick.zhitong("reconcile", "nightly")
    replace(quick, long_ago(2), talk_ms=1)
    said = quick.zhitong("reconcile", "verify", "--day", "2023-11-15")
    assert said.status == 1
    assert call_id(2) in said.out
    assert call_id(1) not in said.out
    assert "没有留下修改痕迹" in said.out
    checks = json.loads(quick.zhitong("reconcile", "verify", "--json").out)
    altered = [(check["holds"], check["problems"].get("altered")) for check in checks]
    assert altered == [(False, [call_id(2)]), (True, None)]


def test_verify_without_a_figure_or_a_day_ends_with_2(quick: Terminal) -> None:
    assert quick.zhitong("reconcile", "verify").status == 2
    said = quick.zhitong("reconcile", "verify", "--day", "yesterday")
    assert said.status == 2
    assert "is no day" in said.err


# --- words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", [*words.REASONS.values(), *words.PROBLEMS.values()])
def test_everything_is_said_in_chinese_first_and_in_english(each: words.Words) -> None:
    assert CHINESE.search(each.chinese)
    assert not CHINESE.search(each.english)


def test_no_reason_and_no_problem_is_without_words() -> None:
    assert words.REASONS.keys() == set(Reason)
    assert words.PROBLEMS.keys() == set(Problem)


def test_every_fact_that_is_found_to_differ_has_a_name_in_both_languages() -> None:
    found = {
        finding.what
        for name in recorded.NAMES
        for call in recorded.story(name).report().calls
        for finding in call.findings
    }
    for what in (*found, "outcome", "offers[2].member", "visits[0].key", "talk_ms + hold_ms", "first_offered_at"):
        said = words.fact(what)
        assert CHINESE.search(said.chinese), what
        assert said.english
        assert "_" not in said.chinese + said.english, what


def test_times_are_shown_in_the_sites_zone_and_numbers_masked() -> None:
    late = Finding(Kind.DIFFERS, Book.QUEUE_LOG, "answered_at", "1795418744912473", "1795418750")
    said = words.sentence(late, "Asia/Shanghai", reveal=False)
    assert said.english == "answered: recorded 11-23 15:25:44.912, queue_log 11-23 15:25:50.000"
    number = Finding(Kind.DIFFERS, Book.CDR, "caller_number", "13812345678", None)
    assert mask_number("13812345678") in words.sentence(number, "UTC", reveal=False).chinese
    assert words.masked(number).recorded == mask_number("13812345678")
