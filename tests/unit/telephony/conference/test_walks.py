"""Every order of what the parties of a conference do, on the table: nobody is stranded, whoever does what when."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from telephony.conference.phases import Phase
from telephony.conference.table import ROWS, Beyond, Deed, Input, Spot, Stage, Step
from telephony.conference.walk import AFTER, INPUTS, Standing, after, inputs, paths, reachable
from tests.unit.telephony.conference.judge import wrongs

TALK = Standing()
EVERYWHERE = reachable(TALK)


def test_row_01_every_order_to_depth_three_from_wherever_a_call_may_be() -> None:
    """Whoever leaves, holds, hangs up in whatever order: no caller is dropped while somebody else is on, and the last
    one out leaves nobody behind."""
    orders = [(begin, path) for begin in EVERYWHERE for path in paths(begin, 3)]
    assert len(orders) > 3000
    for begin, path in orders:
        before = begin
        for given, then in path:
            assert wrongs(then) == [], (begin, path)
            assert not dropped(before, given, then), (begin, path)
            before = then


def dropped(before: Standing, given: Input, then: Standing) -> bool:
    """The caller is gone, of whom it was not the will, though somebody who was with them lives; or was on hold."""
    if given is Deed.CALLER_GOES or then.caller is not Spot.AWAY or before.caller is Spot.AWAY:
        return False
    if before.caller is Spot.BRIDGE:
        return given not in (Deed.AGENT_GOES, Deed.GUEST_GOES)
    others = (before.agent is Spot.ROOM) + before.count(Spot.ROOM, Spot.SIDE, Spot.KEPT)
    return others > 1 or before.agent is Spot.SIDE


def test_every_walk_to_depth_eight_is_within_what_was_looked_at() -> None:
    """What is wrong is said of a standing alone, so all walks are judged once all standings are."""
    ahead, seen = {TALK}, {TALK}
    for _ in range(8):
        ahead = {then for now in ahead for then in EVERYWHERE[now].values()} - seen
        seen |= ahead
    assert seen == set(EVERYWHERE)
    assert [(now, wrongs(now)) for now in EVERYWHERE if wrongs(now)] == []


class Walk(RuleBasedStateMachine):
    """A call of three guests at most, and whatever anybody may do in it."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.done = TALK, list[Input]()

    @precondition(lambda self: bool(list(inputs(self.now, 3))))
    @rule(data=st.data())
    def somebody_does_something(self, data: st.DataObject) -> None:
        given = data.draw(st.sampled_from(list(inputs(self.now, 3))))
        before, self.now = self.now, after(self.now, given)
        self.done.append(given)
        assert not dropped(before, given, self.now), self.done

    @precondition(lambda self: not list(inputs(self.now, 3)))
    @rule()
    def another_call(self) -> None:
        assert self.now.stage in (Beyond.OVER, Beyond.QUEUE)
        self.now, self.done = TALK, []

    @invariant()
    def nobody_is_stranded(self) -> None:
        assert wrongs(self.now) == [], self.done


@pytest.mark.parametrize("walks", [500, pytest.param(5000, marks=pytest.mark.slow)])
def test_walks_to_depth_eight(walks: int) -> None:
    every = list(HealthCheck)
    run_state_machine_as_test(
        Walk,
        settings=settings(max_examples=walks, stateful_step_count=8, deadline=None, suppress_health_check=every),
    )


@pytest.mark.parametrize("without", AFTER)
def test_each_rule_of_what_follows_is_needed(without: str) -> None:
    """The judge sees it when one is missing: it can fail."""
    rules = {name: rule for name, rule in AFTER.items() if name != without}
    found = {
        words
        for begin in EVERYWHERE
        for given in inputs(begin)
        for words in [*wrongs(after(begin, given, rules), rules), *_dropped(begin, given, after(begin, given, rules))]
    }
    assert found


def _dropped(begin: Standing, given: Input, then: Standing) -> list[str]:
    return ["dropped"] if dropped(begin, given, then) else []


def test_the_table_has_nothing_that_cannot_be() -> None:
    used = {(given, now.stage) for now, steps in EVERYWHERE.items() for given in steps}
    rows = {(given, stage) for given in INPUTS for row in ROWS[given] for stage in row.stages}
    assert rows == used
    assert {now.stage for now in EVERYWHERE} == {*Phase, *Beyond}


def test_what_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="resume is not known in the stage bridge"):
        after(TALK, Step.RESUME)


STORIES: list[tuple[list[Input], Stage]] = [
    ([Step.HOLD, Deed.AGENT_GOES], Beyond.QUEUE),
    ([Step.HOLD, Deed.CALLER_GOES], Beyond.OVER),
    ([Step.HOLD, Deed.LIMIT], Phase.ROOM),
    ([Step.CONSULT, Deed.REFUSES], Phase.ROOM),
    ([Step.CONSULT, Deed.AGENT_GOES], Beyond.QUEUE),
    ([Step.CONSULT, Deed.ANSWERS, Deed.AGENT_GOES], Phase.LEFT),
    ([Step.CONSULT, Deed.ANSWERS, Deed.CALLER_GOES, Deed.ASIDE_GOES], Beyond.OVER),
    ([Step.CONSULT, Deed.ANSWERS, Step.SWAP, Deed.AGENT_GOES], Phase.LEFT),
    ([Step.CONSULT, Deed.ANSWERS, Step.MERGE, Deed.AGENT_GOES, Deed.GUEST_GOES], Beyond.OVER),
    ([Step.CONSULT, Deed.ANSWERS, Step.MERGE, Step.CONSULT, Deed.ANSWERS, Step.MERGE, Deed.GUEST_GOES], Phase.THREE),
    ([Step.INVITE, Deed.JOINS, Step.COMPLETE, Step.REJOIN, Deed.COMES_BACK], Phase.THREE),
    ([Step.HAND_OVER, Deed.NOBODY_TAKES], Beyond.QUEUE),
    ([Step.INVITE, Deed.AGENT_GOES], Phase.LEFT),
    ([Step.INVITE, Deed.AGENT_GOES, Deed.DECLINES], Beyond.QUEUE),
]
"""As measured on a real Asterisk before any of this was written."""


@pytest.mark.parametrize(
    ("given", "stage"), STORIES, ids=lambda value: ", ".join(value) if isinstance(value, list) else ""
)
def test_what_was_measured(given: list[Input], stage: Stage) -> None:
    now = TALK
    for one in given:
        now = after(now, one)
    assert now.stage == stage
