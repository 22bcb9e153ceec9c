"""Real books: 59 calls with every ending on Asterisk 22.10.1, with SIPp's phones, in two answer policies.

Nobody wrote records of these calls, so each is lost, and that is all there is to find: the three books agree on every
moment, agent, offer and end.
"""

import os
from pathlib import Path

import pytest

from tests.judge.files import Files, judge_files
from tests.judge.findings import Finding, Kind
from tests.judge.judge import Judgement
from tests.judge.times import parse_stamp

FOLDER = Path(__file__).with_name("recorded")
# In the second run the PBX was killed (kill -9) with one caller talking and one waiting, and started again.
KILLED = "1795409504.337493"
SILENT = "13800000051"  # a call for whose offers nobody had put a phone there


def judged(name: str, kills: list[int] | None = None, silent: frozenset[str] = frozenset()) -> Judgement:
    folder = FOLDER / name
    files = Files(Path(os.devnull), folder / "queue_log", folder / "cdr.csv", folder / "phones")
    return judge_files(files, kills=kills or [], silent=silent)


def killed() -> list[int]:
    at = parse_stamp(KILLED)
    assert at is not None
    return [at]


def kinds(findings: tuple[Finding, ...]) -> dict[Kind, int]:
    return {kind: sum(finding.kind is kind for finding in findings) for kind in {one.kind for one in findings}}


def test_the_books_agree_on_calls_answered_at_the_agent() -> None:
    judgement = judged("at_agent")
    assert judgement.calls == 34
    other = [finding for finding in judgement.findings if finding.kind is not Kind.LOST]
    assert [finding.call.split(" ")[0] for finding in other] == [SILENT]
    assert other[0].books == ("SIPp",)


def test_a_phone_known_to_be_silent_is_no_finding() -> None:
    assert kinds(judged("at_agent", silent=frozenset({"1001"})).findings) == {Kind.LOST: 34}


def test_the_books_agree_on_calls_answered_at_entry_and_cut_by_a_kill() -> None:
    judgement = judged("at_entry", killed())
    assert kinds(judgement.findings) == {Kind.LOST: 25}
    assert sum(note.about == "kill" for note in judgement.notes) == 2


def test_without_the_kill_named_its_calls_are_torn() -> None:
    torn = [finding for finding in judged("at_entry").findings if finding.kind is Kind.BOOKS]
    assert {finding.call.split(" ")[0] for finding in torn} == {"13800000046", "13800000047"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("at_agent", {"offered": 34, "answered": 14, "unanswered": 20}),
        ("at_entry", {"offered": 23, "answered": 8, "unanswered": 15}),
    ],
)
def test_cdr_counts_every_call_once(name: str, expected: dict[str, int]) -> None:
    sums = {each.book: dict(each.calls) for each in judged(name, killed()).sums}
    assert sums["CDR"] == expected
    assert sums["SIPp"]["offered"] == judged(name).calls


def test_two_calls_of_one_caller_get_their_own_channels() -> None:
    calls = [finding.call for finding in judged("at_agent").findings if finding.call.startswith("13800000021 ")]
    assert len(calls) == len(set(calls)) == 3
