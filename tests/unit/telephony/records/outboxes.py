"""What the tests of the outbox share."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from telephony.records.outbox import Limits, Outbox
from telephony.records.record import CallRecord
from telephony.records.spool import body_of

SMALL = Limits(memory=50, window=5, group=3, retry=0.001, segment_bytes=6_000)


@asynccontextmanager
async def outbox_in(folder: Path, limits: Limits = SMALL) -> AsyncIterator[Outbox]:
    outbox = await Outbox.open(folder, limits)
    try:
        yield outbox
    finally:
        await outbox.close()


async def synced(outbox: Outbox) -> None:
    async with asyncio.timeout(10):
        await outbox.sync()


async def taken(outbox: Outbox, at_once: int = 3) -> list[CallRecord]:
    """All that waits, taken away as the writer does."""
    records: list[CallRecord] = []
    while some := await outbox.oldest(at_once):
        records += some
        outbox.drop(len(some))
    return records


def put(outbox: Outbox, records: Sequence[CallRecord]) -> int:
    """How many were taken."""
    return sum(outbox.put(one) for one in records)


def in_memory(outbox: Outbox) -> int:
    return len({*outbox._window, *outbox._beyond, *outbox._unsaved, *outbox._saving})


def block(folder: Path) -> None:
    """No folder can be made there."""
    folder.write_text("in the way")


def clear(folder: Path) -> None:
    folder.unlink()


def move(source: Path, target: Path) -> Path:
    return source.replace(target)


def take_away(path: Path) -> bytes:
    content = path.read_bytes()
    path.unlink()
    return content


def newer(path: Path) -> None:
    """Make the second line one that a newer program has written."""
    lines = path.read_bytes().splitlines(keepends=True)
    body = body_of(lines[1])
    assert body is not None
    body = body.replace(b'"outcome":"answered"', b'"outcome":"teleported"')
    lines[1] = b"%08x %s\n" % (zlib.crc32(body), body)
    path.write_bytes(b"".join(lines))


def files(folder: Path) -> dict[str, int]:
    """Their sizes; the outbox may delete one meanwhile."""
    found: dict[str, int] = {}
    for path in sorted(folder.iterdir()):
        with suppress(FileNotFoundError):
            found[path.name] = path.stat().st_size
    return found
