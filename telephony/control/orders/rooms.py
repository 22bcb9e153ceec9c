"""Orders that move an agent, and who is consulted, between a call's rooms: one room for each call, which the caller
never leaves. Pure."""

from telephony.control.orders.order import Order
from telephony.model.ids import CallId, MemberName


class Hold(Order, frozen=True, tag="hold"):
    """The caller hears music, the agent nobody."""

    call: CallId
    agent: MemberName
    by: str


class Resume(Order, frozen=True, tag="resume"):
    """Agent and caller together again; of who was consulted nothing is changed."""

    call: CallId
    agent: MemberName
    by: str


class Consult(Order, frozen=True, tag="consult"):
    """Ring ``to`` (an agent's number, a code of the directory, or a number outside that may be called) for a talk in
    private; the caller hears music."""

    call: CallId
    agent: MemberName
    to: str
    by: str


class CancelConsult(Order, frozen=True, tag="cancel-consult"):
    """End the consulted party's leg, ringing or not; the agent is back with the caller."""

    call: CallId
    agent: MemberName
    by: str


class CompleteTransfer(Order, frozen=True, tag="complete-transfer"):
    """The agent leaves; the consulted party and the caller talk on."""

    call: CallId
    agent: MemberName
    by: str


class Swap(Order, frozen=True, tag="swap"):
    """Talk with the other one, of caller and consulted party; the first hears music."""

    call: CallId
    agent: MemberName
    by: str


class Merge(Order, frozen=True, tag="merge"):
    """All three together."""

    call: CallId
    agent: MemberName
    by: str
