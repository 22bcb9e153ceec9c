"""What a refused order says an agent is about."""

from telephony.conference.phases import TOLD, WORDS, Phase
from telephony.control.whereabouts import Whereabouts
from telephony.model.room_events import Walked
from tests.unit.telephony.model.lines import a_line, connected, says
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told


def about(pbx: Pbx, caller: Line, phone: Phone) -> str:
    world = Told().hear(pbx.events).tracker.world
    (call,) = world.calls.values()
    return Whereabouts(call, Phase.RINGING, world.channels[phone.uniqueid], world.channels[caller.uniqueid]).words


def test_who_has_answered_and_is_told_what_it_is_about_is_not_waited_for_to_answer() -> None:
    pbx, caller, phone = connected()
    phone.leaves()
    phone.say(lambda at, u, li: Walked(at, u, li, caller.uniqueid, "side", "agent"))
    line = a_line(pbx, caller)
    says(line, caller, "RINGING", mode="side")
    assert about(pbx, caller, phone) == WORDS[Phase.RINGING]
    guest = line.calls("trunk-carrier")
    guest.up()
    says(guest, caller, "ANSWER", mode="side")
    assert about(pbx, caller, phone) == TOLD
