"""The bridge's end of Redis: documents out, orders in."""

import asyncio
from collections.abc import Awaitable, Callable

from telephony.config import Site
from telephony.control.commands import Answer, Request
from telephony.control.redis_taking import RedisTaking
from telephony.live.alarms import AlarmName, Alarms
from telephony.live.desk.publisher import Publisher
from telephony.live.redis_link import keys_of, open_redis
from telephony.live.redis_outlet import RedisOutlet
from telephony.model.ids import PbxName
from telephony.secrets import Secrets


class RedisEnd:
    """``run`` it. It raises no error of Redis: whatever that does, calls go on. Raises ConfigError when made."""

    def __init__(self, site: Site, secrets: Secrets, publisher: Publisher, alarms: Alarms) -> None:
        assert site.store.redis_url is not None
        self._redis = open_redis(site.store.redis_url, secrets.redis, site.store.redis_ca)
        self._keys = keys_of(PbxName(site.pbx.systemname))
        self._alarms = alarms
        self._outlet = RedisOutlet(self._redis, self._keys, publisher.snapshot, tell=self._tell)
        publisher.outlets.append(self._outlet)

    async def run(self, handle: Callable[[Request], Awaitable[Answer]]) -> None:
        """Publish, and have orders carried out by ``handle`` (``Door.handle``), until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._outlet.run())
                group.create_task(RedisTaking(self._redis, self._keys, handle).run())
        finally:
            await self._redis.aclose()

    def _tell(self, away: str | None) -> None:
        if away is None:
            self._alarms.clear(AlarmName.REDIS_AWAY)
        else:
            self._alarms.raise_alarm(AlarmName.REDIS_AWAY, away)
