"""Exports: read back by parsers that are not ours, safe in a spreadsheet, masked unless asked otherwise."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.model.ids import Micros
from telephony.model.terms import Direction, Provenance
from telephony.records.export import COLUMNS, ExportFormat, Layout, export, guarded
from telephony.records.masked import masked
from telephony.records.record import CallRecord, Consult
from tests.unit.telephony.records.samples import START, record, tellings

CSV = ExportFormat.CSV
FORMULA_STARTS = "=+-@＝＋－＠\t\r\n"


async def _each(records: Iterable[CallRecord]) -> AsyncIterator[CallRecord]:
    for one in records:
        yield one


def exported(records: Iterable[CallRecord], layout: Layout) -> bytes:
    out = io.BytesIO()
    records = list(records)
    assert asyncio.run(export(_each(records), out, layout)) == len(records)
    return out.getvalue()


def cells(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


# --- JSON Lines -------------------------------------------------------------------------------------------


@given(st.lists(tellings(st.integers(0, 5)), max_size=4))
def test_jsonl_is_the_record_itself_one_a_line(records: list[CallRecord]) -> None:
    lines = exported(records, Layout(unmasked=True)).decode().splitlines()
    assert [msgspec.json.decode(line, type=CallRecord) for line in lines] == records


def test_a_line_break_in_a_name_does_not_break_a_line() -> None:
    data = exported([record(caller_name="a\r\nb\u2028c")], Layout(unmasked=True))
    assert data.count(b"\n") == 1
    assert json.loads(data)["caller_name"] == "a\r\nb\u2028c"


# --- CSV --------------------------------------------------------------------------------------------------


def test_csv_says_what_the_record_says() -> None:
    (row,) = cells(exported([record(1)], Layout(CSV, unmasked=True)))
    assert row["caller_number"] == "13812345678"
    assert row["caller_name"] == "王小明"
    assert row["received_at"] == "2026-11-23 02:57:45.000+00:00"
    assert row["outcome"] == "answered"
    assert (row["offers"], row["transfers"], row["wait_ms"]) == ("1", "1", "3020")
    assert (row["abandoned_in"], row["estimated"]) == ("", "")
    assert row["uniqueids"].split() == list(record(1).uniqueids)


def test_the_times_are_the_same_instant_in_any_zone() -> None:
    (row,) = cells(exported([record(1)], Layout(CSV, zone=ZoneInfo("Asia/Shanghai"))))
    assert row["received_at"] == "2026-11-23 10:57:45.000+08:00"
    assert datetime.fromisoformat(row["received_at"]) == datetime.fromtimestamp((START + 10**6) / 10**6, UTC)


def test_lines_end_as_rfc_4180_says_and_a_field_with_a_line_break_is_one_field() -> None:
    data = exported([record(caller_name='a,"b"\r\nc')], Layout(CSV, unmasked=True))
    assert data.endswith(b"\r\n")
    assert [row["caller_name"] for row in cells(data)] == ['a,"b"\r\nc']


def test_the_mark_for_excel_is_there_only_when_asked_for() -> None:
    assert exported([], Layout(CSV, bom=True)).startswith(b"\xef\xbb\xbfcall_id,")
    assert exported([], Layout(CSV)).startswith(b"call_id,")


def test_headings_in_chinese_stand_over_the_same_columns() -> None:
    one = record(1)
    english = exported([one], Layout(CSV)).decode().splitlines()
    chinese = exported([one], Layout(CSV, chinese=True)).decode().splitlines()
    assert chinese[0].split(",") == list(COLUMNS.values())
    assert chinese[1:] == english[1:]


def test_every_column_is_a_field_of_the_record() -> None:
    of_parts = {"recording_state", "recording_why", "recording_ms", "recording_paused_ms", "recording_sha256"}
    of_parts |= {"caller_e164", "caller_kind", "dialled_e164", "topics", "answered_directly", "mark", "notes"}
    of_parts |= {"resolved", "joined_codes", "departments", "private_ms"}
    of_parts |= {"notice_language", "notice_length_ms", "notice_heard_ms", "notice_whole"}
    assert set(COLUMNS) - of_parts <= set(CallRecord.__struct_fields__)


def test_a_time_no_calendar_has_is_given_as_stored() -> None:
    (row,) = cells(exported([record(1, received_at=Micros(2**62))], Layout(CSV)))
    assert row["received_at"] == str(2**62)


# --- formulas ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", list(FORMULA_STARTS))
def test_a_name_that_a_spreadsheet_would_run_is_disarmed(start: str) -> None:
    evil = f"{start}cmd|' /C calc'!A0"
    (row,) = cells(exported([record(caller_name=evil)], Layout(CSV, unmasked=True)))
    assert row["caller_name"] == f"'{evil}"


@given(tellings(st.integers(0, 5)), st.text(max_size=12), st.text(max_size=12))
def test_no_cell_of_any_record_starts_a_formula(one: CallRecord, name: str, number: str) -> None:
    one = msgspec.structs.replace(one, caller_name=name, caller_number=number, dialled=name, trunk=number)
    for layout in (Layout(CSV, unmasked=True), Layout(CSV)):
        (row,) = cells(exported([one], layout))
        assert not [cell for cell in row.values() if cell.startswith(tuple(FORMULA_STARTS))]


@given(st.text(max_size=20))
def test_the_guard_adds_one_apostrophe_or_nothing(cell: str) -> None:
    assert guarded(cell) in (cell, f"'{cell}")


# --- masking ----------------------------------------------------------------------------------------------


def everywhere(number: str) -> CallRecord:
    """A record that has ``number`` in each place where one can stand."""
    one = record(1, caller_number=number, caller_name=number)
    legs = tuple(
        msgspec.structs.replace(leg, party=number, name=f"Local/{number}@zt-transfer-0000001;1") for leg in one.legs
    )
    timeline = tuple(msgspec.structs.replace(part, with_=(number, "1001")) for part in one.timeline)
    transfers = tuple(msgspec.structs.replace(part, to=number) for part in one.transfers)
    consults = (Consult("1001", number, one.received_at, None, one.ended_at, "noanswer"),)
    return msgspec.structs.replace(one, legs=legs, timeline=timeline, transfers=transfers, consults=consults)


@pytest.mark.parametrize("number", ["13812345678", "+8613812345678", "02161234567", "61234567"])
@pytest.mark.parametrize("format_", ExportFormat)
def test_a_masked_export_has_the_number_nowhere(number: str, format_: ExportFormat) -> None:
    data = exported([everywhere(number)], Layout(format_)).decode()
    assert number.removeprefix("+86") not in data
    assert number in exported([everywhere(number)], Layout(format_, unmasked=True)).decode()


@given(st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True))
def test_no_number_whatsoever_gets_out_of_a_masked_record(number: str) -> None:
    one = masked(everywhere(number))
    texts = [one.caller_number, one.caller_name, *(part.to for part in one.transfers)]
    texts += [part.whom for part in one.consults]
    texts += [text.partition("@")[0] for leg in one.legs for text in (leg.party, leg.name)]
    texts += [party for part in one.timeline for party in part.with_]
    assert len(texts) == 16
    assert not [text for text in texts if number.lstrip("+") in text]


def test_masking_leaves_what_is_needed_to_find_the_call_and_to_report() -> None:
    before = everywhere("13812345678")
    after = masked(before)
    for name in ("call_id", "uniqueids", "agent", "dialled", "received_at", "outcome", "offers", "visits"):
        assert getattr(after, name) == getattr(before, name)
    assert [leg.uniqueid for leg in after.legs] == [leg.uniqueid for leg in before.legs]
    assert [part.with_ for part in after.timeline] == [("138****5678", "1001")] * 4
    assert after.legs[0].name == "Local/138****5678@zt-transfer-0000001;1"


def test_the_number_called_is_personal_only_when_we_called_it() -> None:
    out = record(1, direction=Direction.OUTBOUND, caller_number="12345", dialled="13812345678")
    assert (masked(out).caller_number, masked(out).dialled) == ("12345", "138****5678")
    assert masked(record(1, dialled="4008812345")).dialled == "4008812345"


def test_a_caller_known_by_a_short_name_does_not_mask_other_words() -> None:
    one = masked(record(1, caller_number="a", trunk="carrier"))
    assert (one.caller_number, one.trunk, one.provenance) == ("a****", "carrier", Provenance.OBSERVED)


# --- streaming --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["connected", "answered", "caller", "inbound", "observed", "talk"])
def test_a_caller_whose_number_is_a_word_of_ours_does_not_break_the_export(number: str) -> None:
    """Anybody can send such a number over SIP."""
    one = masked(record(1, caller_number=number))
    assert (one.visits[0].result, one.outcome) == (record(1).visits[0].result, record(1).outcome)
    assert number not in (one.caller_number, one.legs[0].party)


def test_records_are_written_as_they_come_and_not_gathered() -> None:
    class Out(io.BytesIO):
        lines = 0

        def write(self, data: Any) -> int:
            self.lines += 1
            return len(data)

    out = Out()
    lag = []

    async def source() -> AsyncIterator[CallRecord]:
        for number in range(50):
            lag.append(number - out.lines)
            yield record(number)

    assert asyncio.run(export(source(), out, Layout())) == 50
    assert set(lag) == {0}
