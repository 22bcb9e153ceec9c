"""What remarks come to, and what may be written."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.records.remarked import Remarked
from telephony.remarks.remark import TEXT_LIMIT, Remark, Resolution, remarked, unfit
from telephony.remarks.store import remark_of
from tests.unit.telephony.remarks.told import remark


def test_nothing_said_comes_to_nothing() -> None:
    assert remarked([]) == Remarked()
    assert (Remarked().topics, Remarked().answered) == ((), None)


def test_each_has_one_note_that_their_last_word_replaces() -> None:
    said = remarked([remark(1), remark(2, who="1002"), remark(3, by="boss", note="better")])
    assert [(note.who, note.by, note.text) for note in said.notes] == [
        ("1002", "1002", "note 2"),
        ("1001", "boss", "better"),
    ]


def test_an_empty_note_takes_it_back() -> None:
    assert remarked([remark(1), remark(2, note="")]).notes == ()


def test_topics_are_those_of_all_and_the_last_who_says_how_it_ended_decides() -> None:
    said = remarked(
        [
            remark(1, topics=("water", "road"), answered=False),
            remark(2, who="1002", topics=("road", "noise"), answered=True),
            remark(3, who="1003", topics=("tax",)),
        ]
    )
    assert said.topics == ("water", "road", "noise", "tax")
    assert said.answered is True
    assert remarked([remark(1, topics=("water",), answered=True), remark(2, topics=())]).dispositions == ()


def test_topics_and_notes_do_not_touch_each_other() -> None:
    said = remarked([remark(1), remark(2, topics=("water",)), remark(3, mark="silent")])
    assert (len(said.notes), said.topics) == (1, ("water",))


def test_the_mark_is_the_calls_and_can_be_taken_back_by_another() -> None:
    said = remarked([remark(1, mark="nuisance"), remark(2, who="boss", mark="silent")])
    assert said.mark is not None
    assert (said.mark.mark, said.mark.by) == ("silent", "boss")
    assert remarked([remark(1, mark="nuisance"), remark(2, who="boss", mark="")]).mark is None


def test_whether_it_was_resolved_is_the_last_word_of_who_said_so_or_not() -> None:
    said = remarked([remark(1, resolved=Resolution.YES), remark(2, who="1002", resolved=Resolution.NO), remark(3)])
    assert said.resolved is False
    again = remarked(
        [
            remark(1, resolved=Resolution.YES),
            remark(2, who="1002", resolved=Resolution.NO, by="boss"),
            remark(3, resolved=Resolution.YES),
        ]
    )
    assert [(each.who, each.resolved, each.by) for each in again.resolutions] == [
        ("1002", False, "boss"),
        ("1001", True, "1001"),
    ]
    assert again.resolved is True
    back = remarked([remark(1, resolved=Resolution.NO), remark(2, resolved=Resolution.TAKEN_BACK)])
    assert (back.resolutions, back.resolved) == ((), None)


@pytest.mark.parametrize("text", ["", "停水三天\n请回电", "‘引号’ <b> & \" ' =1+1", "👨‍👩‍👧 ok", "x" * TEXT_LIMIT])
def test_what_people_write_may_be_written(text: str) -> None:
    assert unfit(text) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x" * (TEXT_LIMIT + 1), "has 2001 characters"),
        ("a\rb", "character 2 (U+000D)"),
        ("a\0", "character 2 (U+0000)"),
        ("\x1b[31m", "character 1 (U+001B)"),
        ("a\tb", "U+0009"),
        ("\x85", "U+0085"),
        ("a\u2028b", "U+2028"),
        ("\u202etxt.exe", "U+202E"),
        ("\u2066a", "U+2066"),
        ("\ud800", "U+D800"),
    ],
)
def test_what_would_fool_a_screen_may_not(text: str, words: str) -> None:
    assert words in unfit(text)


def test_a_single_line_has_no_line_feed() -> None:
    assert "U+000A" in unfit("a\nb", lines=False)


@given(st.text())
def test_what_is_fit_can_be_encoded_and_moves_no_cursor(text: str) -> None:
    if not unfit(text):
        assert text.encode("utf-8").decode("utf-8") == text
        assert all(each == "\n" or (each.isprintable() or ord(each) > 0x9F) for each in text)


@given(
    st.builds(
        Remark,
        key=st.text(min_size=1),
        call_id=st.text(),
        pbx=st.text(),
        at=st.integers(0, 2**60),
        who=st.text(),
        by=st.text(),
        note=st.none() | st.text(),
        topics=st.none() | st.lists(st.text(), max_size=3).map(tuple),
        answered=st.none() | st.booleans(),
        mark=st.none() | st.text(),
    )
)
def test_a_remark_reads_as_it_was_written(told: Remark) -> None:
    assert remark_of(msgspec.json.encode(told).decode()) == told
