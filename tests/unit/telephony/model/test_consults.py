"""What becomes of a consult, held against its invitation."""

import pytest

from telephony.model import room_events as rooms
from telephony.model.ids import BridgeId
from telephony.records.record import CallRecord, Consult, Invitation
from tests.unit.telephony.model.lines import a_line, connected, ends, says
from tests.unit.telephony.model.script import Line, Pbx, Phone, told
from tests.unit.telephony.model.transferring import attended


def only(record: CallRecord) -> tuple[Consult, Invitation]:
    (consult,), (invitation,) = record.consults, record.invitations
    return consult, invitation


def walks(line: Line, room: Line, place: str, role: str = "agent") -> None:
    line.say(lambda at, u, li: rooms.Walked(at, u, li, room.uniqueid, place, role))


def apart(pbx: Pbx, caller: Line, phone: Phone) -> BridgeId:
    """The caller is in the room, the agent waits aside, on no bridge, for whom lines ring. The caller's bridge."""
    caller.leaves()
    walks(caller, caller, "room", "caller")
    phone.leaves()
    walks(phone, caller, "side")
    room = pbx.bridge()
    caller.enters(room)
    return room


def test_an_agent_who_hangs_up_in_the_instant_of_the_answer_has_left_the_caller_to_who_came() -> None:
    pbx, caller, phone = connected()
    room = apart(pbx, caller, phone)
    line = a_line(pbx, caller)
    says(line, caller, "RINGING", mode="side")
    pbx.wait(3)
    guest = line.calls("trunk-carrier")
    guest.up()
    says(guest, caller, "ANSWER", mode="side")
    ends(line)
    phone.asks()
    phone.gone()
    walks(guest, caller, "side", "guest")
    walks(guest, caller, "room", "guest")
    guest.enters(room)
    pbx.wait(5)
    guest.asks()
    guest.leaves()
    guest.gone()
    caller.leaves()
    caller.gone()
    record = told(pbx.events).record
    consult, invitation = only(record)
    assert (consult.result, consult.answered_at) == ("completed", invitation.answered_at)
    assert invitation.result == "joined"
    assert [(transfer.kind, transfer.by) for transfer in record.transfers] == [("attended", "1001")]


@pytest.mark.parametrize(("leaves", "result"), [(True, "completed"), (False, "over")])
def test_who_was_asked_by_the_phones_own_keys_was_reached(leaves: bool, result: str) -> None:
    """``*2`` and a code: nothing but the bridge tells that they talk. The agent hangs up, or whoever was asked does."""
    pbx, caller, phone = connected()
    near, far = pbx.local(caller, "8105")
    main, side = caller.bridge, pbx.bridge()
    assert main is not None
    near.enters(side)
    phone.leaves()
    phone.enters(side)
    says(far, caller, "RINGING", mode="side")
    guest = far.calls("trunk-carrier")
    guest.up()
    says(guest, caller, "ANSWER", mode="side")
    beyond = pbx.bridge()
    guest.enters(beyond)
    far.enters(beyond)
    pbx.wait(3)
    if leaves:
        phone.asks()
        phone.leaves()
        near.leaves()
        near.enters(main)
        attended(pbx, phone, phone, caller, near)
        phone.gone()
        pbx.wait(3)
    for last in (guest, far, near, caller):
        last.leaves()
        last.gone()
    if not leaves:
        phone.leaves()
        phone.gone()
    record = told(pbx.events).record
    consult, invitation = only(record)
    assert (consult.by, consult.result, consult.answered_at) == ("1001", result, invitation.answered_at)
    assert len(record.transfers) == leaves


@pytest.mark.parametrize("first", ["guest", "agent"])
def test_who_hangs_up_before_the_two_talk_has_ended_it(first: str) -> None:
    """While they are told what it is about; the agent, whom their end sends back, may be told of before it."""
    pbx, caller, phone = connected()
    room = apart(pbx, caller, phone)
    line = a_line(pbx, caller)
    says(line, caller, "RINGING", mode="side")
    guest = line.calls("trunk-carrier")
    guest.up()
    says(guest, caller, "ANSWER", mode="side")
    ends(line)
    pbx.wait(2)
    if first == "guest":
        guest.gone()
    walks(phone, caller, "room")
    phone.enters(room)
    if first == "agent":
        guest.gone()
    pbx.wait(2)
    for one in (caller, phone):
        one.leaves()
        one.gone()
    consult, invitation = only(told(pbx.events).record)
    assert (consult.result, consult.answered_at, invitation.result) == ("over", None, "failed")


def test_a_consult_that_is_over_is_not_made_by_another_who_is_left_with_the_caller() -> None:
    pbx, caller, phone = connected()
    room = apart(pbx, caller, phone)
    phone.say(lambda at, u, li: rooms.ConsultTold(at, u, li, caller.uniqueid, "1002", "RINGING", invite="i0"))
    asked = phone.calls("1002")
    asked.up()
    side = pbx.bridge()
    walks(asked, caller, "side", "guest")
    asked.enters(side)
    phone.enters(side)
    pbx.wait(2)
    asked.leaves()
    asked.gone()
    phone.leaves()
    walks(phone, caller, "room")
    phone.enters(room)
    line = a_line(pbx, caller)
    says(line, caller, "RINGING")
    guest = line.calls("trunk-carrier")
    guest.up()
    says(guest, caller, "ANSWER")
    ends(line)
    walks(guest, caller, "room", "guest")
    guest.enters(room)
    pbx.wait(2)
    for one in (phone, guest, caller):
        one.leaves()
        one.gone()
    record = told(pbx.events).record
    assert [consult.result for consult in record.consults] == ["over"]
    assert [(transfer.kind, transfer.by) for transfer in record.transfers] == [("attended", "1001")]
