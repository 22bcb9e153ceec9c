"""What is wrong with a directory as a whole; and that nothing is with the sample."""

import datetime
import zoneinfo
from pathlib import Path

import msgspec
import pytest

import dialplans
from telephony.config import read_site
from telephony.directory.agents import Agent
from telephony.directory.agents_csv import read_agents
from telephony.directory.entries import Entry, Rules
from telephony.directory.entry_sheet import read_entries, sheet_for
from telephony.directory.roster_text import leave_of, roster_of
from telephony.directory.sheets import csv_of, sheets_of
from telephony.directory.soundness import Fault, faults_of
from telephony.directory.specialist_store import directory_of
from telephony.directory.specialists import Code, Department, Specialist
from telephony.model.ids import MemberName, micros_of
from telephony.numbers import china
from telephony.numbers.kinds import Kind
from tools.sample_directory import entries

CITY = Path(dialplans.__path__[0]) / "samples" / "city"
NOW = datetime.datetime(2026, 11, 16, 10, tzinfo=zoneinfo.ZoneInfo("Asia/Shanghai"))  # a Monday
HOME = Department(Code("8100"), "人力资源和社会保障局", "人社局")
ZHANG = Specialist(Code("8101"), "张三", Code("8100"), ("01000001111",))


def faults(*made: Entry, now: datetime.datetime = NOW, agents: tuple[Agent, ...] = ()) -> list[Fault]:
    site = read_site(CITY / "site.toml")
    return faults_of(directory_of(made, site, now), site, agents, micros_of(now.timestamp()))


@pytest.mark.parametrize(
    ("made", "level", "code", "words"),
    [
        (msgspec.structs.replace(ZHANG, code=Code("8001")), "error", "8001", "queue hotline"),
        (msgspec.structs.replace(ZHANG, code=Code("8150")), "error", "8150", "agent 王一"),
        (msgspec.structs.replace(ZHANG, code=Code("7101")), "error", "7101", "8XXX"),
        (msgspec.structs.replace(HOME, code=Code("8200"), short="别的", numbers=()), "warning", "8200", "nobody in it"),
        (msgspec.structs.replace(HOME, code=Code("8200"), numbers=("010",)), "warning", "8200", "人社局"),
        (msgspec.structs.replace(ZHANG, code=Code("8102")), "warning", "8102", "8101"),
        (msgspec.structs.replace(ZHANG, code=Code("8102"), numbers=("0085212345678",)), "error", "8102", "[outgoing]"),
        (msgspec.structs.replace(ZHANG, code=Code("8102"), numbers=("12345",)), "error", "8102", "[outgoing]"),
        (
            msgspec.structs.replace(ZHANG, code=Code("8102"), numbers=("1",), roster=roster_of("每天 休")),
            "warning",
            "8102",
            "two months",
        ),
        (
            msgspec.structs.replace(ZHANG, code=Code("8102"), numbers=("1",), leave=leave_of("2026-01-01")),
            "warning",
            "8102",
            "leave is over",
        ),
    ],
)
def test_each_fault_is_found_and_alone(made: Entry, level: str, code: str, words: str) -> None:
    agents = (Agent(MemberName("8150"), "王一", (), "8150"),)
    assert faults(HOME, ZHANG, agents=agents) == []
    found = [fault for fault in faults(HOME, ZHANG, made, agents=agents) if words in fault.english]
    assert [(fault.level, fault.code) for fault in found] == [(level, code)]


def test_a_year_whose_make_up_days_nobody_knows() -> None:
    far = NOW.replace(year=2031)
    (fault,) = faults(HOME, ZHANG, now=far)
    assert (fault.level, fault.code) == ("warning", "")
    assert "2031" in fault.chinese


def test_the_sample_is_of_the_first_user_s_size_and_sound() -> None:
    read = read_entries(sheets_of((CITY / "directory.csv").read_bytes()), (), Rules(("8XXX",)))
    assert read.refusals == ()
    departments = [each for each in read.entries if isinstance(each, Department)]
    people = [each for each in read.entries if isinstance(each, Specialist)]
    assert (len(departments), len(people)) == (43, 136)
    agents = tuple(read_agents((CITY / "agents.csv").read_bytes()).all_or_nothing())
    assert [fault for fault in faults(*read.entries, agents=agents) if fault.code] == []
    assert {each.department for each in people} == {each.code for each in departments}


def test_the_sample_is_what_its_generator_makes() -> None:
    assert (CITY / "directory.csv").read_bytes() == csv_of(*sheet_for(entries()))


def test_nobody_has_a_number_of_the_sample() -> None:
    """In China's plan a local number begins with 2 to 8; these begin with 0."""
    for each in entries():
        for number in each.numbers:
            assert china.read(number).kind is Kind.FIXED
            assert number.startswith("0100")


def test_a_larger_directory_has_no_code_twice() -> None:
    many = entries(districts=28)
    assert len({each.code for each in many}) == len(many) > 5_000
