"""How a handler says no."""

from telephony.control.commands import Reason
from telephony.errors import ZhitongError


class CommandRefused(ZhitongError):
    """An order is not carried out, and nothing was sent. The message says what to do."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
