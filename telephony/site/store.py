"""Where records are kept."""

from telephony.site.table import Table
from telephony.texts import Folder


class Store(Table, frozen=True):
    """Where records are kept. ``url`` None: SQLite in the var directory. ``outbox`` is the folder where records wait
    for a database that is away, relative to var."""

    url: str | None = None
    outbox: Folder = "outbox"
