"""Remarks to test with."""

from typing import Any

from telephony.model.ids import CallId, Micros, PbxName
from telephony.remarks.remark import Remark
from tests.unit.telephony.records.samples import START, call_id

PBX = PbxName("pbx1")


def remark(number: int, call: CallId | None = None, *, who: str = "1001", by: str = "", **said: Any) -> Remark:
    """The ``number``-th remark of a test: a note on the first call of the samples, if nothing else is said."""
    return Remark(
        key=f"k{number}",
        call_id=call or call_id(1),
        pbx=PBX,
        at=Micros(START + number * 1_000_000),
        who=who,
        by=by or who,
        **(said or {"note": f"note {number}"}),
    )
