"""What of the notice was heard, by the logs alone; and by them and who saw the call in part."""

import msgspec
import pytest

from telephony.journal.differences import differences
from telephony.journal.merge import complete
from telephony.model.ids import Micros
from telephony.model.telling import Telling
from telephony.records.record import NoticeHeard
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.journal.books import cel, line
from tests.unit.telephony.journal.test_retell import TRUNK, hung_up, told, words


def notice(at: float, how: str) -> str:
    return words(at, "ZT_NOTICE", h=how, l="zh", ms=8000)


def arrived(*then: str) -> list[str]:
    return [cel(0, "CHAN_START", "1", name=TRUNK, number="138", exten="12345", context="zt-in-carrier"), *then]


def given_up(joined: float, at: float) -> list[str]:
    return [
        cel(joined, "APP_START", "1", name=TRUNK, app="Queue", data="service,ct"),
        line(joined, "1", "ENTERQUEUE", "", "138", 1),
        line(at, "1", "ABANDON", 1, 1, int(at - joined)),
        cel(at, "APP_END", "1", name=TRUNK, app="Queue", data="service,ct"),
        words(at, "ZT_END", q="service", s="", ab="TRUE", cause=0),
        *hung_up(at, TRUNK, 0),
    ]


@pytest.mark.parametrize(("until", "heard_ms", "whole"), [(4.0, 3000, False), (20.0, 8000, True)])
def test_it_is_heard_as_long_as_the_caller_waits(until: float, heard_ms: int, whole: bool) -> None:
    record = told(*arrived(notice(1, "waiting"), *given_up(1, until)))
    assert record.notice_heard == NoticeHeard(language="zh", length_ms=8000, heard_ms=heard_ms, whole=whole)


def test_a_queue_that_was_never_joined_plays_nothing() -> None:
    record = told(
        *arrived(
            notice(1, "waiting"),
            cel(1, "APP_START", "1", name=TRUNK, app="Queue", data="service,ct"),
            cel(1, "APP_END", "1", name=TRUNK, app="Queue", data="service,ct"),
            words(1, "ZT_QEND", q="service", s="FULL", k=""),
            words(9, "ZT_END", q="service", s="FULL", ab="", cause=17),
            *hung_up(9, "", 17),
        )
    )
    assert record.notice_heard == NoticeHeard(language="zh", length_ms=8000, heard_ms=0, whole=False)


def test_the_whole_of_it_costs_what_the_logs_say() -> None:
    record = told(*arrived(notice(1, "whole"), notice(9.1, "played"), *given_up(9.1, 12)))
    assert record.notice_heard == NoticeHeard(language="zh", length_ms=8000, heard_ms=8000, whole=True, cost_ms=8100)


def test_who_hung_up_in_the_whole_of_it() -> None:
    record = told(*arrived(notice(1, "whole"), words(3, "ZT_END", q="", s="", ab="", cause=0), *hung_up(3, TRUNK, 0)))
    assert record.notice_heard == NoticeHeard(language="zh", length_ms=8000, heard_ms=2000, whole=False, cost_ms=2000)
    assert record.abandoned_in == "entry"


def test_a_notice_that_only_one_of_them_knows_is_a_difference() -> None:
    record = told(*arrived(notice(1, "waiting"), *given_up(1, 4)))
    without = told(*arrived(*given_up(1, 4)))
    assert [each.where for each in differences(record, without)] == ["notice_heard"]


@pytest.mark.parametrize("heard_ms", [500, 7000])
def test_of_two_accounts_the_lesser_is_certain(heard_ms: int) -> None:
    """An announcement that the logs do not tell of; a link that was lost before the end."""
    (call,) = recorded.rebuilt_calls("gives-up-waiting").values()
    (seen,) = recorded.seen(recorded.events("gives-up-waiting")).values()
    known = NoticeHeard(language="zh", length_ms=8000, heard_ms=heard_ms, whole=False, cost_ms=300)
    call.telling = Telling("waiting", "zh", Micros(8_000_000), call.received_at, longest=3_000_000)
    both = complete(call, msgspec.structs.replace(seen, notice_heard=known, estimated=("ended_at",)))
    assert both.notice_heard == msgspec.structs.replace(known, heard_ms=min(heard_ms, 3000))
