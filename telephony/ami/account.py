"""Who we are at which PBX."""

import ssl

import msgspec


class Account(msgspec.Struct, frozen=True):
    """Where the PBX's AMI is and who we are there. ``tls`` None: plain TCP, for 127.0.0.1 and safe networks only."""

    host: str
    user: str
    secret: str
    port: int = 5038
    tls: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"Account({self.user}@{self})"

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
