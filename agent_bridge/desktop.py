"""One connected desktop, as the gateway keeps it: small, since there are thousands."""

from asyncio import Task

from agent_bridge.limits import Bucket
from agent_bridge.line import WebSocketLine
from agent_bridge.wire.closes import Close
from zhitong.access.roles import Principal, Role

NOBODY = Principal("", Role.AGENT)


class Desktop:
    """``who`` is NOBODY before hello. Times in monotonic seconds. ``allowance``: bytes that may wait beyond the limit,
    for a snapshot that was asked for; until all was read."""

    __slots__ = (
        "__weakref__",
        "allowance",
        "bad",
        "client_id",
        "closing",
        "heard_at",
        "line",
        "name",
        "orders",
        "requests",
        "told_at",
        "who",
    )

    def __init__(self, line: WebSocketLine, name: str, requests: Bucket, now: float) -> None:
        self.line = line
        self.name = name
        self.who = NOBODY
        self.client_id = ""
        self.requests = requests
        self.heard_at = self.told_at = now
        self.allowance = 0
        self.bad = 0
        self.closing: Close | None = None
        self.orders: set[Task[None]] | None = None

    @property
    def known(self) -> bool:
        """Whether hello was said."""
        return self.who is not NOBODY

    @property
    def under_way(self) -> int:
        """Orders not answered yet."""
        return 0 if self.orders is None else len(self.orders)
