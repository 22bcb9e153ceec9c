"""Calls that a phone sends on by naming a channel of Asterisk's, and so past every dialplan.

The user of a 302's Contact that holds a ``/`` is dialled as it stands (``app_queue.c`` wait_for_answer, ``app_dial.c``
do_forward, ``dial.c`` handle_call_forward); any other goes into FORWARD_CONTEXT, which is ``zt-forward``. No honest
phone names a channel, so each such forward is refused, wherever it leads; the PBX has dialled it already, and
``CallBypassed`` names the channel that must end.
"""

import re

from telephony.model import on_outgoing
from telephony.model.changes import CallBypassed
from telephony.model.events import DialBegan, DialEnded, OutRefused
from telephony.model.ids import Uniqueid
from telephony.model.names import party_of, trunk_of
from telephony.model.world import World

FORWARD, BYPASSED = "forward", "bypassed"
MAX_BYPASSING = 50
"""Forwards whose other event has not come yet; it follows at once, so the oldest of more are never missed."""
_NUMBER = re.compile(r"\+?[0-9]{2,}")


def is_bypass(forward: str) -> bool:
    """Whether Asterisk follows this forward without asking a dialplan."""
    return "/" in forward


def number_of(forward: str) -> str:
    """The number it would have called: ``PJSIP/1001/sip:00441@host`` → ``00441``; or an empty string."""
    numbers = _NUMBER.findall(forward.partition("/")[2].rpartition("@")[0] or forward.partition("/")[2])
    return numbers[-1] if numbers else ""


def agent_of(channel_name: str) -> str:
    """Whose phone forwarded; empty for a trunk."""
    return "" if trunk_of(channel_name) else party_of(channel_name)


def forwarded(world: World, event: DialEnded) -> None:
    """What Queue() or Dial() called was sent on; the next ``DialBegan`` of the same caller is of the other channel.
    For a phone that we had the PBX ring, it came before."""
    if not is_bypass(event.forward):
        return
    whose, number, agent = event.uniqueid or event.dest_uniqueid, number_of(event.forward), agent_of(event.dest_name)
    refused = OutRefused(event.at, whose, event.dest_linkedid, FORWARD, number, agent, BYPASSED)
    on_outgoing.refused(world, refused)
    place = event.forward.partition("/")[2]
    if event.uniqueid:
        _remember(world, event.uniqueid, place, agent)
    elif known := world.bypassing.pop((event.uniqueid, place), ""):
        _cut(world, event.dest_uniqueid, known, agent)


def dialled(world: World, event: DialBegan) -> None:
    """Cut it, if it is the forward's."""
    if not event.uniqueid:
        if "@" in event.dialled or "/" in event.dialled:
            _remember(world, event.uniqueid, event.dialled, event.dest_name)
        return
    if not world.bypassing or (agent := world.bypassing.pop((event.uniqueid, event.dialled), None)) is None:
        return
    _cut(world, event.uniqueid, event.dest_name, agent)


def _cut(world: World, by: Uniqueid, channel: str, agent: str) -> None:
    call = world.by_leg.get(by)
    world.emit(CallBypassed(world.now, call.call_id if call is not None else "", channel, agent))


def _remember(world: World, by: Uniqueid, dialled: str, what: str) -> None:
    world.bypassing[by, dialled] = what
    while len(world.bypassing) > MAX_BYPASSING:
        del world.bypassing[next(iter(world.bypassing))]
