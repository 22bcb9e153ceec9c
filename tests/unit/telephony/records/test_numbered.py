"""What a record's numbers mean: whose they are, that both are kept, and that neither is shown in full."""

import re
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given

from dialplans.contract import INTERNAL_TRUNK
from telephony.masking import mask_normalised
from telephony.model.terms import Direction
from telephony.numbers.kinds import Kind, Rules
from telephony.numbers.received import normalised
from telephony.records.masked import masked
from telephony.records.numbered import INTERNAL, numbered
from telephony.records.record import CallRecord
from telephony.records.rows import body_of, record_of
from tests.unit.telephony.numbers.forms import REAL, Real
from tests.unit.telephony.records.samples import record

RULES = Rules(area_code="561")


@dataclass
class Who:
    """A call, and the kind of number that its caller has."""

    direction: Direction
    trunk: str
    number: str
    kind: Kind


@pytest.mark.parametrize(
    "who",
    [
        Who(Direction.INBOUND, "carrier", "30530008", Kind.FIXED),
        Who(Direction.INBOUND, INTERNAL, "30530008", Kind.INTERNAL),
        Who(Direction.OUTBOUND, "carrier", "30530008", Kind.INTERNAL),
        Who(Direction.INTERNAL, "", "30530008", Kind.INTERNAL),
        Who(Direction.INBOUND, "carrier", "1001", Kind.UNKNOWN),
        Who(Direction.INBOUND, "carrier", "anonymous", Kind.WITHHELD),
    ],
)
def test_a_phone_of_the_site_is_never_a_citizens(who: Who) -> None:
    call = record(direction=who.direction, trunk=who.trunk, caller_number=who.number)
    found = numbered(call, RULES)
    assert found.caller_normalised is not None
    assert found.caller_normalised.kind is who.kind
    assert found.caller_number == who.number, "as received, it stays"
    assert INTERNAL == INTERNAL_TRUNK


def test_of_a_call_to_outside_the_dialled_number_is_understood_too() -> None:
    call = numbered(record(direction=Direction.OUTBOUND, dialled="013805610001", caller_number="1001"), RULES)
    assert call.dialled_normalised == normalised("+8613805610001", RULES)
    assert numbered(record(dialled="12345"), RULES).dialled_normalised is None


def test_it_is_kept_with_the_record_and_a_record_of_before_has_none() -> None:
    call = numbered(record(caller_number="3053000-8012"), RULES)
    assert record_of(body_of(call), "db") == call
    old = msgspec.json.decode(body_of(call))
    del old["caller_normalised"], old["dialled_normalised"]
    assert record_of(msgspec.json.encode(old).decode(), "db").caller_normalised is None


def test_told_twice_it_is_the_same() -> None:
    once = numbered(record(caller_number="013805610001"), RULES)
    assert numbered(once, RULES) == once


@given(REAL)
def test_neither_form_is_shown_in_full(real: Real) -> None:
    call = numbered(record(caller_number=f"{real.e164};ext=8012", caller_name=""), RULES)
    shown = _told(masked(call))
    assert real.nsn not in shown
    assert real.nsn[3:] not in shown
    assert "8012" not in shown
    known = masked(call).caller_normalised
    assert known is not None
    assert call.caller_normalised is not None
    assert known.kind is call.caller_normalised.kind
    assert re.search(r"\*{4}", known.e164 or "")


def _told(call: CallRecord) -> str:
    """All that it says, but for ids and times."""
    told = msgspec.json.encode([call.caller_number, call.caller_normalised, call.legs, call.timeline]).decode()
    return re.sub(r":\d+", ":0", told)


def test_short_numbers_stay_and_words_are_hidden() -> None:
    assert mask_normalised(normalised("12345", RULES)).number == "12345"
    assert mask_normalised(normalised("1001", RULES, inside=True)).number == "1001"
    assert mask_normalised(normalised("alice@example", RULES)).number == "a****"
    assert mask_normalised(normalised("anonymous", RULES)).text == ""
