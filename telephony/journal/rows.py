"""Rows of Asterisk's own logs: one CEL record, one line of queue_log. Pure.

The layout of a CEL row is rendered by dialplans (dialplans/README.md, "Logs"); that of queue_log is Asterisk's own
(``main/logger.c``, ``ast_queue_log``). Text is UTF-8, with U+FFFD for what is not. Neither log is escaped by whoever
called: a CEL field may hold anything, even a line break, and so may what follows the event in queue_log.
"""

import csv
import re
from collections.abc import Mapping

import msgspec

from telephony.model.ids import MICROS_PER_SECOND, Linkedid, Micros, PbxName, QueueName, Uniqueid
from telephony.model.met import queue_behind

CEL_FIELDS = 16
_CEL_VERSION, _CEL_END = "c1", "."
_CEL_TIME = re.compile(r"\d{1,11}\.\d{6}", re.ASCII)
_QUOTED_PAIR = re.compile(r'\\(["\\])')
_QUEUE_LINE = re.compile(r"(\d{10})\|([^|]*)\|([^|]*)\|([^|]*)\|([A-Z]+)\|(.*)", re.ASCII | re.DOTALL)


class RowId(msgspec.Struct, frozen=True, gc=False, order=True):
    """Which row of which file: ``file`` is the file's fingerprint, ``offset`` counts bytes."""

    pbx: PbxName
    file: str
    offset: int


class CelRow(msgspec.Struct, frozen=True, gc=False):
    """One row of zhitong-cel.csv. ``linkedid`` and ``name`` are the channel's as of this event.

    ``caller_name`` is what the caller meant: of a name that came by SIP, Asterisk keeps the backslashes of the quoted
    string it stood in (RFC 3261 §25.1, quoted-pair).
    """

    at: Micros
    event: str  # CHAN_START, HANGUP …; of our own rows USER_DEFINED
    user_event: str  # ZT_ENTRY …
    uniqueid: Uniqueid
    linkedid: Linkedid
    name: str
    number: str
    caller_name: str
    exten: str
    context: str
    app: str
    app_data: str
    extra: str
    row_id: RowId | None = None

    @property
    def details(self) -> Mapping[str, object]:
        """What the event adds, decoded; empty when it adds nothing or cannot be read."""
        try:
            found = msgspec.json.decode(self.extra) if self.extra else {}
        except msgspec.DecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    def detail(self, key: str) -> str:
        """One of ``details`` as text; empty when there is none."""
        value = self.details.get(key)
        return "" if value is None else str(value)

    @property
    def words(self) -> Mapping[str, str]:
        """The ``k=v&k=v`` of a row of our own dialplan."""
        pairs = (pair.partition("=") for pair in self.detail("extra").split("&"))
        return {key: value for key, found, value in pairs if found}


class QueueLine(msgspec.Struct, frozen=True, gc=False):
    """One line of queue_log. ``second`` is the whole second it was written in (floor, once in a while one less).

    ``data`` is everything after the event as it stands: it may hold text of a caller's, bars included.
    """

    second: int
    callid: str  # Uniqueid of the channel that runs Queue(); NONE, MANAGER, CLI … for lines of no call
    queue: QueueName
    agent: str  # member name; NONE for the caller's own events
    event: str
    data: str
    row_id: RowId | None = None

    @property
    def at(self) -> Micros:
        """The beginning of its second."""
        return Micros(self.second * MICROS_PER_SECOND)

    def field(self, number: int) -> str:
        """The ``number``-th field of ``data``, from 0. For events whose data is Asterisk's own only."""
        fields = self.data.split("|")
        return fields[number] if number < len(fields) else ""


def cel_row(text: str, row_id: RowId | None = None) -> CelRow | None:
    """The row of this text, or None when it is not a whole one of ours."""
    try:
        records = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    fields = records[0] if len(records) == 1 else []
    if len(fields) != CEL_FIELDS or (fields[0], fields[-1]) != (_CEL_VERSION, _CEL_END):
        return None
    if not _CEL_TIME.fullmatch(fields[1]) or not fields[4]:
        return None
    return _cel_row(fields, row_id)


def _cel_row(fields: list[str], row_id: RowId | None) -> CelRow:
    seconds, _, micros = fields[1].partition(".")
    return CelRow(
        at=Micros(int(seconds) * MICROS_PER_SECOND + int(micros)),
        event=fields[2],
        user_event=fields[3],
        uniqueid=Uniqueid(fields[4]),
        linkedid=Linkedid(fields[5]),
        name=fields[6],
        number=fields[7],
        caller_name=_QUOTED_PAIR.sub(r"\1", fields[8]),
        exten=fields[9],
        context=fields[10],
        app=fields[11],
        app_data=fields[12],
        extra=fields[14],
        row_id=row_id,
    )


def queue_line(text: str, row_id: RowId | None = None) -> QueueLine | None:
    """The line of this text, or None when it is not a whole one."""
    found = _QUEUE_LINE.fullmatch(text)
    if found is None:
        return None
    second, callid, queue, agent, event, data = found.groups()
    return QueueLine(int(second), callid, queue_behind(queue), agent, event, data, row_id)
