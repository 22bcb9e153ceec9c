"""Which rows belong together, and when a group of them is over."""

import pytest

from telephony.journal import grouping as module
from telephony.journal.grouping import SETTLE, Cut, Finished, Grouping
from telephony.model.ids import MICROS_PER_SECOND, Micros
from tests.unit.telephony.journal.books import BOOT, cel, line, lines_of, rows_of, uniqueid

LATER = Micros(SETTLE)
BRIDGE = '{"bridge_id":"b1","bridge_technology":"simple_bridge"}'


def start(channel: str, linked: str = "", at: float = 1) -> str:
    return cel(at, "CHAN_START", channel, linked)


def end(channel: str, linked: str = "", at: float = 9) -> str:
    return cel(at, "CHAN_END", channel, linked)


def feed(grouping: Grouping, *texts: str, mark: int = 1, now: int = 0) -> None:
    for text in texts:
        if text.startswith('"'):
            (row,) = rows_of(text)
            grouping.cel(row, mark, Micros(now))
        else:
            (told,) = lines_of(text)
            grouping.line(told, mark)


def grouped(*texts: str) -> Grouping:
    grouping = Grouping()
    feed(grouping, *texts)
    return grouping


def channels(finished: Finished) -> set[str]:
    return {row.uniqueid.rpartition(".")[2] for row in finished.calls.rows}


def over(grouping: Grouping, now: int = LATER, until: float | None = None) -> list[set[str]]:
    at = None if until is None else Micros(round((BOOT + until) * MICROS_PER_SECOND))
    return sorted((channels(finished) for finished in grouping.finished(Micros(now), at)), key=sorted)


# --- ties -------------------------------------------------------------------------------------------------


def test_channels_of_one_conversation() -> None:
    grouping = grouped(start("1"), start("2", "1"), start("3"), end("2", "1"), end("1"), end("3"))
    assert over(grouping) == [{"1", "2"}, {"3"}]


@pytest.mark.parametrize(
    "tie",
    [
        [cel(2, "BRIDGE_ENTER", "1", extra=BRIDGE), cel(2, "BRIDGE_ENTER", "2", extra=BRIDGE)],
        [cel(2, "ANSWER", "2", linked="1")],
        [cel(2, "BLINDTRANSFER", "1", extra=f'{{"transferee_channel_uniqueid":"{uniqueid("2")}"}}')],
        [cel(2, "ATTENDEDTRANSFER", "1", extra=f'{{"channel2_uniqueid":"{uniqueid("2")}"}}')],
        [cel(2, "ATTENDEDTRANSFER", "1", extra=f'{{"transfer_target_channel_uniqueid":"{uniqueid("2")}"}}')],
        [cel(2, "LOCAL_OPTIMIZE", "1", extra=f'{{"local_two_uniqueid":"{uniqueid("2")}"}}')],
        [cel(2, "USER_DEFINED", "2", user_event="ZT_CONF", extra=f'{{"extra":"call={uniqueid("1")}&role=agent"}}')],
        [line(2, "1", "CONNECT", 1, uniqueid("2"), 0, agent="1001")],
    ],
    ids=["bridge", "linkedid", "blind", "attended", "target", "local", "own words", "connect"],
)
def test_what_ties_two_channels(tie: list[str]) -> None:
    apart = grouped(start("1"), start("2"), end("1"), end("2"))
    assert over(apart) == [{"1"}, {"2"}]
    grouping = grouped(start("1"), start("2"), *tie, end("1"), end("2"))
    assert over(grouping) == [{"1", "2"}]


def test_a_connect_may_come_before_the_rows_it_ties() -> None:
    connect = line(2, "1", "CONNECT", 1, uniqueid("2"), 0, agent="1001")
    assert over(grouped(start("1"), connect, start("2"), end("1"), end("2"))) == [{"1", "2"}]
    assert over(grouped(start("2"), connect, start("1"), end("1"), end("2"))) == [{"1", "2"}]


def test_nobody_is_no_tie() -> None:
    extra = '{"channel2_uniqueid":"N/A","bridge2_id":""}'
    rows = [cel(2, "ATTENDEDTRANSFER", number, extra=extra) for number in ("1", "2")]
    assert over(grouped(start("1"), start("2"), *rows, end("1"), end("2"))) == [{"1"}, {"2"}]


def test_rows_of_united_groups_stay_in_the_order_of_the_log() -> None:
    grouping = grouped(start("1", at=1), start("2", at=2), cel(3, "ANSWER", "1"))
    feed(grouping, cel(4, "ANSWER", "2", linked="1"), end("1"), end("2"))
    (finished,) = grouping.finished(LATER)
    assert [row.at - BOOT * 1_000_000 for row in finished.calls.rows] == [
        1_000_000,
        2_000_000,
        3_000_000,
        4_000_000,
        9_000_000,
        9_000_000,
    ]


# --- queue_log --------------------------------------------------------------------------------------------


def told(finished: Finished) -> list[str]:
    return [each.event for each in finished.calls.lines]


def test_lines_go_with_their_channel_whichever_comes_first() -> None:
    grouping = grouped(
        line(1, "1", "ENTERQUEUE", "", 138, 1),
        start("1"),
        line(2, "1", "RINGNOANSWER", 1000, agent="1001"),
        end("1"),
        line(9, "1", "ABANDON", 1, 1, 8),
    )
    (finished,) = grouping.finished(LATER)
    assert told(finished) == ["ENTERQUEUE", "RINGNOANSWER", "ABANDON"]


@pytest.mark.parametrize("callid", ["NONE", "MANAGER", "CLI", "REALTIME"])
def test_lines_of_no_call(callid: str) -> None:
    grouping = grouped(line(1, callid, "PAUSE", "x", agent="1001"), start("1"), end("1"))
    (finished,) = grouping.finished(LATER)
    assert told(finished) == []
    assert grouping.oldest is None


def test_a_line_whose_channel_does_not_show_gives_way_once_cel_is_a_minute_ahead() -> None:
    grouping = grouped(line(1, "7", "ENTERQUEUE", "", 138, 1), start("1", at=2), end("1", at=3))
    grouping.finished(LATER)
    assert grouping.lines_dropped == 0
    assert grouping.oldest == 1
    feed(grouping, start("2", at=70))
    grouping.finished(LATER)
    assert grouping.lines_dropped == 1


# --- the end ----------------------------------------------------------------------------------------------


def test_a_group_is_over_when_its_last_channel_has_been_gone_for_a_while() -> None:
    grouping = grouped(start("1"), start("2", "1"), end("1"))
    assert over(grouping) == []
    feed(grouping, end("2", "1"), now=5)
    assert over(grouping, now=LATER) == [], "not for a while yet"
    assert over(grouping, now=LATER + 5) == [{"1", "2"}]
    assert (grouping.held, grouping.oldest) == (0, None)


def test_what_comes_late_is_waited_for() -> None:
    grouping = grouped(start("1"), end("1"))
    feed(grouping, cel(9, "LINKEDID_END", "1"), start("2", "1", at=9.5), now=1)
    assert over(grouping) == []
    feed(grouping, end("2", "1"), now=2)
    assert over(grouping, now=LATER + 2) == [{"1", "2"}]


def test_old_rows_need_no_waiting_once_both_logs_are_read_beyond_them() -> None:
    grouping = grouped(start("1"), end("1", at=9), start("2", at=10), end("2", at=20))
    assert over(grouping, now=0, until=10.9) == []
    assert over(grouping, now=0, until=11) == [{"1"}]
    assert over(grouping, now=0, until=22) == [{"2"}]


def test_hangup_alone_is_an_end() -> None:
    assert over(grouped(start("1"), cel(9, "HANGUP", "1"))) == [{"1"}]


def test_a_channel_that_shows_in_the_middle_has_no_head() -> None:
    grouping = grouped(cel(5, "ANSWER", "1"), start("2", "1"))
    assert over(grouping) == [], "both live"
    feed(grouping, end("1"), end("2", "1"))
    (finished,) = grouping.finished(LATER)
    assert finished.calls.headless == {uniqueid("1")}


def test_an_end_alone_is_over_at_once() -> None:
    (finished,) = grouped(end("1")).finished(LATER)
    assert finished.calls.headless == {uniqueid("1")}


# --- the PBX goes down ------------------------------------------------------------------------------------


def test_a_start_of_the_pbx_ends_what_lived_before() -> None:
    grouping = grouped(start("1", at=1), start("2", at=4.5), line(9, "NONE", "QUEUESTART"), start("3", at=9.5))
    finished = grouping.finished(LATER)
    assert sorted(sorted(channels(each)) for each in finished) == [["1"], ["2"]]
    alive, booted = Micros((BOOT + 4) * 1_000_000 + 500_000), Micros((BOOT + 9) * 1_000_000)
    assert {each.calls.cut for each in finished} == {Cut(alive, booted)}, "the last row of any call"
    assert grouping.held == 1


def test_told_by_the_manager_interface_as_well() -> None:
    grouping = grouped(start("1"))
    grouping.booted(Micros((BOOT + 9) * 1_000_000))
    (finished,) = grouping.finished(LATER)
    assert finished.calls.cut is not None


def test_the_start_may_be_read_before_the_rows_it_ended() -> None:
    grouping = grouped(line(9, "NONE", "QUEUESTART"), start("1", at=1), start("2", at=4))
    assert over(grouping, until=8) == [], "more rows of before may follow"
    assert over(grouping, until=9.5) == [{"1"}, {"2"}]


def test_a_start_ends_no_later_call() -> None:
    grouping = grouped(line(0, "NONE", "QUEUESTART"), start("1", at=1))
    assert over(grouping) == []


def test_a_stop_in_order_needs_no_cut() -> None:
    grouping = grouped(start("1"), end("1", at=5), line(9, "NONE", "QUEUESTART"))
    (finished,) = grouping.finished(LATER)
    assert finished.calls.cut is None


def test_a_uniqueid_that_comes_again() -> None:
    """The PBX was started anew with its clock set back, and no log says so."""
    grouping = grouped(start("1", at=5), start("1", at=2), end("1", at=3))
    finished = grouping.finished(LATER)
    assert [len(each.calls.rows) for each in finished] == [2, 1]
    assert finished[1].calls.cut is not None


def test_a_channel_whose_end_is_lost_is_given_up_after_half_a_day() -> None:
    grouping = grouped(start("1"), start("2", at=2))
    feed(grouping, cel(12 * 3600, "ANSWER", "2"), now=LATER)
    assert over(grouping, now=LATER) == []
    feed(grouping, cel(12 * 3600 + 2, "HANGUP", "2"), now=LATER)
    (finished,) = grouping.finished(LATER)
    assert channels(finished) == {"1"}
    assert finished.calls.cut == Cut(Micros((BOOT + 1) * 1_000_000), None)


# --- places and bounds ------------------------------------------------------------------------------------


def test_the_oldest_mark_is_of_what_is_still_held() -> None:
    grouping = Grouping()
    feed(grouping, start("1"), mark=1)
    feed(grouping, start("2"), mark=2)
    feed(grouping, line(3, "9", "ENTERQUEUE", "", 138, 1), mark=3)
    feed(grouping, end("1"), mark=4)
    assert grouping.oldest == 1
    (finished,) = grouping.finished(LATER)
    assert finished.mark == 1
    assert grouping.oldest == 2
    feed(grouping, end("2"), mark=5)
    assert [each.mark for each in grouping.finished(LATER)] == [2]
    assert grouping.oldest == 3


def test_a_united_group_bears_the_older_mark() -> None:
    grouping = Grouping()
    feed(grouping, start("1"), mark=1)
    feed(grouping, start("2"), mark=2)
    feed(grouping, cel(3, "ANSWER", "2", linked="1"), end("1"), end("2"), mark=3)
    (finished,) = grouping.finished(LATER)
    assert finished.mark == 1


def test_one_group_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 3)
    grouping = grouped(start("1"), *[cel(2, "ANSWER", "1")] * 5, end("1"))
    (finished,) = grouping.finished(LATER)
    assert (len(finished.calls.rows), finished.calls.left_out) == (3, 4)


def test_all_together_are_bounded_and_the_oldest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_HELD", 4)
    grouping = grouped(start("1"), start("2"), cel(2, "ANSWER", "1"), start("3"), start("4"))
    (finished,) = grouping.finished(LATER)
    assert channels(finished) == {"1"}
    assert finished.calls.cut is not None
    assert grouping.held == 3


# --- ends that were lost ----------------------------------------------------------------------------------


def test_a_channel_that_the_pbx_has_no_more_has_lost_its_end() -> None:
    """A full disk swallowed its last rows; without this it would be waited for by half a day of later calls."""
    grouping = grouped(start("1"), start("2", at=2), start("3", at=50))
    at = Micros((BOOT + 40) * MICROS_PER_SECOND)
    grouping.vanished({uniqueid("2")}, at)  # type: ignore[arg-type]
    (finished,) = grouping.finished(Micros(0))
    assert channels(finished) == {"1"}
    assert finished.calls.cut == Cut(Micros((BOOT + 1) * MICROS_PER_SECOND), None)
    assert grouping.held == 2, "2 is there yet, 3 began later"


def test_a_conversation_of_which_anybody_is_there_goes_on() -> None:
    grouping = grouped(start("1"), start("2", "1"))
    grouping.vanished({uniqueid("2")}, Micros((BOOT + 40) * MICROS_PER_SECOND))  # type: ignore[arg-type]
    assert grouping.finished(LATER) == []
