"""What a run does is drawn from its seed: how many faults of each kind, and when."""

from collections import Counter

import pytest
from msgspec.structs import replace

from zhitong.lab.chaos import people
from zhitong.lab.chaos.plan import KINDS, Counts, Fault, Plan, Track, in_proportion, troubles


def kinds(plan: Plan) -> Counter[Fault]:
    return Counter(each.kind for track in troubles(plan).values() for each in track)


def test_a_whole_run_is_what_the_issue_says() -> None:
    plan = Plan.of(1000, 1)
    assert plan.counts == Counts(bridge_kills=50, link_cuts=20, pbx_restarts=2, store_outages=5)
    done = kinds(plan)
    assert done[Fault.KILL] == 50
    assert (done[Fault.RESTART], done[Fault.CRASH]) == (1, 1)
    assert {done[kind] for kind in KINDS[Track.LINK]} == {6, 7}
    assert {done[Fault.LOCKED], done[Fault.FULL]} == {2, 3}


def test_a_short_run_is_in_proportion() -> None:
    assert in_proportion(200) == Counts(bridge_kills=10, link_cuts=4, pbx_restarts=2, store_outages=2)


@pytest.mark.parametrize("calls", [1, 30, 200, 1000])
@pytest.mark.parametrize("seed", [1, 7])
def test_there_is_one_of_each_kind_at_least(calls: int, seed: int) -> None:
    assert set(kinds(Plan.of(calls, seed))) == set(Fault)


def test_where_nothing_can_be_filled_it_is_locked_instead() -> None:
    plan = Plan.of(1000, 1)
    without = replace(plan, can_fill=False)
    assert kinds(without)[Fault.FULL] == 0
    assert kinds(without)[Fault.LOCKED] == kinds(plan)[Fault.LOCKED] + kinds(plan)[Fault.FULL]


@pytest.mark.parametrize("seed", range(20))
def test_moments_lie_in_the_run_in_order(seed: int) -> None:
    plan = Plan.of(1000, seed)
    for track, faults in troubles(plan).items():
        moments = [fault.at for fault in faults]
        assert moments == sorted(moments)
        assert all(0 <= at < plan.span_s for at in moments)
        assert {fault.kind for fault in faults} <= set(KINDS[track])


def test_outages_of_pbx_and_store_do_not_meet_their_like() -> None:
    for seed in range(50):
        for track in (Track.PBX, Track.STORE):
            faults = troubles(Plan.of(1000, seed))[track]
            ends = [one.at + one.lasts_s for one in faults]
            assert all(end < after.at for end, after in zip(ends, faults[1:], strict=False))


def test_the_same_seed_is_the_same_run_another_is_not() -> None:
    one, same, other = (Plan.of(200, seed) for seed in (7, 7, 8))
    assert troubles(one) == troubles(same)
    assert people.callers(one) == people.callers(same)
    assert people.agents(one) == people.agents(same)
    assert troubles(one) != troubles(other)
    assert people.callers(one) != people.callers(other)


def test_everybody_s_patience_and_talk_have_an_end() -> None:
    """A PBX that is killed says goodbye to nobody."""
    plan = Plan.of(1000, 1)
    for caller in people.callers(plan):
        assert caller.give_up_after_s is not None
        assert caller.talk_s is not None
        assert caller.start_at <= plan.span_s
    for agent in people.agents(plan):
        assert all(offer.talk_s is not None for offer in agent.offers if offer.refuse is None and offer.ring_s)


def test_endings_and_transfers_are_mixed() -> None:
    plan = Plan.of(1000, 1)
    callers = people.callers(plan)
    impatient = sum((caller.give_up_after_s or 0) < 10 for caller in callers)
    assert 100 < impatient < 200
    assert 20 < len(callers) - len({caller.number for caller in callers}) < 200
    offers = [offer for agent in people.agents(plan) for offer in agent.offers]
    assert any(offer.refuse for offer in offers)
    assert any(offer.ring_s is None for offer in offers)
    assert any(offer.transfer_to for offer in offers)
    assert any(press.digits.startswith("*2") for offer in offers for press in offer.keys)
    known = {agent.number for agent in people.agents(plan)}
    assert {offer.transfer_to for offer in offers if offer.transfer_to} <= known
