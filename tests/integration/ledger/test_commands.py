"""What people order: assign, close, call back. Nothing is closed silently, and nothing twice."""

import asyncio

import pytest

from telephony.database.faults import StoreUnavailable
from telephony.errors import LedgerError
from telephony.ledger.query import EntryQuery
from telephony.ledger.terms import AttemptOutcome, CloseReason, EntryId, EntryState
from telephony.model.ids import MemberName, Uniqueid
from telephony.model.terms import Provenance
from telephony.numbers.kinds import Rules
from telephony.numbers.sought import sought
from telephony.records.query import CallQuery
from tests.integration.ledger.conftest import EVERY, Desk, open_desk, order
from tests.integration.ledger.told import CALLER, OTHER, answered, at, called_back, missed
from tests.unit.telephony.records.samples import call_id

ONE = EntryId(1)
LI = MemberName("1001")
WANG = MemberName("1002")


async def state(desk: Desk, number: EntryId = ONE) -> tuple[EntryState, str | None]:
    entry = (await desk.ledger.detail(number)).entry
    return entry.state, entry.owner


# --- assign and close -------------------------------------------------------------------------------------


async def test_assigning_says_who_and_when(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    desk.now = at(100)
    entry = await desk.ledger.assign(ONE, LI, "chief")
    assert (entry.state, entry.owner, entry.owned_at) == (EntryState.ASSIGNED, LI, at(100))
    desk.now = at(200)
    await desk.ledger.assign(ONE, WANG, "chief")
    assert await state(desk) == (EntryState.ASSIGNED, WANG)
    commands = (await desk.ledger.detail(ONE)).commands
    assert [(c.kind, c.agent, c.said_by, c.said_at) for c in commands] == [
        ("assign", LI, "chief", at(100)),
        ("assign", WANG, "chief", at(200)),
    ]


async def test_closing_says_why_by_whom_and_when(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    desk.now = at(100)
    entry = await desk.ledger.close(ONE, CloseReason.NUISANCE, "li", " 骚扰 ")
    assert entry.closed is not None
    assert (entry.state, entry.closed.reason, entry.closed.by) == (EntryState.CLOSED, CloseReason.NUISANCE, "li")
    assert (entry.closed.note, entry.closed.at) == ("骚扰", at(100))


@pytest.mark.parametrize("reason", [CloseReason.CALLED_AGAIN, CloseReason.CALLED_BACK, CloseReason.TURNED_OUT])
async def test_what_is_found_cannot_be_claimed(desk: Desk, reason: CloseReason) -> None:
    await desk.tell(missed(1, 0))
    with pytest.raises(LedgerError, match="found, not claimed"):
        await desk.ledger.close(ONE, reason, "li")
    assert await state(desk) == (EntryState.OPEN, None)


async def test_another_reason_must_be_said(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    with pytest.raises(LedgerError, match="note"):
        await desk.ledger.close(ONE, CloseReason.OTHER, "li", "  ")
    await desk.ledger.close(ONE, CloseReason.OTHER, "li", "打错了")


async def test_what_is_refused_changes_nothing(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    with pytest.raises(LedgerError, match="no agent 9999"):
        await desk.ledger.assign(ONE, MemberName("9999"), "li")
    with pytest.raises(LedgerError, match="no entry 7"):
        await desk.ledger.assign(EntryId(7), LI, "li")
    await desk.ledger.close(ONE, CloseReason.RESOLVED, "li")
    with pytest.raises(LedgerError, match="closed already: resolved, by li"):
        await desk.ledger.close(ONE, CloseReason.NUISANCE, "wang")
    with pytest.raises(LedgerError, match="closed already"):
        await desk.ledger.assign(ONE, LI, "li")
    assert len((await desk.ledger.detail(ONE)).commands) == 1


async def test_a_command_acts_on_what_the_records_know_by_then(desk: Desk) -> None:
    """The ledger has not followed yet; the caller has got through meanwhile."""
    await desk.tell(missed(1, 0))
    await desk.store.write([answered(2, 60)])
    with pytest.raises(LedgerError, match="closed already: called_again, by zhitong"):
        await desk.ledger.close(ONE, CloseReason.RESOLVED, "li")


async def test_the_next_missed_call_after_a_closing_is_owed_whatever_the_clocks_say(desk: Desk) -> None:
    """The PBX's clock was set back by an hour: the new call looks older than the closing, and is not covered by it."""
    await desk.tell(missed(1, 3600))
    desk.now = at(3700)
    await desk.ledger.close(ONE, CloseReason.RESOLVED, "li")
    await desk.tell(missed(2, 200))
    assert await desk.summary() == [(2, "open", 1, None), (1, "closed", 1, "resolved")]


async def test_nobody_can_have_closed_a_call_that_was_found_later(desk: Desk) -> None:
    await desk.tell(missed(2, 60))
    await desk.ledger.close(ONE, CloseReason.UNREACHABLE, "li")
    await desk.tell(missed(1, 0, provenance=Provenance.REBUILT))
    assert await desk.summary() == [(2, "open", 1, None), (1, "closed", 1, "unreachable")]


async def test_an_order_follows_its_caller_when_an_entry_is_parted(desk: Desk) -> None:
    """Assigned when two calls were one entry; then an answer is found between them: the second is what is left."""
    await desk.tell(missed(1, 0), missed(3, 120))
    await desk.ledger.assign(ONE, LI, "chief")
    await desk.tell(answered(2, 60, provenance=Provenance.REBUILT))
    assert await state(desk, EntryId(1)) == (EntryState.CLOSED, None)
    assert await state(desk, EntryId(2)) == (EntryState.ASSIGNED, LI)
    assert [c.kind for c in (await desk.ledger.detail(EntryId(2))).commands] == ["assign"]
    assert (await desk.ledger.detail(EntryId(1))).commands == ()


async def test_two_who_close_at_once_close_once(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    tries = [desk.ledger.close(ONE, CloseReason.RESOLVED, who) for who in ("li", "wang", "zhao")]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Entry", "LedgerError", "LedgerError"]


# --- lists ------------------------------------------------------------------------------------------------


async def test_lists_can_be_narrowed(desk: Desk) -> None:
    await desk.tell(missed(1, 0), missed(2, 60, OTHER), missed(3, 120, "13900000003"))
    await desk.ledger.assign(EntryId(2), LI, "chief")
    await desk.ledger.close(EntryId(3), CloseReason.RESOLVED, "li")

    async def found(**what: object) -> list[int]:
        return [listed.entry.number for listed in await desk.ledger.entries(EntryQuery(**what))]  # type: ignore[arg-type]

    assert await found() == [1, 2]
    assert await found(states=(EntryState.CLOSED,)) == [3]
    assert await found(states=EVERY.states) == [1, 2, 3]
    assert await found(owner=LI) == [2]
    assert await found(caller=sought(OTHER, Rules())) == [2]
    assert await found(since=at(60)) == [2]
    assert await found(until=at(60)) == [1]
    assert await found(limit=1) == [1]
    with pytest.raises(LedgerError, match="1 to 1000"):
        await found(limit=0)


# --- calling back -----------------------------------------------------------------------------------------


async def test_a_try_is_on_record_before_anything_is_sent(desk: Desk) -> None:
    await desk.tell(missed(1, 0, trunk="mobile"))
    desk.now = at(100)
    attempt = (await desk.ledger.begin_call(ONE, order(trunks=("carrier", "mobile")))).attempt
    assert (attempt.entry, attempt.agent, attempt.by, attempt.said_at) == (ONE, LI, "li", at(100))
    assert (attempt.dialled, attempt.trunk, attempt.answer, attempt.outcome) == (CALLER, "mobile", None, None)
    (listed,) = await desk.listed()
    assert (listed.entry.state, listed.entry.calling, listed.entry.owner) == (EntryState.CALLING, attempt.number, LI)
    assert (listed.attempts, listed.last_attempt) == (1, None)
    assert await desk.ledger.attempts_under_way() == [attempt]


async def test_the_record_of_the_call_back_says_how_it_ended(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    attempt = (await desk.ledger.begin_call(ONE, order())).attempt
    await desk.ledger.note_answer(attempt.number, "accepted", "")
    await desk.tell(called_back(attempt, 200, reached=True))
    detail = await desk.ledger.detail(ONE)
    assert detail.entry.closed is not None
    assert (detail.entry.closed.reason, detail.entry.closed.by) == (CloseReason.CALLED_BACK, LI)
    assert (detail.entry.closed.at, detail.entry.state) == (at(208), EntryState.CLOSED)
    (kept,) = detail.attempts
    assert (kept.answer, kept.outcome, kept.talk_ms) == ("accepted", AttemptOutcome.REACHED, 22_000)
    assert await desk.ledger.attempts_under_way() == []


async def test_a_try_in_vain_leaves_the_entry_to_who_tried_and_can_be_repeated(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    first = (await desk.ledger.begin_call(ONE, order(key="a"))).attempt
    await desk.tell(called_back(first, 100, reached=False))
    assert await state(desk) == (EntryState.ASSIGNED, LI)
    second = (await desk.ledger.begin_call(ONE, order("1002", key="b"))).attempt
    assert await state(desk) == (EntryState.CALLING, LI)
    await desk.tell(called_back(second, 300, reached=True))
    (listed,) = await desk.listed()
    assert (listed.attempts, listed.last_attempt) == (2, AttemptOutcome.REACHED)
    outcomes = [attempt.outcome for attempt in (await desk.ledger.detail(ONE)).attempts]
    assert outcomes == [AttemptOutcome.BUSY, AttemptOutcome.REACHED]
    assert listed.entry.closed is not None
    assert listed.entry.closed.by == WANG


async def test_an_order_given_twice_is_one_try(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    first = (await desk.ledger.begin_call(ONE, order(key="same"))).attempt
    assert await desk.ledger.begin_call(ONE, order(key="same")) == (first, False)
    await desk.tell(called_back(first, 100, reached=True))
    again = (await desk.ledger.begin_call(ONE, order(key="same"))).attempt
    assert (again.number, again.outcome) == (first.number, AttemptOutcome.REACHED)


async def test_two_agents_do_not_call_one_citizen_at_once(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    tries = [desk.ledger.begin_call(ONE, order(agent, key=agent)) for agent in ("1001", "1002")]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Begun", "LedgerError"]


async def test_one_agent_does_not_call_two_citizens_at_once(desk: Desk) -> None:
    await desk.tell(missed(1, 0), missed(2, 60, OTHER))
    await desk.ledger.begin_call(ONE, order(key="a"))
    with pytest.raises(LedgerError, match="1001 is calling back entry 1"):
        await desk.ledger.begin_call(EntryId(2), order(key="b"))


@pytest.mark.parametrize(
    ("changes", "why"), [({"caller_number": "anonymous"}, "withheld"), ({"trunk": "gone"}, "'gone'.*site.toml")]
)
async def test_who_cannot_be_called(desk: Desk, changes: dict[str, str], why: str) -> None:
    await desk.tell(missed(1, 0, **changes))
    with pytest.raises(LedgerError, match=why):
        await desk.ledger.begin_call(ONE, order())
    assert (await desk.ledger.detail(ONE)).attempts == ()


async def test_a_try_of_which_nothing_came(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    attempt = (await desk.ledger.begin_call(ONE, order())).attempt
    desk.now = at(500)
    await desk.ledger.fail_call(attempt.uniqueid, AttemptOutcome.AGENT_UNREACHABLE)
    await desk.ledger.fail_call(attempt.number, AttemptOutcome.UNKNOWN)
    (kept,) = (await desk.ledger.detail(ONE)).attempts
    assert (kept.outcome, kept.ended_at) == (AttemptOutcome.AGENT_UNREACHABLE, at(500))
    assert await state(desk) == (EntryState.ASSIGNED, LI)
    await desk.ledger.fail_call(Uniqueid("nobody's"), AttemptOutcome.UNKNOWN)


async def test_a_record_that_comes_later_corrects_what_was_given_up(desk: Desk) -> None:
    """The bridge was down for the whole call; Asterisk's logs tell it the next day."""
    await desk.tell(missed(1, 0))
    attempt = (await desk.ledger.begin_call(ONE, order())).attempt
    await desk.ledger.fail_call(attempt.number, AttemptOutcome.UNKNOWN)
    await desk.ledger.assign(ONE, WANG, "chief")
    told = called_back(attempt, 200, reached=True, provenance=Provenance.REBUILT)
    await desk.tell(told)
    await desk.tell(told)
    detail = await desk.ledger.detail(ONE)
    assert detail.entry.closed is not None
    assert detail.entry.closed.reason is CloseReason.CALLED_BACK
    assert [kept.outcome for kept in detail.attempts] == [AttemptOutcome.REACHED]


async def test_the_caller_gets_through_while_we_try(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    attempt = (await desk.ledger.begin_call(ONE, order())).attempt
    await desk.tell(answered(2, 100))
    await desk.tell(called_back(attempt, 90, reached=False))
    (listed,) = await desk.listed()
    assert listed.entry.closed is not None
    assert (listed.entry.closed.reason, listed.last_attempt) == (CloseReason.CALLED_AGAIN, AttemptOutcome.BUSY)


async def test_tries_of_a_time(desk: Desk) -> None:
    await desk.tell(missed(1, 0), missed(2, 60, OTHER))
    for number, seconds in ((1, 100), (2, 200)):
        desk.now = at(seconds)
        attempt = (await desk.ledger.begin_call(EntryId(number), order(key=str(number)))).attempt
        await desk.ledger.fail_call(attempt.number, AttemptOutcome.NOT_PLACED)
    assert [attempt.entry for attempt in await desk.ledger.attempts(at(100), at(200))] == [1]


# --- the database -----------------------------------------------------------------------------------------


async def test_it_is_all_there_after_a_restart(desk: Desk, url: str) -> None:
    await desk.tell(missed(1, 0), missed(2, 60, OTHER))
    await desk.ledger.assign(ONE, LI, "chief")
    attempt = (await desk.ledger.begin_call(EntryId(2), order())).attempt
    before = await desk.listed()
    await desk.close()
    again = await open_desk(url)
    assert await again.listed() == before
    assert await again.ledger.attempts_under_way() == [attempt]
    await again.close()


async def test_a_store_that_is_locked_is_told_and_nothing_is_lost(desk: Desk, url: str) -> None:
    await desk.tell(missed(1, 0))
    other = await open_desk(url)
    await desk.store.write([missed(2, 60, OTHER)])
    async with other.store.database.writing() as connection:
        await connection.exec_driver_sql("SELECT 1")
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(desk.ledger.catch_up(), 30)
    await desk.ledger.catch_up()
    assert len(await desk.entries()) == 2
    await other.close()


async def test_records_know_nothing_of_the_ledger(desk: Desk) -> None:
    """What is kept of calls does not wait for it, and is not changed by it."""
    await desk.tell(missed(1, 0))
    await desk.ledger.close(ONE, CloseReason.RESOLVED, "li")
    assert [record async for record in desk.store.stream(CallQuery())] == [missed(1, 0)]
    assert (await desk.store.get(call_id(1))) == missed(1, 0)
