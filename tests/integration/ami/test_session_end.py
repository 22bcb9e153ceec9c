"""One login: how a link ends, how it is kept alive, and what no peer and no handler can do to it."""

import asyncio
import time

import pytest

from telephony.ami import actions as a
from telephony.ami.account import Account
from telephony.ami.codec import FRAME_LIMIT, headers_of
from telephony.ami.keepalive import KeepAlive
from telephony.ami.session import Session
from telephony.errors import AmiOutcomeUnknown, AmiUnreachable
from tests.integration.ami.conftest import NOTE, QUICK, Sink
from tests.integration.ami.fake_pbx import Answer, FakePbx, Headers, Line, lines, listed, success

# --- the end of a link ------------------------------------------------------------------------------------


@pytest.mark.parametrize("under_way", [a.Hangup("PJSIP/1001-1"), a.CoreShowChannels()])
async def test_a_cut_in_the_middle_of_an_action_is_an_unknown_outcome(
    session: Session, pbx: FakePbx, under_way: a.Action
) -> None:
    def half(line: Line, asked: Headers) -> Answer:
        line.send(*listed(asked, "CoreShowChannelsComplete", [{"Event": "CoreShowChannel"}])[: 2 * under_way.lists])
        asyncio.get_running_loop().call_later(0.05, line.cut)
        return []

    pbx.answers[under_way.name] = half
    with pytest.raises(AmiOutcomeUnknown, match="may or may not"):
        await session.act(under_way, timeout=10)
    assert isinstance(await session.closed, AmiUnreachable)
    assert len(pbx.asked(under_way.name)) == 1
    with pytest.raises(AmiUnreachable, match="was not sent"):
        await session.act(a.Ping())
    await session.close()


async def test_a_closed_link_says_so_to_everybody_who_waits(session: Session, pbx: FakePbx) -> None:
    pbx.delay = 30
    waiting = [asyncio.create_task(session.act(a.Ping(), timeout=30)) for _ in range(20)]
    await asyncio.sleep(0.05)
    pbx.cut()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(error) for error in ended} == {AmiOutcomeUnknown}
    await session.close()


async def test_closing_twice_is_harmless(session: Session) -> None:
    await session.close()
    await session.close()
    assert str(session.closed.result()) == "the link was closed by us"


async def test_a_session_does_not_reconnect(session: Session, pbx: FakePbx) -> None:
    pbx.cut()
    await session.closed
    await asyncio.sleep(0.2)
    assert pbx.logins == 1
    await session.close()


# --- keep-alive -------------------------------------------------------------------------------------------


async def test_a_half_open_link_is_noticed_within_five_seconds(account: Account, sink: Sink, pbx: FakePbx) -> None:
    """The limit is the issue's; measured with the settings that are used."""
    async with await Session.open(account, sink) as session:
        await asyncio.sleep(1.2)  # a ping has been answered
        pbx.deaf = True
        start = time.monotonic()
        error = await session.closed
        assert time.monotonic() - start < 5
        assert "nothing came from the PBX" in str(error)


async def test_a_quiet_link_lives(account: Account, sink: Sink, pbx: FakePbx) -> None:
    async with await Session.open(account, sink, keep_alive=QUICK) as session:
        await asyncio.sleep(1)
        assert not session.closed.done()
        assert len(pbx.asked("Ping")) > 3
        assert session.waiting <= 1


async def test_a_pbx_that_sends_but_does_not_listen_is_given_up(account: Account, sink: Sink, pbx: FakePbx) -> None:
    async with await Session.open(account, sink, keep_alive=QUICK) as session:
        pbx.deaf = True
        while not session.closed.done():
            pbx.send(NOTE)
            await asyncio.sleep(0.02)
        assert "has not answered a ping" in str(session.closed.result())


async def test_a_stall_of_our_own_is_not_held_against_the_pbx(account: Account, sink: Sink, pbx: FakePbx) -> None:
    async with await Session.open(account, sink, keep_alive=QUICK) as session:
        await asyncio.sleep(0.1)
        time.sleep(0.8)  # noqa: ASYNC251  # the whole process hangs, the PBX's side of this test included
        await asyncio.sleep(0.3)
        assert not session.closed.done()


async def test_a_pbx_that_no_longer_reads_is_not_buried_in_actions(sink: Sink) -> None:
    """What cannot be sent is refused, not piled up."""
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        login = await reader.readuntil(b"\r\n\r\n")
        action_id = headers_of(login)["ActionID"]
        writer.write(b"Asterisk Call Manager/9.0.0\r\n" + success({"ActionID": action_id}) + b"\r\n\r\n")
        await over.wait()  # more than the small limit below is not read
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=4096)
    account = Account("127.0.0.1", "u", "s", server.sockets[0].getsockname()[1])
    async with await Session.open(account, sink) as session:
        waiting = []
        with pytest.raises(AmiUnreachable, match="stopped reading"):
            for _ in range(100_000):
                waiting.append(asyncio.ensure_future(session.act(a.Setvar("X", "x" * 900), timeout=60)))
                await asyncio.sleep(0)
                if waiting[-1].done():
                    await waiting[-1]
    await asyncio.gather(*waiting, return_exceptions=True)
    over.set()
    server.close()
    await server.wait_closed()


# --- hostile and heavy input ------------------------------------------------------------------------------


async def test_a_handler_that_raises_does_not_hurt_the_link(session: Session, pbx: FakePbx, sink: Sink) -> None:
    sink.raises = True
    pbx.send(NOTE, NOTE, NOTE)
    await sink.has(3)
    assert (await session.act(a.Ping())).headers["Ping"] == "Pong"
    assert session.counts.sink_errors >= 3
    assert not session.closed.done()
    await session.close()


async def test_ten_megabytes_in_one_message_are_dropped_and_the_next_message_read(
    session: Session, pbx: FakePbx, sink: Sink
) -> None:
    pbx.send_raw(b"Event: Newchannel\r\nCallerIDName: " + b"x" * 10 * FRAME_LIMIT + b"\r\n\r\n")
    pbx.send(NOTE)
    await sink.has(1)
    assert [headers_of(frame)["CallerIDName"] for frame in sink.frames if b"Newchannel" in frame] == ["市民"]
    assert session.counts.oversized == 1
    await session.act(a.Ping())
    await session.close()


async def test_a_flood_arrives_whole_and_in_order(session: Session, pbx: FakePbx, sink: Sink) -> None:
    flood = [lines(("Event", "Newchannel"), ("Uniqueid", f"1.{number}")) for number in range(50_000)]
    pbx.send_raw(b"".join(frame + b"\r\n\r\n" for frame in flood))
    await sink.has(50_000)
    assert [frame for frame in sink.frames if b"Newchannel" in frame] == flood
    await session.act(a.Ping())
    await session.close()


async def test_text_cut_at_every_byte_by_tcp_arrives_whole(session: Session, pbx: FakePbx, sink: Sink) -> None:
    for byte in NOTE + b"\r\n\r\n":
        pbx.send_raw(bytes([byte]))
        await asyncio.sleep(0.001)
    await sink.has(1)
    assert sink.frames[-1] == NOTE
    await session.close()


async def test_events_carry_the_time_of_their_arrival(session: Session, pbx: FakePbx, sink: Sink) -> None:
    before = time.monotonic(), time.time_ns() // 1000
    pbx.send(NOTE)
    await sink.has(1)
    arrival = sink.arrivals[-1]
    assert before[0] <= arrival.monotonic <= time.monotonic()
    assert before[1] <= arrival.wall <= time.time_ns() // 1000
    await session.close()


@pytest.mark.parametrize(
    "noise",
    [
        b"\r\n\r\n\r\n\r\n",
        b"\xff\xfe\x00: \x00\r\n\r\n",
        b"Response: Success\r\nActionID: zt-999\r\n\r\n",
        b"Response:\r\n\r\n",
        b"Event: \r\n\r\n",
        b"ActionID: zt-1\r\nActionID: zt-2\r\n\r\n",
        b"Response: Success\r\nActionID: \xff\xff\r\n\r\n",
    ],
)
async def test_noise_between_messages_is_passed_over(session: Session, pbx: FakePbx, noise: bytes) -> None:
    pbx.send_raw(noise)
    assert (await session.act(a.Ping())).headers["Ping"] == "Pong"
    await session.close()


def test_a_dead_link_is_noticed_within_five_seconds_by_the_defaults() -> None:
    keep = KeepAlive()
    assert keep.every + keep.silence < 5
