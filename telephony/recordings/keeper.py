"""Looks at the file of each recorded call once the call is on record, and raises an alarm when there is none.

Nobody waits for it: calls go on, and are recorded, whatever happens here.
"""

import asyncio
import time

import structlog

from telephony.errors import StoreError
from telephony.live.alarms import AlarmName, Alarms
from telephony.model.ids import MICROS_PER_SECOND, Micros, PbxName
from telephony.recordings.files import Folder, UnfitName
from telephony.recordings.judge import fate_of
from telephony.recordings.store import Recordings
from telephony.recordings.terms import Fate, Kept, State, Why

log = structlog.get_logger(__name__)

EVERY_S = 1.0
AGAIN = Micros(5 * MICROS_PER_SECOND)
"""So long after a look at a file that was not settled it is looked at again."""
LOW_SHARE = 0.05
_AT_ONCE = 50
_FAILURES = (State.NOT_RECORDED, State.INCOMPLETE)
_WHAT = {
    Why.NOT_WRITTEN: "the PBX could not write it: is the disk full, or the folder not writable for Asterisk?",
    Why.MISSING: "its file is not there",
    Why.EMPTY: "its file is empty: is the disk full?",
    Why.CUT_SHORT: "its file is shorter than the talk: is the disk full, or do phones send nothing in silence (VAD)?",
    Why.UNREADABLE: "its file may not be read by this service: give it the right to read the folder",
    Why.UNFIT: "its name leads out of the recordings folder",
}


class Keeper:
    """``run`` until cancelled. ``last_error`` says why nothing can be noted at present; None while all is well."""

    def __init__(self, recordings: Recordings, pbx: PbxName, folder: Folder, alarms: Alarms) -> None:
        self._recordings = recordings
        self._pbx = pbx
        self._folder = folder
        self._alarms = alarms
        self._here = False
        self.last_error: str | None = None

    async def run(self) -> None:
        while True:
            await self.step(Micros(time.time_ns() // 1_000))
            await asyncio.sleep(EVERY_S)

    async def step(self, now: Micros) -> None:
        """One look. Whatever fails is tried again."""
        try:
            await self._see_folder()
            await self._recordings.catch_up(self._pbx)
            while pending := await self._recordings.pending(self._pbx, Micros(now - AGAIN), _AT_ONCE):
                for kept in pending:
                    await self._look(kept)
            self._judge_disk(await asyncio.to_thread(self._free_share))
        except StoreError as error:
            self._note(str(error))
        else:
            self._note(None)

    async def _see_folder(self) -> None:
        """What was not on this machine is looked for once the folder is."""
        here = await asyncio.to_thread(lambda: self._folder.is_here)
        if here and not self._here:
            await self._recordings.look_again(self._pbx, State.ELSEWHERE)
        self._here = here

    async def _look(self, kept: Kept) -> None:
        fate = await asyncio.to_thread(self._fate, kept)
        if not await self._recordings.settle(kept.case, fate):
            return
        if fate.state in _FAILURES or fate.why is Why.UNREADABLE:
            said = _WHAT.get(fate.why, "it could not be kept") if fate.why else "it could not be kept"
            self._alarms.raise_alarm(
                AlarmName.RECORDING_FAILED, f"Call {kept.case.call_id} is not recorded, or not wholly: {said}"
            )
        elif fate.state is State.RECORDED:
            self._alarms.clear(AlarmName.RECORDING_FAILED)
        log.info("recording", call=kept.case.call_id, state=fate.state.value, why=fate.why and fate.why.value)

    def _fate(self, kept: Kept) -> Fate:
        case, before = kept.case, kept.fate.sha256
        if not self._folder.is_here:
            return fate_of(case, None, here=False)
        try:
            return fate_of(case, self._folder.look(case.path), here=True, first_sha256=before)
        except UnfitName:
            return Fate(state=State.NOT_RECORDED, why=Why.UNFIT)
        except OSError as error:
            log.warning("a recording cannot be read", call=case.call_id, reason=error.strerror)
            return Fate(state=State.PENDING, why=Why.UNREADABLE)

    # --- the disk ---------------------------------------------------------------------------------------------

    def _free_share(self) -> float | None:
        try:
            return self._folder.free_share()
        except OSError:
            return None

    def _judge_disk(self, free: float | None) -> None:
        if free is not None and free < LOW_SHARE:
            why = f"{free:.1%} is left where {self._folder.path} lies"
            self._alarms.raise_alarm(AlarmName.RECORDING_DISK_LOW, why)
        elif free is not None and free > 2 * LOW_SHARE:
            self._alarms.clear(AlarmName.RECORDING_DISK_LOW)

    def _note(self, error: str | None) -> None:
        if error is not None and self.last_error is None:
            log.warning("recordings wait for the store", reason=error)
        elif error is None and self.last_error is not None:
            log.warning("recordings are noted again")
        self.last_error = error
