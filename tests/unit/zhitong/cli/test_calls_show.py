"""``zhitong calls show``: one call, drawn along its time."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from telephony.model.ids import Micros
from telephony.model.terms import (
    AbandonedIn,
    OfferOutcome,
    Outcome,
    Provenance,
    Role,
    SegmentKind,
    Side,
)
from telephony.records.record import CallRecord, Consult, Interval, Leg, RecordingPause, Segment
from tests.unit.telephony.records.samples import START, call_id, record, tellings, uniqueid
from tests.unit.zhitong.cli.conftest import ANY_LONG_NUMBER, Terminal
from zhitong.cli import console, timeline

ZONE = "Asia/Shanghai"
S = 1_000_000


def drawn(call: CallRecord, columns: int = 80) -> list[str]:
    """The lines of ``timeline.draw`` on a screen of this width."""
    screen = Console(width=columns, highlight=False)
    with screen.capture() as captured, pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "out", screen)
        timeline.draw(call, ZONE)
    return [each.rstrip() for each in captured.get().splitlines()]


def line(lines: list[str], beginning: str) -> str:
    (found,) = [each for each in lines if each.startswith(beginning)]
    return found


def test_consults_are_told_with_their_length_and_what_came_of_them() -> None:
    asked = (
        Consult("1001", "1005", Micros(START + 9 * S), Micros(START + 12 * S), Micros(START + 21 * S), "completed"),
        Consult("1001", "02161234567", Micros(START + 22 * S), None, Micros(START + 42 * S), "chanunavail"),
    )
    told = line(drawn(record(1, consults=asked), 160), "咨询 consults")
    assert told.endswith("1001 → 1005 · 12.0 s · 已转交 handed over, 1001 → 02161234567 · 20.0 s · chanunavail")


@pytest.fixture
def kept(terminal: Terminal) -> Terminal:
    terminal.keep([record(1), record(2, aliases=(call_id(9),))])
    return terminal


@pytest.mark.parametrize("key", [call_id(2), call_id(9), uniqueid(2)])
def test_a_call_has_several_names(kept: Terminal, key: str) -> None:
    said = kept.zhitong("calls", "show", key)
    assert said.status == 0
    assert call_id(2) in said.out
    assert call_id(1) not in said.out


def test_numbers_and_names_are_masked_unless_revealed(kept: Terminal) -> None:
    for words in ((), ("--json",)):
        said = kept.zhitong("calls", "show", call_id(1), *words)
        assert "13812345678" not in said.both
        assert "02161234567" not in said.both
        assert "王小明" not in said.both
        assert "138****5678" in said.out
    assert not ANY_LONG_NUMBER.search(kept.zhitong("calls", "show", call_id(1)).out)
    revealed = kept.zhitong("calls", "show", call_id(1), "--reveal").out
    assert "13812345678  王小明" in revealed
    assert "02161234567" in revealed


def test_json_is_the_record(kept: Terminal) -> None:
    said = json.loads(kept.zhitong("calls", "show", call_id(1), "--json").out)
    assert said["call_id"] == call_id(1)
    assert said["answered_at"] - said["received_at"] == 3_030_000
    assert said["caller_number"] == "138****5678"


def test_an_unknown_call_is_an_error_that_repeats_no_number(kept: Terminal) -> None:
    said = kept.zhitong("calls", "show", "13900001111")
    assert said.status == 1
    assert "139****1111" in said.err
    assert "13900001111" not in said.err
    assert "zhitong calls list" in said.err


# --- what is said -------------------------------------------------------------------------------------------------


def test_the_facts_of_an_answered_call() -> None:
    lines = drawn(record(1))
    assert line(lines, "时间 time").endswith("2026-11-23 10:57:45.000 – 10:58:48.030")
    assert line(lines, "拨打 dialled").split() == ["拨打", "dialled", "12345", "(carrier)"]
    assert line(lines, "结果 outcome").endswith("接通 answered")
    assert line(lines, "坐席 agent  ").endswith("1001  (citizens)")
    assert line(lines, "接通 connect").endswith("3.0 s · 等待 wait 3.0 s · 振铃 ring 3.0 s")
    assert line(lines, "通话 talk").endswith("60.0 s")
    assert line(lines, "转接 transfers").endswith("盲转 blind 1001 → 02161234567")
    assert line(lines, "挂机 hung up").endswith("来电方 caller  (Q.850 16 正常 normal)")
    assert line(lines, "来源 provenance").endswith("全程观察 observed")


def test_what_did_not_happen_has_no_line() -> None:
    call = record(
        1,
        outcome=Outcome.ABANDONED,
        abandoned_in=AbandonedIn.ENTRY,
        queue=None,
        agent=None,
        answered_at=None,
        wait_ms=None,
        ring_ms=None,
        recording=None,
        offers=(),
        legs=(),
        transfers=(),
        timeline=(),
        hung_up_by=Side.UNKNOWN,
        cause=None,
    )
    lines = drawn(call)
    assert line(lines, "结果 outcome").endswith("放弃 abandoned · 入口 before the queue")
    assert line(lines, "接通 connect").endswith("—")
    assert line(lines, "挂机 hung up").endswith("未知 unknown  (—)")
    for absent in ("坐席", "通话", "转接", "录音", "振铃 offers"):
        assert not [each for each in lines if each.startswith(absent)]


def test_what_was_inferred_is_named() -> None:
    call = record(1, provenance=Provenance.COMPLETED, estimated=("ended_at", "talk_ms"), hold_ms=4_500)
    lines = drawn(call)
    assert line(lines, "来源 provenance").endswith("由日志补全 completed  (推算 inferred: ended_at, talk_ms)")
    assert line(lines, "通话 talk").endswith("60.0 s · 保持 hold 4.5 s")


def test_each_offer_has_a_row() -> None:
    first = record(1).offers[0]
    rung_out = type(first)(
        first.member, first.queue, uniqueid(5), first.at, Micros(first.at + 20 * S), OfferOutcome.NO_ANSWER, 19
    )
    lines = drawn(record(1, offers=(rung_out, first)))
    rows = lines[lines.index("振铃 offers") :]
    assert [row for row in rows if row.endswith("20.0 s  无应答 no answer (Q.850 19)")]
    assert [row for row in rows if row.endswith("接听 answered")]


# --- what is drawn ------------------------------------------------------------------------------------------------


def story() -> CallRecord:
    """60 s: 15 waiting, 15 ringing, 15 talking, 5 held by the phone's button, 10 talking."""
    edges = [Micros(START + seconds * S) for seconds in (0, 15, 30, 60)]
    talk = Interval(edges[2], edges[3])
    hold = Interval(Micros(START + 45 * S), Micros(START + 50 * S))
    caller = Leg(uniqueid(1), "PJSIP/c", Role.CALLER, "1381", edges[0], edges[2], edges[3], (talk,), (), 16, True)
    agent = Leg(
        uniqueid(2), "PJSIP/1001", Role.AGENT, "1001", edges[1], edges[2], edges[3], (talk,), (hold,), 16, False
    )
    half = Leg(uniqueid(3), "Local/1;1", Role.SERVICE, "", edges[0], None, edges[3], (), (), 16, False)
    kinds = (SegmentKind.WAIT, SegmentKind.RING, SegmentKind.TALK)
    segments = tuple(Segment(kind, start, end) for kind, start, end in zip(kinds, edges, edges[1:], strict=False))
    return record(1, received_at=edges[0], ended_at=edges[3], legs=(caller, agent, half), timeline=segments, offers=())


def test_the_bars_are_to_scale() -> None:
    lines = drawn(story(), columns=120)
    (caller_line,) = [each for each in lines if each.startswith("来电 caller") and "░" in each]
    agent_line = line(lines, "坐席 agent 1001")
    caller, agent = (each.split()[-1] for each in (caller_line, agent_line))
    assert caller == "░" * 15 + "▒" * 15 + "█" * 30
    assert agent == "▒" * 15 + "█" * 15 + "▓" * 5 + "█" * 10
    assert agent_line.index("▒") == caller_line.index("▒")
    assert [each for each in lines if each.split() == ["0", "60.0", "s"]]


def test_a_pause_of_the_recording_is_marked() -> None:
    call = story()
    pause = RecordingPause(Micros(START + 40 * S), Micros(START + 50 * S), "key")
    blink = RecordingPause(Micros(START + 55 * S), Micros(START + 55 * S + 1), "command")
    marked = msgspec.structs.replace(call, answered_at=Micros(START + 30 * S), recording_pauses=(pause, blink))
    lines = drawn(marked, columns=120)
    (recording,) = [each for each in lines if each.startswith("录音 recording") and "‖" in each and "▬" in each]
    assert recording.split()[-1] == "▬" * 10 + "‖" * 10 + "▬" * 5 + "‖" + "▬" * 4
    assert [each for each in lines if "▬ 录音 recorded  ‖ 录音暂停 paused" in each]
    assert line(lines, "录音暂停 paused").endswith("10.0 s 坐席按键 by key, 10:58:39.000 0 s 命令 by command")
    assert not [each for each in drawn(call) if "‖" in each]


def test_the_legend_names_the_marks_in_use_only() -> None:
    (legend,) = [each for each in drawn(story()) if each.startswith("░ ")]
    assert legend == "░ 等待 wait  ▒ 振铃 ring  █ 通话 talk"


def test_halves_and_announcers_are_not_people() -> None:
    assert not [each for each in drawn(story()) if "系统 service" in each]


def test_the_shortest_ringing_is_seen() -> None:
    call = story()
    blink = Interval(call.received_at, Micros(call.received_at + 1000))
    leg = Leg(uniqueid(4), "PJSIP/1002", Role.AGENT, "1002", blink.start, None, blink.end, (), (), 26, False)
    late = Leg(uniqueid(5), "PJSIP/1003", Role.AGENT, "1003", call.ended_at, None, call.ended_at, (), (), 26, False)
    lines = drawn(msgspec.structs.replace(call, legs=(*call.legs, leg, late)))
    assert line(lines, "坐席 agent 1002").count("▒") == 1
    assert line(lines, "坐席 agent 1003").endswith("▒")


@pytest.mark.parametrize(
    "name", ["[bold]王[/bold]", "[/nosuch]", "\x1b[2J\x1b]0;x\x07王", "王\u202e\u2028小", "\r\b王"]
)
def test_a_callers_name_cannot_write_on_the_screen(terminal: Terminal, name: str) -> None:
    """Neither as markup nor as what moves a terminal's cursor or turns its text round."""
    terminal.keep([record(1, caller_name=name, caller_number=name)])
    for words in (("show", call_id(1)), ("list",)):
        for reveal in ((), ("--reveal",)):
            said = terminal.zhitong("calls", *words, *reveal)
            assert said.status == 0
            assert not set(said.out) & set("\x1b\x07\r\b\u202e\u2028")
    shown = "".join("�" if ord(each) < 32 or each in "\u202e\u2028" else each for each in name)
    assert shown in terminal.zhitong("calls", "show", call_id(1), "--reveal").out


@settings(max_examples=60)
@given(
    tellings(st.integers(1, 9)),
    st.lists(st.integers(-(10**16), 10**16), min_size=6, max_size=6),
    st.integers(40, 200),
)
def test_any_record_can_be_drawn(call: CallRecord, times: list[int], columns: int) -> None:
    """Also one whose clock was set to nonsense, in any order; and nothing is wider than the screen."""
    moments = [Micros(at) for at in times]
    leg = msgspec.structs.replace(
        call.legs[1], created_at=moments[2], answered_at=moments[3], talking=(Interval(moments[4], None),)
    )
    call = msgspec.structs.replace(
        call,
        received_at=moments[0],
        ended_at=moments[1],
        legs=(call.legs[0], leg),
        timeline=(Segment(SegmentKind.GAP, moments[5], moments[0], ("1001",)),),
    )
    for each in drawn(call, columns):
        assert sum(2 if 0x2E80 <= ord(character) < 0xFFFF else 1 for character in each) <= columns
