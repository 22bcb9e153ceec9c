"""A 302 that names a channel is past the dialplan, whoever dialled; nothing else is."""

import pytest

from telephony.live.alarms import AlarmName
from telephony.live.board import Live
from telephony.live.symptoms import BYPASS_STAYS_S, Readings, Symptoms
from telephony.model import events as ev
from telephony.model.changes import CallBypassed, CallOutRefused
from telephony.model.ids import Linkedid, Uniqueid
from telephony.model.on_bypass import MAX_BYPASSING, number_of
from telephony.records.masked import masked
from tests.recordings.captures import captures, heard, load
from tests.unit.telephony.model.script import Line, Pbx, Told, told

ABROAD = "00441632960961"
PAST = f"PJSIP/{ABROAD}@trunk-carrier"


def sends_on(pbx: Pbx, by: Line, phone: Line, forward: str) -> None:
    """The phone's 302, as Queue() and Dial() tell of it."""
    u, li, name = phone.uniqueid, phone.linkedid, phone.name
    pbx.say(lambda at: ev.DialEnded(at, by.uniqueid, u, li, "CANCEL", name, forward))


def dials(pbx: Pbx, by: str, target: Line, place: str) -> None:
    pbx.say(lambda at: ev.DialBegan(at, Uniqueid(by), target.uniqueid, target.linkedid, target.name, place))


def offered_and_sent_on(forward: str = PAST, place: str = "") -> tuple[Told, Line]:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    caller.joins("hotline")
    phone = caller.offered("1001")
    away = Line(pbx, "trunk-carrier")
    away.linkedid = caller.linkedid
    away.created(0, "", "zt-in-carrier", "s")
    sends_on(pbx, caller, phone, forward)
    dials(pbx, caller.uniqueid, away, place or forward.partition("/")[2])
    phone.gone(0)
    away.gone(21)
    caller.gives_up()
    return told(pbx.events), away


def test_the_channel_that_was_named_is_to_end_and_the_call_has_it_on_record() -> None:
    heard_of, away = offered_and_sent_on()
    (cut,) = heard_of.of(CallBypassed)
    assert (cut.channel, cut.agent, cut.call_id) == (away.name, "1001", heard_of.record.call_id)  # type: ignore[attr-defined]
    (refused,) = heard_of.record.refused_out
    assert (refused.purpose, refused.number, refused.agent, refused.reason) == ("forward", ABROAD, "1001", "bypassed")
    assert ABROAD not in str(masked(heard_of.record).refused_out)
    assert heard_of.anomalies == []


def test_a_forward_into_the_dialplan_is_the_dialplans_own() -> None:
    heard_of, _ = offered_and_sent_on(ABROAD, f"{ABROAD}@zt-forward/n")
    assert heard_of.of(CallBypassed) == heard_of.of(CallOutRefused) == []
    assert heard_of.record.refused_out == ()


def test_a_channel_that_was_dialled_beside_is_left_alone() -> None:
    heard_of, _ = offered_and_sent_on(PAST, "1002")
    assert heard_of.of(CallBypassed) == []
    assert len(heard_of.of(CallOutRefused)) == 1


def test_a_phone_that_we_had_rung_sends_on_and_the_channel_is_known_before() -> None:
    pbx = Pbx()
    phone, away = Line(pbx, "1001"), Line(pbx, "trunk-carrier")
    phone.created(0, "1001", "zt-phone", "s")
    dials(pbx, "", phone, "1001")
    away.created(0, "", "zt-in-carrier", "s")
    dials(pbx, "", away, PAST.partition("/")[2])
    pbx.say(lambda at: ev.DialEnded(at, Uniqueid(""), phone.uniqueid, Linkedid(""), "CANCEL", phone.name, PAST))
    (cut,) = Told().hear(pbx.events).of(CallBypassed)
    assert (cut.channel, cut.agent) == (away.name, "1001")  # type: ignore[attr-defined]


def test_what_waits_for_its_other_half_is_bounded() -> None:
    pbx = Pbx()
    line = Line(pbx, "1001")
    for number in range(MAX_BYPASSING + 5):
        dials(pbx, "", line, f"{number}@x")
    assert len(Told().hear(pbx.events).tracker.world.bypassing) == MAX_BYPASSING


@pytest.mark.parametrize(
    ("forward", "number"),
    [
        (PAST, ABROAD),
        ("PJSIP/1001/sip:+441632960961@203.0.113.10:5060", "+441632960961"),
        ("PJSIP/trunk-carrier2/sip:13800138000@10.0.0.1", "13800138000"),
        ("Local/00441632960961@zt-phone", ABROAD),
        ("PJSIP/1002", "1002"),
        ("PJSIP/x", ""),
        ("/", ""),
    ],
)
def test_the_number_it_would_have_called(forward: str, number: str) -> None:
    assert number_of(forward) == number


def test_nothing_that_was_ever_recorded_trips_it() -> None:
    dialled = 0
    for path in captures():
        events = [event for event in heard(load(path).frames) if isinstance(event, ev.Event)]
        dialled += sum(isinstance(event, ev.DialBegan) for event in events)
        story = Told().hear(events)
        assert story.of(CallBypassed) == story.of(CallOutRefused) == [], path.name
        assert not story.tracker.world.bypassing, path.name
    assert dialled > 50, "nothing was dialled"


def test_one_is_an_alarm_for_a_day_and_names_the_phone() -> None:
    live, symptoms = Live(), Symptoms()
    live.fold(offered_and_sent_on()[0].changes)
    assert symptoms.judge(Readings(now=0.0))[AlarmName.CALL_BYPASSED] is None
    said = symptoms.judge(Readings(now=1.0, bypassed=live.bypassed))[AlarmName.CALL_BYPASSED]
    assert said == "1 times (agent 1001) since the start"
    assert live.refused_out == {"agent 1001": 1}
    assert symptoms.judge(Readings(now=BYPASS_STAYS_S, bypassed=live.bypassed))[AlarmName.CALL_BYPASSED] is not None
    assert symptoms.judge(Readings(now=BYPASS_STAYS_S + 2, bypassed=live.bypassed))[AlarmName.CALL_BYPASSED] is None
