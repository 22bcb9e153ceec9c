"""Orders about an agent's place in the queues: their own, or a supervisor's for them (``by``). Pure."""

from telephony.control.orders.order import Order
from telephony.model.ids import MemberName, QueueName


class SignIn(Order, frozen=True, tag="sign-in"):
    """``queues`` empty: all that the directory gives the agent."""

    agent: MemberName
    by: str
    queues: tuple[QueueName, ...] = ()
    desktop: bool = False  # asked at a desktop: then its loss pauses the agent after a grace


class SignOut(Order, frozen=True, tag="sign-out"):
    """``queues`` empty: all there are."""

    agent: MemberName
    by: str
    queues: tuple[QueueName, ...] = ()


class Ready(Order, frozen=True, tag="ready"):
    """End a pause, or a wrap-up."""

    agent: MemberName
    by: str


class Pause(Order, frozen=True, tag="pause"):
    """``reason``: one of the site's (``[desk] pause_reasons``)."""

    agent: MemberName
    reason: str
    by: str


class ExtendWrapUp(Order, frozen=True, tag="extend-wrap-up"):
    """So much longer; refused beyond the site's limit."""

    agent: MemberName
    seconds: int
    by: str


class DesktopSeen(Order, frozen=True, tag="desktop-seen"):
    """The agent has a desktop that answers, or (``present`` false) none any more. From a gateway only."""

    agent: MemberName
    present: bool
    by: str
