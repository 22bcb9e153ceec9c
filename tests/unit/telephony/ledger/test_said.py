"""Who orders, and in which words: kept as said, or refused; never something that only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.errors import LedgerError
from telephony.ledger.said import NOTE_LIMIT, WHO_LIMIT, who, words
from telephony.ledger.terms import SYSTEM


@pytest.mark.parametrize("name", ["li", "李明", "li.ming@12345", "x" * WHO_LIMIT, "zhitong-li"])
def test_a_name_is_kept(name: str) -> None:
    assert who(name) == name


@pytest.mark.parametrize("name", ["", " \t\n", SYSTEM, SYSTEM.upper(), f" {SYSTEM}\n", "x" * (WHO_LIMIT + 1), "a\x00b"])
def test_what_names_nobody_is_refused(name: str) -> None:
    with pytest.raises(LedgerError, match="--by"):
        who(name)


@given(st.text())
def test_no_name_can_move_the_cursor_or_pass_for_the_ledger(name: str) -> None:
    try:
        kept = who(name)
    except LedgerError:
        return
    assert kept.isprintable()
    assert 0 < len(kept) <= WHO_LIMIT
    assert kept.casefold() != SYSTEM


@given(st.text(max_size=NOTE_LIMIT))
def test_a_note_keeps_every_character_that_can_be_seen(note: str) -> None:
    kept = words(note)
    assert [each for each in kept if each.isprintable() and each != " "] == [
        each for each in note if each.isprintable() and each != " "
    ]
    assert all(each.isprintable() or each == "\n" for each in kept)
    kept.encode()


def test_a_note_is_not_cut_in_silence() -> None:
    assert words("注" * NOTE_LIMIT + "  ") == "注" * NOTE_LIMIT
    with pytest.raises(LedgerError, match=str(NOTE_LIMIT)):
        words("注" * (NOTE_LIMIT + 1))
