"""The product's call records, one JSON object a line: read as a document, with no knowledge of the code behind it.

Only what the judge looks at is taken out; a field that is not there reads as null.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.judge.findings import Kind, Pad

BOOK = "records"


@dataclass(frozen=True, slots=True)
class Offer:
    member: str
    queue: str
    uniqueid: str
    at: int
    ended_at: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Record:
    """One call record. ``raw`` is the whole of it."""

    line: int
    call_id: str
    uniqueids: tuple[str, ...]
    direction: str
    caller_number: str
    received_at: int
    ended_at: int
    outcome: str
    provenance: str
    estimated: tuple[str, ...]
    offers: tuple[Offer, ...]
    raw: dict[str, Any]

    def text(self, name: str) -> str | None:
        value = self.raw.get(name)
        return None if value is None else str(value)

    def micros(self, name: str) -> int | None:
        value = self.raw.get(name)
        return None if value is None else int(value)

    def rows(self, name: str) -> list[dict[str, Any]]:
        return list(self.raw.get(name) or ())


def read(path: Path, pad: Pad) -> list[Record]:
    """All records of the file; a line that is no record becomes a finding."""
    return parse(path.read_text(encoding="utf-8"), pad)


def parse(text: str, pad: Pad) -> list[Record]:
    records = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            records.append(_unmasked(_record(number, json.loads(line))))
        except (ValueError, KeyError, TypeError) as error:
            pad.find(Kind.TORN, "", BOOK, f"line {number} is no call record ({error!r}): {line[:80]!r}")
    return records


def _unmasked(record: Record) -> Record:
    if "*" in record.caller_number:
        raise ValueError(f"the number {record.caller_number} is masked; export the records unmasked")
    return record


def _record(line: int, raw: dict[str, Any]) -> Record:
    return Record(
        line=line,
        call_id=str(raw["call_id"]),
        uniqueids=tuple(raw["uniqueids"]),
        direction=str(raw["direction"]),
        caller_number=str(raw["caller_number"]),
        received_at=int(raw["received_at"]),
        ended_at=int(raw["ended_at"]),
        outcome=str(raw["outcome"]),
        provenance=str(raw.get("provenance", "")),
        estimated=tuple(raw.get("estimated") or ()),
        offers=tuple(_offer(offer) for offer in raw.get("offers") or ()),
        raw=raw,
    )


def _offer(raw: dict[str, Any]) -> Offer:
    ended = raw.get("ended_at")
    return Offer(
        member=str(raw["member"]),
        queue=str(raw["queue"]),
        uniqueid=str(raw["uniqueid"]),
        at=int(raw["at"]),
        ended_at=None if ended is None else int(ended),
        outcome=str(raw["outcome"]),
    )
