"""One row of CDR as dialplans renders it: what is one, and what is none."""

import pytest

from telephony.journal.cdr import cdr_row
from telephony.journal.cutting import CDR, cut

ROW = (
    '"d1","1795418747.967263","1795418748.271249","1795418750.185045","2","1","ANSWERED","pbx1-1795418747.12",'
    '"pbx1-1795418747.12","12","PJSIP/trunk-hotline-00000007","PJSIP/1001-00000009","13800000001","s",'
    '"zt-queue-hotline","Queue","hotline,ctr,,,600","."'
)
UNANSWERED = ROW.replace("1795418748.271249", "0.000000").replace("ANSWERED", "NO ANSWER")


def test_a_row_is_read() -> None:
    row = cdr_row(ROW)
    assert row is not None
    assert (row.start, row.answer, row.end) == (1795418747967263, 1795418748271249, 1795418750185045)
    assert (row.uniqueid, row.linkedid, row.sequence) == ("pbx1-1795418747.12", "pbx1-1795418747.12", 12)
    assert (row.channel, row.dst_channel) == ("PJSIP/trunk-hotline-00000007", "PJSIP/1001-00000009")
    assert (row.src, row.disposition, row.queue, row.at) == ("13800000001", "ANSWERED", "hotline", row.end)


def test_what_was_not_answered_has_no_answer() -> None:
    row = cdr_row(UNANSWERED)
    assert row is not None
    assert row.answer is None


def test_only_a_channel_in_queue_has_a_queue() -> None:
    row = cdr_row(ROW.replace('"Queue"', '"Dial"'))
    assert row is not None
    assert row.queue is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        ROW[:-5],
        ROW[10:],
        ROW.replace('"d1"', '"d2"'),
        ROW.replace("1795418750.185045", "1795418750"),
        ROW.replace('"12"', '"twelve"'),
        ROW.replace('"pbx1-1795418747.12"', '""'),
        ROW + "\n" + ROW,
        '"d1","unclosed',
    ],
)
def test_what_is_no_whole_row_is_none(text: str) -> None:
    assert cdr_row(text) is None


def test_a_torn_row_does_not_hide_the_next() -> None:
    """A full disk: half a row, and the next one glued to it."""
    data = f"{ROW[:100]}{UNANSWERED}\n{ROW}\n".encode()
    pieces, end = cut(data, 0, CDR, lambda _offset: None)
    assert end == len(data)
    assert [piece.row is not None for piece in pieces] == [False, True, True]
    assert (pieces[0].start, pieces[0].end) == (0, 100)


def test_a_line_break_within_a_field_is_no_end() -> None:
    broken = ROW.replace("hotline,ctr", "hot\nline,ctr")
    pieces, _ = cut(f"{broken}\n{ROW}\n".encode(), 0, CDR, lambda _offset: None)
    assert [piece.row is not None and piece.row.app_data for piece in pieces] == [
        "hot\nline,ctr,,,600",
        "hotline,ctr,,,600",
    ]
