"""Times as people write them. Judged by the calendar alone: Shanghai is eight hours east of Greenwich."""

import calendar
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.errors import ConfigError
from telephony.model.ids import Micros
from zhitong.cli.calls import as_written, moment

SHANGHAI = "Asia/Shanghai"
EIGHT_HOURS = 8 * 3600


def utc(*parts: int) -> int:
    """Epoch microseconds of year, month, day, hour, minute, second in UTC."""
    return calendar.timegm((*parts, *[0] * (9 - len(parts)))) * 1_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23", utc(2026, 11, 22, 16)),
        ("2026-11-23T08:30", utc(2026, 11, 23, 0, 30)),
        ("2026-11-23 08:30", utc(2026, 11, 23, 0, 30)),
        ("2026-11-23T08:30:15.123456", utc(2026, 11, 23, 0, 30, 15) + 123_456),
        (" 2026-11-23 ", utc(2026, 11, 22, 16)),
        ("2026-11-23T08:30Z", utc(2026, 11, 23, 8, 30)),
        ("2026-11-23T08:30-05:00", utc(2026, 11, 23, 13, 30)),
    ],
)
def test_dates_are_in_the_sites_zone_unless_they_name_their_own(text: str, expected: int) -> None:
    assert moment(text, SHANGHAI) == expected


def test_another_site_another_zone() -> None:
    assert moment("2026-07-01", "Europe/Berlin") == utc(2026, 6, 30, 22)
    assert moment("2026-12-01", "Europe/Berlin") == utc(2026, 11, 30, 23)


def test_nothing_said_does_not_narrow() -> None:
    assert moment(None, SHANGHAI) is None


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("2h", 7200), ("3d", 259_200), ("0m", 0)])
def test_so_long_ago(text: str, seconds: int) -> None:
    before = time.time_ns() // 1000
    said = moment(text, SHANGHAI)
    after = time.time_ns() // 1000
    assert said is not None
    assert before - 1 <= said + seconds * 1_000_000 <= after + 1


@pytest.mark.parametrize(
    "text",
    # Some are digits to str.isdigit, beyond any calendar, or no more than a unit.
    [
        *("", " ", "yesterday", "2026-13-01", "2026-02-30", "25:00", "2026-11-23T08:30:61", "0001-01-01T00:00x"),
        *("-2h", "2w", "2.5h", "h", "²h", "٣h", "999999d", "9999999999d"),
    ],
)
def test_nonsense_is_an_error_that_shows_the_forms(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        moment(text, SHANGHAI)
    for form in ("2026-11-23", "2026-11-23T08:30", "2h", "3d"):
        assert form in str(refused.value)


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{1,12}[mhd]", fullmatch=True) | st.datetimes().map(str))
def test_any_text_is_a_time_or_a_config_error(text: str) -> None:
    try:
        said = moment(text, SHANGHAI)
    except ConfigError:
        return
    assert isinstance(said, int)


@given(st.integers(0, utc(2100, 1, 1)), st.sampled_from([SHANGHAI, "Europe/Berlin", "UTC"]))
def test_what_we_write_we_read(at: int, zone: str) -> None:
    """The hint under a list is to be copied: not a microsecond may be lost, also where a clock is set back."""
    assert moment(as_written(Micros(at), zone), zone) == at


def test_shanghai_is_eight_hours_off() -> None:
    assert moment("1970-01-01T08:00", SHANGHAI) == 0
    assert moment("2000-01-01", SHANGHAI) == (calendar.timegm((2000, 1, 1, 0, 0, 0)) - EIGHT_HOURS) * 1_000_000
