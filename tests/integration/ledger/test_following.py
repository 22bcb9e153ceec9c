"""From records to entries: whatever the order, however often, whatever is learnt later."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telephony.ledger.entry import Answered, Entry, Missed, fold
from telephony.ledger.query import EntryQuery
from telephony.ledger.rows import facts_of
from telephony.ledger.store import Ledger
from telephony.ledger.terms import CloseReason, EntryId, EntryState
from telephony.model.ids import CallId, MemberName, Micros
from telephony.model.terms import Direction, Outcome, Provenance
from telephony.numbers.kinds import Rules
from telephony.numbers.sought import sought
from telephony.records.query import CallQuery
from telephony.records.record import CallRecord
from tests.integration.ledger.conftest import EVERY, Desk, open_desk, order
from tests.integration.ledger.told import CALLER, OTHER, answered, at, joined, missed
from tests.unit.telephony.records.samples import call_id


async def test_a_missed_call_is_in_the_ledger(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    (listed,) = await desk.listed()
    assert (listed.entry.number, listed.entry.state, listed.attempts) == (1, EntryState.OPEN, 0)
    assert (listed.entry.latest.call_id, listed.entry.latest.caller_number) == (call_id(1), CALLER)


async def test_answered_internal_and_outbound_calls_are_not(desk: Desk) -> None:
    await desk.tell(
        answered(1, 0),
        missed(2, 0, direction=Direction.INTERNAL),
        missed(3, 0, direction=Direction.OUTBOUND),
        missed(4, 0, trunk="internal"),
    )
    assert await desk.listed() == []


async def test_calls_of_one_caller_are_merged_and_an_answered_one_closes(desk: Desk) -> None:
    await desk.tell(missed(1, 0), missed(2, 60, OTHER))
    await desk.tell(missed(3, 120))
    await desk.tell(answered(4, 180))
    await desk.tell(missed(5, 240))
    assert await desk.summary() == [
        (1, "closed", 2, "called_again"),
        (2, "open", 1, None),
        (4, "open", 1, None),
    ]
    first = (await desk.entries())[0]
    assert first.closed is not None
    assert (first.closed.call, first.closed.at) == (call_id(4), at(183))


async def test_who_was_answered_sent_on_and_promised_a_call_back_is_owed_it(desk: Desk) -> None:
    """The answer before the promise is not the caller's getting through by another call."""
    await desk.tell(answered(1, 0, promise="heard", promise_because="NOANSWER"))
    assert await desk.summary() == [(1, "open", 1, None)]
    await desk.tell(missed(2, 60))  # the caller's calls are looked at again
    assert await desk.summary() == [(1, "open", 2, None)]
    await desk.tell(answered(3, 120))
    assert await desk.summary() == [(1, "closed", 2, "called_again")]


async def test_a_caller_is_one_however_the_trunks_write_the_number(desk: Desk) -> None:
    await desk.tell(missed(1, 0), missed(2, 60, f"+86{CALLER}"))
    assert await desk.summary() == [(1, "open", 2, None)]
    for number in (CALLER, f"0{CALLER}"):
        assert len(await desk.ledger.entries(EntryQuery(caller=sought(number, Rules())))) == 1
    await desk.tell(answered(3, 120, f"0{CALLER}"))
    assert await desk.summary() == [(1, "closed", 2, "called_again")]
    await desk.tell(missed(4, -60, f"86{CALLER}", provenance=Provenance.REBUILT))
    assert await desk.summary() == [(1, "closed", 3, "called_again")], "folded anew, the answer is found again"


async def test_who_is_called_back_is_dialled_as_the_trunk_wrote_it(desk: Desk) -> None:
    await desk.tell(missed(1, 0), missed(2, 60, f"0{CALLER}", trunk="mobile"))
    attempt = (await desk.ledger.begin_call(EntryId(1), order(trunks=("carrier", "mobile")))).attempt
    assert (attempt.dialled, attempt.trunk) == (f"0{CALLER}", "mobile")


async def test_withheld_numbers_are_never_merged_nor_closed_by_another(desk: Desk) -> None:
    await desk.tell(*(missed(n, n * 60, "anonymous") for n in (1, 2)), answered(3, 200, "anonymous"))
    assert await desk.summary() == [(1, "open", 1, None), (2, "open", 1, None)]


async def test_the_same_record_again_changes_nothing(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    before = await desk.listed()
    await desk.tell(missed(1, 0))
    await desk.tell(missed(1, 0, provenance=Provenance.REBUILT))
    assert await desk.listed() == before
    assert await desk.ledger.catch_up() == 0


async def test_an_older_call_found_later_joins_the_entry_and_the_number_stays(desk: Desk) -> None:
    await desk.tell(missed(2, 60))
    await desk.tell(missed(1, 0, provenance=Provenance.REBUILT))
    (entry,) = await desk.entries()
    assert (entry.number, entry.calls, entry.opened_at) == (1, 2, at(0))
    assert (await desk.ledger.detail(EntryId(2))).entry == entry, "every call's number leads there"
    assert [call.call_id for call in (await desk.ledger.detail(EntryId(1))).calls] == [call_id(1), call_id(2)]


async def test_an_answer_found_later_closes_and_parts(desk: Desk) -> None:
    """Two missed calls were merged; in Asterisk's logs there is an answered one between them."""
    await desk.tell(missed(1, 0), missed(3, 120))
    assert await desk.summary() == [(1, "open", 2, None)]
    await desk.tell(answered(2, 60, provenance=Provenance.REBUILT))
    assert await desk.summary() == [(1, "closed", 1, "called_again"), (2, "open", 1, None)]


async def test_an_answer_that_came_before_the_missed_call_was_found_closes_it(desk: Desk) -> None:
    await desk.tell(answered(2, 60))
    await desk.tell(missed(1, 0, provenance=Provenance.REBUILT))
    assert await desk.summary() == [(1, "closed", 1, "called_again")]


async def test_what_turns_out_answered_is_closed_with_its_reason(desk: Desk) -> None:
    unseen = missed(1, 0, outcome=Outcome.UNOBSERVED, abandoned_in=None)
    await desk.tell(unseen)
    assert await desk.summary() == [(1, "open", 1, None)]
    desk.now = at(500)
    await desk.tell(answered(1, 0, provenance=Provenance.COMPLETED))
    (entry,) = await desk.entries()
    assert entry.closed is not None
    assert (entry.closed.reason, entry.closed.at) == (CloseReason.TURNED_OUT, at(500))
    assert (entry.closed.by, entry.closed.call) == ("zhitong", call_id(1))
    desk.now = at(900)
    await desk.tell(answered(1, 0, provenance=Provenance.COMPLETED, related=(call_id(9),)))
    assert (await desk.entries()) == [entry], "and told once more it stays as it was"


async def test_an_outcome_learnt_later_is_shown(desk: Desk) -> None:
    await desk.tell(missed(1, 0, outcome=Outcome.UNOBSERVED, abandoned_in=None))
    await desk.tell(missed(1, 0, provenance=Provenance.COMPLETED))
    (entry,) = await desk.entries()
    assert (entry.state, entry.latest.outcome) == (EntryState.OPEN, Outcome.ABANDONED)


async def test_an_answer_that_turns_out_none_opens_again(desk: Desk) -> None:
    """The record that closed an entry is corrected: what was closed by it is owed again, and so is the call itself."""
    await desk.tell(missed(1, 0))
    guess = answered(2, 60, provenance=Provenance.REBUILT, estimated=("answered_at", "ended_at"))
    await desk.tell(guess)
    assert await desk.summary() == [(1, "closed", 1, "called_again")]
    await desk.tell(missed(2, 60))
    assert await desk.summary() == [(1, "open", 2, None)]


async def test_a_number_learnt_later_moves_the_call_to_its_caller(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    await desk.tell(missed(2, 60, "", estimated=("received_at",)))
    assert len(await desk.entries()) == 2
    await desk.tell(missed(2, 60, CALLER, provenance=Provenance.COMPLETED))
    assert await desk.summary() == [(1, "open", 2, None)]
    assert (await desk.ledger.detail(EntryId(2))).entry.number == 1


async def test_a_call_that_became_part_of_another_is_not_owed_twice(desk: Desk) -> None:
    await desk.tell(missed(1, 0), missed(2, 30, OTHER))
    await desk.tell(joined(answered(1, 0), call_id(2)))
    assert await desk.summary() == [
        (1, "closed", 1, "turned_out_answered"),
        (2, "closed", 1, "turned_out_answered"),
    ]
    assert [entry.closed.call for entry in await desk.entries() if entry.closed] == [call_id(1)] * 2


async def test_a_damaged_record_keeps_no_other_from_the_ledger(desk: Desk) -> None:
    await desk.store.write([missed(1, 0), missed(2, 60, OTHER)])
    async with desk.store.database.writing() as connection:
        await connection.exec_driver_sql(f"UPDATE calls SET body = '{{' WHERE call_id = '{call_id(1)}'")
    await desk.ledger.catch_up()
    assert [entry.latest.call_id for entry in await desk.entries()] == [call_id(2)]


async def test_more_calls_than_one_batch(desk: Desk) -> None:
    await desk.store.write([missed(n, n, f"138{n:08}") for n in range(1, 451)])
    assert await desk.ledger.catch_up() == 450
    assert len(await desk.entries()) == 450


async def test_a_flood_of_one_caller_is_one_entry(desk: Desk) -> None:
    await desk.store.write([missed(n, n) for n in range(1, 601)])
    await desk.ledger.catch_up()
    assert await desk.summary() == [(1, "open", 600, None)]
    detail = await desk.ledger.detail(EntryId(1))
    assert len(detail.calls) == 100
    assert detail.calls[-1].call_id == call_id(600)


# --- any order, any batches -------------------------------------------------------------------------------

_CALLERS = st.sampled_from([CALLER, OTHER, "anonymous"])
_TOLD = st.tuples(
    st.integers(1, 6),  # the call
    st.sampled_from(["missed", "answered", "unseen", "outbound"]),
    _CALLERS,
    st.sampled_from(Provenance),
    st.sampled_from([(), (), (5,), (6,)]),  # which calls it took in
)


def _record(told: tuple[int, str, str, Provenance, tuple[int, ...]]) -> CallRecord:
    number, what, caller, provenance, aliases = told
    make = answered if what == "answered" else missed
    plain = make(number, number * 10, caller, provenance=provenance)
    if what == "unseen":
        plain = msgspec.structs.replace(plain, outcome=Outcome.UNOBSERVED, abandoned_in=None)
    if what == "outbound":
        plain = msgspec.structs.replace(plain, direction=Direction.OUTBOUND)
    return joined(plain, *(call_id(alias) for alias in aliases if alias != number))


def _plain(entries: list[Entry]) -> list[tuple[object, ...]]:
    """What does not depend on the order of hearing: neither numbers nor what was corrected on the way."""
    return sorted(
        (e.caller, e.state.value, e.calls, e.opened_at, e.latest.call_id, e.closed.call if e.closed else None)
        for e in entries
        if e.closed is None or e.closed.reason is not CloseReason.TURNED_OUT
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(_TOLD, max_size=4), max_size=6), pauses=st.sets(st.integers(0, 6)))
@pytest.mark.slow
async def test_following_step_by_step_ends_where_reading_all_at_once_does(
    batches: list[list[tuple[int, str, str, Provenance, tuple[int, ...]]]],
    pauses: set[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    desk = await open_desk(f"sqlite:///{folder / 'one.db'}")
    for number, batch in enumerate(batches):
        await desk.store.write([_record(told) for told in batch])
        if number not in pauses:
            await desk.ledger.catch_up()
    await desk.ledger.catch_up()
    fresh = await open_desk(f"sqlite:///{folder / 'two.db'}")
    await fresh.tell(*[record async for record in desk.store.stream(CallQuery(oldest_first=True, limit=100))])
    assert _plain(await desk.entries()) == _plain(await fresh.entries())
    await _check_against_records(desk)
    await desk.close()
    await fresh.close()


async def _check_against_records(desk: Desk) -> None:
    """By the records alone: a missed call is open unless its caller got through after it."""
    records = [record async for record in desk.store.stream(CallQuery(limit=100))]
    citizens = [record for record in records if record.direction is Direction.INBOUND]
    through = [r for r in citizens if r.outcome is Outcome.ANSWERED]
    owed = {
        record.call_id
        for record in citizens
        if record.outcome is not Outcome.ANSWERED
        and not any(
            r.caller_number == record.caller_number != "anonymous" and (r.answered_at or 0) >= record.received_at
            for r in through
        )
    }
    found: set[CallId] = set()
    for entry in await desk.entries():
        if entry.state is not EntryState.CLOSED:
            detail = await desk.ledger.detail(entry.number)
            found |= {call.call_id for call in detail.calls} & {record.call_id for record in citizens}
    assert found == owed


async def test_what_is_stored_is_what_its_facts_fold_to(desk: Desk) -> None:
    """After commands, tries and corrections: the entries of the table are those of a fold from nothing."""
    await desk.tell(missed(1, 0), missed(3, 120))
    await desk.ledger.assign(EntryId(1), MemberName("1001"), "li")
    await desk.tell(answered(2, 60), missed(4, 200), answered(5, 300), missed(6, 400))
    detail = [await desk.ledger.detail(entry.number) for entry in await desk.entries()]
    facts = [fact for each in detail for attempt in each.attempts for fact in facts_of(attempt)]
    facts += [command.fact() for each in detail for command in each.commands]
    facts += [Answered(Micros(at(s + 3)), call_id(n)) for n, s in ((2, 60), (5, 300))]
    facts += [Missed(call.received_at, call) for each in detail for call in each.calls]
    assert list(fold(facts).entries) == await desk.entries()


async def test_two_ledgers_on_one_database_do_not_get_in_each_others_way(desk: Desk, url: str) -> None:
    other = Ledger(desk.store.database, Rules())
    await desk.store.write([missed(1, 0)])
    assert await other.catch_up() + await desk.ledger.catch_up() == 1
    assert (await other.entries(EVERY)) == await desk.listed()
