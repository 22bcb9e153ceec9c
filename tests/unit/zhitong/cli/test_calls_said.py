"""What people said of calls, on the terminal: shown, searched, counted, exported, masked."""

import asyncio
import csv
import io
import json

import pytest

from telephony.config import read_site
from telephony.places import database_url
from telephony.records.store import RecordStore
from telephony.remarks.remark import Remark
from telephony.remarks.store import Remarks
from tests.unit.telephony.records.samples import call_id, record
from tests.unit.telephony.remarks.told import remark
from tests.unit.zhitong.cli.conftest import Terminal

TOPICS = """
[[topic]]
code = "water"
title = "供水"
[[topic]]
code = "water-off"
title = "停水"
parent = "water"
"""


def say(terminal: Terminal, *told: Remark) -> None:
    async def put() -> None:
        store = await RecordStore.open(database_url(terminal.site_file, read_site(terminal.site_file)))
        await Remarks(store.database).write(told)
        await store.close()

    asyncio.run(put())


@pytest.fixture
def desk(terminal: Terminal) -> Terminal:
    """Three calls: of the first much was said, of the second that it was silent, of the third nothing."""
    with terminal.site_file.open("a", encoding="utf-8") as file:
        file.write(TOPICS)
    terminal.keep([record(1), record(2, agent="1002"), record(3)])
    say(
        terminal,
        remark(1, note="停水\n回电 139-1234-5678"),
        remark(2, topics=("water-off",), answered=True),
        remark(3, call_id(2), who="1002", mark="nuisance"),
        remark(4, call_id(2), who="boss", mark="silent"),
        remark(5, call_id(3), topics=("gone",)),
        remark(6, call_id(3), topics=()),
    )
    return terminal


def test_a_call_shows_what_was_said_of_it_with_numbers_masked(desk: Terminal) -> None:
    out = desk.zhitong("calls", "show", call_id(1)).out
    assert "供水 / 停水 (water-off) · 直接答复 answered directly  (1001)" in out
    assert "回电 139****5678" in out
    assert "1234-5678" not in out
    assert "139-1234-5678" in desk.zhitong("calls", "show", call_id(1), "--reveal").out
    silent = desk.zhitong("calls", "show", call_id(2)).out
    assert "无声 silent  (boss)" in silent
    assert "标记" not in desk.zhitong("calls", "show", call_id(3)).out


def test_calls_are_found_by_their_mark_of_now_and_by_topic_with_those_below(desk: Terminal) -> None:
    def ids(*options: str) -> list[str]:
        return [each["call_id"] for each in json.loads(desk.zhitong("calls", "list", "--json", *options).out)]

    assert ids("--mark", "silent") == [call_id(2)]
    assert ids("--mark", "nuisance") == []
    assert ids("--topic", "water") == [call_id(1)]
    assert ids("--topic", "water-off", "--agent", "1002") == []
    assert ids("--topic", "gone") == []
    assert desk.zhitong("calls", "list", "--mark", "loud").status == 2


def test_the_history_has_every_change(desk: Terminal) -> None:
    told = json.loads(desk.zhitong("calls", "remarks", call_id(2), "--json").out)
    assert [(each["by"], each["mark"]) for each in told] == [("1002", "nuisance"), ("boss", "silent")]
    out = desk.zhitong("calls", "remarks", call_id(3)).out
    assert "gone (gone)" in out
    assert "撤销 taken back" in out
    assert "139****5678" in desk.zhitong("calls", "remarks", call_id(1)).out
    assert desk.zhitong("calls", "remarks", "nobody").status == 1


def test_the_figures_are_those_of_the_calls_and_told_with_their_meaning(desk: Terminal) -> None:
    said = json.loads(desk.zhitong("calls", "topics", "--json").out)
    assert (said["all"]["offered"], said["all"]["direct"], said["all"]["direct_rate"]) == (3, 1, 0.3333)
    assert [each["of"] for each in said["by_agent"]] == ["1001", "1002"]
    out = desk.zhitong("calls", "topics").out
    assert "供水 / 停水" in out
    assert "33.3%" in out
    assert "direct ÷ answered" in out
    for by, words in (("day", "2026-11-23"), ("agent", "1002")):
        assert words in desk.zhitong("calls", "topics", "--by", by).out
    assert "没有来电" in desk.zhitong("calls", "topics", "--to", "2020-01-01").out


def test_the_export_has_them_masked(desk: Terminal) -> None:
    rows = list(csv.DictReader(io.StringIO(desk.zhitong("calls", "export", "--format", "csv").out)))
    first, second, _ = rows
    assert (first["topics"], first["answered_directly"], first["mark"]) == ("water-off", "True", "")
    assert first["notes"] == "1001: 停水\n回电 139****5678"
    assert second["mark"] == "silent"
    line = json.loads(desk.zhitong("calls", "export").out.splitlines()[0])
    assert line["remarks"]["notes"][0]["text"] == "停水\n回电 139****5678"
