"""Orders that bring others into a call, and what may be done with them there. Pure.

``to``: an agent's number, a code of the directory (a department's or a specialist's), or a number outside that may be
called. ``leg``: the Uniqueid of somebody's channel, as a call's document names it.
"""

from telephony.control.orders.order import Order
from telephony.model.ids import CallId, MemberName, Uniqueid


class Invite(Order, frozen=True, tag="invite"):
    """Ring ``to``; who answers joins the living call at once. Agent and caller talk on meanwhile."""

    call: CallId
    agent: MemberName
    to: str
    by: str


class CancelInvite(Order, frozen=True, tag="cancel-invite"):
    """Ring no longer for ``invite``; empty: for all invitations of this call that nobody has answered."""

    call: CallId
    agent: MemberName
    by: str
    invite: str = ""


class Drop(Order, frozen=True, tag="drop"):
    """End this leg of somebody who was invited; the others talk on."""

    call: CallId
    agent: MemberName
    leg: Uniqueid
    by: str


class Mute(Order, frozen=True, tag="mute"):
    """Nobody hears whoever speaks on this leg, who was invited and is in the room."""

    call: CallId
    agent: MemberName
    leg: Uniqueid
    by: str


class Unmute(Order, frozen=True, tag="unmute"):
    """They are heard again."""

    call: CallId
    agent: MemberName
    leg: Uniqueid
    by: str


class Rejoin(Order, frozen=True, tag="rejoin"):
    """Ring the agent's phone; they are back in the conference that they left."""

    call: CallId
    agent: MemberName
    by: str


class HandOver(Order, frozen=True, tag="hand-over"):
    """The agent leaves; the caller hears music while ``to`` is rung, and if nobody comes they are before all others in
    their queue."""

    call: CallId
    agent: MemberName
    to: str
    by: str


class Emergency(Order, frozen=True, tag="emergency"):
    """Call ``number``, one of the site's emergency numbers, into the call at once; no call: from the agent's phone."""

    agent: MemberName
    number: str
    by: str
    call: CallId = CallId("")


class CallTogether(Order, frozen=True, tag="call-together"):
    """Call a citizen back with somebody who knows: ring the agent's phone, then ``to``, and when these two talk the
    citizen: ``number``, or who called in ``call``, that has ended and that the agent had a part in."""

    agent: MemberName
    to: str
    by: str
    number: str = ""
    call: CallId = CallId("")
