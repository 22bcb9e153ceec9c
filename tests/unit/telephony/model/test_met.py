"""What callers meet because of the desks: a rating, a limit, an agent kept for them, silence."""

import pytest

from telephony.control.sticky import whom_to_keep
from telephony.model import events as ev
from telephony.model import met
from telephony.model.calls import Call
from telephony.model.changes import CallEnded
from telephony.model.ids import MemberName, Micros, PbxName, QueueName
from telephony.model.terms import Outcome, Side, VisitResult
from telephony.model.tracker import Tracker
from tests.unit.telephony.model.script import Line, Pbx, Told, told
from tests.unit.telephony.model.test_callbacks import CITIZEN, answered, originated, rung

SECOND = 1_000_000


def rated(line: Line, state: str, value: int = 0) -> None:
    line.say(lambda at, u, li: met.RatingTold(at, u, li, state, value, "1001"))


def kept(line: Line, state: str) -> None:
    line.say(lambda at, u, li: met.KeptTold(at, u, li, QueueName("hotline"), MemberName("1001"), state))


def over(pbx: Pbx) -> Told:
    pbx.wait(5)
    pbx.say(ev.Tick)
    heard = told(pbx.events)
    assert heard.anomalies == []
    return heard


def agent_hangs_up(caller: Line) -> None:
    """The caller goes on in the dialplan."""
    phone = caller.partner
    assert phone is not None
    phone.asks(16)
    phone.leaves()
    caller.leaves()
    phone.gone()
    caller.queue_ended("CONTINUE")


@pytest.mark.parametrize(("value", "rating"), [(4, 4), (1, 1), (0, None), (6, None), (99, None)])
def test_a_rating_is_of_the_agent_who_hung_up(value: int, rating: int | None) -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    caller.offered("1001").answers()
    pbx.wait(30)
    agent_hangs_up(caller)
    rated(caller, "asked")
    pbx.wait(8)
    rated(caller, "given", value)
    caller.stopped()
    caller.ends()
    record = over(pbx).record
    assert record.met is not None
    assert (record.met.rating_asked, record.met.rating, record.met.rated) == (True, rating, "1001")
    assert record.hung_up_by is Side.AGENT
    assert record.talk_ms == pytest.approx(30_000, abs=100)  # the sentence is no talk


def test_a_limited_caller_who_is_refused_is_a_call_like_any_other() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.say(lambda at, u, li: met.LimitTold(at, u, li, "refuse"))
    caller.refused("limited")
    caller.stopped()
    caller.ends()
    record = over(pbx).record
    assert (record.outcome, record.refused_because) == (Outcome.REFUSED, "limited")
    assert record.met is not None
    assert record.met.limited == "refuse"


def test_a_caller_whom_nothing_befell_has_nothing_of_it() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    caller.gives_up()
    assert over(pbx).record.met is None


def test_brought_back_and_answered() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    kept(caller, "offered")
    caller.joins()
    caller.offered("1001").answers()
    caller.hangs_up()
    record = over(pbx).record
    assert record.met is not None
    assert (record.met.sticky, record.met.sticky_agent) == ("answered", "1001")


def test_brought_back_in_vain_another_answers() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    kept(caller, "offered")
    caller.joins()
    caller.offered("1001").rings_out()
    caller.leaves_queue()
    kept(caller, "passed")
    caller.joins(position=2)
    caller.offered("1001").rings_out()  # like anybody, the second time
    caller.offered("1002").answers()
    caller.hangs_up()
    record = over(pbx).record
    assert record.met is not None
    assert (record.met.sticky, record.met.sticky_agent) == ("offered", "1001")
    assert [visit.result for visit in record.visits] == [VisitResult.TIMED_OUT, VisitResult.CONNECTED]
    assert [visit.queue for visit in record.visits] == ["hotline", "hotline"]
    assert (record.outcome, record.agent) == (Outcome.ANSWERED, "1002")


def test_an_agent_who_was_not_free_after_all_was_not_offered_anybody() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    kept(caller, "offered")
    kept(caller, "passed")
    caller.joins()
    caller.gives_up()
    assert over(pbx).record.met is None


def test_places_in_the_line_beside_a_queue_are_nobodys() -> None:
    pbx = Pbx()
    pbx.member("1001", "zt-sticky-hotline", penalty=1001)
    heard = told(pbx.events)
    assert heard.tracker.world.queues == {}
    assert heard.tracker.world.agents == {}


# --- silence ----------------------------------------------------------------------------------------------


def listened(spoke_after: float | None) -> Call:
    """A caller who is listened to for five seconds, and speaks then or not; twenty seconds after the answer."""
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    caller.offered("1001").answers()
    tracker = Tracker(PbxName("pbx1"))
    for event in pbx.events:
        tracker.apply(event)
    (call,) = tracker.world.calls.values()
    tracker.apply(met.CallerListenedTo(pbx.now, call.call_id, 5 * SECOND))
    for second in range(1, 21):
        at = Micros(pbx.now + second * SECOND)
        if spoke_after is not None and spoke_after == second:
            tracker.apply(met.CallerSpoke(at, caller.uniqueid, caller.linkedid))
        tracker.apply(ev.Tick(at))
        assert call.met.silent is (second >= 5 and (spoke_after is None or second < spoke_after)), second
    return call


def test_who_gives_no_sound_is_silent() -> None:
    assert listened(None).met.spoke is False


def test_who_speaks_in_time_never_is() -> None:
    assert listened(3).met.spoke is True


def test_who_speaks_late_is_no_more() -> None:
    assert listened(9).met.spoke is True


# --- whom to bring back -----------------------------------------------------------------------------------


def talked() -> tuple[Pbx, Line]:
    pbx = Pbx()
    caller = pbx.citizen("013800000001")
    caller.joins()
    caller.offered("1001").answers()
    pbx.wait(10)
    return pbx, caller


def ended(pbx: Pbx) -> Call:
    pbx.wait(5)
    pbx.say(ev.Tick)
    tracker = Tracker(PbxName("pbx1"))
    changes = [change for event in pbx.events for change in tracker.apply(event)]
    return next(change.call for change in changes if isinstance(change, CallEnded))


def test_a_caller_whose_line_broke_is_brought_back_to_the_agent() -> None:
    pbx, caller = talked()
    caller.stopped()
    caller.leaves()
    caller.partner.leaves()  # type: ignore[union-attr]
    caller.partner.gone()  # type: ignore[union-attr]
    caller.gone(44)
    assert whom_to_keep(ended(pbx)) == ("013800000001", "1001")


def test_who_hung_up_is_not() -> None:
    pbx, caller = talked()
    caller.hangs_up()
    assert whom_to_keep(ended(pbx)) is None


def test_whose_agent_hung_up_is_not() -> None:
    pbx, caller = talked()
    agent_hangs_up(caller)
    caller.stopped()
    caller.ends()
    assert whom_to_keep(ended(pbx)) is None


def test_who_was_never_answered_is_not() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    caller.gives_up()
    assert whom_to_keep(ended(pbx)) is None


def called_back(pbx: Pbx) -> tuple[Line, Line]:
    """An agent's phone, which has answered, and the citizen's, which rings."""
    agent = rung(pbx)
    answered(agent)
    originated(agent, True, 4)
    return agent, agent.calls("trunk-carrier")


def test_who_was_called_back_in_vain_comes_to_that_agent() -> None:
    pbx = Pbx()
    agent, citizen = called_back(pbx)
    pbx.wait(45)
    citizen.gone(19)
    agent.gone()
    assert whom_to_keep(ended(pbx)) == (CITIZEN, "1001")


@pytest.mark.parametrize("cut", [True, False])
def test_who_was_called_back_comes_to_that_agent_if_that_call_was_cut_off(cut: bool) -> None:
    pbx = Pbx()
    agent, citizen = called_back(pbx)
    citizen.picks_up(agent)
    pbx.wait(60)
    if not cut:
        citizen.asks()
    citizen.leaves()
    agent.leaves()
    citizen.gone(44)
    agent.gone()
    assert whom_to_keep(ended(pbx)) == ((CITIZEN, "1001") if cut else None)
