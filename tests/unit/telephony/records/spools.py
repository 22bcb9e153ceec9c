"""What the tests of the outbox's files share."""

from collections.abc import Sequence
from pathlib import Path

from telephony.records.record import CallRecord
from telephony.records.spool import Extent, Spool


def content(spool: Spool, extents: Sequence[Extent], at_once: int = 7) -> list[CallRecord]:
    records: list[CallRecord] = []
    for extent in extents:
        rest: Extent | None = extent
        while rest is not None:
            read = spool.read(rest, at_once)
            assert len(read.records) + read.unknown <= at_once
            records += read.records
            rest = read.rest
    return records


def left_in(folder: Path) -> list[CallRecord]:
    """What the next start finds."""
    spool = Spool(folder)
    try:
        return content(spool, spool.open())
    finally:
        spool.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def whole_file(folder: Path, records: Sequence[CallRecord]) -> tuple[Path, bytes]:
    spool = Spool(folder)
    spool.open()
    segment, _ = spool.append(records)
    spool.close()
    return segment.path, segment.path.read_bytes()
