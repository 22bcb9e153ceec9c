"""A duty roster, and leave, as people write them in one cell of a sheet. Pure.

Parts separated by ``;``, each days and then hours: ``周一至周五 08:30-12:00 14:00-17:30; 周六 09:00-12:00; 节假日 休;
调休上班日 09:00-17:00; 2026-10-01 09:00-17:00``. In English ``mon-fri``, ``daily``, ``holiday``, ``makeup``, ``off``,
``24h``. A later part takes a day from an earlier one; a weekday that is not named is off. Hours that end at or before
their start go on into the next day. Leave: dates and ranges of dates, ``2026-10-01至2026-10-05; 2026-12-24``.
"""

import datetime
import functools
import re
import unicodedata
from collections.abc import Iterator

from telephony.directory.duty import ALL_DAY, ALWAYS, DatedHours, DutyRoster, Hours, Leave
from telephony.directory.fields import FieldRefused

EXAMPLE = "周一至周五 08:30-12:00 14:00-17:30; 节假日 休"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE = "一二三四五六日"
_WORDS = {
    "工作日": "mon-fri",
    "周末": "sat,sun",
    "每天": "mon-sun",
    "每日": "mon-sun",
    "daily": "mon-sun",
    "weekdays": "mon-fri",
    "weekend": "sat,sun",
    "调休上班日": "makeup",
    "调休上班": "makeup",
    "补班日": "makeup",
    "补班": "makeup",
    "法定节假日": "holiday",
    "节假日": "holiday",
    "holidays": "holiday",
    "全天": "24h",
    "24小时": "24h",
    "always": "24h",
    "不值班": "off",
    "休息": "off",
    "休": "off",
}
_DAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_DATE = re.compile(r"(20\d{2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MAX_DAYS = 400
_MAX_PARTS = 60


@functools.lru_cache(maxsize=1_024)
def roster_of(text: str) -> DutyRoster | None:
    """The roster of this text; None for an empty one. Raises FieldRefused with what to write instead."""
    if not text.strip():
        return None
    parts = [part for part in re.split(r"[;\n]", _plain(text)) if part.strip()]
    if len(parts) > _MAX_PARTS:
        raise FieldRefused(f"write at most {_MAX_PARTS} parts")
    taken: dict[str | datetime.date, tuple[Hours, ...]] = {}
    for part in parts:
        days, hours = _part(part)
        taken.update(dict.fromkeys(days, hours))
    return DutyRoster(
        tuple(taken.get(day, ()) for day in _WEEKDAYS),
        taken.get("holiday", ()),
        taken.get("makeup"),
        tuple(sorted(DatedHours(day, hours) for day, hours in taken.items() if isinstance(day, datetime.date))),
    )


@functools.lru_cache(maxsize=1_024)
def leave_of(text: str) -> tuple[Leave, ...]:
    """The leaves of this text, earliest first. Raises FieldRefused with what to write instead."""
    found = []
    for part in re.split(r"[;,\n]", _plain(text)):
        if part.strip():
            first, last = _range(part.strip())
            found.append(Leave(first, last))
    return tuple(sorted(found))


def text_of_roster(roster: DutyRoster | None) -> str:
    """What ``roster_of`` reads as this roster, in Chinese."""
    if roster is None:
        return ""
    if roster == ALWAYS:
        return "全天"
    parts = [f"{days} {_hours_text(hours)}" for days, hours in _weekly(roster) if hours]
    parts += [f"节假日 {_hours_text(roster.holiday)}"] if roster.holiday else []
    parts += [f"调休上班日 {_hours_text(roster.makeup)}"] if roster.makeup is not None else []
    parts += [f"{each.date} {_hours_text(each.hours)}" for each in roster.dates]
    return "; ".join(parts) or "每天 休"


def text_of_leave(leave: tuple[Leave, ...]) -> str:
    """What ``leave_of`` reads as these leaves."""
    return "; ".join(str(each.first) if each.first == each.last else f"{each.first}至{each.last}" for each in leave)


def _weekly(roster: DutyRoster) -> Iterator[tuple[str, tuple[Hours, ...]]]:
    """Runs of weekdays with the same hours."""
    first = 0
    for day in range(1, 8):
        if day == 7 or roster.week[day] != roster.week[first]:
            names = f"周{_CHINESE[first]}" + (f"至周{_CHINESE[day - 1]}" if day - first > 1 else "")
            yield names, roster.week[first]
            first = day


def _hours_text(hours: tuple[Hours, ...]) -> str:
    if hours == ALL_DAY:
        return "全天"
    return " ".join(f"{_clock(each.start)}-{_clock(each.end)}" for each in hours) or "休"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _plain(text: str) -> str:
    """Full-width characters, dashes and Chinese words as their plain ones."""
    text = unicodedata.normalize("NFKC", text).lower().strip()
    text = re.sub(r"[、，]", ",", text.replace("；", ";"))
    text = re.sub(r"\s*(?:至|到|~|–|—|-|\.\.)\s*", "-", text)
    text = _DAY.sub(lambda found: _WEEKDAYS["一二三四五六日".index(found[1].replace("天", "日"))], text)
    for word in sorted(_WORDS, key=len, reverse=True):
        text = text.replace(word, _WORDS[word])
    return text


def _part(part: str) -> tuple[list[str | datetime.date], tuple[Hours, ...]]:
    days: list[str | datetime.date] = []
    hours: list[Hours] = []
    off = False
    for word in (word for word in re.split(r"[\s,]+", part) if word):
        if word == "off":
            off = True
        elif word == "24h":
            hours += ALL_DAY
        elif _HOURS.fullmatch(word):
            hours.append(_hours(word))
        elif hours or off:
            raise FieldRefused(f"begin a new part before {word!r}: write a ; between, as in {EXAMPLE}")
        else:
            days += _days(word)
    if not days and tuple(hours) == ALL_DAY:
        days = [*_WEEKDAYS, "holiday"]
    if not days or bool(hours) == off:
        raise FieldRefused(f"write days and then hours, or 休, in each part, such as {EXAMPLE}")
    return days, tuple(sorted(set(hours)))


def _hours(word: str) -> Hours:
    found = _HOURS.fullmatch(word)
    assert found is not None
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if max(int(found[2]), int(found[4])) > 59 or start >= 24 * 60 or end > 24 * 60:
        raise FieldRefused(f"write times of day from 00:00 to 24:00; {word} has another")
    return Hours(start, end)


def _days(word: str) -> list[str | datetime.date]:
    if word in ("holiday", "makeup"):
        return [word]
    if word[0].isdigit():
        first, last = _range(word)
        return [first + datetime.timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    first_name, dash, last_name = word.partition("-")
    names = (first_name, last_name if dash else first_name)
    if not all(name in _WEEKDAYS for name in names):
        raise FieldRefused(f"{word!r} is no day: write weekdays (周一, 周一至周五), 节假日, 调休上班日 or a date")
    begin, end = (_WEEKDAYS.index(name) for name in names)
    return [_WEEKDAYS[day % 7] for day in range(begin, end + 1 if end >= begin else end + 8)]


def _range(text: str) -> tuple[datetime.date, datetime.date]:
    """``DATE`` or ``DATE-DATE``."""
    found = re.fullmatch(rf"({_DATE.pattern})(?:\s*-\s*({_DATE.pattern}))?", text)
    if found is None:
        raise FieldRefused(f"{text!r} is no date: write 2026-10-01, or 2026-10-01至2026-10-05")
    first = _date(found.group(2, 3, 4))
    last = _date(found.group(6, 7, 8)) if found[5] else first
    if last < first or (last - first).days > _MAX_DAYS:
        raise FieldRefused(f"the range {text} must run forwards, over {_MAX_DAYS} days at most")
    return first, last


def _date(parts: tuple[str | None, ...]) -> datetime.date:
    year, month, day = (int(part or 0) for part in parts)
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise FieldRefused(f"there is no {year}-{month:02}-{day:02}: write a date of the calendar") from None
