"""The readers of the books, on lines as Asterisk and SIPp write them, whole and torn."""

import json
from pathlib import Path

import pytest

from tests.judge.books import cdr, queue_log, records, sipp_log
from tests.judge.findings import Kind, Pad
from tests.judge.times import apart, clock, parse_stamp
from tests.judge.visits import fold
from tests.unit.judge.stories import tell

ROW = (
    '"d1","1795409202.111198","0.000000","1795409202.521146","0","0","NO ANSWER","pbx1-1795409197.26",'
    '"pbx1-1795409197.26","20","PJSIP/trunk-carrier-0000000e","PJSIP/1002-00000010","13800000010","s",'
    '"zt-queue-hotline","Queue","hotline,ctR,,,12","."'
)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1795402664.123456", 1_795_402_664_123_456),
        ("1795402664.5", 1_795_402_664_500_000),
        ("1795402664", 1_795_402_664_000_000),
        ("1795402664.9999999", 1_795_402_664_999_999),
        ("0.000000", None),
        ("", None),
    ],
)
def test_stamps_are_exact(text: str, micros: int | None) -> None:
    assert parse_stamp(text) == micros


def test_times_for_people() -> None:
    assert clock(1_795_402_664_123_456) == "02:57:44.123"
    assert (apart(-62_000), apart(3_100_000)) == ("62 ms", "3.1 s")


def test_a_cdr_row() -> None:
    pad = Pad()
    (row,) = cdr.parse(ROW + "\n", pad)
    assert (row.phone, row.endpoint, row.queue, row.by_queue) == ("1002", "trunk-carrier", "hotline", True)
    assert (row.answer, row.end) == (None, 1_795_409_202_521_146)
    assert not pad.findings


def test_a_quoted_newline_does_not_tear_a_cdr_row() -> None:
    pad = Pad()
    assert len(cdr.parse(ROW.replace("hotline,ctR", 'hot""line,\nctR') + "\n" + ROW.replace('"20"', '"21"'), pad)) == 2
    assert not pad.findings


@pytest.mark.parametrize("torn", [ROW[:90], ROW.replace('"d1"', '"d2"'), ROW.replace("0.000000", "x.y"), '"d1","."'])
def test_a_torn_cdr_row_is_named(torn: str) -> None:
    pad = Pad()
    assert len(cdr.parse(ROW + "\n" + torn, pad)) == 1
    assert [finding.kind for finding in pad.findings] == [Kind.TORN]


def test_a_cdr_row_that_is_there_twice_is_named_and_counted_once() -> None:
    pad = Pad()
    assert len(cdr.parse(ROW + "\n" + ROW, pad)) == 1
    assert [finding.kind for finding in pad.findings] == [Kind.BOOKS]


@pytest.mark.parametrize(
    ("channel", "endpoint"),
    [
        ("PJSIP/1001-00000001", "1001"),
        ("PJSIP/trunk-a-b-0000000e", "trunk-a-b"),
        ("Local/1003@zt-transfer-00000000;1", ""),
        ("", ""),
    ],
)
def test_the_endpoint_of_a_channel(channel: str, endpoint: str) -> None:
    assert cdr.endpoint_of(channel) == endpoint


def test_a_caller_with_a_bar_in_the_number_shifts_only_the_data() -> None:
    pad = Pad()
    (line,) = queue_log.parse('1795403195|pbx1-1795403195.4|q1|NONE|ENTERQUEUE||138|00,1"3|1\n', pad)
    assert (line.callid, line.queue, line.event) == ("pbx1-1795403195.4", "q1", "ENTERQUEUE")
    assert not pad.findings


@pytest.mark.parametrize("torn", ["17954031795403227|a|q|NONE|ENTERQUEUE|", "1795403195|a|q|NO", "garbage"])
def test_a_torn_line_of_queue_log_is_named(torn: str) -> None:
    pad = Pad()
    assert queue_log.parse(torn + "\n1795403195|a|q|NONE|ABANDON|1|1|3\n", pad)[0].event == "ABANDON"
    assert [finding.kind for finding in pad.findings] == [Kind.TORN]


def test_visits_of_a_call_that_was_sent_on() -> None:
    lines = """\
1795409266|c|hotline|NONE|ENTERQUEUE||13800000017|1
1795409267|c|hotline|1001|CONNECT|1|pbx1-1795409266.72|1
1795409269|c|hotline|1001|BLINDTRANSFER|8001|zt-transfer|1|2|1
1795409269|c|vip|NONE|ENTERQUEUE||13800000017|1
1795409269|c|vip|1007|RINGNOANSWER|0
1795409270|c|vip|1005|CONNECT|1|pbx1-1795409269.75|1
1795409271|c|vip|1005|COMPLETEAGENT|1|1|1
"""
    stay = fold(queue_log.parse(lines, Pad()))
    assert not stay.troubles
    first, second = stay.visits
    assert (first.agent, first.leg, first.finish) == ("1001", "pbx1-1795409266.72", "BLINDTRANSFER")
    assert [(each.agent, each.event) for each in second.tries] == [("1007", "RINGNOANSWER"), ("1005", "CONNECT")]


def test_what_the_phones_log_says_of_one_call() -> None:
    pad = Pad()
    text = """\
date\ttime\tepoch\trole\tevent\tnumber\tother\tcall_id\tdetail
2026-11-23\t04:48:30.1\t1795409310.100000\tcaller\tinvite_sent\t13800000030\t12345\t1-9@127.0.0.1\t
2026-11-23\t04:48:30.2\t1795409310.200000\tcaller\tringing\t13800000030\t12345\t1-9@127.0.0.1\t183
2026-11-23\t04:48:31.1\t1795409311.100000\tcaller\tcancel_sent\t13800000030\t12345\t1-9@127.0.0.1\t
2026-11-23\t04:48:31.2\t1795409311.101000\tcaller\trefused\t13800000030\t12345\t1-9@127.0.0.1\t487
2026-11-23\t04:48:30.3\t1795409310.300000\tagent\tinvite_received\t1001\t13800000030\tff-1\t <sip:1@x>
2026-11-23\t04:48:31.3\t1795409311.102000\tagent\tcancel_received\t1001\t13800000030\tff-1\t
"""
    book = sipp_log.fold(sipp_log.parse(text, "callers.tsv", pad))
    (caller,), (ring,) = book.callers, book.rings
    assert (caller.number, caller.dialled, caller.final) == ("13800000030", "12345", 487)
    assert caller.left == caller.ended == 1_795_409_311_100_000
    assert caller.turned_away is None
    assert (ring.phone, ring.number, ring.rang_until, ring.accepted) == (
        "1001",
        "13800000030",
        1_795_409_311_102_000,
        None,
    )
    assert not pad.findings


def test_a_torn_line_of_the_phones_is_named_and_a_strange_file_passed_over() -> None:
    pad = Pad()
    head = "date\ttime\tepoch\trole\tevent\tnumber\tother\tcall_id\tdetail\n"
    assert not sipp_log.parse(head + "2026-11-23\t04:4", "callers.tsv", pad)
    assert [finding.kind for finding in pad.findings] == [Kind.TORN]
    assert not sipp_log.parse("The following events occurred:\nx\ty", "callers.log", pad)
    assert len(pad.findings) == 1


def test_what_is_no_record_is_named() -> None:
    pad = Pad()
    good = json.dumps(tell(["answered_caller_ends"]).records[0])
    read = records.parse(f"{good}\n\n{{}}\nnot json\n[]\n{good[:50]}\n", pad)
    assert len(read) == 1
    assert [finding.kind for finding in pad.findings] == [Kind.TORN] * 4


def test_masked_records_cannot_be_judged() -> None:
    pad = Pad()
    masked = tell(["answered_caller_ends"]).records[0] | {"caller_number": "138****0000"}
    assert not records.parse(json.dumps(masked), pad)
    assert "export the records unmasked" in pad.findings[0].text


def test_reading_a_folder_takes_every_log_below_it(tmp_path: Path) -> None:
    tell(["twins", "answered_caller_ends"]).write(tmp_path)
    (tmp_path / "phones" / "001-callers" / "callers.out").write_text("date\ttime\tepoch but no log")
    book = sipp_log.read(tmp_path / "phones", Pad())
    assert (len(book.callers), len(book.rings)) == (3, 4)
