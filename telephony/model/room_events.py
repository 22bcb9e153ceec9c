"""What the dialplan says of rooms (dialplans/README.md, Rooms). ``room`` is the Uniqueid of the caller whose it is."""

from telephony.model.events import ChannelEvent
from telephony.model.ids import Uniqueid


class Walked(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtRoom``: this channel is about to enter the room, its side room, or where guests wait. ``place`` as
    in ``telephony.model.terms.Place``; ``role``: caller, agent, guest."""

    room: Uniqueid
    place: str
    role: str


class ConsultTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtConsult``, of the agent's channel: this number is about to be rung (``RINGING``), or did not come:
    then ``status`` is Asterisk's DIALSTATUS."""

    room: Uniqueid
    number: str
    status: str


class Requeued(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtRequeue``, of the caller's channel: back into the line, ahead of others."""

    room: Uniqueid
