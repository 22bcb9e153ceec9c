"""Book 2: call detail records, one quoted row for each pair of parties:

``"d1",start,answer,end,duration,billsec,disposition,uniqueid,linkedid,sequence,channel,dstchannel,src,dst,
dcontext,lastapp,lastdata,"."`` with times as seconds and microseconds.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from tests.judge.findings import Kind, Pad
from tests.judge.times import parse_stamp

BOOK = "CDR"
_COLUMNS = 18
_CHANNEL = re.compile(r"^PJSIP/(?P<endpoint>.+)-[0-9a-f]{8}(?:;[12])?$")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what became of ``channel`` (party A) with ``dstchannel`` (party B, may be empty)."""

    start: int
    answer: int | None
    end: int
    disposition: str
    uniqueid: str
    linkedid: str
    sequence: int
    channel: str
    dstchannel: str
    src: str
    dst: str
    dcontext: str
    lastapp: str
    lastdata: str

    @property
    def endpoint(self) -> str:
        """The PJSIP endpoint that party A is, or an empty text."""
        return endpoint_of(self.channel)

    @property
    def phone(self) -> str:
        """The PJSIP endpoint that party B is, or an empty text."""
        return endpoint_of(self.dstchannel)

    @property
    def by_queue(self) -> bool:
        return self.lastapp.casefold() == "queue"

    @property
    def queue(self) -> str:
        return self.lastdata.partition(",")[0] if self.by_queue else ""


def endpoint_of(channel: str) -> str:
    match = _CHANNEL.match(channel)
    return match["endpoint"] if match else ""


def read(path: Path, pad: Pad) -> list[Row]:
    """All whole rows of the book, in its order; a row that cannot be read, or is there twice, becomes a finding."""
    return parse(path.read_text(encoding="utf-8", errors="replace"), pad)


def parse(text: str, pad: Pad) -> list[Row]:
    rows: dict[tuple[str, int], Row] = {}
    for number, cells in enumerate(csv.reader(io.StringIO(text)), start=1):
        row = _row(cells)
        if row is None:
            pad.find(Kind.TORN, "", BOOK, f"row {number} is not whole: {','.join(cells)[:80]!r}", (BOOK,))
        elif (row.uniqueid, row.sequence) in rows:
            text = f"row {number} (uniqueid {row.uniqueid}, sequence {row.sequence}) is there twice"
            pad.find(Kind.BOOKS, "", "rows", text, (BOOK,))
        else:
            rows[row.uniqueid, row.sequence] = row
    return list(rows.values())


def _row(cells: list[str]) -> Row | None:
    if len(cells) != _COLUMNS or cells[0] != "d1" or cells[-1] != ".":
        return None
    try:
        start, answer, end = (parse_stamp(cell) for cell in cells[1:4])
        sequence = int(cells[9])
    except ValueError:
        return None
    if start is None or end is None:
        return None
    return Row(start, answer, end, cells[6], cells[7], cells[8], sequence, *cells[10:17])
