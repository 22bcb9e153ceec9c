"""Tells the door which agents have a desktop that answers.

Of several gateways each tells of its own. One that sees an agent shown without a desktop, though one is connected here,
says so again: after another gateway lost the agent's former desktop, and after a restart of the telephony process.
What nobody speaks for any more (its gateway was killed) is taken back by a gateway that has stood for a while; whoever
has the desktop after all contradicts at once, and the grace that the site gives is longer than that takes.
"""

import asyncio
import time
import uuid
from collections.abc import Callable

import structlog

from agent_bridge.tasks import together
from telephony.control.commands import Reason, Request, Taken
from telephony.control.orders.agents import DesktopSeen
from telephony.control.port import Orders
from telephony.live.documents import AgentDocument, Delta
from telephony.model.ids import MemberName

log = structlog.get_logger(__name__)

DEADLINE_S = 5.0
AGAIN_S = 1.0
"""Between two tries to tell the same."""
WORKERS = 8
SETTLE_S = 60.0
"""After its start a gateway takes nobody's desktop back: they are still coming."""


class Presence:
    """``here``: agents with a desktop at this gateway; ``by`` names the gateway."""

    def __init__(self, orders: Orders, here: Callable[[], frozenset[MemberName]], by: str) -> None:
        self._orders = orders
        self._here = here
        self._by = by
        self._told: dict[MemberName, bool] = {}
        self._due: asyncio.Queue[MemberName] = asyncio.Queue()
        self._waiting: set[MemberName] = set()
        self._until: dict[MemberName, float] = {}

    def changed(self, agent: MemberName) -> None:
        """The agent's first desktop came, or the last went."""
        if agent not in self._waiting:
            self._waiting.add(agent)
            self._due.put_nowait(agent)

    def saw(self, delta: Delta) -> None:
        """Contradict a document that says otherwise."""
        document = delta.document
        if isinstance(document, AgentDocument) and not document.desktop and self._told.get(document.number):
            self._told.pop(document.number)
            self.changed(document.number)

    def settle(self, documents: list[AgentDocument]) -> None:
        """Take back what nobody speaks for."""
        here = self._here()
        for document in documents:
            if document.desktop and document.number not in here:
                self._told[document.number] = True
                self.changed(document.number)

    async def run(self) -> None:
        """Tell, a few at a time, until cancelled."""
        await together({f"presence-{number}": self._work() for number in range(WORKERS)})

    async def _work(self) -> None:
        while True:
            agent = await self._due.get()
            self._waiting.discard(agent)
            present = agent in self._here()
            if self._told.get(agent, False) == present:
                continue
            await self._hold_back(agent)
            if await self._tell(agent, present):
                self._told[agent] = True
                if not present:
                    self._told.pop(agent)
            else:
                self.changed(agent)

    async def _hold_back(self, agent: MemberName) -> None:
        """No agent is told of more than once in ``AGAIN_S``."""
        now = time.monotonic()
        if (wait := self._until.get(agent, 0.0) - now) > 0:
            await asyncio.sleep(wait)
        self._until[agent] = time.monotonic() + AGAIN_S

    async def _tell(self, agent: MemberName, present: bool) -> bool:
        """Returns False when it is to be tried again."""
        order = DesktopSeen(agent, present, self._by)
        answer = await self._orders.handle(Request(f"seen:{uuid.uuid4().hex}", order, DEADLINE_S))
        if answer.taken is not Taken.ACCEPTED:
            log.info("a desktop's presence was not taken", agent=agent, present=present, why=answer.why)
        return answer.taken is not Taken.UNKNOWN and answer.reason not in (Reason.UNAVAILABLE, Reason.BUSY)
