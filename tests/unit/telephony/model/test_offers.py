"""What became of each phone that was rung: the outcome is told apart by Q.850 causes and by who was gone by then."""

import pytest

from telephony.model import events as ev
from telephony.model.changes import OfferChanged
from telephony.model.ids import Micros, Uniqueid
from telephony.model.machines import AgentState, OfferState
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told, offers, seconds, told


def ringing(pbx: Pbx, agent: str = "1001") -> tuple[Line, Phone]:
    caller = pbx.citizen()
    caller.joins()
    return caller, caller.offered(agent)


def then_answered(pbx: Pbx, caller: Line, agent: str = "1002") -> Told:
    phone = caller.offered(agent)
    pbx.wait(2)
    phone.answers()
    pbx.wait(10)
    caller.hangs_up()
    return told(pbx.events)


@pytest.mark.parametrize("hangup_first", [False, True])
def test_rung_out_then_the_next_agent(hangup_first: bool) -> None:
    pbx = Pbx()
    caller, phone = ringing(pbx)
    pbx.wait(15)
    phone.rings_out(hangup_first)
    pbx.wait(1)
    heard = then_answered(pbx, caller)
    assert offers(heard.record) == [("1001", "no_answer"), ("1002", "answered")]
    assert heard.record.agent == "1002"
    assert seconds(heard.record) == [
        ("ring", ("1001",), 15.0),
        ("wait", ("hotline",), 1.0),
        ("ring", ("1002",), 2.0),
        ("talk", ("1002",), 10.0),
    ]
    assert heard.record.ring_ms == pytest.approx(2000, abs=5), "of the agent who answered"
    assert heard.anomalies == []


def test_a_phone_that_sends_the_call_elsewhere_did_not_answer() -> None:
    """302: app_queue hangs the phone up, rings a Local channel in its place, and names that one as not answering."""
    pbx = Pbx()
    caller, phone = ringing(pbx)
    pbx.wait(1)
    phone.gone(0)
    elsewhere = (phone.queue, phone.agent, "PJSIP/1001", Uniqueid("pbx1-1.999"))
    caller.say(lambda at, u, li: ev.OfferUnanswered(at, u, li, *elsewhere))
    heard = then_answered(pbx, caller)
    assert offers(heard.record) == [("1001", "no_answer"), ("1002", "answered")]
    assert heard.anomalies == []


def test_rung_out_is_told_even_if_only_the_queue_says_so() -> None:
    """DialEnd may say CANCEL only."""
    pbx = Pbx()
    caller, phone = ringing(pbx)
    pbx.wait(15)
    caller.dial_ended(phone, "CANCEL")
    phone.gone(0)
    pbx.wait(0.1)
    assert Told().hear(pbx.events).tracker.world.by_leg[phone.uniqueid].open_offers(), "not known yet"
    ended = Micros(pbx.now - 100_100)
    phone.no_answer()
    record = then_answered(pbx, caller).record
    assert offers(record)[0] == ("1001", "no_answer")
    assert record.offers[0].ended_at == ended, "it stopped ringing when its channel ended, not when the queue said so"


def test_rung_out_is_told_even_if_only_the_dial_says_so() -> None:
    pbx = Pbx()
    caller, phone = ringing(pbx)
    pbx.wait(15)
    caller.dial_ended(phone, "NOANSWER")
    caller.dial_ended(phone, "CANCEL")
    phone.gone(0)
    assert offers(then_answered(pbx, caller).record)[0] == ("1001", "no_answer")


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (17, "refused"),
        (21, "refused"),
        (19, "unavailable"),
        (20, "unavailable"),
        (34, "unavailable"),
        (3, "unavailable"),
    ],
)
def test_refused_or_unavailable_then_the_next_agent(cause: int, outcome: str) -> None:
    pbx = Pbx()
    caller, phone = ringing(pbx)
    pbx.wait(0.3)
    phone.refuses(cause)
    heard = then_answered(pbx, caller)
    assert offers(heard.record) == [("1001", outcome), ("1002", "answered")]
    assert heard.record.offers[0].cause == cause
    assert heard.anomalies == []


def test_the_loser_of_a_ring_all_did_not_fail_to_answer() -> None:
    pbx = Pbx()
    pbx.signs_in("1001", "1002", queue="all")
    caller = pbx.citizen()
    caller.joins("all")
    winner, loser = caller.offered("1001"), caller.offered("1002")
    pbx.wait(4)
    winner.picked_up()
    loser.loses()
    winner.bridged()
    pbx.wait(10)
    caller.hangs_up()
    heard = told(pbx.events)
    assert offers(heard.record) == [("1001", "answered"), ("1002", "lost")]
    assert seconds(heard.record)[0] == ("ring", ("1001", "1002"), 4.0)
    assert {agent.state for agent in heard.tracker.world.agents.values()} == {AgentState.READY}
    assert heard.anomalies == []


def test_both_of_a_ring_all_pick_up_at_once() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins("all")
    winner, loser = caller.offered("1001"), caller.offered("1002")
    pbx.wait(4)
    winner.up()
    loser.up()
    caller.dial_ended(winner, "ANSWER")
    loser.gone(26)
    caller.leaves_queue()
    winner.bridged()
    pbx.wait(3)
    caller.hangs_up()
    assert offers(told(pbx.events).record) == [("1001", "answered"), ("1002", "lost")]


def test_the_queue_times_out_while_a_phone_rings() -> None:
    pbx = Pbx()
    caller, phone = ringing(pbx)
    pbx.wait(10)
    caller.dial_ended(phone, "CANCEL")
    phone.gone(0)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.queue_ended("TIMEOUT")
    caller.ends()
    heard = told(pbx.events)
    assert offers(heard.record) == [("1001", "cancelled")]
    assert heard.record.outcome == "timed_out"
    assert heard.left_over == {}


def test_a_caller_who_presses_a_key_while_a_phone_rings() -> None:
    pbx = Pbx()
    caller, phone = ringing(pbx)
    pbx.wait(10)
    caller.dial_ended(phone, "CANCEL")
    phone.gone(0)
    caller.leaves_queue()
    caller.queue_ended("EXITKEY", "0")
    caller.ends()
    assert offers(told(pbx.events).record) == [("1001", "cancelled")]


def test_offered_again_and_again_each_time_is_an_offer() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    for _ in range(3):
        phone = caller.offered("1001")
        pbx.wait(5)
        phone.rings_out()
        pbx.wait(1)
    heard = then_answered(pbx, caller, "1001")
    assert offers(heard.record) == [("1001", "no_answer")] * 3 + [("1001", "answered")]
    assert len({offer.uniqueid for offer in heard.record.offers}) == 4


def test_an_offer_told_after_its_phone_has_gone() -> None:
    """No order between channels is promised: AgentCalled comes last here, and the offer is closed at once."""
    pbx = Pbx()
    caller = pbx.citizen()
    caller.joins()
    phone = caller.offered("1001")
    made = next(event for event in pbx.events if type(event).__name__ == "OfferMade")
    pbx.events.remove(made)
    phone.gone(17)
    pbx.events.append(made)
    heard = Told().hear(pbx.events)
    assert heard.tracker.world.agents[phone.agent].offers == {}
    assert offers(then_answered(pbx, caller).record)[0] == ("1001", "refused")


def test_an_offer_whose_phone_no_event_ever_told_of() -> None:
    """The phone's channel was left out by a hole in the stream: the offer ends with the caller's."""
    pbx = Pbx()
    caller, phone = ringing(pbx)
    pbx.wait(3)
    caller.gives_up(phone)
    unheard = [event for event in pbx.events if getattr(event, "uniqueid", "") != phone.uniqueid]
    heard = told(unheard)
    assert offers(heard.record) == [("1001", "cancelled")]
    assert heard.left_over == {}


def test_an_offer_made_after_the_caller_is_gone_does_not_keep_its_agent_busy() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller, phone = ringing(pbx)
    made = next(event for event in pbx.events if type(event).__name__ == "OfferMade")
    pbx.events.remove(made)
    caller.gives_up(phone)
    pbx.events.append(made)
    heard = told(pbx.events)
    assert heard.left_over == {}
    assert heard.tracker.world.agents[phone.agent].state is AgentState.READY
    assert all(offer.outcome != "unknown" or offer.ended_at for offer in heard.record.offers)


def test_the_agent_hangs_up_between_pick_up_and_bridge() -> None:
    pbx = Pbx()
    caller, phone = ringing(pbx)
    pbx.wait(2)
    phone.up()
    phone.asks()
    phone.gone(16)
    heard = then_answered(pbx, caller)
    assert offers(heard.record) == [("1001", "dropped"), ("1002", "answered")]


def test_every_step_of_an_offer_is_told_once() -> None:
    pbx = Pbx()
    caller, phone = ringing(pbx)
    phone.answers()
    caller.hangs_up()
    states = [change.state for change in told(pbx.events).changes if isinstance(change, OfferChanged)]
    assert states == [OfferState.RINGING, OfferState.PICKED_UP, OfferState.ANSWERED]
