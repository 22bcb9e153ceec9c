"""Drop, double, alter one record: the judge names it, and only that."""

import copy

import pytest

from tests.judge.findings import Kind
from tests.unit.judge.alterations import of_record
from tests.unit.judge.judged import findings
from tests.unit.judge.stories import STORIES, tell
from tests.unit.judge.world import SECOND, World

# What no book can tell. In the instant of an answer the phones saw both, so either way of counting is right; a phone's
# 480 may be called refused or unavailable; after a transfer the second agent is an agent to some, a target to others;
# no book names the queue that would not take a caller in, nor tells whether an agent who left a room left the caller to
# somebody.
UNDECIDABLE = {
    ("instant_dropped", "abandoned_in waiting"),
    ("instant_dropped", "offer 0 outcome cancelled"),
    ("instant_connected", "talk_ms 150 ms"),
    ("instant_connected", "ring_ms 150 ms"),
    ("instant_connected", "offer 0 outcome cancelled"),
    ("instant_connected", "offer 0 outcome dropped"),
    ("declined_in_every_way", "offer 1 outcome refused"),
    ("empty_on_joining", "queue another"),
    ("blind_transfer", "hung_up_by agent"),
    ("blind_transfer_and_onward", "hung_up_by agent"),
    ("handed_over_in_a_room", "transfer gone"),
}
# One alteration can make the record contradict itself; then it is named by that.
OTHERWISE = {("instant_connected", "outcome abandoned"): "abandoned_in"}


def call_name(world: World, index: int) -> str:
    return str(world.records[index]["uniqueids"][0])


@pytest.mark.parametrize("story", STORIES)
def test_each_field_altered_is_named_and_only_that(story: str) -> None:
    whole = tell([story])
    for index, record in enumerate(whole.records):
        for alteration in of_record(record):
            world = copy.deepcopy(whole)
            world.records[index] |= copy.deepcopy(alteration.fields)
            found = findings(world)
            if (story, alteration.name) in UNDECIDABLE:
                assert not found, (alteration.name, found)
                continue
            assert len(found) == 1, (alteration.name, found)
            assert found[0].kind in {Kind.DIFFERS, Kind.INNER}
            about = OTHERWISE.get((story, alteration.name), alteration.about)
            assert found[0].about.endswith(about), (alteration.name, found)
            assert found[0].call.endswith(call_name(whole, index))


@pytest.mark.parametrize("story", STORIES)
def test_a_record_dropped_is_a_lost_call(story: str) -> None:
    whole = tell([story, "answered_caller_ends"])
    for index in range(len(whole.records)):
        world = copy.deepcopy(whole)
        del world.records[index]
        (finding,) = findings(world)
        assert finding.kind is Kind.LOST
        assert finding.call.endswith(call_name(whole, index))


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("call_id", ["the same", "another"])
def test_a_record_doubled_is_named(story: str, call_id: str) -> None:
    whole = tell([story, "answered_caller_ends"])
    for index in range(len(whole.records)):
        world = copy.deepcopy(whole)
        twin = copy.deepcopy(world.records[index])
        twin["call_id"] += "" if call_id == "the same" else "X"
        world.records.append(twin)
        (finding,) = findings(world)
        assert finding.kind is Kind.DOUBLED
        assert finding.call.endswith(call_name(whole, index))


@pytest.mark.parametrize("story", STORIES)
def test_a_record_of_no_call_is_invented(story: str) -> None:
    world = tell([story])
    ghost = copy.deepcopy(world.records[0])
    ghost |= {"call_id": "01GHOST", "uniqueids": ["pbx1-1795402999.77"], "received_at": ghost["received_at"] + SECOND}
    world.records.append(ghost)
    (finding,) = findings(world)
    assert finding.kind is Kind.INVENTED
    assert "01GHOST" in finding.text
    assert "nearest call of that number" in finding.text


def test_a_ghost_at_the_very_moment_of_a_call_is_invented_too() -> None:
    world = tell(["gives_up_waiting"])
    ghost = copy.deepcopy(world.records[0]) | {"call_id": "01GHOST", "uniqueids": ["pbx1-1795402999.77"]}
    world.records.append(ghost)
    (finding,) = findings(world)
    assert finding.kind is Kind.INVENTED


def test_one_record_for_two_calls_is_merged() -> None:
    world = tell(["twins"])
    kept, gone = world.records
    kept["uniqueids"] += gone["uniqueids"]
    world.records.remove(gone)
    (finding,) = findings(world)
    assert finding.kind is Kind.MERGED
    assert finding.call.endswith(gone["uniqueids"][0])


def test_two_calls_under_one_call_id_are_named() -> None:
    world = tell(["twins"])
    world.records[1]["call_id"] = world.records[0]["call_id"]
    (finding,) = findings(world)
    assert finding.kind is Kind.DOUBLED


def test_records_swapped_between_two_calls_of_one_caller_are_found() -> None:
    world = tell(["twins"])
    one, other = world.records
    one["ended_at"], other["ended_at"] = other["ended_at"], one["ended_at"]
    found = findings(world)
    assert {finding.about for finding in found} == {"ended_at"}
    assert len({finding.call for finding in found}) == 2


def test_a_record_between_phones_is_no_callers_call() -> None:
    world = tell(["attended_transfer"])
    side = next(row for row in world.cdr if row[10].startswith("Local/"))
    internal = copy.deepcopy(world.records[0]) | {"call_id": "01X", "direction": "internal", "uniqueids": [side[7]]}
    world.records.append(internal)
    assert not findings(world)


def test_a_join_that_the_queue_refused_may_stand_in_the_record() -> None:
    world = tell(["empty_on_joining"])
    record = world.records[0]
    at = record["received_at"] + 9_000
    visit = {"queue": "night", "uniqueid": record["uniqueids"][0], "position": 0, "joined_at": at, "ended_at": at}
    record |= {"visits": [visit | {"result": "queue_empty", "key": ""}], "queue": "night", "queued_at": at}
    assert not findings(world)


def test_a_record_that_contradicts_itself_is_named() -> None:
    world = tell(["answered_caller_ends"])
    world.records[0]["timeline"][1]["end"] += 1
    (finding,) = findings(world)
    assert (finding.kind, finding.about) == (Kind.INNER, "timeline")
    world = tell(["answered_caller_ends"])
    world.records[0]["wait_ms"] += 1_000
    (finding,) = findings(world)
    assert (finding.kind, finding.about) == (Kind.INNER, "wait_ms")


def test_what_a_record_calls_estimated_is_not_held_to_milliseconds() -> None:
    world = tell(["answered_caller_ends"])
    world.records[0]["ended_at"] += SECOND
    world.records[0]["estimated"] = ["ended_at"]
    found = findings(world)
    assert [finding.about for finding in found] == ["timeline"]
    world.records[0]["timeline"] = []
    assert not findings(world)
