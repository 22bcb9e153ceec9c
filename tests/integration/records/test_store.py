"""The store on real databases, judged by plain Python over what was written and by SQL of the tests' own."""

import asyncio
import itertools
import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from telephony.database.faults import StoreUnavailable
from telephony.errors import StoreError
from telephony.model.ids import CallId, MemberName, Micros, QueueName
from telephony.model.terms import Outcome, Provenance
from telephony.numbers.kinds import Rules
from telephony.numbers.received import normalised
from telephony.numbers.sought import Sought, sought
from telephony.records.filling import fill_keys
from telephony.records.numbered import numbered
from telephony.records.query import CallQuery, Cursor, Damaged
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore, Written
from tests.integration.postgres import Postgres
from tests.unit.telephony.records.samples import START, call_id, record, tellings, uniqueid
from tests.unit.telephony.records.test_folding import forests, joined, told


async def dump(store: RecordStore) -> dict[str, list[Any]]:
    """Every row of every table."""
    tables = ("calls", "call_channels", "offers", "aliases")
    async with store.database.reading() as connection:
        return {
            table: sorted(repr(tuple(row)) for row in await connection.execute(text(f"SELECT * FROM {table}")))
            for table in tables
        }


# --- write and get ----------------------------------------------------------------------------------------


async def test_a_record_comes_back_by_each_of_its_names(store: RecordStore) -> None:
    one = record(1, aliases=(call_id(7),))
    assert await store.write([one, record(2)]) == Written(2, 0, 0)
    for name in (call_id(1), call_id(7), uniqueid(1), one.offers[0].uniqueid):
        assert await store.get(name) == one
    assert await store.get("") is None
    assert await store.get("pbx1-0.0") is None


async def test_what_was_acknowledged_is_there_for_another_program(store: RecordStore, url: str) -> None:
    await store.write([record(1)])
    other = await RecordStore.open(url)
    assert await other.get(call_id(1)) == record(1)
    await other.close()


async def test_a_repeat_changes_nothing(store: RecordStore) -> None:
    batch = [record(number) for number in range(5)]
    await store.write(batch)
    before = await dump(store)
    assert await store.write(batch + batch) == Written(0, 0, 0)
    assert await store.write([]) == Written(0, 0, 0)
    assert await dump(store) == before


async def test_a_later_record_that_knows_more_replaces_and_one_that_knows_less_does_not(store: RecordStore) -> None:
    partial = record(1, outcome=Outcome.UNOBSERVED, offers=(), agent=None, provenance=Provenance.OBSERVED)
    completed = record(1, provenance=Provenance.COMPLETED)
    assert await store.write([partial]) == Written(1, 0, 0)
    assert await store.write([completed]) == Written(0, 1, 0)
    assert await store.write([partial]) == Written(0, 0, 0)
    assert await store.get(call_id(1)) == completed
    assert (await store.find(CallQuery(agent=MemberName("1001")))).records == (completed,)


async def test_a_joined_call_is_gone_in_the_write_that_tells_of_it(store: RecordStore) -> None:
    await store.write([record(2), record(3)])
    assert await store.write([joined(1, 2)]) == Written(1, 0, 1)
    assert await store.count() == 2
    found = await store.get(call_id(2))
    assert found is not None
    assert found.call_id == call_id(1)
    assert await store.write([record(2)]) == Written(0, 0, 0)
    assert await store.count() == 2


async def test_of_calls_with_one_uniqueid_the_latest_is_given(store: RecordStore) -> None:
    """After a restart with the clock set back, Asterisk gives out the same Uniqueids again."""
    again = record(2, uniqueids=(uniqueid(1),), visits=(), legs=(), offers=())
    await store.write([again, record(1)])
    assert await store.get(uniqueid(1)) == again


@pytest.mark.parametrize("oldest_first", [True, False])
async def test_a_record_that_cannot_be_read_hides_no_other(sqlite_store: RecordStore, oldest_first: bool) -> None:
    """Pages of one, so that each of them is once all that a page has."""
    await sqlite_store.write([record(number) for number in range(1, 6)])
    async with sqlite_store.database.writing() as connection:
        spoilt = {"first": call_id(1), "middle": call_id(3), "last": call_id(5)}
        spoil = "UPDATE calls SET body = '{\"pbx\": 7}' WHERE call_id IN (:first, :middle, :last)"
        await connection.execute(text(spoil), spoilt)
    query = CallQuery(oldest_first=oldest_first, limit=1)
    damaged: list[Damaged] = []
    found = [one.call_id async for one in sqlite_store.stream(query, damaged)]
    assert sorted(found) == [call_id(2), call_id(4)]
    assert sorted(each.call_id for each in damaged) == [call_id(1), call_id(3), call_id(5)]
    assert {each.received_at for each in damaged} == {record(number).received_at for number in (1, 3, 5)}
    assert all("pbx" in each.why for each in damaged)
    with pytest.raises(StoreError, match=r"record of call \w+ cannot be read"):
        [one async for one in sqlite_store.stream(query)]


async def test_a_write_that_fails_leaves_none_of_its_records(store: RecordStore) -> None:
    await store.write([record(1)])
    async with store.database.writing() as connection:
        await connection.execute(text("UPDATE calls SET body = '{}'"))
    with pytest.raises(StoreError, match="cannot be read"):
        await store.write([record(2), record(1, caller_name="x")])
    assert await store.count() == 1


async def test_what_no_database_can_hold_does_not_cost_the_record(store: RecordStore) -> None:
    evil = record(1, caller_name="a\x00b\udc80", caller_number="'; DROP TABLE calls; --", cause=2**80)
    await store.write([evil, record(2, caller_name="名" * 10_000)])
    found = await store.get(call_id(1))
    assert found is not None
    assert found.caller_name == "a\ufffdb\ufffd"
    assert (await store.find(CallQuery(caller=sought(evil.caller_number, Rules())))).records == (found,)
    assert await store.count() == 2


async def test_many_records_are_one_write(store: RecordStore) -> None:
    many = [record(number) for number in range(1_500)]
    assert await store.write(many) == Written(1_500, 0, 0)
    assert await store.latest_received_at() == many[-1].received_at
    assert await store.write(many) == Written(0, 0, 0)


@settings(max_examples=25, deadline=None)
@given(forests(), st.randoms(use_true_random=False))
def test_the_database_holds_what_the_fold_says_in_any_order_and_batches(
    tmp_path_factory: pytest.TempPathFactory, tells: list[CallRecord], dice: random.Random
) -> None:
    shuffled = tells + dice.choices(tells, k=2)
    dice.shuffle(shuffled)
    edges = sorted(dice.choices(range(len(shuffled)), k=3))
    batches = [shuffled[a:b] for a, b in itertools.pairwise([0, *edges, len(shuffled)])]

    async def run() -> None:
        store = await RecordStore.open(f"sqlite:///{tmp_path_factory.mktemp('fold')}/z.db")
        for batch in batches:
            await store.write(batch)
        stored = {one.call_id: one async for one in store.stream(CallQuery(limit=2))}
        assert stored == told([tells])
        check_tables(Path(store.database.place))
        await store.close()

    asyncio.run(run())


def check_tables(path: Path) -> None:
    """The columns and the tables beside calls say what the bodies say; asked in SQL, of SQLite's own JSON."""
    connection = sqlite3.connect(path)
    bodies = connection.execute("SELECT call_id, body FROM calls").fetchall()
    for table, field in (("offers", "offers"), ("aliases", "aliases")):
        counted = f"SELECT count(*) FROM {table} t JOIN calls c USING (call_id) WHERE t.call_id = ?"
        for key, body in bodies:
            assert connection.execute(counted, (key,)).fetchone()[0] == len(json.loads(body)[field])
    missing = (
        "SELECT count(*) FROM calls c, json_each(c.body, '$.uniqueids') u WHERE NOT EXISTS "
        "(SELECT 1 FROM call_channels x WHERE x.call_id = c.call_id AND x.uniqueid = u.value)"
    )
    assert connection.execute(missing).fetchone() == (0,)
    differing = (
        "SELECT count(*) FROM calls WHERE outcome IS NOT body ->> 'outcome' OR agent IS NOT body ->> 'agent' "
        "OR received_at IS NOT body ->> 'received_at' OR call_id IS NOT body ->> 'call_id'"
    )
    assert connection.execute(differing).fetchone() == (0,)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    claimed = "SELECT count(*) FROM aliases a JOIN calls c ON c.call_id = a.alias"
    assert connection.execute(claimed).fetchone() == (0,)
    connection.close()


# --- find -------------------------------------------------------------------------------------------------

RULES = Rules(area_code="561")
NUMBERS = ("13812345670", "+86 138 1234 5671", "3053000", "0561-3053000-8012", "anonymous", "nobody")
"""Asked for."""
MOBILES = ("13812345670", "013812345670", "+8613812345671")
RECEIVED = (*MOBILES, "3053000", "+865613053000;ext=8012", "05613053000", "anonymous")


def _known(number: int, one: CallRecord) -> CallRecord:
    """Every other record's number was looked at when it was made."""
    return numbered(one, RULES) if number % 2 else one


SAMPLE = [
    record(
        number,
        received_at=Micros(START + number // 3 * 1_000_000),  # three calls in each instant
        caller_number=RECEIVED[number % len(RECEIVED)],
        agent=[None, MemberName("1001"), MemberName("1002")][number % 3],
        queue=[None, QueueName("citizens"), QueueName("enterprise")][number % 5 % 3],
        outcome=list(Outcome)[number % 3],
    )
    for number in range(60)
]
SAMPLE = [_known(number, one) for number, one in enumerate(SAMPLE)]
OPTIONAL_TIMES = st.none() | st.integers(-1, 21).map(lambda step: Micros(START + step * 1_000_000))
QUERIES = st.builds(
    CallQuery,
    since=OPTIONAL_TIMES,
    until=OPTIONAL_TIMES,
    caller=st.sampled_from([None, *(sought(number, RULES) for number in NUMBERS)]),
    agent=st.sampled_from([None, MemberName("1001"), MemberName("1003")]),
    queue=st.sampled_from([None, QueueName("citizens")]),
    outcome=st.sampled_from([None, *list(Outcome)[:3]]),
    oldest_first=st.booleans(),
    limit=st.integers(1, 25),
)


def expected(query: CallQuery) -> list[CallRecord]:
    found = [
        one
        for one in SAMPLE
        if (query.since is None or one.received_at >= query.since)
        and (query.until is None or one.received_at < query.until)
        and (query.caller is None or _is_whose(one, query.caller))
        and query.agent in (None, one.agent)
        and query.queue in (None, one.queue)
        and query.outcome in (None, one.outcome)
    ]
    return sorted(found, key=lambda one: (one.received_at, one.call_id), reverse=not query.oldest_first)


def _is_whose(one: CallRecord, number: Sought) -> bool:
    """By Python alone: what is asked for, and what the record's number is, mean one; or the texts are equal."""
    asked = normalised(number.written[0], RULES)
    found = normalised(one.caller_number, RULES)
    same = asked.e164 is not None and asked.e164 == found.e164 and asked.extension in ("", found.extension)
    return same or one.caller_number == number.written[0]


@pytest.fixture
async def sample(store: RecordStore) -> RecordStore:
    await store.write(random.Random(5).sample(SAMPLE, len(SAMPLE)))
    assert [await fill_keys(store.database, RULES, 20) for _ in range(3)] == [20, 10, 0]
    return store


async def test_before_anybody_has_looked_at_its_number_a_call_is_found_as_carriers_mostly_write_it(
    store: RecordStore,
) -> None:
    old = [record(number, caller_number=text) for number, text in enumerate([*MOBILES, "3053000", "05613053000"])]
    await store.write(old)
    for asked, count in (("13812345670", 2), ("0561-3053000", 2), ("13812345671", 1), ("13812345672", 0)):
        query = CallQuery(caller=sought(asked, RULES))
        assert await store.count(query) == count, asked
    await fill_keys(store.database, RULES)
    assert await store.count(CallQuery(caller=sought("(0561) 305-3000", RULES))) == 2
    assert {one.call_id: one async for one in store.stream(CallQuery())} == {one.call_id: one for one in old}


async def test_every_question_is_answered_as_plain_python_would(sample: RecordStore) -> None:
    questions: list[CallQuery] = []

    @settings(max_examples=150, database=None)
    @given(QUERIES)
    def gather(query: CallQuery) -> None:
        questions.append(query)

    gather()
    for query in questions:
        want = expected(query)
        page = await sample.find(query)
        assert list(page.records) == want[: query.limit]
        assert (page.next is not None) == (len(want) > query.limit)
        assert await sample.count(query) == len(want)
        assert [one async for one in sample.stream(query)] == want


@pytest.mark.parametrize("oldest_first", [True, False])
async def test_calls_that_come_while_one_turns_pages_neither_shift_nor_repeat(
    sample: RecordStore, oldest_first: bool
) -> None:
    query = CallQuery(oldest_first=oldest_first, limit=7)
    seen: list[CallId] = []
    after: Cursor | None = None
    for turn in range(100):
        page = await sample.find(msgspec.structs.replace(query, after=after))
        seen += [one.call_id for one in page.records]
        if page.next is None:
            break
        after = Cursor.parse(page.next.text())
        await sample.write([record(1000 + turn), record(-1000 - turn)])
    assert [key for key in seen if key in {one.call_id for one in SAMPLE}] == [one.call_id for one in expected(query)]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("limit", [0, -1, 1_001])
async def test_a_page_without_measure_is_refused(store: RecordStore, limit: int) -> None:
    with pytest.raises(StoreError, match="A page holds 1 to 1000 calls"):
        await store.find(CallQuery(limit=limit))


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (CallQuery(since=Micros(START)), "ix_calls_time"),
        (CallQuery(), "ix_calls_time"),
        (CallQuery(agent=MemberName("1001")), "ix_calls_agent"),
        (CallQuery(queue=QueueName("citizens"), after=Cursor(Micros(START), call_id(1))), "ix_calls_queue"),
    ],
)
async def test_what_is_asked_often_is_answered_from_an_index_without_sorting(
    sqlite_store: RecordStore, query: CallQuery, index: str
) -> None:
    plans = await _plans(sqlite_store, query)
    assert f"USING INDEX {index}" in " ".join(plans)
    assert "TEMP B-TREE" not in " ".join(plans)
    assert not [plan for plan in plans if plan == "SCAN calls"]


async def test_a_number_is_found_by_indexes_alone(sqlite_store: RecordStore) -> None:
    """Its few calls are sorted; no other is looked at."""
    plans = await _plans(sqlite_store, CallQuery(caller=sought("13812345670", Rules()), since=Micros(START)))
    searched = [plan for plan in plans if plan.startswith(("SEARCH", "SCAN"))]
    assert searched
    assert not [plan for plan in searched if "ix_calls_time" in plan or plan == "SCAN calls"], plans
    assert [plan for plan in searched if "caller_key" in plan], plans


async def _plans(store: RecordStore, query: CallQuery) -> list[str]:
    """How SQLite goes about it."""
    plans: list[str] = []
    statements = await _statements(store, lambda: store.find(query))
    connection = sqlite3.connect(store.database.place)
    for sql, parameters in statements:
        plans += [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    connection.close()
    return plans


async def _statements(store: RecordStore, act: Callable[[], Any]) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        if sql.startswith("SELECT"):
            seen.append((sql, parameters))

    event.listen(store.database._engine.sync_engine, "before_cursor_execute", note)
    await act()
    return seen


# --- several at once --------------------------------------------------------------------------------------


async def test_programs_that_write_the_same_and_other_calls_at_once_lose_nothing(url: str) -> None:
    stores = [await RecordStore.open(url) for _ in range(4)]
    dice = random.Random(11)
    tells = [
        record(number, provenance=provenance, caller_name=f"teller {teller}")
        for number in range(30)
        for teller, provenance in enumerate((Provenance.OBSERVED, Provenance.COMPLETED, Provenance.REBUILT))
    ]

    async def write_all(store: RecordStore) -> None:
        mine = dice.sample(tells, len(tells))
        for start in range(0, len(mine), 9):
            await store.write(mine[start : start + 9])

    await asyncio.gather(*(write_all(store) for store in stores))
    assert {one.call_id: one async for one in stores[0].stream(CallQuery())} == told([tells])
    for store in stores:
        await store.close()


async def test_who_reads_is_not_held_up_by_who_writes(sqlite_store: RecordStore) -> None:
    await sqlite_store.write([record(1)])
    async with sqlite_store.database.writing() as connection:
        await connection.execute(text("DELETE FROM offers"))
        assert await sqlite_store.count() == 1  # would wait for ever, or raise, without WAL


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(tellings(st.integers(0, 4)), max_size=4), max_size=5))
def test_writing_is_idempotent_and_counts_right(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[CallRecord]]
) -> None:
    async def run() -> None:
        store = await RecordStore.open(f"sqlite:///{tmp_path_factory.mktemp('idem')}/z.db")
        added = 0
        for batch in batches:
            written = await store.write(batch)
            added += written.added
            assert await store.write(batch) == Written(0, 0, 0)
        assert added == await store.count() == len({one.call_id for batch in batches for one in batch})
        await store.close()

    asyncio.run(run())


async def test_postgresql_that_lets_nobody_in_is_an_outage_in_words(postgres: Postgres) -> None:
    """asyncpg raises its own errors while it connects, past SQLAlchemy's."""
    with pytest.raises(StoreUnavailable, match="lets nobody in") as caught:
        await RecordStore.open(f"postgresql://zt@/nosuchdatabase?host={postgres.folder}")
    assert "nosuchdatabase" in str(caught.value)
