"""The tables, judged by RFC 3261 §17: its timers in seconds, and what each figure allows."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhitong.lab.phones import transaction
from zhitong.lab.phones.transaction import INCOMING, OUTGOING, T1, TIMERS, Effect, Input, State, input_of, resends

TABLES = {"outgoing": OUTGOING, "incoming": INCOMING}


def seconds(state: State) -> list[float]:
    return [moment * T1 for moment in resends(TIMERS[state])]


def test_an_invite_is_sent_seven_times_in_32_seconds() -> None:
    """§17.1.1.2: timer A doubles, timer B fires after 64 T1."""
    assert seconds(State.CALLING) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert TIMERS[State.CALLING].lifetime * T1 == 32


def test_another_request_is_sent_eleven_times_in_32_seconds() -> None:
    """§17.1.2.2: 500 ms, 1 s, 2 s, 4 s, 4 s …"""
    moments = [0.0, *seconds(State.TRYING)]
    steps = [after - before for before, after in pairwise(moments)]
    assert steps == [0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4]
    assert len(moments) == 11


def test_after_a_1xx_a_request_is_sent_every_4_seconds() -> None:
    assert seconds(State.WAITING)[:3] == [4, 8, 12]


def test_answers_to_an_invite_are_sent_again_at_growing_intervals() -> None:
    """Timer G, and §13.3.1.4 for a 2xx: doubling up to 4 s."""
    for state in (State.REFUSING, State.ACCEPTING):
        assert seconds(state)[:5] == [0.5, 1.5, 3.5, 7.5, 11.5]


def test_states_that_wait_for_people_have_no_timer() -> None:
    assert not {State.PROCEEDING, State.OFFERED, State.ASKED, State.OVER} & TIMERS.keys()


def test_every_state_with_an_end_knows_what_its_end_means() -> None:
    for state, timers in TIMERS.items():
        table = OUTGOING if any(state is known for known, _ in OUTGOING) else INCOMING
        assert timers.lifetime
        assert (state, Input.EXPIRE) in table
        assert bool(timers.first) == ((state, Input.RESEND) in table)


@pytest.mark.parametrize("name", TABLES)
def test_every_state_is_reached_and_left(name: str) -> None:
    table = TABLES[name]
    begins = {one(method) for method in ("INVITE", "BYE") for one in (transaction.outgoing, transaction.incoming)}
    reached = {step.state for step in table.values()}
    sources = {state for state, _ in table}
    assert sources - reached <= begins
    assert reached - sources == {State.OVER}


@pytest.mark.parametrize("name", TABLES)
def test_every_walk_can_end(name: str) -> None:
    table = TABLES[name]
    ending = {State.OVER}
    while more := {state for (state, _), step in table.items() if step.state in ending} - ending:
        ending |= more
    assert {state for state, _ in table} <= ending


@pytest.mark.parametrize(
    "method, inputs, effects",
    [
        ("INVITE", "1xx 1xx 2xx 2xx", "DELIVER DELIVER DELIVER DELIVER"),
        ("INVITE", "1xx 3xx 3xx", "DELIVER ACKNOWLEDGE+DELIVER ACKNOWLEDGE"),
        ("INVITE", "again again expire", "REPEAT REPEAT GIVE_UP"),
        ("INVITE", "1xx again", "DELIVER -"),
        ("INVITE", "3xx 2xx", "ACKNOWLEDGE+DELIVER -"),
        ("BYE", "1xx again 2xx 2xx", "DELIVER REPEAT DELIVER -"),
        ("BYE", "3xx 3xx", "DELIVER -"),
        ("BYE", "expire 2xx", "GIVE_UP -"),
    ],
)
def test_requests_of_ours(method: str, inputs: str, effects: str) -> None:
    assert walk("outgoing", transaction.outgoing(method), inputs) == effects


@pytest.mark.parametrize(
    "method, inputs, effects",
    [
        ("INVITE", "1xx request 2xx request again ack request", "SEND REPEAT SEND REPEAT REPEAT DELIVER -"),
        ("INVITE", "3xx again ack again", "SEND REPEAT nothing -"),
        ("INVITE", "2xx expire ack", "SEND GIVE_UP -"),
        ("INVITE", "3xx 2xx", "SEND -"),
        ("INVITE", "ack", "-"),
        ("BYE", "request 2xx request request 3xx", "- SEND REPEAT REPEAT -"),
    ],
)
def test_requests_to_us(method: str, inputs: str, effects: str) -> None:
    assert walk("incoming", transaction.incoming(method), inputs) == effects


WORDS = {
    "1xx": Input.PROVISIONAL,
    "2xx": Input.SUCCESS,
    "3xx": Input.FAILURE,
    "again": Input.RESEND,
    "expire": Input.EXPIRE,
    "request": Input.REQUEST,
    "ack": Input.ACK,
}


def walk(name: str, state: State, inputs: str) -> str:
    """The effects of each input; `-` where the table does not know it."""
    done = []
    for word in inputs.split():
        step = TABLES[name].get((state, WORDS[word]))
        done.append("-" if step is None else "+".join(effect.name for effect in step.effects) or "nothing")
        state = state if step is None else step.state
    return " ".join(done)


@given(st.lists(st.sampled_from(list(Input)), max_size=40), st.sampled_from(["INVITE", "BYE"]))
def test_nobody_is_told_of_a_final_answer_and_then_that_none_came(inputs: list[Input], method: str) -> None:
    state, told = transaction.outgoing(method), []
    for entry in inputs:
        step = OUTGOING.get((state, entry))
        if step is not None:
            told += [effect for effect in step.effects if entry is not Input.PROVISIONAL]
            state = step.state
    assert not (Effect.DELIVER in told and Effect.GIVE_UP in told)
    assert told.count(Effect.GIVE_UP) <= 1


@pytest.mark.parametrize(
    "code, entry", [(100, "1xx"), (199, "1xx"), (200, "2xx"), (299, "2xx"), (300, "3xx"), (487, "3xx"), (603, "3xx")]
)
def test_codes(code: int, entry: str) -> None:
    assert input_of(code) is WORDS[entry]
