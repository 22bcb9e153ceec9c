"""Every word of a record has its Chinese and its English."""

from enum import Enum

import msgspec
import pytest

from telephony.model.terms import AbandonedIn, OfferOutcome, Outcome, Provenance, Role, SegmentKind, Side
from tests.unit.telephony.records.samples import record
from zhitong.cli import words


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (Outcome, words.OUTCOMES),
        (AbandonedIn, words.ABANDONED_IN),
        (OfferOutcome, words.OFFERS),
        (SegmentKind, words.SEGMENTS),
        (Side, words.SIDES),
        (Role, words.ROLES),
        (Provenance, words.PROVENANCES),
    ],
)
def test_each_has_a_word_of_its_own_in_both_languages(kind: type[Enum], table: dict[Enum, str]) -> None:
    assert set(table) == set(kind)
    assert len(set(table.values())) == len(table)
    for said in table.values():
        chinese, _, english = said.partition(" ")
        assert all(ord(letter) > 0x2E80 for letter in chinese)
        assert english.isascii()
        assert english


def test_an_abandoned_call_says_where_and_a_refused_one_why() -> None:
    assert words.outcome(record(1)) == "接通 answered"
    gone = record(1, outcome=Outcome.ABANDONED, abandoned_in=AbandonedIn.RINGING)
    assert words.outcome(gone) == "放弃 abandoned · 振铃 ringing"
    assert words.chinese(words.outcome(gone)) == "放弃·振铃"
    refused = record(1, outcome=Outcome.REFUSED, refused_because="closed")
    assert words.outcome(refused) == "未受理 refused · closed"
    assert words.chinese(words.outcome(refused)) == "未受理·closed"


def test_connect_time_is_from_the_first_event_to_the_bridge() -> None:
    call = record(1)
    assert words.connect_ms(call) == 3_030
    assert words.connect_ms(msgspec.structs.replace(call, answered_at=None)) is None


@pytest.mark.parametrize(
    ("code", "said"),
    [(16, "Q.850 16 正常 normal"), (17, "Q.850 17 忙 busy"), (99, "Q.850 99"), (0, "—"), (None, "—")],
)
def test_causes(code: int | None, said: str) -> None:
    assert words.cause(code) == said
