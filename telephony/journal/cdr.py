"""Rows of Asterisk's call detail records, as dialplans renders them for cdr_custom (dialplans/README.md, "Logs"). Pure.

A row is written when the channel that it is named by has ended: one for each phone that this channel was put through
to, or that was rung for it, and one for what it did besides. The beginning and the end are to the microsecond. A row
that was not answered has the answer 0.
"""

import csv
import re

import msgspec

from telephony.journal.rows import RowId
from telephony.model.ids import MICROS_PER_SECOND, Linkedid, Micros, QueueName, Uniqueid
from telephony.model.met import queue_behind

CDR_FIELDS = 18
_CDR_VERSION, _CDR_END = "d1", "."
_TIME = re.compile(r"\d{1,11}\.\d{6}", re.ASCII)


class CdrRow(msgspec.Struct, frozen=True, gc=False):
    """What became of ``channel`` with ``dst_channel`` (empty: with nobody). ``sequence`` tells rows apart between two
    starts of the PBX."""

    start: Micros
    answer: Micros | None
    end: Micros
    disposition: str  # ANSWERED, NO ANSWER, BUSY, FAILED, CONGESTION
    uniqueid: Uniqueid
    linkedid: Linkedid
    sequence: int
    channel: str
    dst_channel: str
    src: str
    dst: str
    context: str
    app: str
    app_data: str
    row_id: RowId | None = None

    @property
    def at(self) -> Micros:
        """No earlier than this it was written."""
        return self.end

    @property
    def queue(self) -> QueueName | None:
        """The queue that the channel stood in when the row ended."""
        return queue_behind(self.app_data.partition(",")[0]) if self.app == "Queue" else None


def cdr_row(text: str, row_id: RowId | None = None) -> CdrRow | None:
    """The row of this text, or None when it is not a whole one of ours."""
    try:
        records = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    fields = records[0] if len(records) == 1 else []
    if len(fields) != CDR_FIELDS or (fields[0], fields[-1]) != (_CDR_VERSION, _CDR_END):
        return None
    if not all(map(_TIME.fullmatch, fields[1:4])) or not fields[7] or not _is_number(fields[9]):
        return None
    return _cdr_row(fields, row_id)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _cdr_row(fields: list[str], row_id: RowId | None) -> CdrRow:
    start, answer, end = (_micros(text) for text in fields[1:4])
    return CdrRow(
        start=start,
        answer=answer or None,
        end=end,
        disposition=fields[6],
        uniqueid=Uniqueid(fields[7]),
        linkedid=Linkedid(fields[8]),
        sequence=int(fields[9]),
        channel=fields[10],
        dst_channel=fields[11],
        src=fields[12],
        dst=fields[13],
        context=fields[14],
        app=fields[15],
        app_data=fields[16],
        row_id=row_id,
    )


def _micros(text: str) -> Micros:
    seconds, _, micros = text.partition(".")
    return Micros(int(seconds) * MICROS_PER_SECOND + int(micros))
