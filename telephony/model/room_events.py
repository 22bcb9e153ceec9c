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
    then ``status`` is Asterisk's DIALSTATUS, or why nothing left. ``invite`` names the tries of one consult; empty:
    there is but one. ``left``: how many are tried after this one."""

    room: Uniqueid
    number: str
    status: str
    code: str = ""
    department: str = ""
    invite: str = ""
    left: int = 0


class InviteTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtInvite``: a number of an invitation is about to be rung (``RINGING``), did not come, or has
    answered (``ANSWER``: then of the channel of who did; ``LATE``: after another). Else of the channel that rings it.
    ``line``: which of those that ring at once; ``left``: how many numbers this line tries after this one."""

    room: Uniqueid
    invite: str
    line: str
    by: str
    department: str
    code: str
    number: str
    purpose: str
    mode: str
    status: str
    left: int


class PrivateTold(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtPrivate``, of an agent's channel: what is spoken apart from the caller is recorded in a file of its
    own from now on (``began``), or was (``ended``). ``recording``: path relative to the recordings folder."""

    room: Uniqueid
    state: str
    recording: str
    size: int


class Requeued(ChannelEvent, frozen=True, gc=False):
    """UserEvent ``ZtRequeue``, of the caller's channel: back into the line, ahead of others."""

    room: Uniqueid


class VoiceMuted(ChannelEvent, frozen=True, gc=False):
    """AMI ``ConfbridgeMute`` or ``ConfbridgeUnmute``: the others in its room hear this channel no longer, or again."""

    muted: bool
