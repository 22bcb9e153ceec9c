"""Why somebody is not let in."""

from enum import StrEnum

from telephony.errors import AccessError


class Cause(StrEnum):
    """Why a token is refused."""

    NONE = "none"  # there is none
    MALFORMED = "malformed"  # it is not one of ours: wrong form, key, site, or a claim is missing
    EXPIRED = "expired"
    REVOKED = "revoked"  # it was taken back, or all of its account were: new password, other role
    DISABLED = "disabled"  # its account is
    UNKNOWABLE = "unknowable"  # who was revoked could not be read even once since the start; try again


class TokenRefused(AccessError):
    """``cause`` tells why. The message is for the log; a peer is told no more than the cause."""

    def __init__(self, cause: Cause, why: str = "") -> None:
        super().__init__(f"The token is refused: {cause.value}{f' ({why})' if why else ''}.")
        self.cause = cause


class SignInRefused(AccessError):
    """Name and password open nothing: one of them is wrong, or the account is disabled. Nobody is told which."""

    def __init__(self) -> None:
        super().__init__("The account and the password do not go together.")


class PasswordExpired(AccessError):
    """Name and password are right, and a new password is to be chosen before anything else."""

    def __init__(self) -> None:
        super().__init__("A new password must be chosen first.")


class PasswordRefused(AccessError):
    """The new password will not do; the message says why."""


class NotNow(AccessError):
    """Too many tries, or too much to do: try again in ``wait_s``."""

    def __init__(self, wait_s: float, *, busy: bool = False) -> None:
        super().__init__(f"Try again in {wait_s:.0f} s.")
        self.wait_s, self.busy = wait_s, busy
