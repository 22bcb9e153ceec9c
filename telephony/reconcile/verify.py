"""Whether daily figures still hold: each against the records, its signature, its predecessors and its file."""

import asyncio
import datetime
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from telephony.model.ids import CallId
from telephony.reconcile.canonical import hash_of
from telephony.reconcile.days import bounds
from telephony.reconcile.errors import FigureError
from telephony.reconcile.figure import Figure, is_signed_with, name_of
from telephony.reconcile.figures import FigureStore, Kept
from telephony.reconcile.nightly import different, file_name


class Problem(StrEnum):
    """Why a figure does not hold."""

    CHANGED = "changed"  # by a change that was written as one: the next revision will tell of it
    ALTERED = "altered"  # without such a change
    COUNTS = "counts"  # the hash holds and the counts do not
    MISFILED = "misfiled"  # a record's searched columns contradict it
    DIGESTS = "digests"  # what is kept of the calls is not what the figure was made from
    SIGNATURE = "signature"
    OTHER_KEY = "other key"  # signed with a key that is not in secrets.toml
    CHAIN = "chain"  # its predecessor, or the figure before it, is not the one it names
    NO_FILE = "no file"
    OTHER_FILE = "other file"


class Check(msgspec.Struct, frozen=True):
    """What was found of one figure. ``calls``: those that a problem names, without what they say."""

    figure: Figure
    problems: dict[Problem, tuple[CallId, ...]]

    @property
    def holds(self) -> bool:
        """Whether there is nothing against it."""
        return not self.problems


async def verify(store: FigureStore, key: str, folder: Path, day: str | None = None) -> list[Check]:
    """Every figure (of this day) checked, in order of their numbers; only the latest of a day can hold against the
    records. Raises FigureError when there is none, and StoreError."""
    kept = await store.all(day)
    if not kept:
        which = "" if day is None else f" of {day}"
        raise FigureError(
            f"There is no daily figure{which}. `zhitong reconcile nightly` makes those of all days that are over."
        )
    latest = {each.figure.day: each.figure.number for each in kept}
    return [await _check(store, key, folder, each, latest[each.figure.day] == each.figure.number) for each in kept]


async def _check(store: FigureStore, key: str, folder: Path, kept: Kept, latest: bool) -> Check:
    problems: dict[Problem, tuple[CallId, ...]] = {}
    problems |= dict.fromkeys(_signature(kept, key), ())
    problems |= dict.fromkeys(await _chain(store, kept), ())
    problems |= dict.fromkeys(await asyncio.to_thread(_file, kept, folder), ())
    if latest:
        problems |= await _records(store, kept)
    return Check(kept.figure, problems)


def _signature(kept: Kept, key: str) -> list[Problem]:
    if is_signed_with(kept.body, key):
        return []
    return [Problem.SIGNATURE if kept.figure.key == name_of(key) else Problem.OTHER_KEY]


async def _chain(store: FigureStore, kept: Kept) -> list[Problem]:
    figure = kept.figure
    before = await store.numbered(figure.number - 1)
    earlier = [each for each in await store.all(figure.day) if each.figure.revision == figure.revision - 1]
    told = (figure.before, figure.predecessor)
    found = (None if before is None else before.digest, earlier[0].digest if earlier else None)
    return [] if told == found else [Problem.CHAIN]


def _file(kept: Kept, folder: Path) -> list[Problem]:
    try:
        said = msgspec.json.decode((folder / file_name(kept.figure)).read_bytes())
    except FileNotFoundError:
        return [Problem.NO_FILE]
    except (OSError, msgspec.DecodeError, ValueError):
        return [Problem.OTHER_FILE]
    return [] if said == msgspec.json.decode(kept.body) else [Problem.OTHER_FILE]


async def _records(store: FigureStore, kept: Kept) -> dict[Problem, tuple[CallId, ...]]:
    figure = kept.figure
    read = await store.read_day(*bounds(datetime.date.fromisoformat(figure.day), figure.zone))
    told = await store.digests(figure.day)
    differing = different(told, read.digests)
    accounted = await store.accounted(differing, kept.calls_revision)
    found: dict[Problem, Sequence[CallId]] = {
        Problem.CHANGED: sorted(accounted),
        Problem.ALTERED: sorted(differing - accounted),
        Problem.MISFILED: sorted({*read.misfiled, *read.damaged}),
    }
    problems = {problem: tuple(calls) for problem, calls in found.items() if calls}
    holds = hash_of(read.digests) == figure.hash
    problems |= dict.fromkeys(_sums(holds, hash_of(told) == figure.hash, read.counts == figure.counts), ())
    return problems


def _sums(holds: bool, digests_hold: bool, counts_hold: bool) -> Iterator[Problem]:
    if not digests_hold:
        yield Problem.DIGESTS
    if holds and not counts_hold:
        yield Problem.COUNTS
