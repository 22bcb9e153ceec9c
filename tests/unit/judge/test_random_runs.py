"""Runs put together by chance: faultless ones are accepted, and one fault is found where it is."""

import copy
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.judge.findings import Kind
from tests.unit.judge.alterations import of_record
from tests.unit.judge.damage import Damage, to_cdr, to_phones, to_queue_log
from tests.unit.judge.judged import findings
from tests.unit.judge.stories import STORIES, tell, tell_for_one
from tests.unit.judge.test_books_altered import NOT_TOLD
from tests.unit.judge.test_records_altered import OTHERWISE, UNDECIDABLE
from tests.unit.judge.world import World

NAMES = st.lists(st.sampled_from(sorted(STORIES)), min_size=1, max_size=8)
SEEDS = st.integers(0, 10_000)
APART = st.sampled_from([0.0, 0.013, 0.4, 1.7, 9.0])
PLAIN = sorted(set(STORIES) - {"instant_dropped", "instant_connected"})
chance = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@chance
@given(NAMES, SEEDS, APART)
def test_faultless_runs_are_accepted(names: list[str], seed: int, apart_s: float) -> None:
    assert not findings(tell(names, seed, apart_s))


@chance
@given(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=6), SEEDS, st.sampled_from([0.3, 1.1, 20.0]))
def test_faultless_runs_of_one_caller_are_accepted(names: list[str], seed: int, apart_s: float) -> None:
    assert not findings(tell_for_one(names, seed, apart_s))


@chance
@given(st.data(), NAMES, SEEDS, APART)
def test_one_altered_record_is_named(data: st.DataObject, names: list[str], seed: int, apart_s: float) -> None:
    world = tell(names, seed, apart_s)
    index = data.draw(st.integers(0, len(world.records) - 1))
    alteration = data.draw(st.sampled_from(list(of_record(world.records[index]))))
    channel = world.records[index]["uniqueids"][0]
    world.records[index] |= copy.deepcopy(alteration.fields)
    found = findings(world)
    if any((name, alteration.name) in {*UNDECIDABLE, *OTHERWISE} for name in names):
        return
    if alteration.name == "outcome queue_full":
        return  # while others wait, a refused join may be a full queue
    assert [finding.call.split(" ")[-1] for finding in found] == [channel]


@chance
@given(st.data(), NAMES, SEEDS, APART)
def test_one_lost_and_one_doubled_record_are_named(
    data: st.DataObject, names: list[str], seed: int, apart_s: float
) -> None:
    world = tell([*names, "answered_agent_ends", "gives_up_waiting"], seed, apart_s)
    lost, doubled = data.draw(st.permutations(range(len(world.records))))[:2]
    expected = {
        Kind.LOST: world.records[lost]["uniqueids"][0],
        Kind.DOUBLED: world.records[doubled]["uniqueids"][0],
    }
    world.records.append(copy.deepcopy(world.records[doubled]))
    del world.records[lost]
    assert {finding.kind: finding.call.split(" ")[-1] for finding in findings(world)} == expected


def _every_damage(world: World) -> Iterator[Damage]:
    yield from to_queue_log(world)
    yield from to_cdr(world)
    yield from to_phones(world)


@chance
@given(st.data(), NAMES, SEEDS, APART)
def test_one_damaged_book_is_named(data: st.DataObject, names: list[str], seed: int, apart_s: float) -> None:
    world = tell(names, seed, apart_s)
    damage = data.draw(st.sampled_from(list(_every_damage(world))))
    damage.do(world)
    found = findings(world)
    if any(damage.name in NOT_TOLD.get(name, ()) for name in names):
        return
    assert [finding.books for finding in found] == [(damage.book,)]
