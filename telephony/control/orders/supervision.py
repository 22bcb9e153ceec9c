"""A supervisor's orders. ``phone``: the number of the agent whose phone the supervisor uses. Pure."""

from telephony.control.orders.order import Order
from telephony.model.ids import CallId, MemberName, QueueName


class Listen(Order, frozen=True, tag="listen"):
    """Hear ``agent``'s call. ``mode``: listen, whisper (the agent alone hears), barge (all hear). While it lasts,
    another Listen for the same agent and phone changes the mode."""

    agent: MemberName
    phone: MemberName
    mode: str
    by: str


class StopListening(Order, frozen=True, tag="stop-listening"):
    agent: MemberName
    phone: MemberName
    by: str


class TakeOver(Order, frozen=True, tag="take-over"):
    """The supervisor's phone takes the caller; the agent's leg ends."""

    call: CallId
    phone: MemberName
    by: str


class MoveFirst(Order, frozen=True, tag="move-first"):
    """This waiting caller is the next."""

    call: CallId
    by: str


class Withdraw(Order, frozen=True, tag="withdraw"):
    """This waiting caller waits in ``queue`` from now on."""

    call: CallId
    queue: QueueName
    by: str
