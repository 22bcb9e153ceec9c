"""Whom a request rings, in which order."""

import datetime
import zoneinfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from telephony.directory.plan import MAX_TRIES, Plan, Try, guide_text, plan_of, tries_text
from telephony.directory.roster_text import leave_of, roster_of
from telephony.directory.specialists import Code, Department, Directory, Specialist
from telephony.model.ids import micros_of

AT = micros_of(datetime.datetime(2026, 9, 14, 10, tzinfo=zoneinfo.ZoneInfo("Asia/Shanghai")).timestamp())  # a Monday
NIGHTS = roster_of("每天 18:00-08:00")


def person(code: str, *numbers: str, order: int = 100, ring_s: int = 0) -> Specialist:
    return Specialist(Code(code), f"专家{code}", Code(code[:3] + "0"), numbers, order=order, ring_s=ring_s)


HOME = Department(Code("8100"), "人力资源和社会保障局", "人社局")
A = person("8101", "111", "112")
B = person("8102", "121", order=5)
C = person("8103", "131", ring_s=30)
ASLEEP = msgspec.structs.replace(person("8104", "141"), roster=NIGHTS)
AWAY = msgspec.structs.replace(person("8105", "151"), leave=leave_of("2026-09-14"))


def directory(*entries: Department | Specialist, ring_s: int = 20) -> Directory:
    homes = [each for each in entries if isinstance(each, Department)]
    return Directory(homes, [each for each in entries if isinstance(each, Specialist)], ring_s=ring_s)


ALL = directory(HOME, A, B, C, ASLEEP, AWAY)


def numbers(plan: Plan) -> list[list[str]]:
    return [[each.number for each in line] for line in plan.lines]


def test_a_department_in_order_of_its_people() -> None:
    plan = plan_of(ALL, "8100", AT)
    assert plan.department == "8100"
    assert (plan.name, plan.why) == ("人社局", "")
    assert plan.lines == (
        (
            Try("121", 20, "8102", "专家8102"),
            Try("111", 20, "8101", "专家8101"),
            Try("112", 20, "8101", "专家8101"),
            Try("131", 30, "8103", "专家8103"),
        ),
    )


def test_several_at_once_each_person_on_one_line() -> None:
    home = msgspec.structs.replace(HOME, at_once=2, numbers=("190",))
    plan = plan_of(directory(home, A, B, C), "8100", AT)
    assert numbers(plan) == [["121", "131"], ["111", "112", "190"]]  # the desk ends the line that is through first
    assert [each.number for each in plan.in_order()] == ["121", "111", "131", "112", "190"]


def test_more_lines_than_people() -> None:
    home = msgspec.structs.replace(HOME, at_once=8)
    assert numbers(plan_of(directory(home, A, B), "8100", AT)) == [["121"], ["111", "112"]]


def test_how_long_a_number_rings() -> None:
    home = msgspec.structs.replace(HOME, ring_s=12, numbers=("190",))
    made = directory(home, B, C, ring_s=33)
    assert [each.seconds for each in plan_of(made, "8100", AT).in_order()] == [12, 30, 12]
    assert [each.seconds for each in plan_of(made, "13800000000", AT).in_order()] == [33]


def test_nobody_on_duty() -> None:
    assert plan_of(directory(HOME, ASLEEP, AWAY), "8100", AT) == Plan("8100", "8100", (), "off-duty", "人社局")
    closed = msgspec.structs.replace(HOME, roster=NIGHTS, numbers=("190",))
    assert plan_of(directory(closed, A), "8100", AT).why == "off-duty"
    assert plan_of(directory(closed, A), "8100", AT, without={"111", "112"}).why == "off-duty"
    assert plan_of(directory(HOME, A), "8100", AT, without={"111", "112"}).why == "nobody"
    assert plan_of(directory(HOME), "8100", AT).why == "nobody"
    assert plan_of(directory(closed, AWAY), "8104", AT).lines == ((Try("8104", 20),),)  # no code of anybody: a number


def test_one_specialist() -> None:
    assert plan_of(ALL, "8101", AT).lines == ((Try("111", 20, "8101", "专家8101"), Try("112", 20, "8101", "专家8101")),)
    assert plan_of(ALL, "8101", AT).department == "8100"
    assert (plan_of(ALL, "8104", AT).lines, plan_of(ALL, "8104", AT).why) == ((), "off-duty")
    assert (plan_of(ALL, "8105", AT).lines, plan_of(ALL, "8105", AT).why) == ((), "on-leave")


def test_who_is_in_the_call_is_left_out() -> None:
    assert numbers(plan_of(ALL, "8100", AT, without={"8102", "112"})) == [["111", "131"]]
    assert plan_of(ALL, "8102", AT, without={"8102"}) == Plan("8102", "8100", (), "nobody", "专家8102")
    assert plan_of(ALL, "8102", AT, without={"121"}).lines == ()
    assert plan_of(ALL, "1380", AT, without={"1380"}) == Plan("1380", why="nobody")


def test_a_number_that_two_have_is_rung_once() -> None:
    assert numbers(plan_of(directory(HOME, A, person("8102", "112", "122")), "8100", AT)) == [["111", "112", "122"]]


def test_any_other_number_is_rung_as_it_stands() -> None:
    assert plan_of(ALL, "1003", AT) == Plan("1003", lines=((Try("1003", 20),),))


def test_as_the_channels_carry_it() -> None:
    assert tries_text(plan_of(ALL, "8101", AT).in_order()) == "111:20:8101&112:20:8101"
    assert guide_text(ALL, "8100", AT) == "8100|121:20:8102&111:20:8101&112:20:8101&131:30:8103"
    assert guide_text(ALL, "8103", AT) == "8100|131:30:8103"
    assert guide_text(ALL, "8104", AT) == "8100|"


@given(
    people=st.lists(st.lists(st.integers(10, 40).map(str), max_size=4), max_size=12),
    at_once=st.integers(1, 8),
    desk=st.lists(st.integers(35, 60).map(str), max_size=3),
)
def test_every_number_is_rung_once_and_in_order(people: list[list[str]], at_once: int, desk: list[str]) -> None:
    home = msgspec.structs.replace(HOME, at_once=at_once, numbers=tuple(desk))
    staff = [person(f"81{turn:02}", *each) for turn, each in enumerate(people, start=1)]
    staff = [msgspec.structs.replace(each, department=HOME.code) for each in staff]
    plan = plan_of(directory(home, *staff), "8100", AT)
    rung = [each.number for line in plan.lines for each in line]
    wanted = dict.fromkeys([number for each in people for number in each] + desk)
    assert len(rung) == len(set(rung)) == min(len(wanted), MAX_TRIES)
    assert set(rung) <= set(wanted)
    assert len(plan.lines) <= at_once
    for each in staff:
        assert sum(any(one.code == each.code for one in line) for line in plan.lines) <= 1
    assert sorted(each.number for each in plan.in_order()) == sorted(rung)
    assert bool(plan.lines) is (plan.why == "")
