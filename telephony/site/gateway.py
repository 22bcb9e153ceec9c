"""The agents' gateway: where desktops connect."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import Folder, Host, Port, text, whole

Origin = Annotated[
    str, text(r"https?://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?", "an origin, such as https://desk.example")
]


class Gateway(Table, frozen=True):
    """``serve``: ``zhitong serve`` opens one; ``zhitong gateway`` opens one of its own. ``tls_cert``, ``tls_key``: as
    of ``[http]``, whose they are where none is named here. ``origins``: of web pages that may connect.
    """

    host: Host = "127.0.0.1"
    port: Port = 8790
    serve: bool = True
    tls_cert: Folder | None = None
    tls_key: Folder | None = None
    plain: bool = False
    origins: tuple[Origin, ...] = ()
    heartbeat_s: Annotated[int, whole(2, 120, "whole seconds")] = 15
    message_kib: Annotated[int, whole(16, 1024, "KiB")] = 32
    queue_kib: Annotated[int, whole(64, 65_536, "KiB")] = 1024
    resume_deltas: Annotated[int, whole(100, 1_000_000, "a whole number")] = 10_000
    desktops: Annotated[int, whole(1, 100_000, "a whole number")] = 4_000
    per_address: Annotated[int, whole(1, 100_000, "a whole number")] = 1_000
    requests_per_s: Annotated[int, whole(1, 1000, "a whole number")] = 20
    wrong_tokens_per_min: Annotated[int, whole(1, 1000, "a whole number")] = 20
