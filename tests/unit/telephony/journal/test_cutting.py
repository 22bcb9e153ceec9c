"""Bytes into rows: torn, glued and broken ones, at every place where a read can end."""

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from telephony.journal.cutting import CEL, MAX_ROW, QUEUE_LOG, Form, Piece, Row, cut
from telephony.journal.rows import RowId
from telephony.model.ids import PbxName
from tests.unit.telephony.journal.books import cel, line

A, B, C = (cel(number, "CHAN_START", str(number)).encode() for number in (1, 2, 3))
L, M, N = (line(number, str(number), "ENTERQUEUE", "", "13800000001", 1).encode() for number in (1, 2, 3))


def name(offset: int) -> RowId:
    return RowId(PbxName("pbx1"), "file", offset)


def told(pieces: Sequence[Piece[Row]]) -> list[str]:
    """The counters of the rows' channels, and ``-`` for what is no row; ``?`` after a row that is not whole."""
    return [
        "-" if piece.row is None else str(piece.row.row_id.offset if piece.row.row_id else "") + "?" * (not piece.whole)
        for piece in pieces
    ]


def at_once(data: bytes, form: Form[Row], *, final: bool = False) -> tuple[list[str], int]:
    pieces, end = cut(data, 0, form, name, final=final)
    return told(pieces), end


# --- CEL --------------------------------------------------------------------------------------------------


def test_whole_rows() -> None:
    data = A + b"\n" + B + b"\n"
    assert at_once(data, CEL) == (["0", str(len(A) + 1)], len(data))


def test_offsets_count_from_the_files_beginning() -> None:
    pieces, end = cut(A + b"\n" + B + b"\n", 5_000, CEL, name)
    assert [(piece.start, piece.end) for piece in pieces] == [
        (5_000, 5_000 + len(A)),
        (5_001 + len(A), 5_001 + len(A) + len(B)),
    ]
    assert end == 5_002 + len(A) + len(B)


def test_what_has_no_line_break_waits() -> None:
    assert at_once(A + b"\n" + B[:40], CEL) == (["0"], len(A) + 1)
    assert at_once(A, CEL) == ([], 0), "whole as it looks, its end may be of a quoted dot"


def test_nothing_waits_when_nothing_will_follow() -> None:
    assert at_once(A + b"\n" + B[:40], CEL, final=True) == (["0", "-"], len(A) + 41)
    assert at_once(A, CEL, final=True) == (["0"], len(A))


def test_a_torn_row_and_the_next_one_glued_to_it() -> None:
    data = A[:77] + B + b"\n" + C + b"\n"
    assert at_once(data, CEL) == (["-", "77", str(78 + len(B))], len(data))


def test_a_row_that_lacks_only_its_line_break() -> None:
    data = A + B + b"\n"
    assert at_once(data, CEL) == (["0", str(len(A))], len(data))


def test_several_torn_in_one_line() -> None:
    data = A + B[:50] + C[:90] + A + b"\n"
    assert at_once(data, CEL)[0] == ["0", "-", str(len(A) + 140)]


def test_a_field_with_line_breaks_is_one_row() -> None:
    row = cel(1, "APP_START", data="one\ntwo\nthree").encode()
    assert at_once(row + b"\n" + B + b"\n", CEL)[0] == ["0", str(len(row) + 1)]


def test_a_field_with_line_breaks_waits_for_its_lines() -> None:
    row = cel(1, "APP_START", data="one\ntwo").encode()
    first = row.index(b"\n") + 1
    assert at_once(row[:first], CEL) == ([], 0)
    assert at_once(row, CEL) == ([], 0)
    assert at_once(row + b"\n", CEL)[0] == ["0"]


def test_too_many_line_breaks_are_no_row() -> None:
    row = cel(1, "APP_START", data="one\ntwo\nthree\nfour").encode()
    assert at_once(row + b"\n" + B + b"\n", CEL)[0][-1] == str(len(row) + 1)


def test_an_open_quote_does_not_swallow_the_rows_behind_it() -> None:
    """Torn within quotes, but with its line break: the next line is a row of its own, so nothing is joined to it."""
    data = b'"c1","1795400001.000000","CHAN_ST\n' + B + b"\n"
    assert at_once(data, CEL)[0] == ["-", str(len(data) - len(B) - 1)]


def test_strangers_in_the_file() -> None:
    data = b"\x00\x00\n\nhello\n" + A + b"\n"
    assert at_once(data, CEL)[0] == ["-", "-", "-", "10"]


def test_a_caller_called_like_a_row() -> None:
    row = cel(1, "CHAN_START", caller="c1", number='"c1","').encode()
    assert at_once(row + b"\n" + row[:60] + B + b"\n", CEL)[0] == ["0", "-", str(len(row) + 61)]


def test_invalid_utf8_costs_no_row() -> None:
    row = cel(1, "CHAN_START", caller="XX").encode().replace(b"XX", b"\xd5\xc5")
    pieces, _ = cut(row + b"\n", 0, CEL, name)
    assert pieces[0].row is not None
    assert pieces[0].row.caller_name == "\ufffd\ufffd"


def test_an_endless_line_is_given_up() -> None:
    data = b"x" * (MAX_ROW + 1)
    assert at_once(data, CEL) == (["-"], len(data))


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), max_size=12)
rows = st.builds(
    lambda caller, number, data: cel(1, "CHAN_START", caller=caller, number=number, data=data).encode(),
    texts,
    texts,
    texts,
)


@given(st.lists(rows, max_size=6), st.integers(1, 400))
def test_it_does_not_matter_where_reads_end(written: list[bytes], step: int) -> None:
    data = b"".join(row + b"\n" for row in written)
    offset, end, found = 0, 0, []
    while end < len(data) or offset < len(data):
        end = min(len(data), end + step)
        pieces, offset = cut(data[offset:end], offset, CEL, name)
        found += pieces
        if end == len(data):
            break
    assert [data[piece.start : piece.end] for piece in found] == written
    assert offset == len(data)
    assert all(piece.row is not None and piece.whole for piece in found)


@given(st.lists(rows, min_size=2, max_size=5), st.data())
@example([A, B], None)
def test_one_torn_row_costs_no_other(written: list[bytes], data: st.DataObject | None) -> None:
    which, kept = 0, 30
    if data is not None:
        which = data.draw(st.integers(0, len(written) - 2))
        kept = data.draw(st.integers(6, len(written[which]) - 1))
    torn = b"".join(row[:kept] if number == which else row + b"\n" for number, row in enumerate(written))
    pieces, _ = cut(torn, 0, CEL, name)
    found = [torn[piece.start : piece.end] for piece in pieces if piece.row is not None]
    assert found == written[:which] + written[which + 1 :]
    assert sum(piece.row is None for piece in pieces) == 1


# --- queue_log --------------------------------------------------------------------------------------------


def test_lines() -> None:
    data = L + b"\n" + M + b"\n" + N[:30]
    assert at_once(data, QUEUE_LOG) == (["0", str(len(L) + 1)], len(L) + len(M) + 2)


def test_a_line_torn_within_its_time() -> None:
    """As a full disk left it: five valid fields, with an absurd time."""
    data = L[:7] + M + b"\n"
    assert at_once(data, QUEUE_LOG)[0] == ["-", "7"]


def test_a_line_torn_before_its_event() -> None:
    data = L[:28] + M + b"\n" + N + b"\n"
    assert at_once(data, QUEUE_LOG)[0] == ["-", "28", str(29 + len(M))]


def test_a_line_torn_in_its_data_tells_what_it_can() -> None:
    data = L[:-3] + M + b"\n"
    assert at_once(data, QUEUE_LOG)[0] == ["0?", str(len(L) - 3)]


def test_a_line_break_in_the_data() -> None:
    data = line(1, "1", "ENTERQUEUE", "", "138\n00", 1).encode() + b"\n" + M + b"\n"
    assert at_once(data, QUEUE_LOG)[0] == ["0", "-", str(len(data) - len(M) - 1)]


@given(st.lists(st.sampled_from([L, M, N]), max_size=6), st.integers(1, 90))
def test_it_does_not_matter_where_reads_of_queue_log_end(written: list[bytes], step: int) -> None:
    data = b"".join(row + b"\n" for row in written)
    offset, end, found = 0, 0, []
    while end < len(data):
        end = min(len(data), end + step)
        pieces, offset = cut(data[offset:end], offset, QUEUE_LOG, name)
        found += pieces
    assert [data[piece.start : piece.end] for piece in found] == written
