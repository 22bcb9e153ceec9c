"""Rosters and leave as people write them."""

import datetime

import pytest
from hypothesis import given

from telephony.directory.duty import ALWAYS, DutyRoster, Hours, Leave
from telephony.directory.fields import FieldRefused
from telephony.directory.roster_text import leave_of, roster_of, text_of_leave, text_of_roster
from tests.unit.telephony.directory.test_duty import ROSTERS

NINE_TO_FIVE = (Hours(540, 1020),)
WEEKDAYS = (NINE_TO_FIVE,) * 5 + ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "周一至周五 09:00-17:00",
        "周一-周五 9:00-17:00",
        "星期一到星期五　９：００～１７：００",
        "工作日 9:00—17:00",
        "mon-fri 09:00-17:00",
        "Mon-Fri 09:00-17:00; holiday off",
        "周一、周二、周三、周四、周五 09:00-17:00；",
        "每天 09:00-17:00; 周末 休",
        "weekdays 09:00 - 17:00",
    ],
)
def test_many_ways_to_write_one_roster(text: str) -> None:
    assert roster_of(text) == DutyRoster(WEEKDAYS)


def test_days_that_are_not_weekdays() -> None:
    made = roster_of("周日至周一 全天; 节假日 8:00-9:00; 补班 休; 2026/10/1-2026/10/2 10:00-11:00; 2026年10月3日 休")
    assert made is not None
    all_day = (Hours(0, 1440),)
    assert made.week == (all_day, (), (), (), (), (), all_day)
    assert made.holiday == (Hours(480, 540),)
    assert made.makeup == ()
    assert [(str(each.date), each.hours) for each in made.dates] == [
        ("2026-10-01", (Hours(600, 660),)),
        ("2026-10-02", (Hours(600, 660),)),
        ("2026-10-03", ()),
    ]


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_is_no_roster_of_one_s_own(text: str) -> None:
    assert roster_of(text) is None


@pytest.mark.parametrize("text", ["全天", "24小时", "always"])
def test_always(text: str) -> None:
    assert roster_of(text) == ALWAYS
    but = roster_of(f"{text}; 节假日 休; 周日 休")
    assert but == DutyRoster((*ALWAYS.week[:6], ()))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("9:00-17:00", "days and then hours"),
        ("周一", "days and then hours"),
        ("周八 9:00-10:00", "周八"),
        ("周一 9-12", "9-12"),
        ("周一 25:00-26:00", "25:00-26:00"),
        ("周一 09:60-10:00", "09:60-10:00"),
        ("周一 9:00-12:00 周二 9:00-10:00", "a ; between"),
        ("周一 9:00-12:00 休", "days and then hours"),
        ("2026-02-30 休", "2026-02-30"),
        ("2026-10-05至2026-10-01 休", "forwards"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_to_write_it(text: str, word: str) -> None:
    with pytest.raises(FieldRefused, match=r"write|run|calendar|begin") as refused:
        roster_of(text)
    assert word in str(refused.value)


@given(ROSTERS)
def test_what_is_written_is_read_as_the_same_duty(made: DutyRoster) -> None:
    read = roster_of(text_of_roster(made))
    assert read is not None
    hours = [(set(a), set(b)) for a, b in zip(read.week, made.week, strict=True)]
    assert all(one == other for one, other in hours)
    assert set(read.holiday) == set(made.holiday)
    assert (read.makeup is None) is (made.makeup is None)
    assert set(read.makeup or ()) == set(made.makeup or ())
    assert {each.date: set(each.hours) for each in read.dates} == {each.date: set(each.hours) for each in made.dates}


def test_leave() -> None:
    first, last = datetime.date(2026, 12, 1), datetime.date(2026, 12, 5)
    made = (Leave(first, last), Leave(datetime.date(2026, 12, 24), datetime.date(2026, 12, 24)))
    assert leave_of("2026-12-24；2026/12/1～2026/12/5") == made
    assert text_of_leave(made) == "2026-12-01至2026-12-05; 2026-12-24"
    assert leave_of(text_of_leave(made)) == made
    assert leave_of("") == ()
    with pytest.raises(FieldRefused, match="下周"):
        leave_of("下周")
