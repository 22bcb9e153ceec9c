"""The calls of lab phones in the book that SIPp's calls are in (`zhitong.lab.books`), so that one judge reads both.

A call of ours has the role ``caller``, a call to us ``agent``. Messages sent again are written once. Beyond SIPp's
events there are ``reinvite_sent``, ``reinvite_received`` (hold, resume, a change by the PBX) and ``refer_sent``.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from zhitong.lab.books import COLUMNS, Line
from zhitong.lab.phones.call import Call, SipEvent

_REQUESTS = {
    (True, "CANCEL"): "cancel_sent",
    (True, "BYE"): "bye_sent",
    (True, "REFER"): "refer_sent",
    (False, "CANCEL"): "cancel_received",
    (False, "BYE"): "bye_received",
}
_CHALLENGES = ("401", "407")


def lines(call: Call) -> list[Line]:
    """What happened in one call, in order; the last line, once it is over, is ``end`` with the final status."""
    role = "agent" if call.incoming else "caller"
    said = list(_told(call))
    if call.ending is not None:
        said.append((call.ending.at.wall_us, "end", f"{call.ending.code:03}"))
    return [Line(at / 1e6, role, event, call.own_number, call.number, call.id, detail) for at, event, detail in said]


def _told(call: Call) -> Iterator[tuple[int, str, str]]:
    answered, told = False, set[str]()
    for event in call.events:
        name, detail = _named(event, call, answered)
        answered = answered or name in ("answered", "answer_sent")
        if name and (name not in told or name.startswith("reinvite")):
            told.add(name)
            yield event.at.wall_us, name, detail


def _named(event: SipEvent, call: Call, answered: bool) -> tuple[str, str]:
    """The book's word for one message and its detail; no word for what the book does not tell."""
    if event.what == "INVITE":
        return _invite(event, call, answered)
    if event.what == "ACK":
        return ("ack_received", "") if call.incoming and answered else ("", "")
    if not event.what.isdecimal():
        return _REQUESTS.get((event.sent, event.what), ""), event.detail
    if event.method == "REFER":
        return ("", "") if event.sent else ("refer_answered", event.what)
    if event.method != "INVITE" or answered or event.sent is not call.incoming or event.what in _CHALLENGES:
        return "", ""
    return _response(event)


def _invite(event: SipEvent, call: Call, answered: bool) -> tuple[str, str]:
    way = "sent" if event.sent else "received"
    if answered:
        return f"reinvite_{way}", ""
    return f"invite_{way}", call.caller if call.incoming else ""


def _response(event: SipEvent) -> tuple[str, str]:
    code = int(event.what)
    if code == 180:
        return ("ringing_sent", "") if event.sent else ("ringing", event.what)
    if code < 200:
        return "", ""
    if code < 300:
        return ("answer_sent", "") if event.sent else ("answered", event.what)
    if event.sent:
        return ("", "") if code == 487 else ("refuse_sent", event.what)
    return "refused", event.what


def write(path: Path, calls: Iterable[Call]) -> None:
    """Write the book of these calls, header and all, in the order of time."""
    told = sorted((line for call in calls for line in lines(call)), key=lambda line: line.at)
    rows = ["\t".join(COLUMNS), *("\t".join(_row(line)) for line in told)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _row(line: Line) -> list[str]:
    day, _, clock = datetime.fromtimestamp(line.at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S.%f").partition(" ")
    said = [line.role, line.event, line.number, line.other, line.call_id, line.detail]
    return [day, clock, f"{line.at:.6f}", *(text.replace("\t", " ") for text in said)]
