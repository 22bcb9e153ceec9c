"""Who we are at which PBX."""

import ssl
from pathlib import Path

import msgspec

from telephony.errors import ConfigError


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


def tls_trusting(authority: Path | None) -> ssl.SSLContext:
    """TLS that believes certificates of this authority (a PEM file; the PBX's own certificate will do), or, without
    one, of those this machine trusts. The certificate must be made for the host's name. Raises ``ConfigError``."""
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{authority}: no certificate can be read from this file ({error})") from None
