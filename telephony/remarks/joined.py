"""Call records with what people have said of them, for who shows or exports them."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from telephony.records.record import CallRecord
from telephony.remarks.store import Remarks

_AT_ONCE = 200


async def with_remarks(remarks: Remarks, records: AsyncIterator[CallRecord]) -> AsyncIterator[CallRecord]:
    """The same records in the same order. Some hundred are held in memory at a time."""
    page: list[CallRecord] = []
    async for record in records:
        page.append(record)
        if len(page) == _AT_ONCE:
            for joined in await joined_page(remarks, page):
                yield joined
            page = []
    for joined in await joined_page(remarks, page):
        yield joined


async def joined_page(remarks: Remarks, records: Sequence[CallRecord]) -> list[CallRecord]:
    """A page of them."""
    found = await remarks.of([record.call_id for record in records]) if records else {}
    return [msgspec.structs.replace(record, remarks=found.get(record.call_id)) for record in records]
