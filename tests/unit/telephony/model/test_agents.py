"""Where an agent stands: sign-in, phone, pause, offers, calls and wrap-up, taken together."""

from collections.abc import Sequence

import pytest

from telephony.model.changes import AgentStateChanged, MembershipChanged
from telephony.model.events import Event, Tick
from telephony.model.ids import MemberName, Micros, QueueName, micros_of
from telephony.model.machines import AgentInput, AgentState
from telephony.model.queues import Agent, Membership, Queue, Waiting
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told, member_changed


def states(heard: Told, agent: str = "1001") -> list[AgentState]:
    return [c.state for c in heard.changes if isinstance(c, AgentStateChanged) and c.member == agent]


def state_now(heard: Told, agent: str = "1001") -> AgentState:
    return heard.tracker.world.agents[MemberName(agent)].state


def rung(pbx: Pbx) -> tuple[Line, Phone]:
    caller = pbx.citizen()
    caller.joins()
    return caller, caller.offered("1001")


# --- at rest ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0, AgentState.READY),  # unknown to the PBX: app_queue rings it all the same
        (1, AgentState.READY),
        (2, AgentState.BUSY),
        (3, AgentState.BUSY),
        (4, AgentState.UNREACHABLE),
        (5, AgentState.UNREACHABLE),
        (6, AgentState.BUSY),
        (7, AgentState.BUSY),
        (8, AgentState.BUSY),
    ],
)
def test_the_phones_device_state(status: int, state: AgentState) -> None:
    pbx = Pbx()
    pbx.member("1001", status=status)
    assert state_now(Told().hear(pbx.events)) is state


def test_signed_in_paused_and_out() -> None:
    pbx = Pbx()
    pbx.member("1001")
    pbx.member("1001", paused=True, pause_reason="lunch")
    heard = Told().hear(pbx.events)
    assert heard.tracker.world.agents[MemberName("1001")].pause_reason == "lunch"
    pbx.member("1001")
    pbx.member("1001", removed=True)
    heard = Told().hear(pbx.events)
    assert states(heard) == [AgentState.READY, AgentState.PAUSED, AgentState.READY, AgentState.SIGNED_OUT]
    assert heard.tracker.world.agents[MemberName("1001")].pause_reason == ""


def test_paused_in_one_of_two_queues_is_ready_in_the_other() -> None:
    pbx = Pbx()
    pbx.member("1001", "hotline", paused=True, pause_reason="training")
    pbx.member("1001", "tax")
    assert state_now(Told().hear(pbx.events)) is AgentState.READY
    pbx.member("1001", "tax", paused=True)
    assert state_now(Told().hear(pbx.events)) is AgentState.PAUSED


def test_signed_out_of_one_queue_is_still_signed_in_by_the_other() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    pbx.member("1001", "tax")
    pbx.member("1001", "hotline", removed=True)
    heard = Told().hear(pbx.events)
    assert state_now(heard) is AgentState.READY
    assert list(heard.tracker.world.queues[QueueName("hotline")].members) == []
    memberships = [(c.queue, c.signed_in) for c in heard.changes if isinstance(c, MembershipChanged)]
    assert memberships == [("hotline", True), ("tax", True), ("hotline", False)]


def test_a_lost_phone_weighs_more_than_a_pause_and_heals() -> None:
    pbx = Pbx()
    pbx.member("1001", paused=True, status=5)
    pbx.member("1001", paused=True, status=1)
    assert states(Told().hear(pbx.events)) == [AgentState.UNREACHABLE, AgentState.PAUSED]


# --- with calls -------------------------------------------------------------------------------------------


def test_an_offer_weighs_more_than_a_pause() -> None:
    """Paused in the instant of the offer: the phone rings all the same."""
    pbx = Pbx()
    pbx.member("1001", paused=True)
    rung(pbx)
    assert state_now(Told().hear(pbx.events)) is AgentState.OFFERED


def test_neither_pause_nor_sign_out_ends_a_call() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller, phone = rung(pbx)
    phone.answers()
    pbx.member("1001", paused=True, status=2)
    pbx.member("1001", removed=True)
    assert state_now(Told().hear(pbx.events)) is AgentState.ON_CALL
    caller.asks()
    caller.leaves()
    phone.leaves()
    phone.gone()
    caller.gone()
    assert state_now(Told().hear(pbx.events)) is AgentState.SIGNED_OUT


def test_hold_and_back() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    _, phone = rung(pbx)
    phone.answers()
    phone.holds()
    phone.holds(False)
    expected = [AgentState.READY, AgentState.OFFERED, AgentState.ON_CALL, AgentState.HOLD, AgentState.ON_CALL]
    assert states(Told().hear(pbx.events)) == expected


def test_one_line_on_hold_and_one_talking_is_on_call() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    _, phone = rung(pbx)
    phone.answers()
    phone.holds()
    second, other = rung(pbx)
    other.answers()
    assert state_now(Told().hear(pbx.events)) is AgentState.ON_CALL
    second.hangs_up()
    assert state_now(Told().hear(pbx.events)) is AgentState.HOLD, "the held line is still there"


def test_on_call_with_a_second_phone_ringing_then_only_ringing() -> None:
    """Failure 9: on call must not stay for ever when the call ends under a ringing second line."""
    pbx = Pbx()
    pbx.signs_in("1001")
    caller, phone = rung(pbx)
    phone.answers()
    other_caller, other = rung(pbx)
    caller.hangs_up()
    heard = Told().hear(pbx.events)
    assert state_now(heard) is AgentState.OFFERED
    other_caller.gives_up(other)
    heard = Told().hear(pbx.events)
    assert state_now(heard) is AgentState.READY
    assert heard.anomalies == []


# --- wrap-up ----------------------------------------------------------------------------------------------


def wrapped(pbx: Pbx) -> Sequence[Event]:
    pbx.wrapup_s = 10
    pbx.member("1001")
    caller, phone = rung(pbx)
    phone.answers()
    pbx.wait(30)
    caller.asks()
    caller.leaves()
    phone.leaves()
    phone.gone()
    pbx.member("1001")
    caller.gone()
    return pbx.events


def test_wrap_up_runs_from_the_phones_end_and_then_is_over() -> None:
    pbx = Pbx()
    events = wrapped(pbx)
    heard = Told().hear(events)
    assert state_now(heard) is AgentState.WRAP_UP
    ended = next(e.at for e in events if type(e).__name__ == "ChannelHungUp")
    heard.hear([Tick(Micros(ended + micros_of(9.9)))])
    assert state_now(heard) is AgentState.WRAP_UP
    heard.hear([Tick(Micros(ended + micros_of(10.0)))])
    assert state_now(heard) is AgentState.READY
    assert not heard.tracker.world.wrapping_up


def test_the_longest_wrap_up_of_all_queues_counts() -> None:
    agent = Agent(MemberName("1001"))
    for queue, seconds in (("hotline", 10), ("tax", 30)):
        name = QueueName(queue)
        agent.memberships[name] = Membership(name, "PJSIP/1001", 1, False, "", 0, False, 0, seconds)
    agent.wrap_up(Micros(1_000_000))
    assert agent.wrapup_until == 31_000_000
    assert agent.entry(Micros(30_999_999)) is AgentInput.WRAP_UP
    assert agent.entry(Micros(31_000_000)) is AgentInput.FREE


def test_an_offer_in_wrap_up_and_back_to_it() -> None:
    """Another queue may offer; when the caller leaves, wrap-up goes on."""
    pbx = Pbx()
    wrapped(pbx)
    caller, phone = rung(pbx)
    heard = Told().hear(pbx.events)
    assert state_now(heard) is AgentState.OFFERED
    caller.gives_up(phone)
    pbx.member("1001")
    heard = Told().hear(pbx.events)
    assert state_now(heard) is AgentState.WRAP_UP
    assert heard.anomalies == []


def test_paused_in_wrap_up_stays_in_wrap_up_until_it_ends() -> None:
    pbx = Pbx()
    wrapped(pbx)
    pbx.member("1001", paused=True)
    heard = Told().hear(pbx.events)
    assert state_now(heard) is AgentState.WRAP_UP
    heard.settle(11)
    assert state_now(heard) is AgentState.PAUSED


def test_signed_out_and_in_again_within_wrap_up() -> None:
    pbx = Pbx()
    wrapped(pbx)
    pbx.member("1001", removed=True)
    assert state_now(Told().hear(pbx.events)) is AgentState.SIGNED_OUT
    pbx.member("1001")
    heard = Told().hear(pbx.events)
    assert state_now(heard) is AgentState.WRAP_UP
    assert heard.anomalies == []


def test_no_wrap_up_after_a_phone_that_was_not_answered() -> None:
    pbx = Pbx()
    pbx.wrapup_s = 10
    pbx.member("1001")
    _, phone = rung(pbx)
    phone.rings_out()
    pbx.member("1001")
    assert AgentState.WRAP_UP not in states(Told().hear(pbx.events))


def test_since_when() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    at = pbx.now
    pbx.member("1001", paused=True)
    pbx.wait(60)
    pbx.member("1001", paused=True, pause_reason="lunch")
    assert Told().hear(pbx.events).tracker.world.agents[MemberName("1001")].since == at


# --- the line ---------------------------------------------------------------------------------------------


def test_a_line_keeps_the_order_of_positions() -> None:
    queue = Queue(QueueName("hotline"))
    entries = [Waiting(uniqueid, "call", Micros(0)) for uniqueid in ("a", "b", "c")]  # type: ignore[arg-type]
    queue.insert(entries[0], 1)
    queue.insert(entries[1], 2)
    queue.insert(entries[2], 1)
    queue.insert(entries[2], 3)
    assert [entry.uniqueid for entry in queue.waiting] == ["c", "a", "b"]
    assert queue.remove(entries[0].uniqueid)
    assert not queue.remove(entries[0].uniqueid)
    queue.insert(entries[0], 0)
    queue.insert(entries[0], 99)
    assert [entry.uniqueid for entry in queue.waiting] == ["a", "c", "b"]


def test_a_member_without_a_name_is_nobody() -> None:
    heard = Told().hear([member_changed(Micros(1), "")])
    assert heard.tracker.world.agents == {}
    assert len(heard.anomalies) == 1
