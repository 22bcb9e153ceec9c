"""What the board is asked of one call and one agent, before somebody's phone is rung."""

import pytest

from telephony.live.board import Live
from telephony.model.changes import AgentStateChanged, CallsJoined, CallStarted, CallStateChanged
from telephony.model.ids import CallId, MemberName, Micros
from telephony.model.machines import AgentState, CallState

AT = Micros(1_795_402_664_000_000)
ONE, TWO = CallId("CALL1"), CallId("CALL2")
LI = MemberName("1001")


def started(call: CallId) -> CallStarted:
    return CallStarted(AT, call, "", "", "")


def test_a_call_goes_on_from_its_start_to_its_end() -> None:
    live = Live()
    assert not live.has_call(ONE)
    live.fold([started(ONE), started(TWO)])
    for state in (CallState.WAITING, CallState.TALKING, CallState.APART):
        live.fold([CallStateChanged(AT, ONE, state)])
        assert live.has_call(ONE)
    live.fold([CallStateChanged(AT, ONE, CallState.ENDED)])
    assert not live.has_call(ONE)
    assert live.has_call(TWO)


def test_a_call_that_became_part_of_another_goes_on_under_that_ones_name() -> None:
    live = Live()
    live.fold([started(ONE), started(TWO), CallsJoined(AT, kept=ONE, gone=TWO)])
    assert live.has_call(ONE)
    assert not live.has_call(TWO)


@pytest.mark.parametrize("state", list(AgentState))
def test_an_agent_stands_where_the_last_change_put_them(state: AgentState) -> None:
    live = Live()
    assert live.agent_state(LI) is None
    live.fold([AgentStateChanged(AT, LI, AgentState.READY, AgentState.SIGNED_OUT)])
    live.fold([AgentStateChanged(AT, LI, state, AgentState.READY)])
    assert live.agent_state(LI) is state
    assert live.agent_state(MemberName("1002")) is None
