"""Rows of a record, and that nothing a caller sends makes one that cannot be written."""

import json
import sqlite3
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.errors import StoreError
from telephony.model.ids import CallId, Uniqueid
from telephony.model.terms import Direction
from telephony.numbers.kinds import Rules
from telephony.records import rows
from telephony.records.numbered import numbered
from telephony.records.record import CallRecord
from telephony.records.schema import calls
from tests.unit.telephony.records.samples import call_id, record, tellings, uniqueid

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates and NUL too
ANY_INTEGER = st.integers(-(2**70), 2**70)


@given(tellings(st.integers(0, 9)))
def test_the_body_is_the_record(one: CallRecord) -> None:
    assert rows.record_of(rows.body_of(one), "z.db") == one


@given(tellings(st.integers(0, 9)))
def test_the_columns_say_what_the_body_says(one: CallRecord) -> None:
    row = dict(rows.call_row(one))
    assert row.keys() == set(calls.columns.keys())
    body = json.loads(row.pop("body"))
    assert (row.pop("caller_key"), row.pop("dialled_key")) == (None, None)  # nobody has looked at its numbers as yet
    assert row == {name: body[name] for name in row}


@pytest.mark.parametrize(
    ("caller", "key"), [("013800000001", "13800000001"), ("3053000", "05613053000"), ("anonymous", "")]
)
def test_the_numbers_are_kept_as_received_and_as_what_they_mean(caller: str, key: str) -> None:
    rules = Rules(area_code="561")
    inbound = rows.call_row(numbered(record(caller_number=caller), rules))
    assert (inbound["caller_number"], inbound["caller_key"], inbound["dialled_key"]) == (caller, key, None)
    out = record(caller_number="1001", dialled=caller, direction=Direction.OUTBOUND)
    outbound = rows.call_row(numbered(out, rules))
    assert (outbound["caller_key"], outbound["dialled_key"]) == ("internal:1001", key)


def test_columns_hold_plain_values_that_any_driver_takes() -> None:
    assert {type(value) for value in rows.call_row(record()).values()} <= {str, int, type(None)}


def test_every_uniqueid_of_the_call_is_found_once() -> None:
    one = record(1, uniqueids=(uniqueid(1), uniqueid(1), uniqueid(7), Uniqueid("")))
    found = [row["uniqueid"] for row in rows.channel_rows(one)]
    assert sorted(found) == sorted({uniqueid(1), uniqueid(7), one.offers[0].uniqueid})


def test_offers_keep_their_order_and_aliases_lead_to_the_call() -> None:
    one = record(1, offers=record(1).offers * 2, aliases=(call_id(2), call_id(3)))
    assert [row["sequence"] for row in rows.offer_rows(one)] == [0, 1]
    assert [row["alias"] for row in rows.alias_rows(one)] == [call_id(2), call_id(3)]
    assert {row["call_id"] for row in (*rows.offer_rows(one), *rows.alias_rows(one))} == {call_id(1)}


def test_a_record_that_is_fine_is_not_touched() -> None:
    one = record(caller_name="阿卜杜拉·买买提 🙂")
    assert rows.clean(one) is one


@given(ANY_TEXT, ANY_TEXT, ANY_INTEGER)
def test_whatever_a_caller_sends_can_be_written_and_read_again(name: str, number: str, cause: int) -> None:
    cleaned = rows.clean(record(caller_name=name, caller_number=number, cause=cause))
    assert rows.record_of(rows.body_of(cleaned), "z.db") == cleaned
    row: dict[str, Any] = dict(rows.call_row(cleaned))
    with sqlite3.connect(":memory:") as database:
        marks = ",".join("?" * len(row))
        assert database.execute(f"SELECT {marks}", list(row.values())).fetchone() == tuple(row.values())
    database.close()
    assert "\0" not in row["caller_name"] + row["caller_number"] + row["body"]


@given(ANY_TEXT)
def test_cleaning_changes_only_what_a_database_cannot_hold(name: str) -> None:
    cleaned = rows.clean(record(caller_name=name)).caller_name
    assert len(cleaned) == len(name)
    for before, after in zip(name, cleaned, strict=True):
        assert after == before or (after == "\ufffd" and (before == "\0" or 0xD800 <= ord(before) < 0xE000))


@pytest.mark.parametrize("body", ["", "{", "[]", '{"call_id": "X"}', rows.body_of(record())[:-20]])
def test_a_body_that_cannot_be_read_says_so_and_what_to_do(body: str) -> None:
    with pytest.raises(StoreError, match=r"z\.db cannot be read .* restore a backup"):
        rows.record_of(body, "z.db")


def test_what_a_newer_program_added_to_a_body_is_passed_over() -> None:
    newer = {**json.loads(rows.body_of(record())), "sentiment": {"caller": "calm"}}
    assert rows.record_of(json.dumps(newer), "z.db") == record()


def test_what_an_older_program_did_not_write_has_its_default() -> None:
    older = json.loads(rows.body_of(record()))
    for field in msgspec.structs.fields(CallRecord):
        if not field.required:
            older.pop(field.encode_name, None)
    assert rows.record_of(json.dumps(older), "z.db").call_id == CallId(call_id(1))
