"""Keeps the documents' people as the directory has them, which other processes change."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import structlog

from telephony.directory.agents import Agent
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Department, Specialist
from telephony.directory.store import AgentStore
from telephony.errors import StoreError
from telephony.live.desk.roster import Person, Roster, roster_of
from telephony.model.ids import QueueName
from telephony.site.site import Site

log = structlog.get_logger(__name__)

EVERY_S = 10.0
"""So late at most a new agent is seen."""


class RosterReader:
    """``enrol`` is given the roster each time it was read, also when nothing has changed."""

    def __init__(
        self,
        site: Site,
        agents: AgentStore,
        enrol: Callable[[Roster], None],
        specialists: SpecialistStore | None = None,
    ) -> None:
        self._titles = {QueueName(queue.name): queue.title for queue in site.queues}
        self._agents = agents
        self._specialists = specialists
        self._revision = -1  # of the directory whose names are in ``_codes``
        self._codes: Mapping[str, str] = {}
        self._enrol = enrol
        self._failing = False
        self.take(())

    def take(self, agents: Iterable[Agent]) -> None:
        """These are the agents now."""
        self._enrol(roster_of(map(_person, agents), self._titles, self._codes))

    async def run(self) -> None:
        """Read it again and again, until cancelled. While the database is away, people stay as they were."""
        while True:
            await self.read()
            await asyncio.sleep(EVERY_S)

    async def read(self) -> None:
        """Read it once."""
        try:
            await self._read_codes()
            self.take(await self._agents.list())
        except StoreError as error:
            if not self._failing:
                log.warning("desktops show people as they were: the directory cannot be read", reason=str(error))
            self._failing = True
        else:
            self._failing = False

    async def _read_codes(self) -> None:
        """The names of departments and specialists, when they have changed."""
        if self._specialists is None or (revision := await self._specialists.revision()) == self._revision:
            return
        self._codes = {entry.code: _name_of(entry) for entry in await self._specialists.list()}
        self._revision = revision


def _name_of(entry: Department | Specialist) -> str:
    """What screens call them."""
    return entry.short or entry.name if isinstance(entry, Department) else entry.name


def _person(agent: Agent) -> Person:
    queues = {at.queue: at.penalty for at in agent.queues}
    return Person(agent.number, agent.name, agent.phone, queues, agent.auto_answer)
