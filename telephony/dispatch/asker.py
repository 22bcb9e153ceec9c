"""Asks the PBX in which queues a wake does no harm, at each login and now and then."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

from telephony.ami.actions import Action, Reply
from telephony.dispatch import verdicts
from telephony.dispatch.verdicts import Loaded
from telephony.errors import AmiActionFailed
from telephony.model.ids import QueueName
from telephony.site.dispatch import ON

Act = Callable[[Action, float], Awaitable[Reply]]

PIECE = 200
"""Rows of the dialplan that are judged in one go."""
_DEADLINE_S = 5.0


class Asker:
    """``queues``: of the site."""

    def __init__(self, act: Act, queues: Collection[QueueName]) -> None:
        self._act = act
        self._queues = queues
        self._loaded = Loaded({}, "the dialplan was not read yet")

    async def ask(self, whole: bool) -> dict[QueueName, str]:
        """``on``, or why not, by queue. Not all of it is read anew each time: the whole dialplan (0.2 MB on a small
        site) costs some ten milliseconds in which no wake goes out. Raises AmiError when it cannot be asked."""
        said = verdicts.read(await self._ask(verdicts.PLACE))
        if whole:
            self._loaded = await self._elsewhere()
        of = {name: why for name, verdict in said.items() if verdict == ON and (why := await self._why_not(name))}
        return Loaded(of).over(self._loaded.over(said))

    async def _elsewhere(self) -> Loaded:
        """Of thousands of rows, so in pieces: between them others have their turn."""
        rows, rules = (await self._ask(verdicts.WHOLE)).items, await self._ask(verdicts.RULES)
        found = verdicts.elsewhere((), self._queues, rules)
        for first in range(0, len(rows), PIECE):
            found = found.also(verdicts.elsewhere(rows[first : first + PIECE], self._queues, rules))
            await asyncio.sleep(0)
        return found

    async def _ask(self, action: Action) -> Reply:
        return await self._act(action, _DEADLINE_S)

    async def _why_not(self, queue: QueueName) -> str:
        try:
            return verdicts.in_context(await self._ask(verdicts.context_of(queue)))
        except AmiActionFailed:  # there is no such context
            return verdicts.in_context(Reply({}))
