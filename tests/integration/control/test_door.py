"""The door: each command at most once, refused before anything is sent, or known to be unknown. No PBX is needed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from telephony.ami.actions import Action, Originate, Reply
from telephony.config import parse_site
from telephony.control import socket
from telephony.control.commands import Answer, Request, Taken
from telephony.control.door import Door
from telephony.control.handlers.ledger import CallsBack
from telephony.control.orders.ledger import CallBack
from telephony.errors import AmiActionFailed, AmiError, AmiOutcomeUnknown, AmiUnreachable, ControlError
from telephony.ledger.keeper import PATIENCE_S, Keeper
from telephony.ledger.terms import AttemptOutcome, CloseReason, EntryId, EntryState
from telephony.live.board import Live
from telephony.model.changes import AgentStateChanged, CallNotMade, CallStarted, EpochBegan
from telephony.model.ids import MemberName, Micros, PbxName, call_id_of
from telephony.model.machines import AgentState
from telephony.site.outgoing import Outgoing
from tests.integration.ledger.conftest import Desk, open_desk, order
from tests.integration.ledger.told import CALLER, called_back, missed

SITE = parse_site(
    'name = "t"\nhotline = ["12345"]\n[[trunk]]\nname = "carrier"\nhosts = ["192.0.2.1"]\n[[queue]]\nname = "q"\n'
)
AT = Micros(1_795_402_664_000_000)


class Room:
    """A door on a ledger with one missed call; ``sent`` is what reached the PBX, ``trouble`` what it raises."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.live = Live()
        self.sent: list[Action] = []
        self.trouble: AmiError | None = None
        self.door = self.new_door()
        self.keeper = Keeper(desk.ledger, self.live, PbxName("pbx1"))

    def new_door(self) -> Door:
        return Door({}, CallsBack(SITE, self.act, self.desk.ledger, self.live))

    async def act(self, action: Action, timeout: float) -> Reply:
        assert 0 < timeout <= 60
        self.sent.append(action)
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        return Reply({"Response": "Success"})

    async def outcome(self) -> tuple[EntryState, AttemptOutcome | None]:
        detail = await self.desk.ledger.detail(EntryId(1))
        return detail.entry.state, detail.attempts[-1].outcome


def request(key: str = "k", agent: str | None = "1001", entry: int = 1, deadline_s: float = 10.0) -> Request:
    return Request(key, CallBack(EntryId(entry), "li", MemberName(agent) if agent else None), deadline_s)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    desk = await open_desk(f"sqlite:///{tmp_path / 'zhitong.db'}")
    await desk.tell(missed(1, 0))
    yield Room(desk)
    await desk.close()


async def test_a_call_back_rings_the_agent_first(room: Room) -> None:
    answer = await room.door.handle(request())
    assert (answer.taken, answer.attempt) == (Taken.ACCEPTED, 1)
    (action,) = room.sent
    assert isinstance(action, Originate)
    assert (action.channel, action.context, action.exten) == ("PJSIP/1001", "zt-callback", "1")
    said = {"ZT_CALLBACK": "1", "ZT_TRUNK": "carrier", "ZT_DIALLED": CALLER}
    assert dict(action.variables) == said | {"FORWARD_CONTEXT": "zt-forward"}, "nor may the agent's phone forward it"
    assert ("Async", "true") in action.fields()
    (attempt,) = await room.desk.ledger.attempts_under_way()
    assert (attempt.uniqueid, attempt.answer) == (action.channel_id, "accepted")
    assert await room.outcome() == (EntryState.CALLING, None), "accepted is not reached"


async def test_a_number_that_may_not_be_called_is_refused_before_anything_is_sent(room: Room) -> None:
    site = msgspec.structs.replace(SITE, outgoing=Outgoing(deny=("mobile",)))
    door = Door({}, CallsBack(site, room.act, room.desk.ledger, room.live))
    answer = await door.handle(request())
    assert answer.taken is Taken.REFUSED
    assert "[outgoing]" in answer.why
    assert room.sent == []
    assert (await room.outcome())[1] is AttemptOutcome.NOT_PLACED


async def test_the_same_order_again_sends_nothing_not_even_after_a_restart(room: Room) -> None:
    answers = await asyncio.gather(*(room.door.handle(request()) for _ in range(3)))
    again = await room.new_door().handle(request())
    assert {answer.taken for answer in (*answers, again)} == {Taken.ACCEPTED}
    assert len(room.sent) == 1


async def test_a_try_that_was_cut_before_its_answer_is_unknown_and_not_sent(room: Room) -> None:
    await room.desk.ledger.begin_call(EntryId(1), order(key="k"))
    assert (await room.door.handle(request())).taken is Taken.UNKNOWN
    assert room.sent == []


@pytest.mark.parametrize("trouble", [AmiUnreachable("no link"), AmiActionFailed("Extension does not exist.")])
async def test_what_the_pbx_refuses_was_not_placed(room: Room, trouble: AmiError) -> None:
    room.trouble = trouble
    answer = await room.door.handle(request())
    assert (answer.taken, answer.why) == (Taken.REFUSED, str(trouble))
    assert await room.outcome() == (EntryState.ASSIGNED, AttemptOutcome.NOT_PLACED)


async def test_an_unknown_outcome_stays_open_until_something_is_heard(room: Room) -> None:
    room.trouble = AmiOutcomeUnknown("the link broke")
    assert (await room.door.handle(request())).taken is Taken.UNKNOWN
    assert len(room.sent) == 1
    (attempt,) = await room.desk.ledger.attempts_under_way()
    await room.desk.tell(called_back(attempt, 100, reached=True))
    assert await room.outcome() == (EntryState.CLOSED, AttemptOutcome.REACHED)


@pytest.mark.parametrize("state", [AgentState.ON_CALL, AgentState.OFFERED, AgentState.BUSY, AgentState.UNREACHABLE])
async def test_an_agent_who_is_taken_up_is_not_rung(room: Room, state: AgentState) -> None:
    room.live.fold([AgentStateChanged(AT, MemberName("1001"), state, AgentState.READY)])
    answer = await room.door.handle(request())
    assert (answer.taken, room.sent) == (Taken.REFUSED, [])
    assert (await room.desk.ledger.detail(EntryId(1))).attempts == ()


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (request(agent="9999"), "no agent 9999"),
        (request(agent=None), "Nobody owns"),
        (request(entry=7), "no entry 7"),
        (request(key=""), "key"),
        (request(key="x" * 101), "key"),
        (request(deadline_s=0), "deadline"),
        (request(deadline_s=1e-9), "deadline"),
        (request(deadline_s=float("nan")), "deadline"),
        (request(key="k\r\nAction: Originate"), "key"),
        (request(key="\x00"), "key"),
        (request(agent="1001\r\nAction: Originate"), "no agent"),
        (request(agent="\udcff"), "no agent"),
        (request(entry=2**70), "no entry"),
        (request(entry=-1), "no entry"),
        (Request("k", CallBack(EntryId(1), "zhitong", MemberName("1001"))), "--by"),
    ],
)
async def test_what_is_refused_sends_nothing(room: Room, asked: Request, why: str) -> None:
    answer = await room.door.handle(asked)
    assert (answer.taken, room.sent) == (Taken.REFUSED, [])
    assert why in answer.why


async def test_the_owner_calls_unless_another_is_named(room: Room) -> None:
    await room.desk.ledger.assign(EntryId(1), MemberName("1002"), "chief")
    await room.door.handle(request(agent=None))
    assert [action.channel for action in room.sent if isinstance(action, Originate)] == ["PJSIP/1002"]


async def test_a_closed_entry_without_an_owner_is_closed_whoever_is_to_call(room: Room) -> None:
    await room.desk.ledger.close(EntryId(1), CloseReason.NUISANCE, "li")
    for agent in (None, "1001"):
        answer = await room.door.handle(request(agent=agent))
        assert (answer.taken, room.sent) == (Taken.REFUSED, [])
        assert answer.why == "Entry 1 is closed already: nuisance, by li."


async def test_a_number_that_was_merged_tells_of_the_entry_it_leads_to(room: Room) -> None:
    await room.desk.tell(missed(2, 60))
    await room.desk.ledger.close(EntryId(1), CloseReason.RESOLVED, "li")
    answer = await room.door.handle(request(agent=None, entry=2))
    assert answer.why == "Entry 1 is closed already: resolved, by li."


# --- tries of which nothing is heard ----------------------------------------------------------------------


async def test_a_phone_that_could_not_be_rung_ends_the_try_at_once(room: Room) -> None:
    await room.door.handle(request())
    (attempt,) = await room.desk.ledger.attempts_under_way()
    room.keeper.fold([CallNotMade(AT, attempt.uniqueid, 0)])
    await room.keeper.step(0.0)
    assert await room.outcome() == (EntryState.ASSIGNED, AttemptOutcome.AGENT_UNREACHABLE)


async def test_a_try_is_given_up_only_when_linked_silent_and_patience_is_over(room: Room) -> None:
    await room.door.handle(request())
    (attempt,) = await room.desk.ledger.attempts_under_way()
    await room.keeper.step(0.0)
    await room.keeper.step(10 * PATIENCE_S)
    assert (await room.outcome())[1] is None, "without a link nothing can be heard"
    room.live.fold([EpochBegan(AT, 1, 1), CallStarted(AT, call_id_of("pbx1", attempt.uniqueid), "", "", "")])
    await room.keeper.step(20 * PATIENCE_S)
    assert (await room.outcome())[1] is None, "it is going on"
    room.live = Live()
    gone = Keeper(room.desk.ledger, room.live, PbxName("pbx1"))
    room.live.fold([EpochBegan(AT, 2, 0)])
    await gone.step(0.0)
    await gone.step(PATIENCE_S - 1)
    assert (await room.outcome())[1] is None
    await gone.step(PATIENCE_S)
    assert await room.outcome() == (EntryState.ASSIGNED, AttemptOutcome.UNKNOWN)


# --- the socket -------------------------------------------------------------------------------------------


async def test_asking_at_the_socket(room: Room, tmp_path: Path) -> None:
    path = tmp_path / ("deep" * 30) / "control.sock"
    path.parent.mkdir()
    async with socket.serving(path, room.door.handle):
        assert path.stat().st_mode & 0o777 == 0o600
        assert (await socket.ask(path, request())).taken is Taken.ACCEPTED
    assert not path.exists()
    with pytest.raises(ControlError, match="zhitong serve"):
        await socket.ask(path, request("again"))


async def test_a_socket_left_by_a_kill_is_replaced_and_the_newest_service_keeps_it(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("left behind")
    async with socket.serving(path, room.door.handle):
        async with socket.serving(path, room.door.handle):
            assert (await socket.ask(path, request())).taken is Taken.ACCEPTED
        assert not path.exists()


@pytest.mark.parametrize("line", [b"nonsense\n", b"{}\n", b'{"key":"k","command":{"type":"hang-up"}}\n', b"\xff\n"])
async def test_what_is_not_understood_is_refused(room: Room, tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "control.sock"
    async with socket.serving(path, room.door.handle):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(line)
        answer = msgspec.json.decode(await reader.readline(), type=Answer)
        writer.close()
        assert answer.taken is Taken.REFUSED
        assert (await socket.ask(path, request())).taken is Taken.ACCEPTED
    assert len(room.sent) == 1


async def test_a_service_that_gives_no_answer_leaves_it_unknown(tmp_path: Path) -> None:
    async def silent(_request: Request) -> Answer:
        raise ConnectionResetError

    path = tmp_path / "control.sock"
    async with socket.serving(path, silent):
        assert (await socket.ask(path, request(deadline_s=0.1))).taken is Taken.UNKNOWN
