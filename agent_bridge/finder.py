"""The directory of specialists as desktops search it: an index in memory that follows the store.

A change is in the index some seconds after it was made; who is on duty, and who has answered of late, is looked up each
minute. While the store is away the last that was read is searched. What takes long goes on in threads: where `zhitong
serve` has the gateway, calls are followed beside it.
"""

import asyncio
import datetime
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, NoReturn

import structlog

from agent_bridge.wire.errors import Code, Data, Wrong
from agent_bridge.wire.messages import Hit, Hits
from telephony.control.commands import Reason
from telephony.directory.search import Answers, Found, Index, Standing, Text, entries_of, on_duty_now, texts_of
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Directory
from telephony.directory.spelling import spell
from telephony.errors import StoreError, ZhitongError
from telephony.model.ids import MICROS_PER_SECOND, Micros
from telephony.records.answers import AnswersOfLate
from telephony.site.site import Site

log = structlog.get_logger(__name__)

LOOK_S = 2.0
"""Between two looks at the store's revision."""


class _Known(NamedTuple):
    directory: Directory
    texts: Index
    standing: Standing


class Finder:
    """``run`` it until cancelled. ``clock``: seconds since 1970."""

    def __init__(
        self, site: Site, store: SpecialistStore, answers: AnswersOfLate, clock: Callable[[], float] = time.time
    ) -> None:
        self._site, self._store, self._answers, self._clock = site, store, answers, clock
        self._emergencies = {number: site.emergency.title_of(number) for number in site.emergency.all}
        self._known: _Known | None = None
        self._spelt: Mapping[Text, str] = {}
        self._read: tuple[int, int] | None = None
        self._minute = 0
        self._away = False

    @property
    def ready(self) -> bool:
        """Whether the directory has been read."""
        return self._known is not None

    def search(self, query: str, limit: int) -> Hits:
        """Those that fit best. Raises Wrong until the directory has been read once."""
        if self._known is None:
            why = "The directory has not been read yet. Ask again in a moment; a number can be called all the same."
            raise Wrong(Code.REFUSED, why, Data(reason=Reason.UNAVAILABLE))
        directory, texts, standing = self._known
        hits = tuple(_hit(directory, each) for each in texts.find(query, standing, limit))
        return Hits(hits=hits, revision=directory.revision)

    async def run(self) -> NoReturn:
        while True:
            try:
                await self.look()
                self._away = False
            except ZhitongError as error:
                if not self._away:
                    log.warning("the directory cannot be followed", why=str(error))
                self._away = True
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Read what has changed. Raises StoreError."""
        now = self._clock()
        day, minute = datetime.datetime.fromtimestamp(now, datetime.UTC), int(now // 60)
        read = (await self._store.revision(), day.year)
        known = self._known
        if known is None or read != self._read:
            known = await self._anew(await self._store.directory(self._site, day))
            self._minute = 0
        if minute != self._minute:
            known = known._replace(standing=await self._standing(known, now))
        self._known, self._read, self._minute = known, read, minute

    async def _anew(self, directory: Directory) -> _Known:
        entries = await asyncio.to_thread(entries_of, directory, self._emergencies)
        texts = await asyncio.to_thread(texts_of, entries)
        spelt = {text: line for text, line in self._spelt.items() if text in texts}
        try:
            if missing := texts - spelt.keys():
                spelt |= await spell(missing)
        except ZhitongError as error:
            log.warning("the directory is not searched by sound", why=str(error))
        self._spelt = spelt
        index = await asyncio.to_thread(Index, entries, spelt)
        return _Known(directory, index, Standing(entries))

    async def _standing(self, known: _Known, now: float) -> Standing:
        try:
            await self._answers.catch_up(_micros(now))
        except StoreError as error:
            log.debug("who has answered of late is not known", why=str(error))
        answers = {code: Answers(*told) for code, told in self._answers.shares().items()}
        on_duty = await asyncio.to_thread(on_duty_now, known.directory, _micros(now))
        return await asyncio.to_thread(Standing, known.texts.entries, on_duty.union(self._emergencies), answers)


def _micros(seconds: float) -> Micros:
    return Micros(int(seconds * MICROS_PER_SECOND))


def _hit(directory: Directory, found: Found) -> Hit:
    entry, answers = found.entry, found.answers
    return Hit(
        kind=entry.kind.value,
        code=entry.code,
        name=entry.names[0],
        department=entry.department,
        department_name=directory.name_of(entry.department),
        title=entry.title,
        topics=entry.topics,
        languages=entry.languages,
        fits=found.text,
        on_duty=found.on_duty,
        offers=answers.offers if answers is not None else 0,
        answered=answers.answered if answers is not None else 0,
    )
