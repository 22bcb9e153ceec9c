"""Stories of a real PBX with all its books: what one AMI login heard of them, and what CEL, queue_log and CDR kept
(made by ``python -m tests.integration.reconcile.make``)."""

import gzip
from functools import cache
from pathlib import Path

import msgspec

from telephony.journal.cdr import CdrRow, cdr_row
from telephony.journal.rebuild import rebuild_records
from telephony.journal.rows import CelRow, QueueLine, cel_row, queue_line
from telephony.model.events import Event
from telephony.model.ids import NEVER, Micros
from telephony.reconcile.case import Witness
from telephony.reconcile.finding import Boot, Report
from telephony.reconcile.interval import Span, Told, reconcile
from telephony.records.record import CallRecord
from tests.recordings.captures import Capture
from tests.recordings.captures import heard as heard_in
from tests.unit.telephony.journal.recorded import PBX, groups, seen

FOLDER = Path(__file__).parent / "recorded"
NAMES = sorted(path.name for path in FOLDER.iterdir())
_HOUR = Micros(3_600_000_000)


def _lines(name: str, part: str) -> list[str]:
    return gzip.decompress((FOLDER / name / f"{part}.gz").read_bytes()).decode().splitlines()


@cache
def cel(name: str) -> tuple[CelRow, ...]:
    return tuple(row for text in _lines(name, "cel.csv") if (row := cel_row(text)) is not None)


@cache
def cdr(name: str) -> tuple[CdrRow, ...]:
    return tuple(row for text in _lines(name, "cdr.csv") if (row := cdr_row(text)) is not None)


@cache
def log(name: str) -> tuple[QueueLine, ...]:
    return tuple(line for text in _lines(name, "queue_log") if (line := queue_line(text)) is not None)


@cache
def events(name: str) -> list[Event]:
    """What was heard, a snapshot first."""
    data = gzip.decompress((FOLDER / name / "ami.gz").read_bytes())
    return [event for event in heard_in(Capture(name, data).frames) if isinstance(event, Event)]


@cache
def records(name: str) -> tuple[CallRecord, ...]:
    """As they were seen; what nobody saw, since the login ended with the PBX, as the journal rebuilds it."""
    found = seen(events(name))
    told = [record for group in groups(cel(name), log(name)) for record in rebuild_records(PBX, group)]
    return tuple({**{record.call_id: record for record in told}, **found}.values())


class Altered(msgspec.Struct, frozen=True):
    """The books and records of a story, to be altered before they are held against each other."""

    records: tuple[CallRecord, ...]
    lines: tuple[QueueLine, ...]
    rows: tuple[CdrRow, ...]
    cel: tuple[CelRow, ...] | None

    def report(self) -> Report:
        told = Told(
            lines=[line for line in self.lines if line.event != "QUEUESTART"],
            rows=self.rows,
            boots=self.boots(),
            damages=(),
            witness=None if self.cel is None else Witness(self.cel),
        )
        times = [*(row.start for row in self.rows), *(line.at for line in self.lines)]
        times += [record.received_at for record in self.records]
        since, until = Micros(min(times) - _HOUR), Micros(max(times) + _HOUR)
        return reconcile(self.records, told, Span(since, until, Micros(until + _HOUR)))

    def boots(self) -> list[Boot]:
        """As the books' reader finds them."""
        times = [line.at for line in self.lines] + [row.at for row in self.rows]
        times += [row.at for row in self.cel or ()]
        starts = [line.at for line in self.lines if line.event == "QUEUESTART"]
        return [Boot(start, max((at for at in times if at < start), default=NEVER)) for start in starts]


def story(name: str) -> Altered:
    return Altered(records(name), log(name), cdr(name), cel(name))


def unexplained(report: Report) -> list[str]:
    """Each difference that nothing explains: the call, the book, the fact and both words."""
    return [
        f"{call.uniqueid} {finding.book.value} {finding.what}: {finding.recorded} / {finding.told}"
        for call in report.calls
        for finding in call.findings
        if finding.because is None
    ]


def in_time() -> list[str]:
    """The stories in the order in which they were played, on one PBX."""
    return sorted(NAMES, key=lambda name: min(row.at for row in cel(name)))


def write_books(folder: Path, names: list[str]) -> None:
    """Asterisk's log folder as these stories, one after the other, left it."""
    files = {"queue_log": "queue_log", "cdr.csv": "cdr-custom/zhitong-cdr.csv", "cel.csv": "cel-custom/zhitong-cel.csv"}
    for part, place in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{text}\n" for name in names for text in _lines(name, part)), encoding="utf-8")


def all_records(names: list[str]) -> list[CallRecord]:
    return [record for name in names for record in records(name)]
