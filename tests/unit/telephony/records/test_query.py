"""Cursors go out as text and come back the same, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.errors import StoreError
from telephony.model.ids import CallId, Micros
from telephony.records.query import Cursor

CURSORS = st.builds(Cursor, st.integers(-(2**63), 2**63 - 1).map(Micros), st.text().map(CallId))


@given(CURSORS)
def test_a_cursor_survives_the_way_through_a_url(cursor: Cursor) -> None:
    text = cursor.text()
    assert Cursor.parse(text) == cursor
    assert all(char.isalnum() or char in "-_" for char in text)


@pytest.mark.parametrize("text", ["", "x", "!!!!", "bnVsbA", "WzEsMl0", "W10", "中文", "e30="])
def test_what_is_no_cursor_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(StoreError, match="leave it out"):
        Cursor.parse(text)


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=60))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    try:
        cursor = Cursor.parse(text)
    except StoreError:
        return
    assert Cursor.parse(cursor.text()) == cursor
