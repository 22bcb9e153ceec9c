"""Rows of both logs, read from the text that a real Asterisk 22 wrote (journal-facts, and captures of the lab)."""

import pytest

from telephony.journal.rows import cel_row, queue_line
from tests.unit.telephony.journal.books import cel, quoted

REAL = (
    '"c1","1795412808.715879","HANGUP","","pbx1-1795412807.1","pbx1-1795412807.0","PJSIP/1001-00000001","1001",'
    '"坐席1001","s","zt-phone","AppQueue","(Outgoing Line)","",'
    '"{""hangupcause"":16,""hangupsource"":""PJSIP/1001-00000001"",""dialstatus"":""""}","."'
)
OURS = (
    '"c1","1795412807.206101","USER_DEFINED","ZT_ENTRY","pbx1-1795412807.0","pbx1-1795412807.0",'
    '"PJSIP/trunk-carrier-00000000","13800000001","","s","zt-entry","CELGenUserEvent",'
    '"ZT_ENTRY,t=carrier&d=12345&f=2026/01/02/pbx1-1.0.wav","",'
    '"{""extra"":""t=carrier&d=12345&f=2026/01/02/pbx1-1.0.wav""}","."'
)


def test_a_row_of_a_real_asterisk() -> None:
    row = cel_row(REAL)
    assert row is not None
    assert row.at == 1_795_412_808_715_879
    assert (row.event, row.uniqueid, row.linkedid) == ("HANGUP", "pbx1-1795412807.1", "pbx1-1795412807.0")
    assert (row.name, row.caller_name, row.app) == ("PJSIP/1001-00000001", "坐席1001", "AppQueue")
    assert row.detail("hangupcause") == "16"
    assert row.detail("hangupsource") == "PJSIP/1001-00000001"
    assert row.detail("no such") == ""


def test_a_row_of_our_own_dialplan() -> None:
    row = cel_row(OURS)
    assert row is not None
    assert row.user_event == "ZT_ENTRY"
    assert row.words == {"t": "carrier", "d": "12345", "f": "2026/01/02/pbx1-1.0.wav"}


@pytest.mark.parametrize("name", ['张三, "投诉|人" \\x', '138|00,1"3', "two\nlines", "c1", '"c1","', ""])
def test_whatever_a_caller_is_called(name: str) -> None:
    row = cel_row(cel(1.5, "CHAN_START", caller=name))
    assert row is not None
    assert row.caller_name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c1",
        REAL[:-1],
        REAL[1:],
        REAL[:-6],
        REAL + REAL,
        REAL.replace('"c1"', '"c2"', 1),
        REAL.replace("1795412808.715879", "1795412808"),
        REAL.replace("1795412808.715879", "2026-01-02 03:04:05.000000"),
        REAL.replace('"pbx1-1795412807.1"', '""'),
        quoted(["c1", *["x"] * 13, "."]),
        quoted(["c1", *["x"] * 15, "."]),
        '"c1","never closed',
    ],
)
def test_what_is_no_row(text: str) -> None:
    assert cel_row(text) is None


@pytest.mark.parametrize("extra", ["", "{", "[1]", "no json", '"text"'])
def test_details_that_cannot_be_read_are_none(extra: str) -> None:
    row = cel_row(cel(1, "HANGUP", extra=extra))
    assert row is not None
    assert dict(row.details) == {}
    assert row.words == {}


def test_lines_of_a_real_queue_log() -> None:
    entered = queue_line("1795412807|pbx1-1795412807.0|service|NONE|ENTERQUEUE||13800000001|1")
    assert entered is not None
    assert (entered.second, entered.at) == (1_795_412_807, 1_795_412_807_000_000)
    assert (entered.callid, entered.queue, entered.agent) == ("pbx1-1795412807.0", "service", "NONE")
    assert entered.data == "|13800000001|1"
    connected = queue_line("1795412807|pbx1-1795412807.0|service|1001|CONNECT|0|pbx1-1795412807.1|0")
    assert connected is not None
    assert (connected.agent, connected.field(1), connected.field(9)) == ("1001", "pbx1-1795412807.1", "")
    started = queue_line("1795412806|NONE|NONE|NONE|QUEUESTART|")
    assert started is not None
    assert (started.event, started.data) == ("QUEUESTART", "")


def test_a_number_with_bars_shifts_no_field_that_counts() -> None:
    line = queue_line('1795412807|pbx1-1795412807.0|service|NONE|ENTERQUEUE||138|00,1"3|7')
    assert line is not None
    assert line.event == "ENTERQUEUE"
    assert line.data == '|138|00,1"3|7'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17954031795403227|pbx1-1.0|service|NONE|ENTERQUEUE||1|1",
        "179541280|pbx1-1.0|service|NONE|ENTERQUEUE||1|1",
        "1795412807|pbx1-1.0|service|NONE|ENTERQ",
        "1795412807|pbx1-1.0|service|NONE|enterqueue|",
        "1795412807|pbx1-1.0|service",
        "1795412807.5|a|b|c|ABANDON|1",
        "１７９５４１２８０７|a|b|c|ABANDON|1",
    ],
)
def test_what_is_no_line(text: str) -> None:
    assert queue_line(text) is None


def test_a_callers_name_is_what_the_caller_meant() -> None:
    """SIP's quoted string keeps its backslashes in CEL, and has no others."""
    row = cel_row(cel(1, "CHAN_START", "1", caller='O\'Brien \\"quoted\\" \\\\ n\\x'))
    assert row is not None
    assert row.caller_name == 'O\'Brien "quoted" \\ n\\x'
