"""The logs of a PBX told again, and held against the records of the same calls."""

from collections.abc import Iterable
from pathlib import Path

from telephony.journal.differences import differences
from telephony.journal.reader import LogReader
from telephony.journal.rebuild import rebuild_records
from telephony.model.ids import CallId, Micros, PbxName
from telephony.records.record import CallRecord

PBX = PbxName("pbx1")
_STEP = 3_000_000
BUSY = Micros(200_000)
"""AMI stamps an event when it is passed on: on a machine short of processor time that is up to 0.12 s after CEL."""


def by_the_logs(folder: Path) -> dict[CallId, CallRecord]:
    """Every call that is over, by the logs in this folder alone; they must have no flaw."""
    reader = LogReader(folder, PBX, {})
    found: dict[CallId, CallRecord] = {}
    try:
        for number in range(1, 200):
            look = reader.look(Micros(number * _STEP))
            assert look.flaws == ()
            for finished in look.finished:
                found |= {record.call_id: record for record in rebuild_records(PBX, finished.calls)}
    finally:
        reader.close()
    return found


def assert_same(records: Iterable[CallRecord], folder: Path) -> None:
    """The logs give the same calls as were seen, equal in all that logs can tell."""
    seen = {record.call_id: record for record in records}
    told = by_the_logs(folder)
    assert told.keys() == seen.keys()
    told_apart = {call_id: differences(seen[call_id], told[call_id], BUSY) for call_id in seen}
    wrong = {call_id: [str(each) for each in found] for call_id, found in told_apart.items() if found}
    assert not wrong
