"""What a book's words admit, and who is wrong when they do not go together."""

import pytest

from tests.judge.claims import Claim, Lasting, Number, Said, Within, moment, one_of, settle
from tests.judge.findings import Finding, Kind

T = 1_795_402_664_000_000
MS = 1_000


def found(claims: list[Claim], said: object = "unasked") -> list[Finding]:
    return settle("the call", "fact", claims, None if said == "unasked" else Said(said))


def test_agreement_is_one_truth_behind_all_words() -> None:
    claims: list[Claim] = [one_of("A", "x", "y"), one_of("B", "y", "z")]
    assert not found(claims, "y")
    (finding,) = found(claims, "x")
    assert (finding.kind, finding.books) == (Kind.DIFFERS, ("B",))
    assert "the record says x, but B says y or z" in finding.text


def test_three_sets_that_meet_only_two_by_two_disagree() -> None:
    claims: list[Claim] = [one_of("A", "x", "y"), one_of("B", "y", "z"), one_of("C", "z", "x")]
    (finding,) = found(claims)
    assert finding.kind is Kind.BOOKS


def test_the_odd_book_is_named_with_the_records_help() -> None:
    claims: list[Claim] = [one_of("A", "x"), one_of("B", "y")]
    (alone,) = found(claims, "x")
    assert (alone.kind, alone.books) == (Kind.BOOKS, ("B",))
    assert alone.text.startswith("B stands alone")
    (nobody,) = found(claims)
    assert nobody.books == ("A", "B")


def test_a_record_that_sides_with_nobody_is_wrong_as_well() -> None:
    claims: list[Claim] = [one_of("A", "x"), one_of("B", "y")]
    assert [finding.kind for finding in found(claims, "z")] == [Kind.BOOKS, Kind.DIFFERS]


@pytest.mark.parametrize(("off", "good"), [(0, True), (50 * MS, True), (-50 * MS, True), (50 * MS + 1, False)])
def test_a_moment_is_believed_to_its_slack(off: int, good: bool) -> None:
    assert (not found([moment("A", T, 50 * MS)], T + off)) is good


@pytest.mark.parametrize(("off", "good"), [(50 * MS, True), (50 * MS + 1, False)])
def test_two_moments_go_together_within_their_slack(off: int, good: bool) -> None:
    assert (not found([moment("A", T, 50 * MS), moment("B", T + off, 50 * MS)])) is good


def test_a_whole_second_goes_with_any_moment_near_it() -> None:
    second = Within("Q", T, T + 1_000 * MS, 1_000 * MS)
    assert not found([second, moment("A", T + 1_900 * MS, 50 * MS)], T + 1_900 * MS)
    assert found([second, moment("A", T + 2_100 * MS, 50 * MS)])


def test_nothing_is_said_against_a_time_and_may_be_allowed() -> None:
    assert found([moment("A", T, MS)], None)
    assert found([moment("A", T, MS), one_of("B", None)])
    perhaps = Within("A", T, T, MS, perhaps=True)
    assert not found([perhaps], None)
    assert not found([perhaps, one_of("B", None)], None)
    assert found([perhaps], T + 2 * MS)


def test_the_distance_is_told() -> None:
    (finding,) = found([moment("A", T, MS)], T + 62 * MS)
    assert "A says 02:57:44.000 (62 ms earlier than the record)" in finding.text


def test_numbers_go_together_up_to_their_prefix() -> None:
    assert not found([Number("A", "+8613800000001"), Number("B", "13800000001")], "008613800000001")
    assert found([Number("A", "13800000001")], "13800000002")
    assert found([Number("A", "1001")], "21001")
    assert not found([Number("A", "anonymous"), Number("B", "")], "")


def test_durations() -> None:
    assert not found([Lasting("A", 100, 200), Lasting("B", 150, 300)], 180)
    assert found([Lasting("A", 100, 200)], 201)
    assert found([Lasting("A", 100, 200), Lasting("B", 201, 300)])


def test_no_claim_no_finding() -> None:
    assert not found([], "anything")
