"""What people at their desks say: shown while the call lasts, carried over when calls become one."""

from telephony.model import events as ev
from telephony.model.changes import AgentTouched, Anomaly, CallTouched
from telephony.model.ids import CallId, MemberName, Micros, PbxName
from telephony.model.known import Known
from telephony.model.local import CallerKnown, CallRemarked, HelpAsked
from telephony.model.on_desk import MAX_WRITERS
from telephony.model.remarks import Remarks
from telephony.model.tracker import Tracker
from tests.unit.telephony.model.script import Line, Pbx
from tests.unit.telephony.model.test_supervision import spies

AGENT = MemberName("1001")


def talking() -> tuple[Tracker, Pbx, Line]:
    """A citizen talks with agent 1001."""
    pbx, tracker = Pbx(), Tracker(PbxName("pbx1"))
    pbx.signs_in("1001")
    caller = pbx.citizen()
    caller.joins("hotline")
    phone = caller.offered("1001")
    phone.answers()
    hear(tracker, pbx)
    return tracker, pbx, caller


def hear(tracker: Tracker, pbx: Pbx) -> None:
    for event in pbx.events:
        tracker.apply(event)
    pbx.events.clear()


def only(tracker: Tracker) -> CallId:
    (call_id,) = tracker.world.calls
    return call_id


def help_of(tracker: Tracker) -> str | None:
    return tracker.world.agents[AGENT].help


def remark(call_id: CallId, who: str = "1001", **said: object) -> CallRemarked:
    return CallRemarked(Micros(0), call_id, who, **said)  # type: ignore[arg-type]


def test_what_is_said_is_shown_and_told() -> None:
    tracker, _, _ = talking()
    call_id = only(tracker)
    out = tracker.apply(remark(call_id, note="a", topics=("water",), mark="nuisance"))
    assert out == [CallTouched(tracker.world.now, call_id)]
    said = tracker.world.calls[call_id].remarks
    assert (said.notes, said.all_topics(), said.mark) == ({"1001": "a"}, ("water",), "nuisance")
    tracker.apply(remark(call_id, mark=""))
    assert (said.notes, said.mark) == ({"1001": "a"}, "")


def test_our_clock_moves_no_time_of_the_models() -> None:
    """The event is stamped by our wall clock, here by half a century off."""
    tracker, _, _ = talking()
    now = tracker.world.now
    out = tracker.apply(remark(only(tracker), note="a"))
    assert tracker.world.now == now
    assert not [change for change in out if isinstance(change, Anomaly)]


def test_what_was_said_before_a_restart_gives_way_to_what_was_said_since() -> None:
    tracker, _, _ = talking()
    call_id = only(tracker)
    tracker.apply(remark(call_id, note="new", mark="silent"))
    tracker.apply(remark(call_id, note="old", topics=("water",), mark="nuisance", again=True))
    said = tracker.world.calls[call_id].remarks
    assert (said.notes["1001"], said.topics["1001"], said.mark) == ("new", ("water",), "silent")


def test_whether_it_was_resolved_is_the_last_word_over_a_restart_and_a_join() -> None:
    tracker, _, _ = talking()
    call_id = only(tracker)
    said = tracker.world.calls[call_id].remarks

    def resolved() -> bool | None:
        return said.is_resolved

    assert resolved() is None
    tracker.apply(remark(call_id, "1001", resolved="no"))
    tracker.apply(remark(call_id, "1003", resolved="yes", again=True))
    tracker.apply(remark(call_id, "1001", resolved="yes", again=True))
    assert resolved() is False
    assert said.resolved == {"1003": "yes", "1001": "no"}
    tracker.apply(remark(call_id, "1003", resolved="yes"))
    assert resolved() is True
    tracker.apply(remark(call_id, "1003", resolved=""))
    assert resolved() is False
    joined = Remarks(resolved={"1004": "no"})
    joined.take_over(Remarks(resolved={"1005": "no", "1006": "yes"}))
    assert list(joined.resolved) == ["1005", "1006", "1004"]
    assert joined.is_resolved is False


def test_a_call_that_is_over_or_unknown_hears_nothing() -> None:
    tracker, _, _ = talking()
    assert tracker.apply(remark(CallId("X" * 26), note="a")) == []
    assert tracker.apply(CallerKnown(Micros(0), CallId("X" * 26), Known())) == []
    assert tracker.apply(HelpAsked(Micros(0), MemberName("9999"), "help")) == []


def test_more_writers_than_any_call_has_are_left_out() -> None:
    tracker, _, _ = talking()
    call_id = only(tracker)
    for number in range(MAX_WRITERS + 5):
        tracker.apply(remark(call_id, str(number), note="a"))
    assert len(tracker.world.calls[call_id].remarks.notes) == MAX_WRITERS
    assert tracker.apply(remark(call_id, "0", note="b"))


def test_when_calls_become_one_nothing_that_was_said_is_lost() -> None:
    """The agent's consult call is joined into the citizen's; what was noted on it goes along, and so does its id."""
    tracker, pbx, _ = talking()
    citizens = only(tracker)
    consult = pbx.phone_dials("1001", "1002")
    hear(tracker, pbx)
    other = next(call_id for call_id in tracker.world.calls if call_id != citizens)
    tracker.apply(remark(citizens, note="citizen's"))
    tracker.apply(remark(other, "1002", note="consult's", mark="nuisance"))
    tracker.apply(remark(other, "1001", note="later"))
    consult.linkedid = next(iter(tracker.world.calls[citizens].linkedids))
    consult.say(lambda at, u, li: ev.ChannelStateChanged(at, u, li, 6))
    hear(tracker, pbx)
    assert list(tracker.world.calls) == [citizens]
    said = tracker.world.calls[citizens].remarks
    assert said.notes == {"1001": "citizen's", "1002": "consult's"}
    assert said.mark == "nuisance"
    tracker.apply(remark(other, "1003", note="by its old name"))
    assert said.notes["1003"] == "by its old name"


def test_help_lasts_until_the_talk_is_over() -> None:
    tracker, pbx, caller = talking()
    assert tracker.apply(HelpAsked(Micros(0), AGENT, "what about tax?")) == [AgentTouched(tracker.world.now, AGENT)]
    assert help_of(tracker) == "what about tax?"
    assert tracker.apply(HelpAsked(Micros(0), AGENT, "what about tax?")) == []
    tracker.apply(HelpAsked(Micros(0), AGENT, None))
    assert help_of(tracker) is None
    tracker.apply(HelpAsked(Micros(0), AGENT, ""))
    assert help_of(tracker) == ""  # no words are asked for
    caller.hangs_up()
    hear(tracker, pbx)
    assert help_of(tracker) is None


def test_help_has_come_when_somebody_speaks_to_the_agent_not_when_they_listen() -> None:
    tracker, pbx, _ = talking()
    (leg,) = tracker.world.agents[AGENT].talking
    tracker.apply(HelpAsked(Micros(0), AGENT, "what about tax?"))
    ear = pbx.originates("1009")
    ear.up()
    spies(ear, "listen", leg)
    hear(tracker, pbx)
    assert help_of(tracker) == "what about tax?"
    spies(ear, "whisper", leg)
    (event,) = pbx.events
    assert AgentTouched(event.at, AGENT) in tracker.apply(event)
    assert help_of(tracker) is None


def test_what_is_known_of_the_caller_is_told_once() -> None:
    tracker, _, _ = talking()
    call_id = only(tracker)
    known = CallerKnown(Micros(0), call_id, Known(calls_7d=3, last_agent=AGENT))
    assert tracker.apply(known) == [CallTouched(tracker.world.now, call_id)]
    assert tracker.world.calls[call_id].known == known.known
    assert tracker.apply(known) == []
