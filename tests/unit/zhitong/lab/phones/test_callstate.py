"""The table of a call: the rules of RFC 3261 that a phone breaks most easily, and random lives."""

from hypothesis import given
from hypothesis import strategies as st

from zhitong.lab.phones.callstate import TABLE, Action, Input, State

OURS = (State.CALLING,)
STARTS = (State.CALLING, State.RINGING)


def live(state: State, *entries: Input) -> tuple[State, list[Action]]:
    done: list[Action] = []
    for entry in entries:
        step = TABLE.get((state, entry))
        if step is not None:
            state = step.state
            done += step.actions
    return state, done


def test_a_call_of_ours_from_end_to_end() -> None:
    life = live(State.CALLING, Input.PROVISIONAL, Input.ACCEPTED, Input.HANG_UP, Input.BYE_ANSWERED)
    assert life == (State.OVER, [Action.ACK, Action.BYE])


def test_a_call_to_us_from_end_to_end() -> None:
    assert live(State.RINGING, Input.ANSWER, Input.ACK, Input.BYE) == (State.OVER, [Action.ACCEPT])


def test_cancel_waits_for_the_first_word() -> None:
    """§9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent"."""
    assert live(State.CALLING, Input.HANG_UP) == (State.CANCEL_DUE, [])
    assert live(State.CALLING, Input.HANG_UP, Input.PROVISIONAL) == (State.CANCELLING, [Action.CANCEL])


def test_an_answer_that_crosses_the_cancel_is_hung_up() -> None:
    for before in ((Input.HANG_UP,), (Input.HANG_UP, Input.PROVISIONAL), (Input.PROVISIONAL, Input.HANG_UP)):
        state, done = live(State.CALLING, *before, Input.ACCEPTED)
        assert state is State.CLOSING
        assert done[-2:] == [Action.ACK, Action.BYE]


def test_bye_waits_for_the_ack() -> None:
    """§15: the callee "MUST NOT send a BYE on a confirmed dialog until it has received an ACK"."""
    assert live(State.RINGING, Input.ANSWER, Input.HANG_UP) == (State.DROPPING, [Action.ACCEPT])
    assert live(State.RINGING, Input.ANSWER, Input.HANG_UP, Input.ACK)[1] == [Action.ACCEPT, Action.BYE]


def test_an_answer_that_nobody_acknowledges_is_hung_up() -> None:
    assert live(State.RINGING, Input.ANSWER, Input.NO_ACK) == (State.CLOSING, [Action.ACCEPT, Action.BYE])


def test_a_cancel_that_comes_after_the_answer_changes_nothing() -> None:
    assert live(State.RINGING, Input.ANSWER, Input.CANCEL, Input.ACK) == (State.UP, [Action.ACCEPT])


def test_an_answer_after_the_cancel_is_not_sent() -> None:
    assert live(State.RINGING, Input.CANCEL, Input.ANSWER) == (State.OVER, [Action.TERMINATE])


def test_both_hang_up_at_once() -> None:
    assert live(State.CALLING, Input.ACCEPTED, Input.HANG_UP, Input.BYE, Input.BYE_ANSWERED)[0] is State.OVER


def test_a_repeated_answer_is_acknowledged_in_every_state_after_it() -> None:
    for entries in ((), (Input.HANG_UP,), (Input.HANG_UP, Input.BYE_ANSWERED), (Input.BYE,)):
        _, done = live(State.CALLING, Input.ACCEPTED, *entries, Input.ACCEPTED)
        assert done.count(Action.ACK) == 2


@given(st.sampled_from(STARTS), st.lists(st.sampled_from(list(Input)), max_size=30))
def test_random_lives_keep_the_rules(start: State, entries: list[Input]) -> None:
    state, done = live(start, *entries)
    for once in (Action.CANCEL, Action.BYE, Action.ACCEPT, Action.REFUSE, Action.TERMINATE):
        assert done.count(once) <= 1
    finals = {Action.ACCEPT, Action.REFUSE, Action.TERMINATE} & set(done)
    assert len(finals) <= 1
    if state is State.UP and start is State.CALLING:
        assert Action.ACK in done
    if Action.BYE in done:
        assert Action.ACK in done or Action.ACCEPT in done


@given(st.sampled_from(STARTS), st.lists(st.sampled_from(list(Input)), max_size=30))
def test_who_hangs_up_gets_rid_of_any_call(start: State, entries: list[Input]) -> None:
    """After our wish, whatever the other side does or leaves undone, the call ends."""
    state, _ = live(start, *entries, Input.HANG_UP, Input.PROVISIONAL, Input.REFUSED, Input.NO_ACK, Input.BYE_ANSWERED)
    assert state is State.OVER
