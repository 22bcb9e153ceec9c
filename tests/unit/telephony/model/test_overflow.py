"""Callers whom no agent takes: duty mobiles, and the promise of a call-back."""

import pytest

from telephony.ledger.missed import is_answered, is_missed, missed_call
from telephony.ledger.terms import EntryId
from telephony.model import events as ev
from telephony.model.terms import Outcome
from telephony.numbers.kinds import Rules
from telephony.records.masked import masked
from tests.unit.telephony.model.script import Line, Pbx, Told, told

MOBILE, SECOND = "13900000001", "13900000002"


def promised(line: Line, *states: str, why: str = "TIMEOUT") -> None:
    for state in states:
        line.say(lambda at, u, li, state=state: ev.CallBackPromised(at, u, li, why, state))  # type: ignore[misc]


def duty(line: Line, mobile: str) -> None:
    line.say(lambda at, u, li: ev.DutyCalled(at, u, li, mobile))


def waited(pbx: Pbx) -> Line:
    caller = pbx.citizen()
    caller.joins()
    pbx.wait(30)
    caller.leaves_queue()
    caller.queue_ended("TIMEOUT")
    return caller


def over(pbx: Pbx, caller: Line) -> Told:
    caller.stopped()
    caller.ends()
    heard = told(pbx.events)
    assert heard.anomalies == []
    return heard


@pytest.mark.parametrize(
    ("states", "kept", "owed"),
    [(("given", "heard"), "heard", True), (("given",), "given", True), (("withheld",), "withheld", False)],
)
def test_what_was_promised_is_on_record_and_in_the_ledger(states: tuple[str, ...], kept: str, owed: bool) -> None:
    pbx = Pbx()
    caller = waited(pbx)
    promised(caller, *states)
    record = over(pbx, caller).record
    assert (record.outcome, record.promise, record.promise_because) == (Outcome.TIMED_OUT, kept, "TIMEOUT")
    assert is_missed(record)
    assert missed_call(record, EntryId(1), Rules()).promised is owed


def test_one_call_more_than_the_limit_is_refused_and_promised() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.refused("capacity")
    promised(caller, "given", "heard", why="capacity")
    record = over(pbx, caller).record
    assert (record.outcome, record.refused_because) == (Outcome.REFUSED, "capacity")
    assert (record.promise, record.promise_because) == ("heard", "capacity")


def test_who_was_sent_on_by_an_agent_and_then_promised_a_call_is_owed_it() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    phone.answers()
    pbx.wait(20)
    phone.blind_transfers("8002")
    caller.queue_ended("JOINEMPTY", queue="second")
    promised(caller, "given", "heard", why="JOINEMPTY")
    record = over(pbx, caller).record
    assert (record.outcome, record.agent) == (Outcome.ANSWERED, "1001")
    assert is_missed(record)
    assert not is_answered(record), "or it would close the entry that it opens"


def test_a_consulting_agents_own_channel_promises_nothing() -> None:
    pbx = Pbx()
    caller = waited(pbx)
    other = caller.calls("1002")
    promised(other, "given")
    other.gone()
    assert over(pbx, caller).record.promise == ""


def test_the_duty_mobile_that_talked_took_the_call() -> None:
    pbx = Pbx()
    caller = waited(pbx)
    duty(caller, MOBILE)
    first = caller.calls("trunk-carrier")
    pbx.wait(5)
    first.gone(17)
    duty(caller, SECOND)
    second = caller.calls("trunk-carrier")
    pbx.wait(5)
    second.picks_up(caller)
    pbx.wait(60)
    second.leaves()
    caller.leaves()
    second.gone()
    record = over(pbx, caller).record
    assert (record.outcome, record.agent, record.promise) == (Outcome.ANSWERED, None, "")
    assert [(tried.mobile, tried.taken_at) for tried in record.duty] == [(MOBILE, None), (SECOND, record.answered_at)]
    assert not is_missed(record)
    hidden = masked(record)
    assert [tried.mobile for tried in hidden.duty] == ["139****0001", "139****0002"]


def test_told_twice_changes_nothing() -> None:
    pbx = Pbx()
    caller = waited(pbx)
    duty(caller, MOBILE)
    promised(caller, "given")
    caller.stopped()
    caller.ends()
    twice = [each for event in pbx.events for each in (event, event)]
    (record,) = told(twice).records
    assert (len(record.duty), record.promise) == (1, "given")
