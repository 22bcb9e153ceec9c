"""What the tests of transfers share: a call under way, its end, and what the PBX says of an attended transfer."""

from telephony.model.events import AttendedTransferred
from telephony.model.ids import Uniqueid
from tests.unit.telephony.model.script import Line, Pbx, Phone


def talking(pbx: Pbx, agent: str = "1001") -> tuple[Line, Phone]:
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered(agent)
    phone.answers()
    pbx.wait(10)
    return caller, phone


def end_all(caller: Line, *others: Line) -> None:
    caller.asks()
    caller.leaves()
    for other in others:
        other.leaves()
        other.gone()
    caller.stopped()
    caller.ends()


def attended(pbx: Pbx, by: Line, second: Line, whom: Line, target: Line | None) -> None:
    reached = target.uniqueid if target is not None else Uniqueid("")
    pbx.say(
        lambda at: AttendedTransferred(
            at, by.uniqueid, by.linkedid, second.uniqueid, second.linkedid, whom.uniqueid, reached, "Success"
        )
    )
