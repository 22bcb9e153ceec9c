"""Call-backs: the PBX rings an agent's phone for us, and once it is answered a citizen's."""

from telephony.ami.decode import Decoder
from telephony.model import events as ev
from telephony.model.changes import CallNotMade
from telephony.model.ids import Micros, Uniqueid, call_id_of
from telephony.model.terms import Direction, Outcome, Side
from tests.unit.telephony.model.script import DOWN, Line, Pbx, told

CITIZEN = "13800138000"


def rung(pbx: Pbx, agent: str = "1001") -> Line:
    """An Originate: the agent's phone rings."""
    line = Line(pbx, agent)
    line.created(DOWN, agent, "zt-phone", "s")
    line.rings()
    return line


def answered(line: Line, recording: str = "") -> None:
    """The agent picks up; the dialplan says for whom."""
    line.up()
    line.say(lambda at, u, li: ev.CallBackBegan(at, u, li, "17", "3", "carrier", CITIZEN, recording))


def originated(line: Line, answered: bool, reason: int = 0) -> None:
    line.pbx.say(lambda at: ev.Originated(at, line.uniqueid, answered, reason))


def test_a_citizen_who_answers_was_called_back() -> None:
    pbx = Pbx()
    agent = rung(pbx)
    pbx.wait(2)
    answered(agent, "2026/11/23/x.wav")
    originated(agent, True, 4)
    citizen = agent.calls("trunk-carrier")
    pbx.wait(3)
    citizen.picks_up(agent)
    pbx.wait(60)
    citizen.asks()
    citizen.leaves()
    agent.leaves()
    citizen.gone()
    agent.gone()
    heard = told(pbx.events)
    (record,) = heard.records
    assert (record.direction, record.outcome, record.calls_back) == (Direction.OUTBOUND, Outcome.ANSWERED, "17")
    assert (record.dialled, record.trunk, record.caller_number) == (CITIZEN, "carrier", "1001")
    assert record.call_id == call_id_of("pbx1", agent.uniqueid)
    assert record.recording == "2026/11/23/x.wav"
    assert record.hung_up_by is Side.OTHER
    assert 59_000 <= record.talk_ms <= 61_000
    assert not heard.anomalies
    assert not heard.of(CallNotMade)


def test_an_agent_who_does_not_answer_leaves_a_record_that_names_no_entry() -> None:
    """The dialplan has not spoken: who it was for is told by the Uniqueid that we gave the channel."""
    pbx = Pbx()
    agent = rung(pbx)
    pbx.wait(30)
    agent.gone(19)
    originated(agent, False, 3)
    heard = told(pbx.events)
    (record,) = heard.records
    assert (record.direction, record.outcome, record.calls_back) == (Direction.OUTBOUND, Outcome.FAILED, None)
    assert record.uniqueids == (agent.uniqueid,)
    assert heard.of(CallNotMade) == []


def test_a_phone_that_could_not_be_rung_is_told() -> None:
    pbx = Pbx()
    line = Line(pbx, "1001")
    originated(line, False)
    (change,) = told(pbx.events).of(CallNotMade)
    assert change == CallNotMade(change.at, line.uniqueid, 0)


def test_the_answer_of_an_originate_that_comes_late_says_nothing_new() -> None:
    pbx = Pbx()
    agent = rung(pbx)
    agent.gone(19)
    pbx.wait(5)
    originated(agent, False, 3)
    heard = told(pbx.events)
    assert len(heard.records) == 1
    assert heard.of(CallNotMade) == []


def test_a_call_back_that_nobody_was_seen_to_make_is_an_anomaly() -> None:
    pbx = Pbx()
    line = Line(pbx, "1001")
    line.say(lambda at, u, li: ev.CallBackBegan(at, u, li, "17", "3", "carrier", CITIZEN, ""))
    assert told(pbx.events).anomalies == [f"unknown channel: ZtCallback {line.uniqueid}"]


def test_decoding() -> None:
    frame = (
        b"Event: OriginateResponse\r\nPrivilege: call,all\r\nTimestamp: 1795402664.123456\r\nActionID: zt-1\r\n"
        b"Response: Failure\r\nChannel: PJSIP/1001\r\nContext: zt-callback\r\nExten: 3\r\nReason: 0\r\n"
        b"Uniqueid: pbx1-1795402664.8388611\r\nCallerIDNum: 13800138000\r\nCallerIDName: <unknown>"
    )
    at = Micros(1_795_402_664_123_456)
    wanted = ev.Originated(at, Uniqueid("pbx1-1795402664.8388611"), False, 0)
    assert Decoder().decode(frame, Micros(0)) == wanted
    success = frame.replace(b"Failure", b"Success").replace(b"Reason: 0", b"Reason: 4")
    assert Decoder().decode(success, Micros(0)) == ev.Originated(at, wanted.uniqueid, True, 4)


def test_decoding_what_the_dialplan_says() -> None:
    frame = (
        b"Event: UserEvent\r\nPrivilege: user,all\r\nTimestamp: 1795402664.123456\r\nChannel: PJSIP/1001-00000001\r\n"
        b"CallerIDNum: 1001\r\nUniqueid: u.1\r\nLinkedid: l.1\r\nUserEvent: ZtCallback\r\nEntry: 17\r\nAttempt: 3\r\n"
        b"Trunk: carrier\r\nDialled: 13800138000\r\nRecording: "
    )
    said = Decoder().decode(frame, Micros(0))
    assert isinstance(said, ev.CallBackBegan)
    assert (said.uniqueid, said.entry, said.attempt) == ("u.1", "17", "3")
    assert (said.trunk, said.dialled, said.recording) == ("carrier", "13800138000", "")
