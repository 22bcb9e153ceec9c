"""Call records with what became of their recordings, for who shows or exports them."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from telephony.model.ids import CallId
from telephony.recordings.store import Recordings
from telephony.recordings.terms import Kept
from telephony.records.record import CallRecord, RecordingFile

_AT_ONCE = 200


async def with_files(recordings: Recordings, records: AsyncIterator[CallRecord]) -> AsyncIterator[CallRecord]:
    """The same records in the same order. Some hundred are held in memory at a time."""
    page: list[CallRecord] = []
    async for record in records:
        page.append(record)
        if len(page) == _AT_ONCE:
            for joined in await joined_page(recordings, page):
                yield joined
            page = []
    for joined in await joined_page(recordings, page):
        yield joined


async def joined_page(recordings: Recordings, records: Sequence[CallRecord]) -> list[CallRecord]:
    """A page of them."""
    wanted = [record.call_id for record in records if record.recording]
    found = await recordings.of_calls(wanted) if wanted else {}
    held = await recordings.held() if found else frozenset[CallId]()
    return [
        msgspec.structs.replace(record, recording_file=_file(found[record.call_id], record.call_id in held))
        if record.call_id in found
        else record
        for record in records
    ]


def _file(kept: Kept, held: bool) -> RecordingFile:
    fate = kept.fate
    return RecordingFile(
        state=fate.state.value,
        why=fate.why.value if fate.why is not None else None,
        length_ms=fate.length_ms,
        size=fate.size,
        sha256=fate.sha256,
        held=held,
    )
