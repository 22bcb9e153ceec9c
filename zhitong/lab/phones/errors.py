"""What can go wrong with a phone of the lab.

LabError
├── MalformedSip      bytes that are no SIP message, or a value that may not be put into one (whoever made them)
├── RegisterRefused   the PBX did not accept the registration (number, password or address)
├── CallRefused       the call, hold, transfer or key press was answered with a final code of 300 or more
└── PhoneTimeout      what was waited for did not happen in time
"""

from telephony.errors import LabError


class MalformedSip(LabError):
    """Not a SIP message (RFC 3261 §7), or a value with a line break in it."""


class RegisterRefused(LabError):
    """The registrar said no; the message carries its code and the remedy."""


class CallRefused(LabError):
    """A request inside or for a call was refused; `code` is the SIP status, 408 when nobody answered it."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class PhoneTimeout(LabError):
    """The awaited event did not come within the time given."""
