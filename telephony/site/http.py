"""The HTTP API: where people sign in."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import Folder, Host, Port, whole

TokenMinutes = Annotated[int, whole(2, 60, "whole minutes")]
SessionHours = Annotated[int, whole(1, 24, "whole hours")]


class Http(Table, frozen=True):
    """``port`` None: there is no API. ``tls_cert``, ``tls_key``: PEM, counted from site.toml; the key may stand in the
    certificate's file. ``plain``: without TLS on another address than this machine's own. ``token_min``: how long a
    token is good; ``session_h``: how long it may be refreshed after the password was given."""

    host: Host = "127.0.0.1"
    port: Port | None = None
    tls_cert: Folder | None = None
    tls_key: Folder | None = None
    plain: bool = False
    token_min: TokenMinutes = 15
    session_h: SessionHours = 12
