"""What an import would change, against a plain model of dictionaries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.directory.agents import Agent
from telephony.directory.changes import Change, Changes, changes_between
from telephony.errors import DirectoryError
from telephony.model.ids import MemberName


def agent(number: int, name: str = "王小明", phone: str = "") -> Agent:
    return Agent(MemberName(str(number)), name, (), phone or str(number))


LISTS = st.lists(
    st.builds(agent, st.integers(10, 16), st.sampled_from(["王小明", "李娜"])), unique_by=lambda one: one.number
)


def test_an_import_adds_changes_and_leaves_alone() -> None:
    changes = changes_between(
        [agent(11), agent(12), agent(14)], [agent(13), agent(12, "李娜"), agent(11)], replace=False
    )
    assert changes == Changes(
        added=(agent(13),), changed=(Change(agent(12), agent(12, "李娜")),), unchanged=(agent(11),)
    )


def test_replacing_also_removes() -> None:
    assert changes_between([agent(11), agent(12)], [agent(11)], replace=True).removed == (agent(12),)


@given(LISTS, LISTS, st.booleans())
def test_the_changes_lead_from_what_is_to_what_is_wanted(
    stored: list[Agent], wanted: list[Agent], replace: bool
) -> None:
    changes = changes_between(stored, wanted, replace=replace)
    after = {one.number: one for one in stored}
    for gone in changes.removed:
        assert after.pop(gone.number) == gone
    for change in changes.changed:
        assert after[change.before.number] == change.before != change.after
        after[change.after.number] = change.after
    for added in changes.added:
        assert after.setdefault(added.number, added) is added
    want = {one.number: one for one in wanted}
    assert after == (want if replace else {**{one.number: one for one in stored}, **want})
    assert bool(changes) == (after != {one.number: one for one in stored})


@given(LISTS)
def test_importing_what_is_there_changes_nothing(stored: list[Agent]) -> None:
    changes = changes_between(stored, reversed(stored), replace=True)
    assert not changes
    assert len(changes.unchanged) == len(stored)


def test_a_phone_that_another_agent_keeps_is_refused_and_both_are_named() -> None:
    with pytest.raises(DirectoryError, match="11 and 12 would share the phone desk"):
        changes_between([agent(11, phone="desk")], [agent(12, phone="desk")], replace=False)


def test_a_phone_may_pass_to_another_agent_in_one_import() -> None:
    stored = [agent(11, phone="a"), agent(12, phone="b")]
    wanted = [agent(11, phone="b"), agent(12, phone="a")]
    assert len(changes_between(stored, wanted, replace=False).changed) == 2
    assert changes_between([agent(11, phone="a")], [agent(12, phone="a")], replace=True).removed


def test_one_number_given_twice_is_refused() -> None:
    with pytest.raises(DirectoryError, match="11 is given twice"):
        changes_between([], [agent(11), agent(11, "李娜")], replace=False)
