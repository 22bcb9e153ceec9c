"""What the bridge keeps of a number: as the trunk gave it, and what it means at this site."""

import asyncio

from sqlalchemy import update

from telephony.config import read_site
from telephony.numbers.kinds import Kind
from telephony.numbers.sought import sought
from telephony.places import database_url
from telephony.records.query import CallQuery
from telephony.records.record import CallRecord
from telephony.records.schema import calls
from telephony.records.store import RecordStore
from tests.integration.ami.conftest import until
from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.caller import Citizen
from tests.integration.service.post import Post
from tests.integration.service.test_service import serving

AREA_CODE = '[numbers]\narea_code = "0561"\n'
RECEIVED = ("013805610001", "+8613805610001", "3053000", "05613053000", "anonymous", "anonymous", "1001")
"""Two people, each twice; two who withheld their numbers; what is no number of ours, since it came by a trunk."""
WANTED = [
    (Kind.MOBILE, "+8613805610001"),
    (Kind.MOBILE, "+8613805610001"),
    (Kind.FIXED, "+865613053000"),
    (Kind.FIXED, "+865613053000"),
    (Kind.WITHHELD, None),
    (Kind.WITHHELD, None),
    (Kind.UNKNOWN, None),
]


def tell_area_code(post: Post) -> None:
    with post.site_file.open("a", encoding="utf-8") as file:
        file.write(AREA_CODE)
    post.site = read_site(post.site_file)


async def called(post: Post, pbx: FakePbx) -> list[CallRecord]:
    """All of RECEIVED call and give up."""
    citizens = [Citizen(number, counter) for counter, number in enumerate(RECEIVED, 1)]
    async with serving(post) as service:
        frames = [frame for citizen in citizens for frame in (*citizen.calls(), *citizen.hangs_up())]
        before = service.ingest.counters.events
        pbx.send(*frames)
        await until(lambda: service.ingest.counters.events + service.ingest.waiting >= before + len(frames))
    records = await post.records()
    return sorted(records, key=lambda record: int(record.uniqueids[0].rpartition(".")[2]))


async def test_a_number_is_kept_as_received_and_as_what_it_means_here(post: Post, pbx: FakePbx) -> None:
    tell_area_code(post)
    records = await called(post, pbx)
    assert [record.caller_number for record in records] == list(RECEIVED)
    known = [record.caller_normalised for record in records]
    assert [(number.kind, number.e164) for number in known if number is not None] == WANTED
    async with serving(post) as service:
        await service.ledger.catch_up()
        counted = sorted([entry.calls async for entry in service.ledger.every_entry(None, None)])
    assert counted == [1, 1, 1, 2, 2], "each who told a number is one; two who did not are two"


async def test_calls_of_before_get_their_key_while_the_bridge_runs(post: Post, pbx: FakePbx) -> None:
    records = await called(post, pbx)
    store = await RecordStore.open(database_url(post.site_file, post.site))
    try:
        async with store.database.writing() as connection:
            await connection.execute(update(calls).values(caller_key=None))
        tell_area_code(post)
        query = CallQuery(caller=sought("(0561) 305-3000", post.site.numbers.rules))
        unseen = calls.c.caller_key.is_(None)
        left = len(records)
        async with serving(post), asyncio.timeout(60):
            while left:
                await asyncio.sleep(0.05)
                async with store.database.reading() as connection:
                    left = len((await connection.execute(calls.select().where(unseen))).all())
        found = {record.caller_number for record in (await store.find(query)).records}
        assert found == {"3053000", "05613053000"}
    finally:
        await store.close()
