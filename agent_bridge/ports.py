"""What a gateway needs of others, besides the feed of documents and the door for orders."""

from typing import Protocol

from zhitong.access.roles import Principal


class Authenticator(Protocol):
    """Knows whose a token is; ``zhitong.access.tokens.Tokens`` is one."""

    async def verify(self, token: str | None) -> Principal:
        """Raises TokenRefused."""
        ...

    async def still(self, principal: Principal) -> None:
        """See that what was verified once holds yet. Raises TokenRefused."""
        ...


class Audit(Protocol):
    """Puts on record who did what, before it is done."""

    async def note(self, by: str, deed: str, **details: str) -> object:
        """Raises ZhitongError when it cannot be put on record."""
        ...
