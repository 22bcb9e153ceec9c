"""Deletes recordings whose time has passed, keeps what is under legal hold, and leaves a certificate.

In this order, so that a kill at any moment leaves neither a deletion without a certificate nor one undone: the database
marks what is chosen (from there on it cannot be held any more), the certificate is written, the files are deleted, the
database notes it. The next run first finishes what a killed one began.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from telephony.errors import RecordingError
from telephony.model.ids import PbxName
from telephony.recordings.certificates import Certificate, Certificates, Deleted
from telephony.recordings.files import Folder, UnfitName
from telephony.recordings.store import Recordings
from telephony.recordings.terms import Found, Kept, State

AT_ONCE = 1_000
"""Recordings of one certificate."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Whose recordings, by which rule, by whose order."""

    site: str
    pbx: PbxName
    keep_days: int
    by: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did, or with ``dry`` would do. ``held`` are due and kept because of a hold; ``left`` could not be
    deleted, by path and why; ``certificates`` are the files written."""

    dry: bool = False
    deleted: tuple[Kept, ...] = ()
    held: tuple[Kept, ...] = ()
    left: dict[str, str] = {}
    certificates: tuple[str, ...] = ()


class _Chosen(msgspec.Struct, frozen=True):
    """``found``: the file, None if there is none any more."""

    kept: Kept
    found: Found | None


class Retention:
    """``run`` does it. Raises RecordingError, StoreError."""

    def __init__(
        self,
        recordings: Recordings,
        folder: Folder,
        certificates: Certificates,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._recordings = recordings
        self._folder = folder
        self._certificates = certificates
        self._now = now

    async def run(self, order: Order, *, dry: bool = False) -> Outcome:
        """Delete all that is due. With ``dry`` only say what that is."""
        if not await asyncio.to_thread(lambda: self._folder.is_here):
            raise RecordingError(
                f"The recordings folder {self._folder.path} is not on this machine. Run this where it is."
            )
        await self._recordings.catch_up(order.pbx)
        if dry:
            return await self._would(order)
        with self._certificates.alone():
            return await self._run(order)

    async def _would(self, order: Order) -> Outcome:
        due, held = await self._due(order)
        chosen, left = await self._choose(due)
        return Outcome(dry=True, deleted=tuple(each.kept for each in chosen), held=held, left=left)

    async def _due(self, order: Order) -> tuple[Sequence[Kept], tuple[Kept, ...]]:
        due, held = await self._recordings.due(order.pbx, order.keep_days), await self._recordings.held()
        return (
            [kept for kept in due if kept.case.call_id not in held],
            tuple(kept for kept in due if kept.case.call_id in held),
        )

    async def _choose(self, due: Sequence[Kept]) -> tuple[list[_Chosen], dict[str, str]]:
        """Those that can be deleted, with the file as it is now; and why others cannot."""
        chosen, left = [], {}
        for kept in due:
            why, found = await asyncio.to_thread(self._look, kept)
            if why:
                left[kept.case.path] = why
            elif found is not None or kept.fate.sha256 is not None:  # nothing was ever there: nothing to certify
                chosen.append(_Chosen(kept, found))
        return chosen, left

    def _look(self, kept: Kept) -> tuple[str, Found | None]:
        try:
            found = self._folder.look(kept.case.path)
            if not self._folder.may_delete(kept.case.path):
                return "the folder may not be written by this user", found
        except UnfitName as error:
            return str(error), None
        except OSError as error:
            return f"it cannot be read: {error.strerror}", None
        return "", found

    async def _run(self, order: Order) -> Outcome:
        left, written = await self._finish(order)
        due, held = await self._due(order)
        chosen, unfit = await self._choose([kept for kept in due if kept.fate.state is not State.DELETING])
        left |= unfit
        deleted: list[Kept] = []
        for start in range(0, len(chosen), AT_ONCE):
            gone, failed, names = await self._delete(order, chosen[start : start + AT_ONCE])
            deleted += gone
            left |= failed
            written += names
        return Outcome(deleted=tuple(deleted), held=held, left=left, certificates=tuple(written))

    async def _finish(self, order: Order) -> tuple[dict[str, str], list[str]]:
        """What a run before this one marked and did not come to delete."""
        begun = await self._recordings.claimed(order.pbx)
        numbers = {each.certificate for each in begun if each.certificate is not None}
        there = set(self._certificates.numbers())
        named = {each.path for number in numbers & there for each in self._certificates.read(number).deleted}
        await self._recordings.not_deleted([each for each in begun if each.case.path not in named])
        _, failed, written = await self._carry_out(order, [each for each in begun if each.case.path in named])
        return failed, written

    async def _delete(self, order: Order, chosen: Sequence[_Chosen]) -> tuple[list[Kept], dict[str, str], list[str]]:
        number, previous = self._certificates.next()
        claimed = await self._recordings.claim([each.kept for each in chosen], number)
        paths = {kept.case.path for kept in claimed}
        if not claimed:
            return [], {}, []
        certificate = self._certificate(
            order, number, previous, [each for each in chosen if each.kept.case.path in paths]
        )
        path = await asyncio.to_thread(self._certificates.write, certificate)
        gone, failed, more = await self._carry_out(order, claimed)
        return gone, failed, [str(path), *more]

    def _certificate(self, order: Order, number: int, previous: str, chosen: Sequence[_Chosen]) -> Certificate:
        return Certificate(
            number=number,
            previous=previous,
            at=self._now().isoformat(timespec="seconds"),
            by=order.by,
            site=order.site,
            why=f"[recording] keep_days = {order.keep_days}: kept for so many days of 24 hours after the call's end",
            keep_days=order.keep_days,
            deleted=tuple(_entry(each) for each in chosen),
        )

    async def _carry_out(self, order: Order, claimed: Sequence[Kept]) -> tuple[list[Kept], dict[str, str], list[str]]:
        """Delete what a certificate names. What cannot be deleted after all is said in a certificate of its own."""
        gone, failed = [], {}
        for kept in claimed:
            try:
                await asyncio.to_thread(self._folder.delete, kept.case.path)
                gone.append(kept)
            except (OSError, UnfitName) as error:
                failed[kept.case.path] = str(error)
        await self._recordings.deleted(gone)
        written = [await self._take_back(order, failed)] if failed else []
        await self._recordings.not_deleted([kept for kept in claimed if kept.case.path in failed])
        return gone, failed, written

    async def _take_back(self, order: Order, failed: dict[str, str]) -> str:
        number, previous = self._certificates.next()
        certificate = self._certificate(order, number, previous, ())
        why = "named in the certificate before, but could not be deleted"
        told = msgspec.structs.replace(certificate, why=why, not_deleted=failed)
        return str(await asyncio.to_thread(self._certificates.write, told))


def _entry(chosen: _Chosen) -> Deleted:
    case, fate = chosen.kept.case, chosen.kept.fate
    return Deleted(
        call_id=case.call_id,
        pbx=case.pbx,
        path=case.path,
        call_ended_at=case.ended_at,
        length_ms=fate.length_ms,
        size=fate.size,
        sha256=fate.sha256,
        sha256_then=chosen.found.sha256 if chosen.found is not None else None,
    )
