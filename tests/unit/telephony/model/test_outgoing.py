"""What left over a trunk, and what was refused."""

import msgspec

from telephony.model import events as ev
from telephony.model.changes import CallOutRefused
from telephony.model.ids import CallId
from telephony.model.terms import Direction, Outcome, Side
from telephony.records.masked import masked
from telephony.records.record import CallRecord
from tests.unit.telephony.model.script import Line, Pbx, told

CITIZEN, ABROAD = "13800138000", "+441632960961"


def tries(line: Line, trunk: str, purpose: str = "call-out", recording: str = "x.wav") -> None:
    line.say(lambda at, u, li: ev.CallWentOut(at, u, li, purpose, CITIZEN, "1001", trunk, recording))


def is_refused(line: Line, purpose: str, number: str = ABROAD, agent: str = "1001") -> None:
    line.say(lambda at, u, li: ev.OutRefused(at, u, li, purpose, number, agent, "not-allowed"))


def test_an_agent_calls_out_and_the_second_trunk_takes_it() -> None:
    pbx = Pbx()
    agent = pbx.phone_dials("1001", CITIZEN)
    tries(agent, "carrier")
    agent.calls("trunk-carrier").gone(34)
    tries(agent, "backup")
    citizen = agent.calls("trunk-backup")
    pbx.wait(3)
    citizen.picks_up(agent)
    pbx.wait(60)
    agent.asks()
    agent.leaves()
    citizen.leaves()
    agent.gone()
    citizen.gone()
    (record,) = told(pbx.events).records
    assert (record.direction, record.outcome, record.agent) == (Direction.OUTBOUND, Outcome.ANSWERED, "1001")
    assert (record.trunk, record.dialled, record.recording) == ("backup", CITIZEN, "x.wav")
    assert record.hung_up_by is Side.CALLER
    assert [(out.purpose, out.number, out.trunk) for out in record.out] == [
        ("call-out", CITIZEN, "carrier"),
        ("call-out", CITIZEN, "backup"),
    ]


def test_a_call_out_that_is_refused_is_a_refused_call_and_told_once() -> None:
    pbx = Pbx()
    agent = pbx.phone_dials("1001", "00441632960961")
    is_refused(agent, "call-out")
    pbx.events.append(pbx.events[-1])
    agent.gone(21)
    heard = told(pbx.events)
    (record,) = heard.records
    assert (record.direction, record.outcome, record.refused_because) == (
        Direction.OUTBOUND,
        Outcome.REFUSED,
        "not-allowed",
    )
    assert record.agent == "1001"
    assert len(record.refused_out) == len(heard.of(CallOutRefused)) == 1


def test_a_citizens_call_is_what_it_was_when_a_transfer_is_refused() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    is_refused(caller, "transfer")
    is_refused(caller, "forward", agent="")
    caller.asks()
    caller.gone()
    (record,) = told(pbx.events).records
    assert (record.direction, record.refused_because) == (Direction.INBOUND, None)
    assert [(each.purpose, each.agent) for each in record.refused_out] == [("transfer", "1001"), ("forward", "")]
    assert ABROAD not in msgspec.json.encode(masked(record)).decode()


def test_a_record_of_before_has_none() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.asks()
    caller.gone()
    (record,) = told(pbx.events).records
    raw = msgspec.json.decode(msgspec.json.encode(record))
    del raw["out"], raw["refused_out"]
    old = msgspec.convert(raw, CallRecord, strict=False)
    assert (old.out, old.refused_out, old.call_id) == ((), (), CallId(record.call_id))
