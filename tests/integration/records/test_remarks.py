"""Remarks beside the records, in a database of each kind."""

import msgspec
import pytest

from telephony.model.ids import Micros
from telephony.records.query import CallQuery
from telephony.records.store import RecordStore
from telephony.remarks.joined import joined_page, with_remarks
from telephony.remarks.remark import Remark, Resolution
from telephony.remarks.store import Remarks, about, marked
from tests.unit.telephony.records.samples import call_id, record
from tests.unit.telephony.remarks.told import remark


@pytest.fixture
def remarks(store: RecordStore) -> Remarks:
    return Remarks(store.database)


async def found(store: RecordStore, *also: object) -> list[str]:
    return [each.call_id for each in (await store.find(CallQuery(oldest_first=True), *also)).records]  # type: ignore[arg-type]


async def test_all_that_was_said_reads_as_it_was_said(remarks: Remarks) -> None:
    told = [
        remark(1, note="停水三天，👨‍👩‍👧 ' \" \\ %_\n第二行" + "字" * 1_900),
        remark(2, topics=("water", "road_works"), answered=False, by="boss"),
        remark(3, topics=(), answered=None),
        remark(4, mark="nuisance"),
        remark(5, note="", topics=("a",), answered=True, mark="", resolved=Resolution.TAKEN_BACK),
        remark(6, resolved=Resolution.YES),
    ]
    await remarks.write(told)
    assert await remarks.history(call_id(1)) == told
    assert await remarks.history(call_id(2)) == []


async def test_told_again_it_is_there_once_in_its_first_place(remarks: Remarks) -> None:
    first, second, third = remark(1), remark(2), remark(3)
    await remarks.write([first, second])
    await remarks.write([second, first, third, third])
    assert await remarks.history(call_id(1)) == [first, second, third]


async def test_the_order_is_that_of_saying_also_when_the_clock_went_back(remarks: Remarks) -> None:
    later = remark(1, note="later")
    await remarks.write([remark(9, note="first")])
    await remarks.write([msgspec.structs.replace(later, at=Micros(1))])
    said = (await remarks.of([call_id(1)]))[call_id(1)]
    assert [note.text for note in said.notes] == ["later"]


async def test_a_remark_follows_its_call_when_that_becomes_a_part_of_another(
    store: RecordStore, remarks: Remarks
) -> None:
    """Said of call 2, and of call 1, before and after 2 turned out to be a part of 1; the record may come last."""
    await remarks.write([remark(1, call_id(2), note="consult"), remark(2, call_id(2), who="1002", mark="nuisance")])
    await store.write([record(2)])
    await store.write([record(1, aliases=(call_id(2),))])
    await remarks.write([remark(3, call_id(1), who="1003", topics=("water",))])
    said = (await remarks.of([call_id(1)]))[call_id(1)]
    assert ([note.text for note in said.notes], said.topics) == (["consult"], ("water",))
    assert said.mark is not None
    assert await found(store, marked("nuisance")) == [call_id(1)]
    assert await found(store, about(["water"])) == [call_id(1)]


async def test_the_mark_of_now_counts_whatever_was_before(store: RecordStore, remarks: Remarks) -> None:
    await store.write([record(number) for number in (1, 2, 3)])
    await remarks.write(
        [
            remark(1, call_id(1), mark="nuisance"),
            remark(2, call_id(2), mark="nuisance"),
            remark(3, call_id(1), who="boss", mark="silent"),
            remark(4, call_id(2), who="boss", mark=""),
            remark(5, call_id(3), mark="silent"),
            remark(6, call_id(3), note="a note changes no mark"),
        ]
    )
    assert await found(store, marked("silent")) == [call_id(1), call_id(3)]
    assert await found(store, marked("nuisance")) == []
    limited = await store.find(CallQuery(limit=1), marked("silent"))
    assert ([each.call_id for each in limited.records], limited.next is not None) == ([call_id(3)], True)


async def test_a_topic_is_found_while_anybody_says_so(store: RecordStore, remarks: Remarks) -> None:
    await store.write([record(number) for number in (1, 2)])
    await remarks.write(
        [
            remark(1, call_id(1), topics=("water",)),
            remark(2, call_id(1), who="1002", topics=("water_off", "road")),
            remark(3, call_id(2), topics=("water",)),
            remark(4, call_id(2), topics=("road",)),
        ]
    )
    assert await found(store, about(["water"])) == [call_id(1)]
    assert await found(store, about(["water_off"])) == [call_id(1)]
    assert await found(store, about(["waterXoff", "wate", "off"])) == []
    assert await found(store, about(["road"])) == [call_id(1), call_id(2)]
    assert await found(store, about(["road"]), marked("silent")) == []


async def test_records_are_joined_in_their_order_and_stored_without(store: RecordStore, remarks: Remarks) -> None:
    await store.write([record(number) for number in range(450)])
    await remarks.write([remark(number, call_id(number)) for number in range(0, 450, 150)])
    query = CallQuery(oldest_first=True, limit=500)
    joined = [each async for each in with_remarks(remarks, store.stream(query))]
    assert [each.call_id for each in joined] == [call_id(number) for number in range(450)]
    assert [number for number, each in enumerate(joined) if each.remarks is not None] == [0, 150, 300]
    assert await joined_page(remarks, []) == []
    assert all(each.remarks is None for each in (await store.find(query)).records)


async def test_many_calls_are_asked_for_at_once(remarks: Remarks) -> None:
    told: list[Remark] = [remark(number, call_id(number)) for number in range(0, 12_000, 6_000)]
    await remarks.write(told)
    assert set(await remarks.of([call_id(number) for number in range(12_000)])) == {call_id(0), call_id(6_000)}
