"""Hold, consult, three together, back into the line, through rooms on a real PBX: what the record says, that three
books say the same as far as they know of it, and that Asterisk's logs alone give the same call.

The orders are those that the bridge gives (dialplans/README.md, Rooms); here they are given beside it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from telephony.ami.account import Account
from telephony.ami.actions import Action
from telephony.model.terms import Outcome, SegmentKind, Side
from telephony.places import secrets_of
from telephony.records.record import CallRecord
from telephony.secrets import read_secrets
from tests.acceptance.test_reconcile import told
from tests.acceptance.test_transfers import Desk, desk
from tests.integration.journal.rooms import ConfbridgeKick, Setvar, ToRoom, Walk
from tools.capture_ami import Tap
from zhitong.lab.phones import book
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.policy import Answer, Refuse, Ring
from zhitong.lab.programs import Tools

pytestmark = [pytest.mark.acceptance]

MUSIC_OF_TALK = 1000
"""The tone that agents' phones send."""


class Walks:
    """Orders to the PBX about the one call of this desk, whose agent is 1001."""

    def __init__(self, room: Desk) -> None:
        self._room = room
        scene = room.play.scene
        secret = read_secrets(secrets_of(scene.site_file, scene.site)).ami
        self._account = Account("127.0.0.1", scene.site.pbx.ami.user, secret, scene.lab.ports.ami)

    async def _order(self, *actions: Action) -> None:
        async with Tap.open(self._account) as tap:
            for action in actions:
                tap.ask(action)
            await tap.quiet(0.2)

    async def _channels(self) -> dict[str, tuple[str, str]]:
        """Endpoint → channel's name and Uniqueid."""
        lines = (await self._room.play.lab.pbx.cli("core show channels concise")).splitlines()
        fields = [line.split("!") for line in lines if line.startswith("PJSIP/")]
        return {each[0][len("PJSIP/") :].rpartition("-")[0]: (each[0], each[-1]) for each in fields}

    async def enters(self, exten: str, asks: str = "") -> None:
        """Caller and agent into the room; the agent there, or to its side, or to ask somebody."""
        found = await self._channels()
        caller, uniqueid = next(place for name, place in found.items() if name.startswith("trunk-"))
        agent, _ = found["1001"]
        consult = (Setvar(agent, "ZT_TO", asks),) if asks else ()
        ready = (Setvar(agent, "__ZT_CALLER", caller), Setvar(caller, "GROUP(zt-room-caller)", uniqueid))
        await self._order(*ready, *consult, ToRoom(caller, agent, exten))

    async def goes(self, exten: str) -> None:
        await self._order(Walk((await self._channels())["1001"][0], exten))

    async def together(self) -> None:
        found = await self._channels()
        uniqueid = next(place[1] for name, place in found.items() if name.startswith("trunk-"))
        await self._order(ConfbridgeKick(f"c{uniqueid}"))


async def calls(room: Desk) -> tuple[Call, Call]:
    room.first.on_invite, room.second.on_invite = Answer(0.2), Refuse(480)
    call, taken = await room.connected()
    await asyncio.sleep(0.5)
    return call, taken


async def holds(room: Desk, walks: Walks) -> None:
    call, _ = await calls(room)
    await walks.enters("side")
    await asyncio.sleep(0.8)
    await walks.goes("back")
    await call.hears(MUSIC_OF_TALK)
    await asyncio.sleep(0.5)
    await call.hangup()


async def leaves_in_a_hold(room: Desk, walks: Walks) -> None:
    call, taken = await calls(room)
    await walks.enters("side")
    await asyncio.sleep(0.6)
    await call.hangup()
    await taken.ended(30)


async def hands_over(room: Desk, walks: Walks) -> None:
    call, taken = await calls(room)
    room.second.on_invite = Answer(0.3)
    await walks.enters("consult", asks="1002")
    target = await room.second.next_call(30)
    await target.answered(30)
    await asyncio.sleep(0.8)
    await taken.hangup()
    await target.hears(450)
    await asyncio.sleep(0.5)
    await target.hangup()
    await call.ended(30)


async def takes_it_back(room: Desk, walks: Walks) -> None:
    call, _ = await calls(room)
    room.second.on_invite = Ring()
    await walks.enters("consult", asks="1002")
    await room.second.next_call(30)
    await asyncio.sleep(0.6)
    await walks.goes("back")
    await call.hears(MUSIC_OF_TALK)
    await asyncio.sleep(0.5)
    await call.hangup()


async def leaves_in_a_consult(room: Desk, walks: Walks) -> None:
    call, taken = await calls(room)
    room.second.on_invite = Answer(0.3)
    await walks.enters("consult", asks="1002")
    target = await room.second.next_call(30)
    await target.answered(30)
    await asyncio.sleep(0.8)
    await call.hangup()
    await asyncio.sleep(0.6)
    await target.hangup()
    await taken.ended(30)


async def three_and_the_agent_leaves(room: Desk, walks: Walks) -> None:
    call, taken = await calls(room)
    room.second.on_invite = Answer(0.3)
    await walks.enters("consult", asks="1002")
    target = await room.second.next_call(30)
    await target.answered(30)
    await asyncio.sleep(0.8)
    await walks.together()
    await target.hears(450)
    await asyncio.sleep(0.6)
    await taken.hangup()
    await asyncio.sleep(0.8)
    await call.hangup()
    await target.ended(30)


async def back_into_the_line(room: Desk, walks: Walks) -> None:
    """The agent's phone is gone in a hold; the other agent takes the call."""
    call, taken = await calls(room)
    await walks.enters("side")
    await asyncio.sleep(0.6)
    room.first.on_invite, room.second.on_invite = Refuse(480), Answer(0.3)
    await taken.hangup()
    second = await room.second.next_call(30)
    while second.ending is not None:
        second = await room.second.next_call(30)
    await second.answered(30)
    await asyncio.sleep(0.8)
    await call.hangup()


Story = Callable[[Desk, Walks], Awaitable[None]]
STORIES: tuple[Story, ...] = (
    *(holds, leaves_in_a_hold, hands_over, takes_it_back, leaves_in_a_consult, three_and_the_agent_leaves),
    back_into_the_line,
)
TALK, HOLD, RING = SegmentKind.TALK, SegmentKind.HOLD, SegmentKind.RING


async def played(tmp_path: Path, tools: Tools, *stories: Story, reconciled: bool = False) -> list[CallRecord]:
    """These stories on one PBX, one after the other; their records, judged. ``reconciled``: by our own command too."""
    async with desk(tmp_path, tools) as room:
        for story in stories:
            await story(room, Walks(room))
            await room.play.quiet()
            await room.play.reachable(["1001", "1002"])
        folder = room.play.lab.run / "phones" / "desk"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(book.write, folder / "citizen.tsv", room.citizen.calls)
        for phone in (room.first, room.second):
            await asyncio.to_thread(book.write, folder / f"{phone.account.number}.tsv", phone.calls)
        records = await room.play.records(len(stories))
        if reconciled:
            status, report = await told(room.play.scene.site_file)
            assert (status, report["counts"]["unexplained"]) == (0, 0), report
            assert report["counts"]["records"] == report["counts"]["queue_log"] == len(stories)
        return records


def kinds(record: CallRecord) -> list[SegmentKind]:
    """Of the timeline, from the answer on, without what is shorter than a tenth of a second."""
    answered = record.answered_at or 0
    return [s.kind for s in record.timeline if s.start >= answered and s.end - s.start > 100_000]


def asked(record: CallRecord) -> list[str]:
    return [consult.result for consult in record.consults]


def handed(record: CallRecord) -> list[tuple[str, str, str]]:
    return [(transfer.kind, transfer.by, transfer.to) for transfer in record.transfers]


async def test_a_consult_that_hands_over(tmp_path: Path, tools: Tools) -> None:
    (record,) = await played(tmp_path, tools, hands_over)
    assert (record.outcome, record.agent, record.hung_up_by) == (Outcome.ANSWERED, "1001", Side.OTHER)
    assert (kinds(record), asked(record)) == ([TALK, HOLD, TALK], ["completed"])
    assert handed(record) == [("attended", "1001", "1002")]


@pytest.mark.slow
async def test_every_walk(tmp_path: Path, tools: Tools) -> None:
    records = await played(tmp_path, tools, *STORIES, reconciled=True)
    assert {(record.outcome, record.agent) for record in records} == {(Outcome.ANSWERED, "1001")}
    found = [(kinds(record), asked(record), handed(record), record.hung_up_by) for record in records]
    over, back = ("attended", "1001", "1002"), ("requeue", "1001", "service")
    assert found == [
        ([TALK, HOLD, TALK], [], [], Side.CALLER),
        ([TALK, HOLD], [], [], Side.CALLER),
        ([TALK, HOLD, TALK], ["completed"], [over], Side.OTHER),
        ([TALK, HOLD, TALK], ["cancelled"], [], Side.CALLER),
        ([TALK, HOLD], ["over"], [], Side.CALLER),
        ([TALK, HOLD, TALK, TALK], ["merged"], [over], Side.CALLER),
        ([TALK, HOLD, RING, TALK], [], [back], Side.CALLER),
    ]
