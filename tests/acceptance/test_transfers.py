"""Attended transfers between agents, by their phones (REFER with Replaces) and by keys: one citizen, one record."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from telephony.model.terms import Outcome, Role, SegmentKind, Side
from telephony.places import secrets_of
from telephony.records.record import CallRecord
from telephony.secrets import read_secrets
from tests.acceptance.stage import ALWAYS, TRUNK_HOST, Stage, people, stage
from zhitong.lab.phones import book
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer
from zhitong.lab.phones.udp import now
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance

CITIZEN = "13800000001"


class Desk:
    """A citizen's phone behind the trunk and two agents' registered phones."""

    def __init__(self, play: Stage, citizen: Phone, first: Phone, second: Phone) -> None:
        self.play, self.citizen, self.first, self.second = play, citizen, first, second

    async def connected(self) -> tuple[Call, Call]:
        """The citizen talks with the first agent: both ends."""
        call = await self.citizen.call("12345")
        taken = await self.first.next_call(30)
        await asyncio.gather(call.answered(30), taken.answered(30))
        return call, taken

    async def record(self) -> CallRecord:
        """The one record, judged by the three books."""
        await self.play.quiet()
        folder = self.play.lab.run / "phones" / "desk"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(book.write, folder / "citizen.tsv", self.citizen.calls)
        for phone in (self.first, self.second):  # a consult call is an agent's own, not a citizen's
            taken = [call for call in phone.calls if call.incoming]
            await asyncio.to_thread(book.write, folder / f"{phone.account.number}.tsv", taken)
        (record,) = await self.play.records(1)
        return record


@asynccontextmanager
async def desk(directory: Path, tools: Tools) -> AsyncIterator[Desk]:
    async with stage(directory, tools, people(["1001", "1002"]), 'strategy = "linear"', ALWAYS, contacts=False) as play:
        site = play.scene.site
        place = ("127.0.0.1", site.sip.port)
        secrets = read_secrets(secrets_of(play.scene.site_file, site)).phones
        async with AsyncExitStack() as stack:
            setup = Setup(name="市民 王小明", host=TRUNK_HOST)
            citizen = await Phone.start(CITIZEN, "", place, 450, register=False, setup=setup)
            phones = [await Phone.start(number, secrets[number], place, 1000) for number in ("1001", "1002")]
            for phone in (citizen, *phones):
                phone.on_invite = Answer(after_s=0.3)
                await stack.enter_async_context(phone)
            await play.reachable(["1001", "1002"])
            yield Desk(play, citizen, *phones)


async def test_an_attended_transfer_by_the_phones(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        call, taken = await room.connected()
        await asyncio.sleep(0.5)
        await taken.hold()
        consult = await room.first.call("1002")
        await consult.answered(30)
        await asyncio.sleep(0.5)
        assert await taken.refer_replacing(consult) == 200
        await call.hears(1000, now().mono)  # no longer the music of the hold
        await asyncio.sleep(0.5)
        await call.hangup()
        record = await room.record()
    assert (record.outcome, record.agent, record.hung_up_by) == (Outcome.ANSWERED, "1001", Side.CALLER)
    assert [(t.kind, t.by, t.to) for t in record.transfers] == [("attended", "1001", "1002")]
    assert len(record.aliases) == 1, "the consult call was one of its own until the transfer"
    talks = [segment.with_ for segment in record.timeline if segment.kind is SegmentKind.TALK]
    assert talks[0] == ("1001",)
    assert talks[-1] == ("1002",)
    assert {leg.party for leg in record.legs if leg.role in (Role.AGENT, Role.TARGET)} == {"1001", "1002"}


async def test_an_attended_transfer_by_keys(tmp_path: Path, tools: Tools) -> None:
    """``*2`` and the colleague's number, then hanging up: works on any telephone, with or without the bridge."""
    async with desk(tmp_path, tools) as room:
        call, taken = await room.connected()
        await asyncio.sleep(0.5)
        await taken.dtmf("*21002")
        consulted = await room.second.next_call(timeout=30)
        await consulted.answered(30)
        await asyncio.sleep(0.7)
        await taken.hangup()
        await consulted.hears(450)
        await asyncio.sleep(0.5)
        await consulted.hangup()
        await call.ended(30)
        record = await room.record()
    assert (record.outcome, record.agent, record.hung_up_by) == (Outcome.ANSWERED, "1001", Side.OTHER)
    assert [(t.kind, t.by, t.to) for t in record.transfers] == [("attended", "1001", "1002")]
    talks = [segment.with_ for segment in record.timeline if segment.kind is SegmentKind.TALK]
    assert (talks[0], talks[-1]) == (("1001",), ("1002",))


async def test_the_caller_leaves_while_the_agent_consults(tmp_path: Path, tools: Tools) -> None:
    """The two agents talk on; for the citizen the call is over, and so says the record."""
    async with desk(tmp_path, tools) as room:
        call, taken = await room.connected()
        await asyncio.sleep(0.5)
        await taken.dtmf("*21002")
        consulted = await room.second.next_call(timeout=30)
        await consulted.answered(30)
        await asyncio.sleep(0.5)
        await call.hangup()
        left = call.ending.at.wall_us if call.ending is not None else 0
        await asyncio.sleep(1.5)
        await consulted.hangup()
        await taken.ended(30)
        record = await room.record()
    assert (record.outcome, record.hung_up_by) == (Outcome.ANSWERED, Side.CALLER)
    assert abs(record.ended_at - left) < 250_000  # the phone's own clock is read late on a busy machine
    assert record.timeline[-1].end == record.ended_at
