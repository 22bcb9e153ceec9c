"""Missed calls on a real Asterisk: into the ledger, merged, closed by an answer, called back by command.

The bridge is a process of ``zhitong serve``; calls are ordered at its socket, as the command line does.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from telephony.control.commands import Answer, CallBack, Request, Taken
from telephony.control.socket import ask
from telephony.ledger.query import Detail, EntryQuery
from telephony.ledger.store import Ledger
from telephony.ledger.terms import AttemptOutcome, CloseReason, EntryId, EntryState
from telephony.model.ids import MemberName
from telephony.model.terms import AbandonedIn, Direction, Outcome
from telephony.places import control_of, secrets_of
from telephony.secrets import read_secrets
from tests.acceptance.stage import ALWAYS, TRUNK_HOST, people, site
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.phones.policy import Answer as PickUp
from zhitong.lab.phones.policy import OnInvite, Refuse, Ring
from zhitong.lab.ports import Ports
from zhitong.lab.programs import Tools
from zhitong.lab.rehearsal.scene import Scene

pytestmark = pytest.mark.acceptance

CITIZEN = "13800000001"
ONE = EntryId(1)


class Desk:
    """A citizen behind the trunk, one agent, and the ledger as a second program sees it."""

    def __init__(self, scene: Scene, citizen: Phone, agent: Phone) -> None:
        self.scene, self.citizen, self.agent = scene, citizen, agent
        self.ledger = Ledger(scene._database)

    async def misses(self) -> None:
        """The citizen calls, the agent's phone rings, nobody answers, the citizen gives up."""
        self.agent.on_invite = Ring()
        before = len(await self.scene.records())
        call = await self.citizen.call("12345")
        await self.agent.next_call()
        await asyncio.sleep(0.5)
        await call.hangup()
        await self.scene.records_of(before + 1)

    async def gets_through(self) -> None:
        self.agent.on_invite = PickUp()
        before = len(await self.scene.records())
        call = await self.citizen.call("12345")
        await call.answered()
        await asyncio.sleep(0.5)
        await call.hangup()
        await self.scene.records_of(before + 1)

    async def order(self) -> Answer:
        """As ``zhitong missed call 1 --agent 1001``."""
        command = CallBack(ONE, "li", MemberName("1001"))
        return await ask(control_of(self.scene.site_file, self.scene.site), Request(uuid.uuid4().hex, command))

    async def called_back(self, agent: OnInvite, citizen: OnInvite) -> Detail:
        self.agent.on_invite, self.citizen.on_invite = agent, citizen
        answer = await self.order()
        assert answer.taken is Taken.ACCEPTED, answer.why
        return await self.settled()

    async def settled(self, timeout_s: float = 60.0) -> Detail:
        """What the bridge itself has written, once the last try has an outcome: this test follows nothing for it."""
        detail = await self.ledger.detail(ONE)
        async with asyncio.timeout(timeout_s):
            while not detail.attempts or detail.attempts[-1].outcome is None:
                await asyncio.sleep(0.2)
                detail = await self.ledger.detail(ONE)
        return detail

    async def noted(self, timeout_s: float = 15.0) -> None:
        """Return when the bridge has the missed call in the ledger."""
        async with asyncio.timeout(timeout_s):
            while not await self.ledger.entries(EntryQuery(states=tuple(EntryState))):  # noqa: ASYNC110
                await asyncio.sleep(0.2)


def _site(port: list[int], ports: Ports) -> str:
    port.append(ports.take())
    return site(ports, rest=ALWAYS, trunk=f"port = {port[0]}", host=TRUNK_HOST)


@asynccontextmanager
async def desk(directory: Path, tools: Tools) -> AsyncIterator[Desk]:
    port: list[int] = []
    text = partial(_site, port)
    async with Scene.open(directory, tools, text, people(["1001"]), contacts=False) as scene, AsyncExitStack() as stack:
        place = ("127.0.0.1", scene.site.sip.port)
        setup = Setup(host=TRUNK_HOST, port=port[0])
        citizen = await stack.enter_async_context(await Phone.start(CITIZEN, "", place, register=False, setup=setup))
        password = read_secrets(secrets_of(scene.site_file, scene.site)).phones["1001"]
        agent = await stack.enter_async_context(await Phone.start("1001", password, place))
        await asyncio.sleep(0.5)
        yield Desk(scene, citizen, agent)


async def test_missed_calls_are_merged_and_an_answered_one_closes_them(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        first = (await room.ledger.detail(ONE)).entry
        assert (first.state, first.calls, first.latest.caller_number) == (EntryState.OPEN, 1, CITIZEN)
        assert (first.latest.outcome, first.latest.abandoned_in) == (Outcome.ABANDONED, AbandonedIn.RINGING)
        await room.misses()
        await room.ledger.catch_up()
        assert (await room.ledger.detail(ONE)).entry.calls == 2
        await room.gets_through()
        await room.ledger.catch_up()
        entry = (await room.ledger.detail(ONE)).entry
        records = await room.scene.records()
    assert entry.closed is not None
    assert (entry.closed.reason, entry.closed.call) == (CloseReason.CALLED_AGAIN, records[-1].call_id)


async def test_a_call_back_that_is_answered(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        room.agent.on_invite, room.citizen.on_invite = PickUp(0.3), PickUp(0.3)
        assert (await room.order()).taken is Taken.ACCEPTED
        taken = await room.agent.next_call()
        assert taken.number == CITIZEN
        reached = await room.citizen.next_call()
        await reached.answered()
        assert reached.number == "12345", "the citizen is shown the hotline's number"
        assert taken.up_at is not None
        assert taken.up_at.mono <= reached.began.mono, "the agent first"
        await asyncio.sleep(1.0)
        await taken.hangup()
        detail = await room.settled()
        record = (await room.scene.records())[-1]
    (attempt,) = detail.attempts
    assert (attempt.outcome, attempt.answer, attempt.call_id) == (AttemptOutcome.REACHED, "accepted", record.call_id)
    assert detail.entry.closed is not None
    assert (detail.entry.closed.reason, detail.entry.closed.by) == (CloseReason.CALLED_BACK, "1001")
    assert (record.direction, record.calls_back, record.dialled) == (Direction.OUTBOUND, "1", CITIZEN)
    assert attempt.uniqueid in record.uniqueids
    assert 900 <= (attempt.talk_ms or 0) <= 1500


@pytest.mark.parametrize(
    ("agent", "citizen", "outcome"),
    [
        (Refuse(486), PickUp(), AttemptOutcome.AGENT_REFUSED),
        (PickUp(), Refuse(486), AttemptOutcome.BUSY),
        (PickUp(), Refuse(603), AttemptOutcome.DECLINED),
    ],
)
async def test_call_backs_in_vain(
    tmp_path: Path, tools: Tools, agent: OnInvite, citizen: OnInvite, outcome: AttemptOutcome
) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        detail = await room.called_back(agent, citizen)
    assert [attempt.outcome for attempt in detail.attempts] == [outcome]
    assert (detail.entry.state, detail.entry.owner, detail.entry.closed) == (EntryState.ASSIGNED, "1001", None)


@pytest.mark.parametrize(
    ("agent", "outcome"), [(Ring(), AttemptOutcome.AGENT_NO_ANSWER), (PickUp(), AttemptOutcome.NO_ANSWER)]
)
async def test_nobody_answers(tmp_path: Path, tools: Tools, agent: OnInvite, outcome: AttemptOutcome) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        detail = await room.called_back(agent, Ring())
    assert [attempt.outcome for attempt in detail.attempts] == [outcome]
    assert detail.entry.state is EntryState.ASSIGNED


async def test_a_phone_that_is_not_there_is_told(tmp_path: Path, tools: Tools) -> None:
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        await room.agent.registration.end()
        await asyncio.sleep(0.5)
        answer = await room.order()
        if answer.taken is Taken.ACCEPTED:
            assert (await room.settled()).attempts[-1].outcome is AttemptOutcome.AGENT_UNREACHABLE
        else:
            assert "cannot be reached" in answer.why


async def test_a_bridge_that_is_killed_in_a_call_back_loses_nothing(tmp_path: Path, tools: Tools) -> None:
    """Killed while agent and citizen talk; the talk goes on, and its end is seen by the next bridge."""
    async with desk(tmp_path, tools) as room:
        await room.misses()
        await room.noted()
        room.agent.on_invite, room.citizen.on_invite = PickUp(), PickUp()
        assert (await room.order()).taken is Taken.ACCEPTED
        reached = await room.citizen.next_call()
        await reached.answered()
        await room.scene.bridge.kill()
        assert reached.is_up
        await room.scene.bridge.start()
        await asyncio.sleep(0.5)
        await reached.hangup()
        detail = await room.settled()
    assert [attempt.outcome for attempt in detail.attempts] == [AttemptOutcome.REACHED]
    assert detail.entry.closed is not None
    assert detail.entry.closed.reason is CloseReason.CALLED_BACK
