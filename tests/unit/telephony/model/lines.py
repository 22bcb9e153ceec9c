"""What the tests of invitations share: a talk, a line that rings for it, and what the dialplan says of the line."""

import msgspec

from telephony.model import events as ev
from telephony.model import room_events as rooms
from telephony.model.ids import Linkedid, Micros, Uniqueid
from tests.unit.telephony.model.script import Line, Pbx, Phone


def connected() -> tuple[Pbx, Line, Phone]:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    caller.joins("hotline")
    phone = caller.offered("1001")
    phone.answers()
    pbx.wait(1)
    return pbx, caller, phone


def says(
    line: Line,
    room: Line,
    status: str,
    number: str = "84120001",
    left: int = 0,
    code: str = "8105",
    mode: str = "room",
    which: str = "1",
) -> None:
    said = rooms.InviteTold(
        at=Micros(0),
        uniqueid=Uniqueid(""),
        linkedid=Linkedid(""),
        room=room.uniqueid,
        invite="i1",
        line=which,
        by="1001",
        department="81",
        code=code,
        number=number,
        purpose="specialist",
        mode=mode,
        status=status,
        left=left,
    )
    line.say(lambda at, u, li: msgspec.structs.replace(said, at=at, uniqueid=u, linkedid=li))


def a_line(pbx: Pbx, caller: Line) -> Line:
    """The half that rings, of a line that the PBX begins; a conversation of its own."""
    owner = Line(pbx, "", f"Local/{caller.uniqueid}@zt-invite-00000001;1")
    other = Line(pbx, "", owner.name[:-1] + "2")
    other.linkedid = owner.linkedid
    owner.created(0, "", "zt-invite", "other")
    other.created(4, "", "zt-invite", str(caller.uniqueid))
    pbx.say(lambda at: ev.LocalBridged(at, owner.uniqueid, other.uniqueid))
    other.partner = owner
    return other


def ends(line: Line) -> None:
    """Both halves."""
    assert line.partner is not None
    for half in (line, line.partner):
        half.gone()
