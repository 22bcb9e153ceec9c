"""Orders about missed calls. Pure."""

from telephony.control.orders.order import Order
from telephony.ledger.terms import EntryId
from telephony.model.ids import MemberName


class CallBack(Order, frozen=True, tag="call-back"):
    """Ring ``agent``'s phone, then the citizen of this entry of the missed-call ledger. ``agent`` None: its owner."""

    entry: EntryId
    by: str
    agent: MemberName | None = None
