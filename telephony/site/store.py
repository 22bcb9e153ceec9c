"""Where records are kept, and where the state of now is for processes beside."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import Folder, text

RedisUrl = Annotated[
    str,
    text(
        r"(?:rediss?://(?:[^\s/@:]{1,100}@)?[^\s/@]{1,260}|unix://(?:[^\s/@:]{1,100}@)?/[^\s?]{1,200})(?:[/?]\S{0,200})?",
        "redis://HOST:PORT/DB, rediss:// (TLS) or unix:///PATH, USER@ before it where there is one, and no password: "
        'secrets.toml has it, as redis = "…"',
    ),
]


class Store(Table, frozen=True):
    """Where records are kept. ``url`` None: SQLite in the var directory. ``outbox`` is the folder where records wait
    for a database that is away, relative to var. ``redis_url`` None: gateways are in the bridge's own process.
    ``redis_ca``: whose certificates a ``rediss://`` server's is held to, in PEM; None: the machine's."""

    url: str | None = None
    outbox: Folder = "outbox"
    redis_url: RedisUrl | None = None
    redis_ca: Folder | None = None
