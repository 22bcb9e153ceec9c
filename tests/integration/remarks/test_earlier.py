"""What is known of a caller is there before a phone rings, and its lack costs no call anything."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from telephony.control import earlier
from telephony.control.orders.remarks import Mark, Note
from telephony.model.ids import MemberName, Micros
from telephony.model.known import Known
from telephony.model.terms import AbandonedIn, Outcome
from telephony.numbers.kinds import Rules
from telephony.records.numbered import numbered
from telephony.records.record import CallRecord
from tests.integration.remarks.conftest import Desk
from tests.unit.telephony.model.script import Line, Pbx
from tests.unit.telephony.records.samples import record
from tests.unit.telephony.remarks.told import remark

NUMBER = "13800138000"
DAY = 86_400 * 1_000_000
NOW = int(time.time())


@contextlib.asynccontextmanager
async def looking(desk: Desk) -> AsyncIterator[None]:
    task = asyncio.create_task(desk.earlier.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def before(number: int, days: float, **changes: Any) -> CallRecord:
    """A call of the same caller so many days ago."""
    at = Micros(NOW * 1_000_000 - int(days * DAY))
    times = {"received_at": at, "answered_at": Micros(at + 5_000_000), "ended_at": Micros(at + 60_000_000)}
    plain = {"caller_number": NUMBER, **times}
    return numbered(record(number, **{**plain, **changes}), Rules())


def missed(number: int, days: float, **changes: Any) -> CallRecord:
    ended = {"outcome": Outcome.ABANDONED, "abandoned_in": AbandonedIn.WAITING, "answered_at": None, "agent": None}
    return before(number, days, **{**ended, **changes})


def calls(desk: Desk, number: str = NUMBER, *, second: int = NOW, **how: Any) -> Line:
    desk.pbx = Pbx(second)
    caller = desk.pbx.citizen(number, **how)
    desk.hear()
    return caller


async def known_of(desk: Desk) -> Known:
    call = desk.call()
    await until(lambda: call.known)
    assert call.known is not None
    return call.known


async def test_earlier_calls_however_the_number_was_written(desk: Desk) -> None:
    records = [
        before(1, 30),
        before(2, 6.9, agent=MemberName("1002"), caller_number="+86 138 0013 8000"),
        missed(3, 2, caller_number="013800138000"),
        before(4, 1, caller_number="13900139000"),
    ]
    await desk.records.write(records)
    await desk.ledger.catch_up()
    await desk.remarks.write([remark(1, records[1].call_id, who="1002", topics=("water",))])
    async with looking(desk):
        calls(desk)
        known = await known_of(desk)
    assert known.calls_7d == 3
    assert [(each.call_id, each.outcome, each.agent, each.topics) for each in known.earlier] == [
        (records[2].call_id, "abandoned", None, ()),
        (records[1].call_id, "answered", "1002", ("water",)),
        (records[0].call_id, "answered", "1001", ()),
    ]
    assert known.open_missed == (1,)
    assert known.last_agent == "1002"


async def test_who_never_called_before_is_known_as_such(desk: Desk) -> None:
    async with looking(desk):
        calls(desk)
        assert await known_of(desk) == Known(calls_7d=1)


async def test_only_the_last_few_are_shown_and_all_are_counted(desk: Desk) -> None:
    await desk.records.write([before(number, 1 + number / 100) for number in range(9)])
    async with looking(desk):
        calls(desk)
        known = await known_of(desk)
    assert known.calls_7d == 10
    assert [each.call_id for each in known.earlier] == [before(number, 1).call_id for number in range(earlier.SHOWN)]


@pytest.mark.parametrize("number", ["", "anonymous", "0000", "未知"])
async def test_of_who_withholds_the_number_nothing_is_known(desk: Desk, number: str) -> None:
    """Two who withhold it are two people."""
    await desk.records.write([before(1, 1, caller_number=number)])
    async with looking(desk):
        calls(desk, number)
        first = desk.call()
        calls(desk, "13900139000", second=NOW + 5)
        await known_of(desk)
    assert first.known is None


@pytest.mark.parametrize("number", ["05613053000转13", "05613053000"])
async def test_extensions_of_one_switchboard_are_not_one_person(desk: Desk, number: str) -> None:
    board = before(1, 1, caller_number="05613053000转12")
    await desk.records.write([board])
    async with looking(desk):
        calls(desk, number)
        assert (await known_of(desk)).earlier == ()


async def test_a_phone_of_the_site_is_no_caller(desk: Desk) -> None:
    async with looking(desk):
        desk.pbx = Pbx(NOW)
        desk.pbx.phone_dials("1001", "1002")
        desk.hear()
        first = desk.call()
        calls(desk, second=NOW + 5)
        await known_of(desk)
    assert first.known is None


async def test_a_database_that_is_away_leaves_it_unknown_and_the_next_caller_is_looked_up(desk: Desk) -> None:
    away = desk.file.rename(desk.file.with_name("away.db"))
    async with looking(desk):
        calls(desk)
        first = desk.call()
        await until(lambda: desk.earlier.failed == 1)
        away.rename(desk.file)
        calls(desk, second=NOW + 5)
        await known_of(desk)
    assert first.known is None


async def test_a_database_that_does_not_answer_is_not_waited_for_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier, "WITHIN_S", 0.05)

    async def hangs(*_: object) -> None:
        await asyncio.sleep(3_600)

    with monkeypatch.context() as slow:
        slow.setattr(desk.earlier._remarks, "of", hangs)
        async with looking(desk):
            for second in range(5):
                calls(desk, second=NOW + second)
            await until(lambda: desk.earlier.failed == 5)
    assert all(call.known is None for call in desk.tracker.world.calls.values())


async def test_of_a_flood_the_newest_are_looked_up(desk: Desk) -> None:
    for second in range(earlier.WAITING + 20):
        calls(desk, second=NOW + second)
    every = list(desk.tracker.world.calls.values())
    async with looking(desk):
        await until(lambda: every[-1].known is not None)
        await until(lambda: not desk.earlier._waiting)
        await until(lambda: sum(call.known is not None for call in every) == earlier.WAITING)
    assert all(call.known is None for call in every[:20])


async def test_what_was_said_before_a_restart_is_shown_again(desk: Desk) -> None:
    calls(desk)
    call_id = desk.call().call_id
    agent = MemberName("")
    await desk.ask(Note(call_id, agent, "before", "boss", any_call=True))
    await desk.ask(Mark(call_id, agent, "silent", "boss", any_call=True))
    await desk.said(call_id)
    fresh = Desk(desk.file, desk.database, desk.keeper)
    async with looking(fresh):
        calls(fresh)
        assert fresh.call().call_id == call_id
        await until(lambda: fresh.call().remarks.notes)
        await known_of(fresh)
    assert (fresh.call().remarks.notes, fresh.call().remarks.mark) == ({"boss": "before"}, "silent")


async def test_what_comes_too_late_is_dropped(desk: Desk) -> None:
    caller = calls(desk)
    call_id = desk.call().call_id
    caller.ends()
    desk.pbx.wait(3)
    desk.pbx.member("1001")
    desk.hear()
    async with looking(desk):
        await until(lambda: not desk.earlier._waiting)
    assert call_id not in desk.tracker.world.calls
