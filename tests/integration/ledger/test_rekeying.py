"""Callers get new keys when numbers are understood otherwise: what was told before is whose it was, once."""

import pytest
from sqlalchemy import delete, update

from telephony.ledger.query import EntryQuery
from telephony.ledger.rekey import reading
from telephony.ledger.schema import ledger_attempts, ledger_calls, ledger_commands, ledger_entries, ledger_progress
from telephony.ledger.store import Ledger
from telephony.ledger.terms import CloseReason, EntryId
from telephony.model.ids import MemberName
from telephony.numbers.kinds import Rules
from telephony.numbers.sought import sought
from telephony.records.filling import fill_keys
from tests.integration.ledger.conftest import EVERY, Desk, order
from tests.integration.ledger.told import answered, missed

AT_HOME = Rules(area_code="561")
LOCAL, WHOLE, ABROAD = "3053000", "05613053000", "0085221234567"


async def facts(ledger: Ledger) -> list[tuple[int, str, str, int]]:
    entries = [listed.entry for listed in await ledger.entries(EVERY)]
    return [(entry.number, entry.caller, entry.state.value, entry.calls) for entry in entries]


async def test_when_the_area_code_is_told_two_callers_turn_out_to_be_one(desk: Desk) -> None:
    await desk.tell(missed(1, 0, LOCAL), missed(2, 60, WHOLE), missed(3, 120, LOCAL))
    await desk.ledger.assign(EntryId(1), MemberName("1001"), "chief")
    await desk.ledger.begin_call(EntryId(2), order())
    assert [each[:2] for each in await facts(desk.ledger)] == [(1, LOCAL), (2, WHOLE)]
    later = Ledger(desk.store.database, AT_HOME, now=lambda: desk.now)
    await later.catch_up()
    assert await facts(later) == [(1, WHOLE, "calling", 3)]
    detail = await later.detail(EntryId(2))
    assert detail.entry.owner == "1001"
    assert ([order.caller for order in detail.commands], [each.caller for each in detail.attempts]) == (
        [WHOLE],
        [WHOLE],
    )
    assert {call.caller for call in detail.calls} == {WHOLE}
    before = await facts(later)
    await later.catch_up()
    assert await facts(later) == before


async def test_who_was_reached_before_the_area_code_was_told_is_not_owed_a_call_again(desk: Desk) -> None:
    await desk.tell(missed(1, 0, LOCAL), answered(2, 60, LOCAL))
    assert await desk.summary() == [(1, "closed", 1, "called_again")]
    await fill_keys(desk.store.database, Rules())  # on record it is a number without area code
    later = Ledger(desk.store.database, AT_HOME, now=lambda: desk.now)
    await later.catch_up()
    assert await facts(later) == [(1, WHOLE, "closed", 1)]
    await desk.store.write([missed(3, 120, WHOLE)])
    await later.catch_up()
    assert [each[2:] for each in await facts(later)] == [("closed", 1), ("open", 1)]


async def test_a_ledger_of_before_is_brought_up_to_date(desk: Desk) -> None:
    """Then keys were as the older program made them: a number of abroad as it was written."""
    await desk.tell(missed(1, 0, ABROAD), missed(2, 60, "+85221234567"))
    await desk.ledger.close(EntryId(1), CloseReason.RESOLVED, "li")
    await _as_before(desk, {"+85221234567": ABROAD})
    await desk.ledger.catch_up()
    assert await facts(desk.ledger) == [(1, "+85221234567", "closed", 2)]
    for written in (ABROAD, "+852 2123 4567"):
        found = await desk.ledger.entries(EntryQuery(states=EVERY.states, caller=sought(written, Rules())))
        assert [listed.entry.number for listed in found] == [1]


async def _as_before(desk: Desk, keys: dict[str, str]) -> None:
    async with desk.store.database.writing() as connection:
        await connection.execute(delete(ledger_progress).where(ledger_progress.c.source == "numbers"))
        for now, then in keys.items():
            for table in (ledger_calls, ledger_commands, ledger_attempts, ledger_entries):
                await connection.execute(update(table).where(table.c.caller == now).values(caller=then))


async def test_two_who_withheld_their_numbers_stay_two(desk: Desk) -> None:
    await desk.tell(missed(1, 0, "anonymous"), missed(2, 60, "anonymous"), answered(3, 120, "anonymous"))
    later = Ledger(desk.store.database, AT_HOME, now=lambda: desk.now)
    await later.catch_up()
    assert [each[2:] for each in await facts(later)] == [("open", 1), ("open", 1)]


@pytest.mark.parametrize(("one", "other"), [("", "561"), ("561", "562"), ("10", "100")])
def test_another_area_code_is_another_reading(one: str, other: str) -> None:
    assert reading(Rules(area_code=one)) != reading(Rules(area_code=other))
