"""The PBX's own message log, followed from now on: what was written before the start is no news.

No place in it is kept: it makes alarms, and an alarm is of now. Rotations are followed; a file that was cut off is read
anew from its beginning.
"""

import asyncio

import structlog

from telephony.errors import ZhitongError
from telephony.journal.files import MESSAGES, FileGone, Log, LogFiles, Logs
from telephony.journal.places import FileFacts
from telephony.live.complaints import Complaints

EVERY_S = 1.0
READ = 1 << 18
MAX_LINE = 1 << 16
"""Bytes without a line break that are waited for. What is longer is no line of Asterisk's."""

log = structlog.get_logger(__name__)


class Follower:
    """Lines of one log as they are written. ``look`` may wait for the disk; ``close`` it."""

    def __init__(self, files: LogFiles) -> None:
        self._files = files
        self._log: Log | None = None
        self._inode = 0
        self._offset = 0
        self._from_the_end = True

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def look(self) -> list[str]:
        """What has been written since the last look; at the first one nothing. Raises JournalUnreadable."""
        if self._log is None and not self._open():
            return []
        assert self._log is not None
        try:
            reading = self._log.read(self._offset, READ)
        except FileGone:
            self.close()
            return []
        if reading.facts.size is not None and reading.facts.size < self._offset:
            self._offset = 0
            return []
        lines = self._take(reading.data)
        if not reading.more and reading.named not in (None, reading.facts.inode):
            self.close()  # it was renamed, and its successor is there
        return lines

    def _take(self, data: bytes) -> list[str]:
        end = data.rfind(b"\n") + 1
        if end == 0 and len(data) >= MAX_LINE:
            end = len(data)
        self._offset += end
        return data[:end].decode("utf-8", "replace").splitlines()

    def _open(self) -> bool:
        current = next((file for file in self._files.list() if file.name == self._files.name), None)
        opened = None if current is None else self._files.open(current)
        if current is not None and opened is not None:
            self._stand_in(current, opened)
        if current is None or opened is not None:
            self._from_the_end = False
        return opened is not None

    def _stand_in(self, file: FileFacts, opened: Log) -> None:
        if file.inode != self._inode:
            self._offset = (file.size or 0) if self._from_the_end else 0
        self._log, self._inode = opened, file.inode


class Messages:
    """``run`` until cancelled; ``complaints`` are what came of it. ``problem``: why the log cannot be read, if so."""

    def __init__(self, logs: Logs) -> None:
        self.complaints = Complaints()
        self.problem: str | None = None
        self._logs = logs
        self._follower = Follower(logs.log(MESSAGES))

    async def run(self) -> None:
        try:
            while True:
                await self.look()
                await asyncio.sleep(EVERY_S)
        finally:
            self._follower.close()
            self._logs.close()

    async def look(self) -> None:
        """Once, now."""
        try:
            lines = await asyncio.to_thread(self._follower.look)
        except ZhitongError as error:
            if self.problem is None:
                log.warning("the PBX's message log cannot be read: its complaints go unseen", reason=str(error))
            self.problem = str(error)
            return
        self.problem = None
        self.complaints.take(lines)
