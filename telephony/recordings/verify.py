"""Are the files still what they were? Hashes them again, and looks for files that nobody knows."""

import asyncio

import msgspec

from telephony.errors import RecordingError
from telephony.model.ids import PbxName
from telephony.recordings.files import Folder, UnfitName
from telephony.recordings.store import RecordingQuery, Recordings
from telephony.recordings.terms import State, Why

STRANGERS = 100
"""So many are named at most."""


class Verdict(msgspec.Struct, frozen=True):
    """``wrong``: by path, why. ``strangers``: files below the folder that are not on record, perhaps of calls that are
    going on, the first hundred."""

    looked_at: int
    wrong: dict[str, Why]
    strangers: tuple[str, ...]


async def verify(recordings: Recordings, pbx: PbxName, folder: Folder, query: RecordingQuery) -> Verdict:
    """Raises RecordingError where the folder is not on this machine."""
    if not await asyncio.to_thread(lambda: folder.is_here):
        raise RecordingError(f"The recordings folder {folder.path} is not on this machine. Run this where it is.")
    count, wrong = 0, {}
    async for kept in recordings.every(query):
        if kept.case.pbx == pbx:
            count += 1
            why = await asyncio.to_thread(_look, folder, kept.case.path, kept.fate.sha256)
            if why is not None:
                wrong[kept.case.path] = why
    return Verdict(count, wrong, await _strangers(recordings, pbx, folder))


def _look(folder: Folder, path: str, sha256: str | None) -> Why | None:
    try:
        found = folder.look(path)
    except UnfitName:
        return Why.UNFIT
    except OSError:
        return Why.UNREADABLE
    if found is None:
        return Why.MISSING
    return None if found.sha256 == sha256 else Why.ALTERED


async def _strangers(recordings: Recordings, pbx: PbxName, folder: Folder) -> tuple[str, ...]:
    known = {
        kept.case.path
        async for kept in recordings.every(RecordingQuery())
        if kept.case.pbx == pbx and kept.fate.state is not State.DELETED
    }
    there = await asyncio.to_thread(lambda: list(folder.names()))
    return tuple(sorted(name for name in there if name not in known)[:STRANGERS])
