"""What can befall a client of the gateway."""

from agent_bridge.wire.errors import Code, Data
from telephony.errors import ZhitongError


class DesktopError(ZhitongError):
    """Something between a client and its gateway."""


class Refused(DesktopError):
    """Nothing was done. ``code`` and ``data`` (reason, field, right) tell programs why."""

    def __init__(self, code: int, message: str, data: Data) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class OutcomeUnknown(DesktopError):
    """It may or may not have been done; the documents show it. Asking again with the same ``key`` does it at most
    once."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class NotAdmitted(DesktopError):
    """The gateway will not have this client: wrong token, no version in common, replaced. It does not come again."""

    def __init__(self, close_code: int, message: str) -> None:
        super().__init__(message)
        self.close_code = close_code


class NotConnected(DesktopError):
    """There is no connection at this moment, so nothing was sent."""


def error_of(code: int, message: str, data: Data, key: str) -> DesktopError:
    """The error that an answer tells."""
    if code in (Code.OUTCOME_UNKNOWN, Code.INTERNAL):
        return OutcomeUnknown(key, message)
    return Refused(code, message, data)
