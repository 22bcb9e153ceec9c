"""What departments and specialists did, by arithmetic done by hand."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.model.ids import Micros
from telephony.model.terms import InviteState, TryResult
from telephony.records.asked import Asked, Came, asked_in
from telephony.records.departments import DEFINITIONS, DepartmentFigures, figures_of
from telephony.records.record import CallRecord
from telephony.records.remarked import Remarked, Resolved
from tests.unit.telephony.records.invitations import call, guest, invitation
from tests.unit.telephony.records.samples import START

T = TryResult
HOMES = {"8101": "8100", "8102": "8100", "8201": "8200"}


def said(resolved: bool) -> Remarked:
    return Remarked(resolutions=(Resolved("1001", resolved, Micros(START), "1001"),))


CALLS = [
    call(
        1,
        [invitation(("8101", T.NO_ANSWER, 20_000), ("8102", T.ANSWERED, 4_000))],
        [guest("8102", ("private", 25, 40), ("hold", 40, 50), ("caller", 50, 110), ("after", 110, 115))],
        remarks=said(True),
    ),
    call(2, [invitation(("8101", T.CANCELLED, 5_000), result=InviteState.CANCELLED)]),
    call(  # by name
        3,
        [invitation(("8101", T.ANSWERED, 6_000), department="")],
        [guest("8101", ("caller", 0, 30), department="")],
        remarks=said(False),
    ),
    call(4, [invitation(("8201", T.REFUSED, 1_000), ("8202", T.UNREACHABLE, 0), department="8200")]),
    call(5, [invitation(("", T.ANSWERED, 2_000), department="", purpose="emergency")]),
    call(6, [invitation(("8101", T.BARRED, 0))]),
    call(  # two at once, the second one faster; and the department's own telephone
        7,
        [
            invitation(("8102", T.LATE, 9_000), ("8101", T.ANSWERED, 9_000)),
            invitation(("8200", T.ANSWERED, 3_000), department="8200", at=START + 60_000_000),
        ],
        [guest("8101", ("caller", 19, 79)), guest("8200", ("caller", 64, 94), department="8200")],
    ),
    call(8),
]


def of(figures: tuple[DepartmentFigures, ...]) -> dict[str, DepartmentFigures]:
    return {each.code or each.department: each for each in figures}


def counts(each: DepartmentFigures) -> tuple[int, ...]:
    return each.offers, each.answered, each.missed, each.taken_back


def test_departments() -> None:
    told = figures_of(CALLS, HOMES)
    assert [each.department for each in told.departments] == ["8100", "8200"]
    human, health = told.departments
    assert counts(human) == (4, 3, 0, 1)
    assert (human.answer_rate, human.answer_s, human.answer_p95_s) == (1.0, 16.0, 24.0)  # 24, 6, 18
    assert human.join_s == 17.0
    assert (human.calls, human.with_caller_min, human.private_min) == (3, 2.5, 0.25)  # 60 + 30 + 60 s; 15 s
    assert (human.told, human.resolved, human.resolved_share) == (2, 1, 0.5)
    assert counts(health) == (2, 1, 1, 0)
    assert (health.answer_rate, health.answer_s, health.with_caller_min) == (0.5, 3.0, 0.5)
    assert (health.told, health.resolved_share) == (0, None)
    assert counts(told.all) == (6, 4, 1, 1)
    assert (told.all.calls, told.all.with_caller_min, told.all.answer_rate) == (3, 3.0, 0.8)


def test_specialists() -> None:
    told = of(figures_of(CALLS, HOMES).specialists)
    assert set(told) == {"8101", "8102", "8201", "8202"}, "a department's own telephone is nobody"
    assert counts(told["8101"]) == (4, 2, 1, 1)
    assert (told["8101"].answer_rate, told["8101"].answer_s) == (0.6667, 7.5)  # 6 and 9 s, each from its own first ring
    assert (told["8101"].with_caller_min, told["8101"].told, told["8101"].resolved) == (1.5, 1, 0)
    assert counts(told["8102"]) == (2, 1, 0, 1)
    assert (told["8102"].private_min, told["8102"].join_s, told["8102"].resolved_share) == (0.25, 25.0, 1.0)
    assert (told["8102"].department, told["8202"].department) == ("8100", "8200")
    assert counts(told["8202"]) == (1, 0, 1, 0)


def test_somebody_whose_department_nobody_knows_is_still_counted() -> None:
    told = figures_of(CALLS)
    assert next((each.department, each.code) for each in told.specialists) == ("", "8101")
    assert told.all == figures_of(CALLS, HOMES).all


@pytest.mark.parametrize(
    ("tries", "came"),
    [
        ([("8101", T.NO_ANSWER, 9), ("8101", T.ANSWERED, 9)], Came.ANSWERED),  # their second number
        ([("8101", T.NO_ANSWER, 9), ("8101", T.CANCELLED, 9)], Came.MISSED),
        ([("8101", T.BARRED, 0), ("8101", T.REFUSED, 9)], Came.MISSED),
        ([("8101", T.LATE, 9)], Came.TAKEN_BACK),
        ([("8101", T.UNKNOWN, 9)], Came.TAKEN_BACK),
        ([("8101", T.UNREACHABLE, 9)], Came.MISSED),
    ],
)
def test_one_is_asked_once_in_an_invitation_on_however_many_numbers(
    tries: list[tuple[str, TryResult, int]], came: Came
) -> None:
    (_, asked) = asked_in(call(1, [invitation(*tries)]))
    assert (asked.code, asked.came) == ("8101", came)


def test_an_invitation_that_was_given_up_is_missed_only_by_who_missed_it() -> None:
    given_up = invitation(("8101", T.NO_ANSWER, 9), ("8102", T.CANCELLED, 9), result=InviteState.CANCELLED)
    assert list(asked_in(call(1, [given_up]))) == [
        Asked("", "8100", Came.MISSED),
        Asked("8101", "8100", Came.MISSED),
        Asked("8102", "8100", Came.TAKEN_BACK),
    ]


def test_each_figure_has_a_definition() -> None:
    assert set(DEFINITIONS) == set(DepartmentFigures.__struct_fields__) - {"department", "code", "name"}


RUNG = st.tuples(st.sampled_from(["8101", "8102", "8201", "8100"]), st.sampled_from(T), st.integers(0, 20_000))
INVITED = st.lists(RUNG, min_size=1, max_size=4).map(
    lambda tries: invitation(*tries, department="" if tries[0][1] is T.REFUSED else "8100")
)
ANY = st.lists(st.lists(INVITED, max_size=3), max_size=12)


@given(ANY, st.randoms())
def test_the_same_calls_in_any_order_come_to_the_same_and_sums_agree(
    invited: list[list[object]], chance: random.Random
) -> None:
    records: list[CallRecord] = [call(n, each) for n, each in enumerate(invited)]  # type: ignore[arg-type]
    told = figures_of(records, HOMES)
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert figures_of(shuffled, HOMES) == told
    for each in (told.all, *told.departments, *told.specialists):
        assert each.offers == each.answered + each.missed + each.taken_back
    for name in ("offers", "answered", "missed", "taken_back"):
        assert getattr(told.all, name) == sum(getattr(each, name) for each in told.departments)
    asked = sum(1 for record in records for each in asked_in(record) if each.code)
    assert asked == sum(each.offers for each in told.specialists)
