"""The report of departments, at a terminal."""

import asyncio
import csv
import io
import json

import pytest

from telephony.config import read_site
from telephony.database.database import Database
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Code, Department, Specialist
from telephony.places import database_url
from telephony.records.departments import DEFINITIONS
from telephony.remarks.remark import Resolution
from telephony.remarks.store import Remarks
from tests.unit.telephony.records.samples import call_id
from tests.unit.telephony.records.test_departments import CALLS
from tests.unit.telephony.remarks.told import remark
from tests.unit.zhitong.cli.conftest import Terminal


@pytest.fixture
def reported(terminal: Terminal) -> Terminal:
    terminal.keep(CALLS)

    async def engage() -> None:
        database = await Database.open(database_url(terminal.site_file, read_site(terminal.site_file)))
        human = Department(Code("8100"), "人力资源和社会保障局", "人社局")
        people = [Specialist(Code(code), name, human.code, ("62000000",)) for code, name in NAMES.items()]
        await SpecialistStore(database).change(lambda _: [human, *people])
        words = {1: Resolution.YES, 3: Resolution.NO}
        await Remarks(database).write([remark(n, call_id(n), resolved=word) for n, word in words.items()])
        await database.close()

    asyncio.run(engage())
    return terminal


NAMES = {"8101": "=王伟", "8102": "李芳"}


def test_departments_with_what_each_figure_means(reported: Terminal) -> None:
    said = reported.zhitong("report", "departments")
    assert said.status == 0
    (line,) = [line for line in said.out.splitlines() if "人社局" in line]
    assert line.split()[:7] == ["8100", "人社局", "4", "3", "0", "1", "100.0%"]
    assert all(zh in said.out for zh, _ in DEFINITIONS.values())
    assert "王伟" not in said.out


def test_specialists_of_all_departments_or_of_one(reported: Terminal) -> None:
    out = reported.zhitong("report", "departments", "--by", "specialist").out
    assert ("李芳" in out, "8201" in out) == (True, True)
    out = reported.zhitong("report", "departments", "--department", "8100").out
    assert ("李芳" in out, "8201" in out) == (True, False)
    said = reported.zhitong("report", "departments", "--department", "8999")
    assert (said.status, "zhitong directory list" in said.err) == (1, True)


def test_for_programs(reported: Terminal) -> None:
    told = json.loads(reported.zhitong("report", "departments", "--json").out)
    assert (told["all"]["offers"], told["all"]["answer_rate"]) == (6, 0.8)
    (first, second) = told["departments"]
    assert (first["name"], first["resolved_share"], second["name"]) == ("人社局", 0.5, "")
    assert [each["code"] for each in told["specialists"]] == ["8101", "8102", "8201", "8202"]
    assert told["specialists"][0]["department"] == "8100", "asked by name: the directory tells the department"


def test_a_file_for_spreadsheets(reported: Terminal) -> None:
    file = reported.folder / "十一月.csv"
    assert reported.zhitong("report", "departments", "--csv", str(file)).status == 0
    text = file.read_bytes()
    assert text.startswith("\ufeff部门代码,专家代码,名称,邀请".encode())
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert [(row["专家代码"], row["名称"], row["接听率"]) for row in rows] == [
        ("", "人社局", "1.0"),
        ("", "", "0.5"),
        ("8101", "'=王伟", "0.6667"),
        ("8102", "李芳", "1.0"),
        ("8201", "", "0.0"),
        ("8202", "", "0.0"),
    ]
    assert reported.zhitong("report", "departments", "--csv", "-").out.encode() == text


def test_a_month_or_any_span(reported: Terminal) -> None:
    def offers(*options: str) -> int:
        return int(json.loads(reported.zhitong("report", "departments", "--json", *options).out)["all"]["offers"])

    assert offers("--month", "2026-11") == 6
    assert offers("--month", "2026-12") == 0
    assert offers("--from", "2026-11-23", "--to", "2026-11-24") == 6
    wrong = reported.zhitong("report", "departments", "--month", "2026-13")
    assert (wrong.status, "--month" in wrong.err) == (1, True)
    assert reported.zhitong("report", "departments", "--month", "2026-11", "--from", "1d").status == 1
    assert "没有邀请过" in reported.zhitong("report", "departments", "--month", "2026-12").out
