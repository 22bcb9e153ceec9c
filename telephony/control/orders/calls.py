"""Orders about an agent's own calls that need no room: one phone, one step. Pure."""

from telephony.control.orders.order import Order
from telephony.model.ids import CallId, MemberName, QueueName


class PickUp(Order, frozen=True, tag="pick-up"):
    """Have the agent's phone answer what rings on it, where it can be told so (SIP NOTIFY, event ``talk``)."""

    call: CallId
    agent: MemberName
    by: str


class Decline(Order, frozen=True, tag="decline"):
    """Take this offer back from the agent's phone: the queue offers the caller to another."""

    call: CallId
    agent: MemberName
    by: str


class HangUp(Order, frozen=True, tag="hang-up"):
    """End the agent's own leg of the call."""

    call: CallId
    agent: MemberName
    by: str


class BlindTransfer(Order, frozen=True, tag="blind-transfer"):
    """Send the caller on to ``to`` (an agent's number, a queue's number or name, or a number outside that may be
    called)."""

    call: CallId
    agent: MemberName
    to: str
    by: str


class Requeue(Order, frozen=True, tag="requeue"):
    """Put the caller back at the front of ``queue``; empty: the one they came from."""

    call: CallId
    agent: MemberName
    by: str
    queue: QueueName = QueueName("")


class CallOut(Order, frozen=True, tag="call-out"):
    """Ring the agent's phone, then ``number``, which must be one that may be called."""

    agent: MemberName
    number: str
    by: str
