"""Orders that put something down of a call: by who had it, while it lasts and after, whatever becomes of it."""

import asyncio
import dataclasses
import time

import msgspec
import pytest

from telephony.control.commands import Answer, Reason, Taken
from telephony.control.orders.remarks import AskHelp, Dispose, Mark, Note, Resolve
from telephony.model.ids import MICROS_PER_SECOND, CallId, MemberName
from telephony.records.remarked import Remarked
from telephony.site.topics import Remarks as Rule
from tests.integration.remarks.conftest import SITE, Desk
from tests.unit.telephony.model.script import Line, Pbx

ONE, TWO, NOBODY = MemberName("1001"), MemberName("1002"), MemberName("")


def talks(desk: Desk, agent: str = "1001") -> Line:
    """A citizen talks with the agent, now."""
    desk.pbx = Pbx(int(time.time()))
    desk.pbx.signs_in(agent)
    caller = desk.pbx.citizen()
    caller.joins("hotline")
    caller.offered(agent).answers()
    desk.pbx.wait(2)
    desk.hear()
    return caller


def ends(desk: Desk, caller: Line) -> CallId:
    """The call is over, and settled."""
    call_id = desk.call().call_id
    caller.hangs_up()
    desk.pbx.wait(3)
    desk.pbx.member("1001")
    desk.hear()
    assert call_id not in desk.tracker.world.calls
    return call_id


def refused(answer: Answer) -> tuple[Reason, str]:
    assert answer.taken is Taken.REFUSED
    return answer.reason, answer.why


async def test_the_agent_of_a_call_writes_while_it_lasts(desk: Desk) -> None:
    talks(desk)
    call = desk.call()
    for order in (
        Note(call.call_id, ONE, "停水\n三天", "1001"),
        Dispose(call.call_id, ONE, ("water", "water"), "1001", answered=True),
        Mark(call.call_id, ONE, "silent", "1001"),
    ):
        answer = await desk.ask(order)
        assert (answer.taken, answer.seen) == (Taken.ACCEPTED, True), answer.why
    assert (call.remarks.notes, call.remarks.all_topics(), call.remarks.mark) == (
        {"1001": "停水\n三天"},
        ("water",),
        "silent",
    )
    said = await desk.said(call.call_id)
    assert said is not None
    assert said.mark is not None
    assert ([note.text for note in said.notes], said.topics, said.answered) == (["停水\n三天"], ("water",), True)


async def test_whether_it_was_resolved_is_said_in_the_call_and_after_it(desk: Desk) -> None:
    caller = talks(desk)
    call = desk.call()
    for resolved in (True, None, False):
        assert (await desk.ask(Resolve(call.call_id, ONE, resolved, "1001"))).seen
        assert (await desk.said(call.call_id) or Remarked()).resolved is call.remarks.is_resolved is resolved
    call_id = ends(desk, caller)
    await desk.on_record()
    assert (await desk.ask(Resolve(call_id, ONE, True, "1001"))).taken is Taken.ACCEPTED
    assert (await desk.said(call_id) or Remarked()).resolved is True
    assert refused(await desk.ask(Resolve(call_id, TWO, True, "1002")))[0] is Reason.WRONG_STATE


async def test_what_is_taken_back_is_shown_so(desk: Desk) -> None:
    talks(desk)
    call = desk.call()
    await desk.ask(Note(call.call_id, ONE, "wrong", "1001"))
    await desk.ask(Mark(call.call_id, ONE, "silent", "1001"))
    assert (await desk.ask(Note(call.call_id, ONE, "", "1001"))).seen
    assert (await desk.ask(Mark(call.call_id, ONE, "", "1001"))).seen
    said = await desk.said(call.call_id)
    assert said is not None
    assert (said.notes, said.mark) == ((), None)
    assert len(await desk.remarks.history(call.call_id)) == 4


async def test_who_had_no_part_in_it_may_not_and_a_supervisor_writes_in_their_own_name_or_the_agents(
    desk: Desk,
) -> None:
    talks(desk)
    call = desk.call()
    reason, why = refused(await desk.ask(Note(call.call_id, TWO, "x", "1002")))
    assert (reason, why) == (Reason.WRONG_STATE, "call: '1002' has had no part in it.")
    assert refused(await desk.ask(Note(call.call_id, NOBODY, "x", "clerk")))[0] is Reason.WRONG_STATE
    await desk.ask(Note(call.call_id, NOBODY, "heard it", "boss", any_call=True))
    await desk.ask(Note(call.call_id, ONE, "better", "boss"))
    assert call.remarks.notes == {"boss": "heard it", "1001": "better"}
    citizen = MemberName(call.caller_number)  # whoever sends a number as the caller's is no agent by it
    assert refused(await desk.ask(Note(call.call_id, citizen, "x", citizen)))[0] is Reason.WRONG_STATE


async def test_an_agent_whose_phone_has_another_name_than_their_number(desk: Desk) -> None:
    """Brought in by a transfer: the model knows the endpoint alone, the directory whose it is."""
    talks(desk, "p1002")
    call = desk.call()
    assert (await desk.ask(Note(call.call_id, TWO, "x", "1002"))).taken is Taken.ACCEPTED


async def test_in_wrap_up_and_later_from_the_record(desk: Desk) -> None:
    call_id = ends(desk, talks(desk))
    answer = await desk.ask(Note(call_id, ONE, "wrap-up", "1001"))
    assert (answer.taken, answer.seen) == (Taken.ACCEPTED, True)
    await desk.on_record()
    desk.remarker._ended.clear()  # as after a restart
    assert (await desk.ask(Dispose(call_id, ONE, ("water",), "1001"))).taken is Taken.ACCEPTED
    assert refused(await desk.ask(Note(call_id, TWO, "x", "1002")))[0] is Reason.WRONG_STATE
    said = await desk.said(call_id)
    assert said is not None
    assert ([note.text for note in said.notes], said.topics) == (["wrap-up"], ("water",))


async def test_in_wrap_up_while_the_database_is_away_nothing_is_lost(desk: Desk) -> None:
    call_id = ends(desk, talks(desk))
    away = desk.file.rename(desk.file.with_name("away.db"))
    assert (await desk.ask(Note(call_id, ONE, "kept", "1001"))).taken is Taken.ACCEPTED
    reason, _ = refused(await desk.ask(Note(CallId("X" * 26), ONE, "x", "1001")))
    assert reason is Reason.UNAVAILABLE  # nobody knows such a call, and nobody can say that there is none
    away.rename(desk.file)
    said = await desk.said(call_id)
    assert said is not None
    assert [note.text for note in said.notes] == ["kept"]


async def test_a_database_that_does_not_answer_is_not_waited_for_beyond_the_deadline(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_: object) -> None:
        await asyncio.sleep(3_600)

    with monkeypatch.context() as slow:
        slow.setattr(desk.records, "get", hangs)
        reason, why = refused(await desk.ask(Note(CallId("X" * 26), ONE, "x", "1001"), within=0.05))
    assert reason is Reason.UNAVAILABLE
    assert "Keep the text" in why


async def test_by_an_id_that_the_call_had_before(desk: Desk) -> None:
    call_id = ends(desk, talks(desk))
    old = CallId("0" * 26)
    desk.ended = [msgspec.structs.replace(desk.ended[0], aliases=(old,))]
    await desk.on_record()
    assert (await desk.ask(Note(old, ONE, "x", "1001"))).taken is Taken.ACCEPTED
    said = await desk.said(call_id)
    assert said is not None
    assert len(said.notes) == 1


@pytest.mark.parametrize("call", ["X" * 26, "", "a\nb", "' OR 1=1 --", "呼" * 500, "pbx1-1795400000.0"])
async def test_a_call_that_is_none_is_told(desk: Desk, call: str) -> None:
    ends(desk, talks(desk))
    await desk.on_record()
    reason, why = refused(await desk.ask(Note(CallId(call), ONE, "x", "1001")))
    assert reason is Reason.UNKNOWN_CALL
    assert why.startswith("call: there is no call ")
    assert "\n" not in why
    assert len(why) < 120


async def test_after_the_sites_time_it_stays_as_it_is(desk: Desk) -> None:
    call_id = ends(desk, talks(desk))
    site = msgspec.structs.replace(SITE, remarks=Rule(within_h=1))
    desk.remarker._reach = dataclasses.replace(desk.reach, site=site)
    assert (await desk.ask(Note(call_id, ONE, "x", "1001"))).taken is Taken.ACCEPTED
    had = desk.remarker._ended[call_id]
    assert had.ended_at is not None
    desk.remarker._ended[call_id] = had._replace(ended_at=had.ended_at - 3_700 * MICROS_PER_SECOND)  # type: ignore[arg-type]
    reason, why = refused(await desk.ask(Note(call_id, ONE, "y", "1001")))
    assert reason is Reason.NOT_ALLOWED
    assert "more than 1 hours ago" in why


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Note(CallId("x"), ONE, "a\x1b[2Jb", "1001"), "text: character 2 (U+001B)"),
        (Note(CallId("x"), ONE, "x" * 2_001, "1001"), "text: has 2001 characters"),
        (Dispose(CallId("x"), ONE, ("old",), "1001"), "topics: 'old' is no topic of this site."),
        (Dispose(CallId("x"), ONE, ("watr",), "1001"), "topics: 'watr' is no topic of this site. Near: water."),
        (Note(CallId("x"), ONE, "a", "li\nming"), "by: character 3 (U+000A)"),
        (Note(CallId("x"), MemberName("1" * 101), "a", "li", any_call=True), "agent: has 101 characters"),
        (Mark(CallId("x"), ONE, "loud", "1001"), "mark: must be one of nuisance, silent"),
        (AskHelp(ONE, True, "1001", "a\nb"), "text: character 2 (U+000A)"),
        (AskHelp(ONE, True, "1001", "x" * 201), "text: has 201 characters"),
    ],
)
async def test_a_value_that_cannot_be_is_told_by_its_field(desk: Desk, order: Note | AskHelp, words: str) -> None:
    reason, why = refused(await desk.ask(order))
    assert reason is Reason.BAD_VALUE
    assert why.startswith(words)
    assert desk.heard == []


async def test_while_the_disk_takes_nothing_nobody_is_told_that_it_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks(desk)
    call_id = desk.call().call_id
    with monkeypatch.context() as broken:
        broken.setattr("telephony.records.spool.os.fdatasync", _no_space)
        desk.file.rename(desk.file.with_name("away.db"))
        answer = await desk.ask(Note(call_id, ONE, "x", "1001"), within=0.3)
    assert answer.taken is Taken.UNKNOWN
    assert "Keep the text" in answer.why
    assert desk.call().remarks.notes == {}  # law 1: on disk before it is applied
    async with asyncio.timeout(30):
        while not desk.call().remarks.notes:  # noqa: ASYNC110  # the disk takes it again
            await asyncio.sleep(0.02)
    desk.file.with_name("away.db").rename(desk.file)


def _no_space(_: int) -> None:
    raise OSError(28, "No space left on device")


async def test_help_is_asked_for_and_withdrawn(desk: Desk) -> None:
    caller = talks(desk)
    agent = desk.tracker.world.agents[ONE]
    assert (await desk.ask(AskHelp(ONE, True, "1001", "税务问题"))).seen
    assert agent.help == "税务问题"
    assert (await desk.ask(AskHelp(ONE, False, "boss"))).seen
    assert desk.tracker.world.agents[ONE].help is None
    await desk.ask(AskHelp(ONE, True, "1001"))
    ends(desk, caller)
    assert desk.tracker.world.agents[ONE].help is None


async def test_help_for_an_agent_who_is_not_there(desk: Desk) -> None:
    talks(desk)
    assert refused(await desk.ask(AskHelp(TWO, True, "1002")))[0] is Reason.UNKNOWN_AGENT
    desk.pbx.signs_in("1003")
    desk.pbx.member("1003", removed=True)
    desk.hear()
    assert refused(await desk.ask(AskHelp(MemberName("1003"), True, "1003")))[0] is Reason.WRONG_STATE
