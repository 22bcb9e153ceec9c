"""What the dialplan's rows say of rooms, told as its UserEvents. Pure."""

from collections.abc import Iterator

from telephony.journal.rows import CelRow
from telephony.model import room_events as rooms
from telephony.model.ids import Uniqueid

_OF_INVITE = {
    "invite": "i",
    "line": "l",
    "by": "b",
    "department": "o",
    "code": "c",
    "number": "d",
    "purpose": "p",
    "mode": "m",
    "status": "s",
}


def walked(_: object, row: CelRow) -> Iterator[rooms.Walked]:
    room, place, role = (row.words.get(key, "") for key in "rpw")
    yield rooms.Walked(row.at, row.uniqueid, row.linkedid, Uniqueid(room), place, role)


def consult(_: object, row: CelRow) -> Iterator[rooms.ConsultTold]:
    room, number, status, code, department, invite = (row.words.get(key, "") for key in "rdscoi")
    told = (number, status, code, department, invite, _whole(row, "n"))
    yield rooms.ConsultTold(row.at, row.uniqueid, row.linkedid, Uniqueid(room), *told)


def invite(_: object, row: CelRow) -> Iterator[rooms.InviteTold]:
    words = {name: row.words.get(key, "") for name, key in _OF_INVITE.items()}
    if words["invite"]:
        room, left = Uniqueid(row.words.get("r", "")), _whole(row, "n")
        yield rooms.InviteTold(row.at, row.uniqueid, row.linkedid, room=room, left=left, **words)


def private(_: object, row: CelRow) -> Iterator[rooms.PrivateTold]:
    room, state, recording = (row.words.get(key, "") for key in "rsf")
    yield rooms.PrivateTold(row.at, row.uniqueid, row.linkedid, Uniqueid(room), state, recording, _whole(row, "b"))


def requeue(_: object, row: CelRow) -> Iterator[rooms.Requeued]:
    yield rooms.Requeued(row.at, row.uniqueid, row.linkedid, Uniqueid(row.words.get("r", "")))


def _whole(row: CelRow, key: str) -> int:
    text = row.words.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
