"""A reader whose logs are on another machine."""

from telephony.journal.cutting import CEL, QUEUE_LOG
from telephony.journal.errors import JournalUnreadable
from telephony.journal.places import Cursor
from telephony.journal.remote import RemoteLogs
from telephony.journal.tail import Tail
from tests.unit.telephony.journal.pens import PBX, Pen, Reader


class FarReader(Reader):
    """Reads ``pen``'s log through ``logs``; what goes wrong on the way is kept in ``troubles``."""

    def __init__(self, pen: Pen, logs: RemoteLogs, cursor: Cursor | None = None) -> None:
        self.logs = logs
        self.troubles: list[JournalUnreadable] = []
        super().__init__(pen.path, cursor)

    def _begin(self, cursor: Cursor | None) -> None:
        if self.path.name == "queue_log":
            self.tail = Tail(self.logs.log("queue_log"), QUEUE_LOG, PBX, cursor)
        else:
            self.tail = Tail(self.logs.log("cel"), CEL, PBX, cursor)

    def restart(self) -> None:
        """As after a crash: the link is gone, too."""
        self.logs.close()
        super().restart()

    def try_to_look(self, times: int = 1, every: float = 0.2) -> None:
        for _ in range(times):
            try:
                self.look(1, every)
            except JournalUnreadable as error:
                self.troubles.append(error)
