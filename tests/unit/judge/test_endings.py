"""Every ending, told faultlessly: nothing to find."""

import pytest

from tests.unit.judge.judged import findings, judgement
from tests.unit.judge.stories import STORIES, tell

CALLS_OF = {"twins": 2}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("seed", range(5))
def test_a_faultless_record_of_each_ending_is_accepted(story: str, seed: int) -> None:
    judged = judgement(tell([story], seed))
    assert not judged.findings
    assert judged.calls == CALLS_OF.get(story, 1)


def test_all_endings_in_one_run() -> None:
    judged = judgement(tell([*STORIES, *STORIES], seed=4, apart_s=0.4))
    assert not judged.findings
    assert judged.calls == 2 * (len(STORIES) + 1)


def test_the_sums_of_each_book() -> None:
    names = ["answered_caller_ends", "gives_up_waiting", "timed_out", "refused_number", "key_exit"]
    records, queue_log, cdr, sipp = judgement(tell(names)).sums
    assert dict(records.calls) == {
        "offered": 5,
        "answered": 1,
        "abandoned": 1,
        "timed_out": 1,
        "refused": 1,
        "key_exit": 1,
    }
    assert dict(queue_log.calls) == {"offered": 4, "answered": 1, "abandoned": 1, "timed_out": 1, "key_exit": 1}
    assert dict(cdr.calls) == {"offered": 5, "answered": 1, "unanswered": 4}
    assert dict(sipp.calls) == {"offered": 5, "answered": 1, "caller left": 1, "ended by the PBX": 3}
    assert all(not sums.unbalanced() for sums in (records, queue_log, cdr, sipp))
    assert records.agents == sipp.agents == cdr.agents == queue_log.agents


def test_known_disagreements_are_explained_not_found() -> None:
    judged = judgement(tell(["refused_then_answered", "instant_dropped"]))
    assert {note.about for note in judged.notes} == {"RINGNOANSWER", "instant"}


def test_a_run_without_a_call_is_no_proof() -> None:
    (finding,) = findings(tell([]))
    assert "nothing to judge" in finding.text
