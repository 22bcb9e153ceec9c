"""What the logs say in their own way: call-backs, words of app_queue's, clocks that were set."""

import pytest

from telephony.journal.grouping import SETTLE, Grouping
from telephony.journal.rebuild import rebuild_records
from telephony.journal.retell import in_order
from telephony.journal.rows import queue_line
from telephony.model.ids import Micros
from telephony.model.terms import Direction, Outcome, Side
from telephony.records.record import CallRecord
from tests.unit.telephony.journal.books import BOOT, cel, line, rows_of, uniqueid
from tests.unit.telephony.journal.pens import PBX

TRUNK = "PJSIP/trunk-carrier-00000001"
AGENT = "PJSIP/1001-00000002"
GONE = '{"hangupcause":16,"hangupsource":"","dialstatus":""}'


def told(*texts: str) -> CallRecord:
    """The one call of these rows and lines."""
    grouping = Grouping()
    for number, text in enumerate(texts):
        if text.startswith('"'):
            grouping.cel(rows_of(text)[0], number, Micros(0))
        else:
            found = queue_line(text)
            assert found is not None
            grouping.line(found, number)
    (finished,) = grouping.finished(SETTLE)
    (record,) = rebuild_records(PBX, finished.calls)
    return record


def waiting(*end: str) -> list[str]:
    """A citizen in the queue from 1 on, and how that ends."""
    return [
        cel(1, "CHAN_START", "1", name=TRUNK, number="138", exten="12345", context="zt-in-carrier"),
        cel(1, "APP_START", "1", name=TRUNK, app="Queue", data="service,ct"),
        line(1, "1", "ENTERQUEUE", "", "138", 3),
        *end,
    ]


def hung_up(at: float, source: str = "", cause: int = 16) -> list[str]:
    extra = f'{{"hangupcause":{cause},"hangupsource":"{source}","dialstatus":""}}'
    return [
        cel(at, "HANGUP", "1", name=TRUNK, context="zt-queue-service", extra=extra),
        cel(at, "CHAN_END", "1", name=TRUNK, context="zt-queue-service"),
    ]


@pytest.mark.parametrize(
    ("event", "data", "outcome", "key"),
    [
        ("EXITWITHTIMEOUT", (1, 3, 5), Outcome.TIMED_OUT, ""),
        ("EXITEMPTY", (1, 3, 5), Outcome.QUEUE_EMPTY, ""),
        ("EXITWITHKEY", (7, 1, 3, 5), Outcome.KEY_EXIT, "7"),
        ("WITHDRAW", (1, 3, 5, "why"), Outcome.WITHDRAWN, ""),
    ],
)
def test_queue_log_tells_where_the_dialplan_does_not(
    event: str, data: tuple[object, ...], outcome: Outcome, key: str
) -> None:
    ended = [cel(6, "APP_END", "1", name=TRUNK, app="Queue"), line(6, "1", event, *data)]
    record = told(*waiting(*ended, *hung_up(7)))
    assert record.outcome is outcome
    assert [(visit.position, visit.key) for visit in record.visits] == [(3, key)]


def test_our_dialplan_knows_better_than_queue_log() -> None:
    own = cel(6, "USER_DEFINED", "1", name=TRUNK, user_event="ZT_QEND", extra='{"extra":"q=service&s=TIMEOUT&k="}')
    ended = [cel(6, "APP_END", "1", name=TRUNK, app="Queue"), own, line(6, "1", "EXITEMPTY", 1, 3, 5)]
    assert told(*waiting(*ended, *hung_up(7))).outcome is Outcome.TIMED_OUT


def test_abandon_alone_is_no_caller_who_hung_up() -> None:
    ended = [cel(6, "APP_END", "1", name=TRUNK, app="Queue"), line(6, "1", "ABANDON", 1, 3, 5)]
    ordered = told(*waiting(*ended, *hung_up(6)))
    assert (ordered.outcome, ordered.hung_up_by) == (Outcome.SYSTEM, Side.SYSTEM)
    given_up = told(*waiting(*ended, *hung_up(6, TRUNK, 127)))
    assert (given_up.outcome, given_up.hung_up_by) == (Outcome.ABANDONED, Side.CALLER)


def test_a_number_with_bars_moves_no_position() -> None:
    entered = line(1, "1", "ENTERQUEUE", "", "138|00", 4)
    rows = [text for text in waiting(*hung_up(6, TRUNK)) if "ENTERQUEUE" not in text]
    assert told(*rows[:2], entered, *rows[2:]).visits[0].position == 4


def test_a_call_back_names_its_entry() -> None:
    words = '{"extra":"e=42&a=2&t=carrier&d=13800000001&f=2026/01/02/x.wav"}'
    record = told(
        cel(1, "CHAN_START", "1", name=AGENT, number="1001"),
        cel(2, "USER_DEFINED", "1", name=AGENT, user_event="ZT_CALLBACK", extra=words),
        cel(3, "HANGUP", "1", name=AGENT, extra=GONE),
        cel(3, "CHAN_END", "1", name=AGENT),
    )
    assert (record.direction, record.calls_back) == (Direction.OUTBOUND, "42")
    assert (record.trunk, record.dialled, record.recording) == ("carrier", "13800000001", "2026/01/02/x.wav")


def test_rows_are_told_by_their_time() -> None:
    rows = rows_of(cel(1, "CHAN_START"), cel(1.0009, "ANSWER"), cel(1.0002, "HANGUP"), cel(2, "CHAN_END"))
    assert [row.event for row in in_order(rows)] == ["CHAN_START", "HANGUP", "ANSWER", "CHAN_END"]


def test_a_clock_that_was_set_back_leaves_durations_true() -> None:
    """After ten seconds of waiting the clock is set back by an hour: the call has not ended before it began."""
    rows = rows_of(cel(1, "CHAN_START"), cel(11, "ANSWER"), cel(11 - 3600, "HANGUP"))
    assert [row.event for row in in_order(rows)] == ["CHAN_START", "ANSWER", "HANGUP"]
    ended = [cel(11, "APP_END", "1", name=TRUNK, app="Queue")]
    record = told(*waiting(*ended, *hung_up(11 - 3600, TRUNK)))
    assert record.ended_at - record.received_at == 10_000_000
    assert record.ended_at == (BOOT + 11 - 3600) * 1_000_000
    assert "received_at" in record.estimated


def test_a_hangup_row_that_is_lost_leaves_the_end() -> None:
    rows = waiting(*hung_up(6, TRUNK)[1:])
    assert told(*rows).ended_at == (BOOT + 6) * 1_000_000
    assert told(*rows).uniqueids == (uniqueid("1"),)


def words(at: float, kind: str, **pairs: object) -> str:
    """A row of our dialplan's, on the caller's channel."""
    text = "&".join(f"{key}={value}" for key, value in pairs.items())
    return cel(at, "USER_DEFINED", "1", name=TRUNK, user_event=kind, extra=f'{{"extra":"{text}"}}')


def bridged(at: float, event: str, *channels: str) -> list[str]:
    extra = '{"bridge_id":"b1","bridge_technology":"simple_bridge"}'
    names = {"1": TRUNK, "2": AGENT}
    return [cel(at, event, each, "1", name=names[each], extra=extra) for each in channels]


def queue_app(at: float, event: str) -> str:
    return cel(at, event, "1", name=TRUNK, app="Queue", data="service,ct", context="zt-queue-service")


def recorded_talk() -> list[str]:
    """Agent 1001 takes the call at 5, pauses the recording from 10 to 20, and both part at 30."""
    return waiting(
        words(1, "ZT_ENTRY", t="carrier", d="12345", f="a.wav", n="carrier"),
        cel(2, "CHAN_START", "2", "1", name=AGENT, exten="s"),
        cel(5, "ANSWER", "2", "1", name=AGENT, app="AppQueue"),
        line(5, "1", "CONNECT", 4, uniqueid("2"), 3, agent="1001"),
        *bridged(5, "BRIDGE_ENTER", "2", "1"),
        queue_app(10, "APP_END"),
        words(10, "ZT_REC", s="paused", b=""),
        queue_app(10.001, "APP_START"),
        queue_app(20, "APP_END"),
        words(20.06, "ZT_REC", s="resumed", b=""),
        queue_app(20.061, "APP_START"),
        line(30, "1", "COMPLETECALLER", 4, 25, 3, agent="1001"),
        *bridged(30, "BRIDGE_EXIT", "1", "2"),
        queue_app(30, "APP_END"),
        words(30, "ZT_REC", s="ended", b=240_044),
        words(30, "ZT_END", q="service", s="", ab="", cause=16),
        *hung_up(30, TRUNK),
        cel(30, "HANGUP", "2", "1", name=AGENT, extra=GONE),
        cel(30, "CHAN_END", "2", "1", name=AGENT),
    )


def test_a_key_that_has_something_run_ends_no_stay() -> None:
    record = told(*recorded_talk())
    assert [(visit.queue, visit.result.value) for visit in record.visits] == [("service", "connected")]
    assert (record.outcome, record.talk_ms) == (Outcome.ANSWERED, 25_000)


def test_what_the_logs_know_of_a_recording() -> None:
    record = told(*recorded_talk())
    assert (record.recording, record.notice, record.recorded_bytes) == ("a.wav", "carrier", 240_044)
    (pause,) = record.recording_pauses
    assert (pause.by, pause.start - BOOT * 1_000_000, pause.end - BOOT * 1_000_000) == ("key", 10_000_000, 20_060_000)


def test_who_waits_again_after_a_talk_has_two_stays() -> None:
    """Handed into the same queue again: out of the bridge in between."""
    again = [
        *bridged(30, "BRIDGE_EXIT", "1", "2"),
        queue_app(30, "APP_END"),
        queue_app(30.1, "APP_START"),
        line(30, "1", "ENTERQUEUE", "", "138", 1),
        line(40, "1", "ABANDON", 1, 1, 10),
        queue_app(40, "APP_END"),
        *hung_up(40, TRUNK),
        cel(30, "HANGUP", "2", "1", name=AGENT, extra=GONE),
        cel(30, "CHAN_END", "2", "1", name=AGENT),
    ]
    rows = recorded_talk()
    cut = next(number for number, row in enumerate(rows) if "COMPLETECALLER" in row)
    record = told(*rows[:cut], *again)
    assert [visit.result.value for visit in record.visits] == ["connected", "abandoned"]


def test_what_the_caller_was_told_of_the_wait() -> None:
    first, app, joined = waiting()
    said = cel(1, "USER_DEFINED", "1", name=TRUNK, user_event="ZT_EXPECT", extra='{"extra":"q=service&m=5&a=3"}')
    ended = [cel(6, "APP_END", "1", name=TRUNK, app="Queue"), line(6, "1", "EXITWITHTIMEOUT", 1, 3, 5)]
    record = told(first, said, app, joined, *ended, *hung_up(7))
    assert [(visit.position, visit.told_min) for visit in record.visits] == [(3, 5)]


# --- who hung up, and when --------------------------------------------------------------------------------


def own(name: str) -> str:
    return f'{{"hangupcause":16,"hangupsource":"{name}","dialstatus":""}}'


def gone(at: float, channel: str) -> list[str]:
    """A phone that has hung up itself."""
    name = {"1": TRUNK, "2": AGENT}[channel]
    app = "AppQueue" if channel == "2" else ""
    return [cel(at, event, channel, "1", name=name, app=app, extra=own(name)) for event in ("HANGUP", "CHAN_END")]


def taken() -> list[str]:
    """Agent 1001 takes the call at 5."""
    return waiting(
        cel(2, "CHAN_START", "2", "1", name=AGENT, exten="s"),
        cel(5, "ANSWER", "2", "1", name=AGENT, app="AppQueue"),
        line(5, "1", "CONNECT", 4, uniqueid("2"), 3, agent="1001"),
        *bridged(5, "BRIDGE_ENTER", "2", "1"),
    )


@pytest.mark.parametrize(("order", "side"), [(("2", "1"), Side.AGENT), (("1", "2"), Side.CALLER)])
def test_of_two_who_hang_up_at_once_the_first_to_leave_was_first(order: tuple[str, str], side: Side) -> None:
    """Both phones have hung up; the caller's channel ends last, whoever was first, since it has the dialplan to go."""
    left = [row for number, each in enumerate(order) for row in bridged(30 + number / 1000, "BRIDGE_EXIT", each)]
    record = told(*taken(), *left, *gone(30.003, "2"), queue_app(30.004, "APP_END"), *gone(30.009, "1"))
    assert record.hung_up_by is side


def test_an_agent_who_waits_aside_has_not_hung_up() -> None:
    """For whom lines ring; Read(), in which the agent hears them ring, leaves no row of its own."""
    walk = '{{"extra":"r={room}&p={place}&w={role}"}}'.format
    record = told(
        *taken(),
        *bridged(10, "BRIDGE_EXIT", "1"),
        queue_app(10, "APP_END"),
        words(10, "ZT_ROOM", r=uniqueid("1"), p="room", w="caller"),
        *bridged(10, "BRIDGE_EXIT", "2"),
        cel(
            10,
            "USER_DEFINED",
            "2",
            "1",
            name=AGENT,
            app="AppQueue",
            user_event="ZT_ROOM",
            extra=walk(room=uniqueid("1"), place="side", role="agent"),
        ),
        *gone(20, "2"),
        *gone(25, "1"),
    )
    assert record.hold_ms == 10_000
