"""SIPp's logs as the lab's scenarios write them: one event a line, tab-separated,

``date  time  epoch  role  event  number  other  call_id  detail``

where ``epoch`` is seconds with microseconds, ``number`` the phone's own number and ``other`` the number it called
(caller) or was shown (agent). Files of any name; a first line of column names is passed over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.judge.books.sipp import BOOK, Book, Caller, Ring
from tests.judge.findings import Kind, Pad
from tests.judge.times import parse_stamp

_COLUMNS = 9
_HEAD = "date\ttime\tepoch"
SUFFIXES = (".tsv", ".log")


@dataclass(frozen=True, slots=True)
class Event:
    at: int
    role: str
    event: str
    number: str
    other: str
    call_id: str
    detail: str


class Events:
    """The events of one SIP call, in order of time."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.all = sorted(events, key=lambda event: event.at)

    def at(self, *names: str) -> int | None:
        return next((event.at for event in self.all if event.event in names), None)

    def detail(self, name: str) -> str:
        return next((event.detail for event in self.all if event.event == name), "")

    def details(self, name: str) -> tuple[str, ...]:
        return tuple(event.detail for event in self.all if event.event == name)


def read(folder: Path, pad: Pad) -> Book:
    """All callers' calls and all rings of the phones in the logs of ``folder`` and below. Raises OSError."""
    folder.stat()
    events: list[Event] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file():
            events += parse(path.read_text(encoding="utf-8", errors="replace"), path.name, pad)
    return fold(events)


def parse(text: str, name: str, pad: Pad) -> list[Event]:
    """The events of one log called ``name``; none of a file that is no such log."""
    if not text.startswith(_HEAD):
        return []
    events = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith(_HEAD) or not line.strip():
            continue
        event = _event(line)
        if event is None:
            pad.find(Kind.TORN, "", BOOK, f"{name} line {number} is not whole: {line[:80]!r}", (BOOK,))
        else:
            events.append(event)
    return events


def _event(line: str) -> Event | None:
    cells = line.split("\t")
    if len(cells) < _COLUMNS:
        return None
    try:
        at = parse_stamp(cells[2])
    except ValueError:
        return None
    if at is None:
        return None
    role, event, number, other, call_id = cells[3:8]
    return Event(at, role, event, number, other, call_id, "\t".join(cells[8:]))


def fold(events: Iterable[Event]) -> Book:
    """The events of each SIP call put together. A phone's second INVITE with the same Call-ID is the same call."""
    calls: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        own = event.number if event.role == "agent" else ""
        calls.setdefault((event.role, event.call_id, own), []).append(event)
    book = Book()
    for (role, _, _), told in calls.items():
        if role == "caller" and (call := _caller(Events(told))):
            book.callers.append(call)
        elif role == "agent" and (ring := _ring(Events(told))):
            book.rings.append(ring)
    return book


def _caller(events: Events) -> Caller | None:
    invited = events.at("invite_sent")
    if invited is None:
        return None
    first = events.all[0]
    refused = events.detail("refused")
    return Caller(
        sip_id=first.call_id,
        number=first.number,
        name=events.detail("invite_sent"),
        dialled=first.other,
        invited=invited,
        ringing=events.at("ringing"),
        accepted=events.at("answered"),
        cancelled=events.at("cancel_sent"),
        final=int(refused) if refused.isdigit() else 200 if events.at("answered") else 0,
        final_at=events.at("refused", "answered"),
        bye_sent=events.at("bye_sent"),
        bye_seen=events.at("bye_received"),
    )


def _ring(events: Events) -> Ring | None:
    invited = events.at("invite_received")
    if invited is None:
        return None
    first = events.all[0]
    refused = events.detail("refuse_sent")
    return Ring(
        phone=first.number,
        sip_id=first.call_id,
        number=first.other,
        invited=invited,
        accepted=events.at("answer_sent"),
        acked=events.at("ack_received"),
        cancelled=events.at("cancel_received"),
        status=int(refused) if refused.isdigit() else 0,
        rejected=events.at("refuse_sent"),
        bye_sent=events.at("bye_sent"),
        bye_seen=events.at("bye_received"),
        refers=events.details("refer_sent"),
    )
