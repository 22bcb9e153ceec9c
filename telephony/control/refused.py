"""How a handler says no, or that it does not know."""

from telephony.control.commands import Reason
from telephony.errors import ZhitongError


class CommandRefused(ZhitongError):
    """An order is not carried out, and nothing was sent. The message says what to do."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class OutcomeUnknown(ZhitongError):
    """An order may or may not have been carried out, for a reason that is not the PBX's."""
