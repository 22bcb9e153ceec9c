"""One login and its actions. How it ends, and hostile input, are in test_session_end.py."""

import asyncio

import pytest

from telephony.ami import actions as a
from telephony.ami.account import Account
from telephony.ami.session import Session
from telephony.errors import (
    AmiActionFailed,
    AmiInputRefused,
    AmiOutcomeUnknown,
    AmiProtocolError,
    AmiRefused,
    AmiUnreachable,
)
from tests.integration.ami.conftest import NOTE, QUICK, Sink, until
from tests.integration.ami.fake_pbx import Answer, FakePbx, Headers, Line, lines, listed, success

# --- logging in -------------------------------------------------------------------------------------------


async def test_a_login_and_its_first_event(account: Account, sink: Sink, pbx: FakePbx) -> None:
    async with await Session.open(account, sink) as session:
        await sink.has(1, b"FullyBooted")
        assert not session.closed.done()
        assert pbx.actions[0] == {
            "Action": "Login",
            "ActionID": "zt-1",
            "Username": "zhitong",
            "Secret": "right",
            "Events": "on",
        }
    assert session.closed.done()


async def test_a_refused_login_says_what_to_do_and_not_the_secret(account: Account, sink: Sink, pbx: FakePbx) -> None:
    pbx.secret = "another"
    with pytest.raises(AmiRefused, match=r"'zhitong' \(Authentication failed\): check the secret") as refused:
        await Session.open(account, sink)
    assert "right" not in str(refused.value)
    assert "right" not in repr(account)


async def test_nobody_listens(account: Account, sink: Sink, pbx: FakePbx) -> None:
    await pbx.stop()
    with pytest.raises(AmiUnreachable, match="is Asterisk running"):
        await Session.open(account, sink)


@pytest.mark.parametrize("port", [0, -1, 70_000])
async def test_a_port_that_is_none(sink: Sink, port: int) -> None:
    with pytest.raises(AmiUnreachable):
        await Session.open(Account("127.0.0.1", "u", "s", port), sink)


@pytest.mark.parametrize("host", ["", "no-such-host.invalid", "x" * 300, "a..b"])
async def test_a_host_that_is_none(sink: Sink, host: str) -> None:
    with pytest.raises(AmiUnreachable):
        await Session.open(Account(host, "u", "s", 1), sink)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"x" * 400, b"SSH-2.0-x\r\n"])
async def test_a_peer_that_is_no_pbx(account: Account, sink: Sink, pbx: FakePbx, greeting: bytes) -> None:
    pbx.greeting = greeting
    pbx.deaf = True
    with pytest.raises(AmiProtocolError, match="not AMI"):
        await Session.open(account, sink)


async def test_a_peer_that_says_nothing(account: Account, sink: Sink, pbx: FakePbx) -> None:
    pbx.greeting, pbx.deaf = b"", True
    with pytest.raises(AmiProtocolError, match="says nothing"):
        await Session.open(account, sink, login_timeout=0.1)


async def test_a_login_that_is_not_answered(account: Account, sink: Sink, pbx: FakePbx) -> None:
    pbx.deaf = True
    with pytest.raises(AmiUnreachable, match="does not answer the login"):
        await Session.open(account, sink, login_timeout=0.1)


async def test_a_slow_login_succeeds(account: Account, sink: Sink, pbx: FakePbx) -> None:
    pbx.delay = 0.3
    async with await Session.open(account, sink, keep_alive=QUICK):
        pass


async def test_a_peer_that_hangs_up_at_once(account: Account, sink: Sink, pbx: FakePbx) -> None:
    """As Asterisk does when authlimit is reached."""

    def hang_up(line: Line, _: Headers) -> Answer:
        line.cut()
        return []

    pbx.answers["Login"] = hang_up
    with pytest.raises(AmiUnreachable, match="authlimit"):
        await Session.open(account, sink)


async def test_a_failed_login_leaves_nothing_behind(account: Account, sink: Sink, pbx: FakePbx) -> None:
    pbx.secret = "another"
    tasks = asyncio.all_tasks()
    for _ in range(5):
        with pytest.raises(AmiRefused):
            await Session.open(account, sink)
    await until(lambda: not pbx.lines)
    assert [task for task in asyncio.all_tasks() - tasks if "telephony/ami" in repr(task)] == []


async def test_a_secret_with_a_line_break_is_refused_before_anything_is_sent(
    account: Account, sink: Sink, pbx: FakePbx
) -> None:
    with pytest.raises(AmiInputRefused, match="Secret"):
        await Session.open(Account("127.0.0.1", "u", "a\r\nAction: Originate", account.port), sink)
    assert pbx.actions == []


# --- actions ----------------------------------------------------------------------------------------------


async def test_an_action_and_its_answer(session: Session, pbx: FakePbx) -> None:
    reply = await session.act(a.Redirect("PJSIP/1001-1", "zt-room", "enter", extra_channel="B"))
    assert reply.message == "Redirect done"
    (asked,) = pbx.asked("Redirect")
    assert (asked["Channel"], asked["ExtraChannel"], asked["Priority"]) == ("PJSIP/1001-1", "B", "1")
    assert session.waiting == 0
    await session.close()


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (a.Originate("PJSIP/1001", "c", "s", 1000), "Originate successfully queued"),
        (a.QueueAdd("q", "PJSIP/1001", "1001"), "Added interface to queue"),
        (a.Hangup("PJSIP/1001-1"), "Channel will follow"),
    ],
)
async def test_acknowledgements_that_sound_like_lists(
    session: Session, pbx: FakePbx, action: a.Action, message: str
) -> None:
    pbx.answers[action.name] = lambda _, asked: [success(asked, message)]
    assert (await session.act(action)).message == message
    await session.close()


async def test_a_list(session: Session, pbx: FakePbx) -> None:
    pbx.channels = [{"Event": "CoreShowChannel", "Uniqueid": f"1.{number}"} for number in range(3000)]
    reply = await session.act(a.CoreShowChannels())
    assert [item["Uniqueid"] for item in reply.items] == [f"1.{number}" for number in range(3000)]
    assert (await session.act(a.QueueStatus())).items == ()
    assert session.waiting == 0
    await session.close()


async def test_lists_under_way_together_do_not_mix(session: Session, pbx: FakePbx) -> None:
    def both(line: Line, asked: Headers) -> Answer:
        """Two PBX threads would answer so: events of both lists in turn, and one that belongs to neither."""
        if asked["Queue"] == "a":
            pbx.answers["first"] = lambda *_: listed(
                asked, "QueueStatusComplete", [{"Event": "QueueEntry", "Queue": "a"}]
            )
            return []
        second = listed(asked, "QueueStatusComplete", [{"Event": "QueueEntry", "Queue": "b"}] * 2)
        mixed = [NOTE]
        for pair in zip(pbx.answers["first"](line, asked), second, strict=False):
            mixed += pair
        return mixed + second[3:]

    pbx.answers["QueueStatus"] = both
    one, two = await asyncio.gather(session.act(a.QueueStatus("a")), session.act(a.QueueStatus("b")))
    assert [item["Queue"] for item in one.items] == ["a"]
    assert [item["Queue"] for item in two.items] == ["b", "b"]
    await session.close()


async def test_the_pbx_says_no(session: Session) -> None:
    with pytest.raises(AmiActionFailed, match=r"^Ghost: .*done") as failed:
        await session.act(_Ghost())
    assert not isinstance(failed.value, AmiOutcomeUnknown)
    await session.close()


class _Ghost(a.Action, frozen=True):
    name = "Ghost"


@pytest.fixture(autouse=True)
def ghost(pbx: FakePbx) -> None:
    pbx.answers["Ghost"] = lambda _, asked: [
        lines(("Response", "Error"), ("ActionID", asked["ActionID"]), ("Message", "cannot be done"))
    ]


async def test_no_answer_in_time_is_an_unknown_outcome_and_a_late_one_is_dropped(
    session: Session, pbx: FakePbx
) -> None:
    pbx.delay = 0.2
    with pytest.raises(AmiOutcomeUnknown, match=r"no answer within 0\.05 s"):
        await session.act(a.Hangup("PJSIP/1001-1"), timeout=0.05)
    assert session.waiting == 0
    pbx.delay = 0
    assert (await session.act(a.Ping())).headers["Ping"] == "Pong"
    assert session.counts.late == 1
    assert len(pbx.asked("Hangup")) == 1  # never sent again
    await session.close()


async def test_who_gives_up_waiting_leaves_nothing_behind(session: Session, pbx: FakePbx) -> None:
    pbx.delay = 30
    task = asyncio.create_task(session.act(a.CoreShowChannels()))
    await asyncio.sleep(0.05)
    assert session.waiting == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert session.waiting == 0
    await session.close()


async def test_a_second_action_cannot_be_injected(session: Session, pbx: FakePbx) -> None:
    sent = len(pbx.actions)
    for bad in ("x\r\n\r\nAction: Originate", "x\nAction: Originate", "x\0"):
        with pytest.raises(AmiInputRefused, match="Reason"):
            await session.act(a.QueuePause("PJSIP/1001", True, reason=bad))
    await session.act(a.Ping())
    assert [action["Action"] for action in pbx.actions[sent:]] == ["Ping"]
    await session.close()


async def test_an_event_with_our_action_id_is_an_event_and_not_the_answer(
    session: Session, pbx: FakePbx, sink: Sink
) -> None:
    def echo(_: Line, asked: Headers) -> Answer:
        event = lines(("Event", "UserEvent"), ("UserEvent", "ZtNote"), ("ActionID", asked["ActionID"]))
        return [event, success(asked, "Event Sent")]

    pbx.answers["UserEvent"] = echo
    assert (await session.act(a.UserEvent("ZtNote"))).message == "Event Sent"
    assert b"UserEvent" in sink.names
    await session.close()


async def test_a_list_goes_to_the_sink_as_well(session: Session, pbx: FakePbx, sink: Sink) -> None:
    """An event is never swallowed because an action waits for it."""
    pbx.queues = [{"Event": "QueueParams", "Queue": "q"}]
    await session.act(a.QueueStatus())
    assert sink.names[-2:] == [b"QueueParams", b"QueueStatusComplete"]
    await session.close()


async def test_output_of_a_command(session: Session, pbx: FakePbx) -> None:
    class Command(a.Action, frozen=True):
        command: str

    pbx.answers["Command"] = lambda _, asked: [
        success(asked, "Command output follows", ("Output", "a"), ("Output", ""))
    ]
    assert (await session.act(Command("core show version"))).output == ("a", "")
    await session.close()
