"""Who of the directory has answered of late, kept up with the records: for whom to prefer while somebody searches."""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from telephony.database.database import Database
from telephony.errors import StoreError
from telephony.model.ids import MICROS_PER_SECOND, CallId, Micros
from telephony.records.asked import Came, asked_in
from telephony.records.feed import newest_revision
from telephony.records.query import CallQuery
from telephony.records.record import CallRecord
from telephony.records.rows import record_of
from telephony.records.schema import call_changes, calls
from telephony.records.store import RecordStore

WINDOW = 30 * 24 * 3_600 * MICROS_PER_SECOND
"""What is longer ago says little of who answers now."""
_AT_ONCE = 50
"""Records read in one go: they are read where calls are followed, too, and must hold nothing up."""
_HAS_ANY = calls.c.body.contains('"invitations":[{', autoescape=True)

_Told = tuple[Micros, tuple[tuple[str, bool], ...]]


class AnswersOfLate:
    """Made again from the records at each start; ``catch_up`` now and then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._calls: dict[CallId, _Told] = {}
        self._revision: int | None = None

    async def catch_up(self, now: Micros) -> bool:
        """Learn what has come to be known since; whether that is anything. Raises StoreError."""
        since = Micros(now - WINDOW)
        if self._revision is None:
            await self._begin(since)
            return True
        old = [call_id for call_id, (at, _) in self._calls.items() if at < since]
        for call_id in old:
            del self._calls[call_id]
        return await self._follow(since) or bool(old)

    def shares(self) -> Mapping[str, tuple[int, int]]:
        """Of each code, a department's too: how often they were asked and could have come, and how often they did."""
        offers: Counter[str] = Counter()
        answered: Counter[str] = Counter()
        for _, told in self._calls.values():
            for code, came in told:
                offers[code] += 1
                answered[code] += came
        return {code: (offered, answered[code]) for code, offered in offers.items()}

    async def _begin(self, since: Micros) -> None:
        async with self._database.reading() as connection:
            revision = await newest_revision(connection)
        store, query = RecordStore(self._database), CallQuery(since=since, limit=_AT_ONCE)
        more: CallQuery | None = query
        while more is not None:
            page = await store.find(more, _HAS_ANY)
            self._take(page.records)
            more = CallQuery(since=since, limit=_AT_ONCE, after=page.next) if page.next else None
        self._revision = revision

    async def _follow(self, since: Micros) -> bool:
        """Of a call that has become a part of another one nothing is left under its own id."""
        joined = call_changes.outerjoin(calls, calls.c.call_id == call_changes.c.call_id)
        changed = select(call_changes.c.revision, call_changes.c.call_id, calls.c.body).select_from(joined)
        changed = changed.where(or_(calls.c.body.is_(None), _HAS_ANY)).order_by(call_changes.c.revision)
        news, full = False, True
        while full:
            async with self._database.reading() as connection:
                newest = await newest_revision(connection)  # before the rows: those that come between are among them
                further = changed.where(call_changes.c.revision > self._revision).limit(_AT_ONCE)
                rows = (await connection.execute(further)).all()
            for row in rows:
                news = self._take_again(CallId(row.call_id), row.body, since) or news
            full = len(rows) == _AT_ONCE
            self._revision = max(rows[-1].revision if rows else 0, 0 if full else newest)
        return news

    def _take_again(self, call_id: CallId, body: str | None, since: Micros) -> bool:
        """Whether anything is another than before. One that cannot be read keeps no other from being read."""
        before = self._calls.pop(call_id, None)
        with contextlib.suppress(StoreError):
            record = None if body is None else record_of(body, self._database.place)
            if record is not None and record.received_at >= since:
                self._take([record])
        return self._calls.get(call_id) != before

    def _take(self, records: Sequence[CallRecord]) -> None:
        for record in records:
            told = tuple(
                (asked.code or asked.department, asked.came is Came.ANSWERED)
                for asked in asked_in(record)
                if asked.came is not Came.TAKEN_BACK
            )
            if told:
                self._calls[record.call_id] = (record.received_at, told)
