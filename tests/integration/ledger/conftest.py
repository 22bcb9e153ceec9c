"""A ledger on a database of its own, with its records, its agents, and a clock that the test moves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from telephony.directory.agents import Agent
from telephony.directory.store import AgentStore
from telephony.ledger.entry import Entry
from telephony.ledger.query import EntryQuery, Listed
from telephony.ledger.store import CallOrder, Ledger
from telephony.ledger.terms import EntryState
from telephony.model.ids import MemberName, Micros, PbxName
from telephony.numbers.kinds import Rules
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore

LATER = Micros(1_795_410_000_000_000)
EVERY = EntryQuery(states=tuple(EntryState))


@dataclass
class Desk:
    """``now`` is the ledger's clock."""

    store: RecordStore
    ledger: Ledger
    now: Micros = LATER

    async def tell(self, *records: CallRecord) -> None:
        """Put them on record, and let the ledger follow."""
        await self.store.write(records)
        await self.ledger.catch_up()

    async def listed(self, query: EntryQuery = EVERY) -> list[Listed]:
        return list(await self.ledger.entries(query))

    async def entries(self) -> list[Entry]:
        return [listed.entry for listed in await self.listed()]

    async def summary(self) -> list[tuple[int, str, int, str | None]]:
        """Number, state, calls, and why it is closed."""
        return [
            (e.number, e.state.value, e.calls, e.closed.reason.value if e.closed else None)
            for e in await self.entries()
        ]

    async def close(self) -> None:
        await self.store.close()


async def open_desk(url: str) -> Desk:
    store = await RecordStore.open(url)
    await AgentStore(store.database).import_agents([Agent(MemberName(n), "张三", (), n) for n in ("1001", "1002")])
    desk = Desk(store, Ledger(store.database, Rules()))
    desk.ledger = Ledger(store.database, Rules(), now=lambda: desk.now)
    return desk


def order(agent: str = "1001", key: str = "k1", trunks: tuple[str, ...] = ("carrier",)) -> CallOrder:
    return CallOrder(agent=MemberName(agent), by="li", key=key, pbx=PbxName("pbx1"), trunks=trunks)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'zhitong.db'}"


@pytest.fixture
async def desk(url: str) -> AsyncIterator[Desk]:
    opened = await open_desk(url)
    yield opened
    await opened.close()
