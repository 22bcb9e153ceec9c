"""A desk: the model of a PBX, the door to it, and what is kept of it; no PBX is needed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from telephony.ami.actions import Action, Reply
from telephony.config import parse_site
from telephony.control.commands import Answer, AnyOrder, Request
from telephony.control.door import Door
from telephony.control.earlier import EarlierCalls
from telephony.control.handlers import remarks as remark_orders
from telephony.control.outcomes import Outcomes
from telephony.control.reach import Reach
from telephony.control.remarker import Remarker
from telephony.database.database import Database
from telephony.directory.agents import Agent
from telephony.directory.store import AgentStore
from telephony.ledger.store import Ledger
from telephony.live.board import Live
from telephony.model.calls import Call
from telephony.model.changes import CallEnded
from telephony.model.events import Event
from telephony.model.ids import CallId, MemberName, PbxName
from telephony.model.tracker import Tracker
from telephony.numbers.kinds import Rules
from telephony.records.build import build_record
from telephony.records.numbered import numbered
from telephony.records.record import CallRecord
from telephony.records.remarked import Remarked
from telephony.records.store import RecordStore
from telephony.remarks.keeper import RemarkKeeper
from telephony.remarks.store import Remarks
from tests.unit.telephony.model.script import Pbx

SITE = parse_site(
    """
name = "某市12345"
hotline = ["12345"]
[[queue]]
name = "hotline"
[[topic]]
code = "water"
title = "供水"
[[topic]]
code = "old"
title = "旧"
active = false
"""
)
RULES = Rules()


class Desk:
    """``pbx`` says events; ``hear`` lets the model hear them, and the records what ended. ``file``: the database's."""

    def __init__(self, file: Path, database: Database, keeper: RemarkKeeper) -> None:
        self.file, self.database = file, database
        self.pbx, self.tracker = Pbx(), Tracker(PbxName("pbx1"))
        self.records, self.remarks = RecordStore(database), Remarks(database)
        self.ledger = Ledger(database, RULES)
        self.outcomes = Outcomes()
        self.ended: list[CallRecord] = []
        self.heard: list[Event] = []
        self.reach = Reach(
            site=SITE,
            act=self._act,
            world=self.tracker.world,
            live=Live(),
            outcomes=self.outcomes,
            agents=AgentStore(database),
            deliver=self.deliver,
        )
        self.keeper = keeper
        self.remarker = Remarker(self.reach, keeper, self.records)
        self.earlier = EarlierCalls(database, self.ledger, RULES, self.tracker.world, self.deliver)
        self.door = Door(remark_orders.handlers(self.reach, self.remarker))
        self._keys = 0

    async def _act(self, action: Action, timeout: float) -> Reply:
        raise AssertionError(f"nothing is sent to the PBX for a remark: {action}")

    def deliver(self, event: Event) -> None:
        self.heard.append(event)
        changes = self.tracker.apply(event)
        for change in changes:
            if isinstance(change, CallEnded):
                self.ended.append(numbered(build_record(change.call), RULES))
        self.outcomes.fold(changes)
        self.remarker.fold(changes)
        self.earlier.fold(changes)

    def hear(self) -> None:
        for event in self.pbx.events:
            self.deliver(event)
        self.pbx.events.clear()

    async def on_record(self) -> None:
        """Put what has ended on record, and let the ledger follow."""
        await self.records.write(self.ended)
        self.ended.clear()
        await self.ledger.catch_up()

    async def ask(self, order: AnyOrder, within: float = 20.0) -> Answer:
        self._keys += 1
        return await self.door.handle(Request(f"k{self._keys}", order, within))

    def call(self) -> Call:
        """The newest call that lives."""
        return list(self.tracker.world.calls.values())[-1]

    async def said(self, call_id: CallId) -> Remarked | None:
        """What is in the database, once all that was kept is there."""
        await asyncio.wait_for(self.keeper.writer.flush(), 60)
        return (await self.remarks.of([call_id])).get(call_id)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    file = tmp_path / "zhitong.db"
    async with AsyncExitStack() as stack:
        database = await Database.open(f"sqlite:///{file}")
        stack.push_async_callback(database.close)
        people = [Agent(MemberName(n), "坐席", (), phone) for n, phone in (("1001", "1001"), ("1002", "p1002"))]
        await AgentStore(database).import_agents(people)
        keeper = await stack.enter_async_context(RemarkKeeper.open(database, tmp_path / "remarks"))
        yield Desk(file, database, keeper)
        await asyncio.wait_for(keeper.writer.flush(), 60)
