"""Who calls and who answers: one seed, one story, on both ways."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from zhitong.lab.people import Spread
from zhitong.lab.rehearsal import plan as people
from zhitong.lab.rehearsal.plan import Plan
from zhitong.lab.roles import agents_csv, callers_csv

MENU_S = 17.12
plans = st.builds(Plan, calls=st.integers(1, 80), agents=st.integers(1, 30), seed=st.integers(-5, 10**6))


@given(plans)
def test_the_same_seed_is_the_same_story(plan: Plan) -> None:
    again = Plan(calls=plan.calls, agents=plan.agents, seed=plan.seed)
    assert people.callers(plan) == people.callers(again)
    assert people.callers(plan, MENU_S) == people.callers(again, MENU_S)
    assert people.agents(plan) == people.agents(again)


def test_the_story_of_seed_1_never_changes() -> None:
    """Results are compared over versions and machines; a new Python or a new draw would make them incomparable."""
    callers, agents = people.callers(Plan()), people.agents(Plan())
    assert [caller.start_at for caller in callers[:3]] == [1.012, 1.086, 1.364]
    assert [caller.give_up_after_s for caller in callers[:3]] == [23.818, 188.627, 81.245]
    assert [(offer.ring_s, offer.talk_s) for offer in agents[0].offers[:2]] == [(1.254, 2.928), (1.426, 5.285)]


def test_another_seed_is_another_story() -> None:
    one, two = Plan(seed=1), Plan(seed=2)
    assert people.callers(one) != people.callers(two)
    assert people.agents(one) != people.agents(two)


@given(plans)
def test_both_ways_have_the_same_arrivals_numbers_and_names(plan: Plan) -> None:
    direct, menu = people.callers(plan), people.callers(plan, MENU_S)
    assert [(c.number, c.start_at, c.name, c.dialled) for c in direct] == [
        (c.number, c.start_at, c.name, c.dialled) for c in menu
    ]
    assert len(direct) == plan.calls
    assert len({caller.number for caller in direct}) == plan.calls  # each can be found in every book
    assert [caller.start_at for caller in direct] == sorted(caller.start_at for caller in direct)


@given(plans, st.floats(0.5, 120.0))
def test_patience_is_the_same_on_both_ways(plan: Plan, menu_s: float) -> None:
    """Who has less patience than the menu is long hangs up in it, after just that time; who has more presses the key
    when it has been heard, and waits.
    """
    for straight, through in zip(people.callers(plan), people.callers(plan, menu_s), strict=True):
        patience = straight.give_up_after_s
        assert patience is not None
        assert (straight.talk_s, straight.keys) == (None, ())
        assert through.give_up_after_s is None  # the PBX has answered: nothing to give up
        if patience < menu_s:
            assert (through.talk_s, through.keys) == (patience, ())
        else:
            assert through.talk_s is None
            assert [(key.after_s, key.digits) for key in through.keys] == [(menu_s, "1")]


@given(plans)
def test_more_of_the_same_begins_alike(plan: Plan) -> None:
    """The n-th ring of an agent does not depend on how many others there are."""
    more = replace(plan, calls=plan.calls + 7, agents=plan.agents + 3)
    assert people.agents(more)[: plan.agents] == people.agents(plan)
    same_pace = replace(plan, calls=plan.calls + 7)
    assert people.callers(same_pace)[: plan.calls] == people.callers(plan)


def test_agents_ring_and_talk_like_people() -> None:
    plan = Plan(agents=100)
    offers = [offer for agent in people.agents(plan) for offer in agent.offers]
    rings = sorted(offer.ring_s or 0.0 for offer in offers)
    talks = [offer.talk_s or 0.0 for offer in offers]
    assert statistics.median(rings) >= 2.0  # issue 2
    assert statistics.mean(rings) > statistics.median(rings)  # log-normal: a long tail to the right
    assert 1.0 <= rings[0] < rings[-1] <= 8.0
    assert 1.5 <= min(talks) < max(talks) <= 12.0
    assert all(offer.refuse is None for offer in offers)


def test_agents_have_numbers_of_their_own() -> None:
    plan = Plan(agents=200)
    assert people.agent_numbers(plan)[0] == "1001"
    assert len(set(people.agent_numbers(plan))) == 200
    assert [agent.number for agent in people.agents(plan)] == people.agent_numbers(plan)


@pytest.mark.parametrize("agents", [1, 20, 200])
def test_the_load_is_what_it_says(agents: int) -> None:
    """Offered traffic in Erlang ÷ agents, judged by the drawn times themselves."""
    plan = Plan(calls=2000, agents=agents)
    span = people.callers(plan)[-1].start_at
    busy = statistics.mean((o.ring_s or 0.0) + (o.talk_s or 0.0) for a in people.agents(plan) for o in a.offers)
    assert 2000 / span * busy / agents == pytest.approx(plan.load, rel=0.2)


def test_a_spread_can_be_given() -> None:
    plan = Plan(calls=5, agents=2, ring=Spread(median=3.0), talk=Spread(median=4.0), patience=Spread(median=9.0))
    assert {(o.ring_s, o.talk_s) for agent in people.agents(plan) for o in agent.offers} == {(3.0, 4.0)}
    assert {caller.give_up_after_s for caller in people.callers(plan)} == {9.0}


@given(plans)
def test_a_phone_can_keep_the_story(plan: Plan) -> None:
    """SIPp's files take it: numbers, names, times."""
    assert callers_csv(people.callers(plan, MENU_S), 0).count("\n") == plan.calls + 1
    phones, offers = agents_csv(people.agents(plan))
    assert phones.count("\n") == plan.agents + 2
    assert offers.count("\n") > plan.agents
