"""Disagreements between the books that are known, and why they are none."""

from tests.judge.case import Case
from tests.judge.findings import Note
from tests.judge.match import expectation
from tests.judge.times import apart
from tests.judge.views.view import SLACK


def explain(case: Case) -> list[Note]:
    """What a reader of the raw books would stumble over in this call."""
    found = [*_ending(case), *_refusals(case), *_late(case)]
    return [Note(case.name, about, text) for about, text in found]


def _ending(case: Case) -> list[tuple[str, str]]:
    if case.killed is not None:
        return [("kill", "the PBX was killed under this call: CDR and queue_log are not complete, the phones decide")]
    if expectation(case) == "none":
        status = case.caller.final if case.caller is not None else 0
        return [("no channel", f"the PBX answered {status or 'nothing'} before there was a channel: no record")]
    if case.race:
        return [("instant", "the caller left in the instant of the answer: queue_log decides, if anything does")]
    last = case.stay.visits[-1] if case.stay.visits else None
    if last is not None and last.end == "ABANDON" and case.caller is not None and case.caller.left is None:
        return [("ABANDON", "queue_log says ABANDON, but the caller did not hang up: the PBX or somebody else did")]
    return []


def _refusals(case: Case) -> list[tuple[str, str]]:
    refused = {ring.phone for ring in case.rings if ring.rejected is not None}
    tried = {each.agent for visit in case.stay.visits for each in visit.tries if each.event == "RINGNOANSWER"}
    return [
        ("RINGNOANSWER", f"queue_log says RINGNOANSWER of {agent}, whose phone refused")
        for agent in sorted(refused & tried)
    ]


def _late(case: Case) -> list[tuple[str, str]]:
    caller, end = case.caller, case.exact_end
    if caller is None or caller.ended is None or caller.left is not None or end is None:
        return []
    late = caller.ended - end
    text = f"the caller's phone saw the end {apart(late)} after CDR: its log was kept waiting"
    return [("late log", text)] if late > SLACK else []
