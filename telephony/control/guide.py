"""Keeps the directory as it is now for whoever asks, and tells the PBX ahead of time who is on duty (law 8): so that an
agent may key a code with the bridge away.

The global variable ``ZT_DIR_<code>`` holds whom to ring for a code now (``telephony.directory.plan.guide_text``). All
of them are written at each login, and when the PBX has lost them (a reload of its dialplan forgets global variables);
else only what has changed.
"""

import asyncio
import contextlib
import datetime
import secrets
import time
from collections.abc import Sequence

import structlog

from telephony.ami.actions import Getvar, Setvar
from telephony.control.limiter import wall_now
from telephony.control.reach import Act
from telephony.directory.plan import guide_text
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Directory
from telephony.errors import AmiError, StoreError
from telephony.model.changes import Change, EpochBegan
from telephony.model.ids import Micros
from telephony.site.site import Site

log = structlog.get_logger(__name__)

EVERY_S = 5.0
"""So late at most a change of the directory is followed."""
AGAIN_S = 30.0
"""So late at most who comes on duty, or goes off, is told; and what the PBX has lost."""
_AT_A_TIME = 50
_DEADLINE_S = 5.0
MARK = "ZT_DIR"
"""Holds a word of ours for as long as the PBX has what was told."""


class Guide:
    """``fold`` is a sink for changes; ``run`` until cancelled."""

    def __init__(self, site: Site, store: SpecialistStore, act: Act) -> None:
        self._site = site
        self._store = store
        self._act = act
        self._directory: Directory | None = None
        self._year = 0
        self._told: dict[str, str] = {}
        self._told_of: Directory | None = None
        self._mark = ""
        self._again = 0.0  # when all is looked at again (monotonic)
        self._woken = asyncio.Event()
        self._failing = False  # to read
        self._untold = False  # since the PBX could not be reached
        self._began = False  # a PBX was there

    def fold(self, changes: Sequence[Change]) -> None:
        """Take in a batch of changes."""
        if any(isinstance(change, EpochBegan) for change in changes):
            self._mark, self._again, self._untold, self._began = "", 0.0, False, True
            self._woken.set()

    async def now(self, wanted: str = "") -> Directory:
        """The directory as it was last read; looked at again when nobody in it has this code. Raises StoreError while
        it never was read."""
        known = self._directory
        if known is None:
            await self._read()
        elif wanted and known.department(wanted) is None and known.specialist(wanted) is None:
            with contextlib.suppress(StoreError):
                await self._read()
        assert self._directory is not None  # read, or StoreError was raised
        return self._directory

    async def run(self) -> None:
        while True:
            await self.step(time.monotonic())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._woken.wait()
            self._woken.clear()

    async def step(self, now: float) -> None:
        """Follow the store, and tell the PBX what is due. While the database is away, all stays as it was."""
        try:
            await self._read()
        except StoreError as error:
            if not self._failing:
                log.warning("the directory of specialists cannot be read", reason=str(error))
            self._failing = True
        else:
            self._failing = False
        directory = self._directory
        if self._began and directory is not None and (directory is not self._told_of or now >= self._again):
            await self._tell(directory, now)

    async def _read(self) -> None:
        """Anew if it has changed, or another year has begun. Raises StoreError."""
        today = datetime.datetime.now(datetime.UTC)
        known = self._directory
        if known is not None and self._year == today.year and known.revision == await self._store.revision():
            return
        self._directory = await self._store.directory(self._site, today)
        self._year = today.year

    async def _tell(self, directory: Directory, now: float) -> None:
        try:
            await self._check_mark()
            await self._write(directory, wall_now())
        except AmiError as error:
            if not self._untold:
                log.info("who is on duty could not be told", reason=str(error))
            self._untold = True
            return  # and is, at the next step
        self._told_of, self._again, self._untold = directory, now + AGAIN_S, False

    async def _check_mark(self) -> None:
        """Without ours the PBX has forgotten all, or never knew it. Raises AmiError."""
        reply = await self._act(Getvar(MARK), _DEADLINE_S) if self._mark else None
        if reply is None or reply.headers.get("Value", "") != self._mark:
            self._told.clear()
            self._mark = secrets.token_hex(4)
            await self._act(Setvar(MARK, self._mark), _DEADLINE_S)

    async def _write(self, directory: Directory, at: Micros) -> None:
        """What differs from what was told. Raises AmiError."""
        gone = self._told.keys() - set(directory.codes())
        for number, code in enumerate([*sorted(gone), *directory.codes()]):
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)  # a large directory takes its time, and calls go on meanwhile
            text = "" if code in gone else guide_text(directory, code, at)
            if self._told.get(code) != text:
                await self._act(told(code, text), _DEADLINE_S)
                self._told[code] = text
            if code in gone:
                del self._told[code]


def told(code: str, text: str) -> Setvar:
    """What tells the PBX whom to ring for this code."""
    return Setvar(f"ZT_DIR_{code}", text)
