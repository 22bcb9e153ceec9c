"""Calls that reach nobody: each ending is told apart, and offered = answered + abandoned + other ends."""

from collections.abc import Callable

import pytest

from telephony.model.changes import CallQueued, QueueChanged
from telephony.model.terms import Outcome
from telephony.records.build import is_offered
from telephony.records.record import CallRecord
from tests.unit.telephony.model.script import Line, Pbx, Told, offers, seconds, told, visits


def waiting_caller(pbx: Pbx, queue: str = "hotline") -> Line:
    caller = pbx.citizen()
    caller.joins(queue)
    return caller


def gives_up_waiting() -> Pbx:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(12)
    caller.gives_up()
    return pbx


def gives_up_while_it_rings() -> Pbx:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(2)
    phone = caller.offered("1001")
    pbx.wait(5)
    caller.gives_up(phone)
    return pbx


def times_out() -> Pbx:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(30)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.queue_ended("TIMEOUT")
    pbx.wait(4)  # sorry, nobody is free
    caller.stopped()
    caller.ends()
    return pbx


def finds_nobody(status: str = "JOINEMPTY") -> Pbx:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.queue_ended(status, queue="hotline")
    caller.stopped()
    caller.ends()
    return pbx


def everybody_leaves() -> Pbx:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(3)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.queue_ended("LEAVEEMPTY")
    caller.ends()
    return pbx


def presses_a_key() -> Pbx:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(9)
    caller.leaves_queue()
    caller.queue_ended("EXITKEY", "1")
    caller.stopped()
    caller.ends()
    return pbx


def is_withdrawn() -> Pbx:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(1)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.queue_ended("WITHDRAW")
    caller.ends()
    return pbx


def is_refused() -> Pbx:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.refused("closed")
    caller.up()
    pbx.wait(5)
    caller.stopped()
    caller.ends(21)
    return pbx


def hangs_up_before_any_queue() -> Pbx:
    pbx = Pbx()
    caller = pbx.citizen()
    pbx.wait(0.4)
    caller.asks(127)
    caller.ends(127)
    return pbx


def is_dropped_by_the_dialplan() -> Pbx:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.stopped()
    caller.ends(34)
    return pbx


def is_told_to_hang_up_while_waiting() -> Pbx:
    """AMI Hangup: no HangupRequest, and a QueueCallerAbandon that means nothing."""
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(7)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.stopped()
    caller.ends(0)
    return pbx


def pbx_shuts_down_while_waiting() -> Pbx:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(2)
    caller.stopped(4)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.stopped(16)
    caller.ends(0)
    return pbx


def is_ended_by(bits: int) -> Callable[[], Pbx]:
    """Before any queue, by a SoftHangupRequest."""

    def tell() -> Pbx:
        pbx = Pbx()
        caller = pbx.citizen()
        caller.stopped(bits)
        caller.ends(16)
        return pbx

    tell.__name__ = f"is_ended_by_{bits}"
    return tell


ENDINGS: dict[Callable[[], Pbx], tuple[Outcome, str, str | None]] = {
    gives_up_waiting: (Outcome.ABANDONED, "caller", "waiting"),
    gives_up_while_it_rings: (Outcome.ABANDONED, "caller", "ringing"),
    times_out: (Outcome.TIMED_OUT, "system", None),
    finds_nobody: (Outcome.QUEUE_EMPTY, "system", None),
    lambda: finds_nobody("FULL"): (Outcome.QUEUE_FULL, "system", None),
    lambda: finds_nobody("JOINUNAVAIL"): (Outcome.QUEUE_EMPTY, "system", None),
    lambda: finds_nobody("UNKNOWN"): (Outcome.FAILED, "system", None),  # the queue does not exist
    everybody_leaves: (Outcome.QUEUE_EMPTY, "system", None),
    presses_a_key: (Outcome.KEY_EXIT, "system", None),
    is_withdrawn: (Outcome.WITHDRAWN, "system", None),
    is_refused: (Outcome.REFUSED, "system", None),
    hangs_up_before_any_queue: (Outcome.ABANDONED, "caller", "entry"),
    is_dropped_by_the_dialplan: (Outcome.FAILED, "system", None),
    is_told_to_hang_up_while_waiting: (Outcome.SYSTEM, "system", None),
    pbx_shuts_down_while_waiting: (Outcome.SYSTEM, "system", None),
    is_ended_by(1): (Outcome.SYSTEM, "system", None),  # the device or its media is gone
    is_ended_by(4): (Outcome.SYSTEM, "system", None),  # shutdown
    is_ended_by(8): (Outcome.SYSTEM, "system", None),  # time limit
    is_ended_by(32): (Outcome.SYSTEM, "system", None),  # an order
    is_ended_by(16): (Outcome.FAILED, "system", None),  # the end of the dialplan
}


@pytest.mark.parametrize("story", ENDINGS)
def test_each_ending_has_its_outcome(story: Callable[[], Pbx]) -> None:
    heard = told(story().events)
    record = heard.record
    assert (record.outcome, record.hung_up_by, record.abandoned_in) == ENDINGS[story]
    assert record.answered_at is None
    assert record.agent is None
    assert (record.talk_ms, record.hold_ms) == (0, 0)
    assert heard.anomalies == []
    assert heard.left_over == {}


def test_offered_is_answered_plus_abandoned_plus_other_ends() -> None:
    records: list[CallRecord] = []
    for number, story in enumerate(ENDINGS):
        heard = Told()
        heard.hear(story().events).settle()
        records += heard.records
        assert len(records) == number + 1
    offered = [record for record in records if is_offered(record)]
    answered = [record for record in offered if record.outcome is Outcome.ANSWERED]
    abandoned = [record for record in offered if record.outcome is Outcome.ABANDONED]
    others = [record for record in offered if record.outcome not in (Outcome.ANSWERED, Outcome.ABANDONED)]
    assert len(offered) == len(ENDINGS) == len(answered) + len(abandoned) + len(others)
    assert (len(answered), len(abandoned)) == (0, 3)


def test_an_order_to_another_leg_or_after_the_caller_hung_up_is_none_to_the_caller() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    other = caller.calls("1005")
    other.stopped(32)
    other.gone()
    caller.stopped(16)
    caller.ends()
    assert told(pbx.events).record.outcome is Outcome.FAILED
    pbx = Pbx()
    caller = pbx.citizen()
    caller.asks(127)
    caller.stopped(4)
    caller.ends(127)
    assert told(pbx.events).record.outcome is Outcome.ABANDONED


def test_entered_again_without_a_word_of_how_it_ended_before() -> None:
    """ZtQueueEnd was missed: the first stay is over, nobody knows how."""
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(5)
    caller.joins("overflow")
    world = Told().hear(pbx.events).tracker.world
    assert {queue.name: len(queue.waiting) for queue in world.queues.values()} == {"hotline": 0, "overflow": 1}
    pbx.wait(5)
    caller.gives_up()
    record = told(pbx.events).record
    assert visits(record) == [("hotline", "unknown"), ("overflow", "abandoned")]
    assert record.visits[0].ended_at == record.visits[1].joined_at


def test_the_queue_abandon_event_alone_says_nothing() -> None:
    """It fires on timeout, leave-empty, withdraw, an order and a redirect: each has its own outcome all the same."""
    false_positives = [times_out, everybody_leaves, is_withdrawn, is_told_to_hang_up_while_waiting]
    for story in false_positives:
        pbx = story()
        with_it = told(pbx.events).record
        without = told([event for event in pbx.events if type(event).__name__ != "QueueAbandoned"]).record
        assert with_it == without
        assert with_it.outcome is not Outcome.ABANDONED


def test_a_caller_who_hangs_up_during_the_goodbye_has_timed_out_all_the_same() -> None:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(30)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.queue_ended("TIMEOUT")
    pbx.wait(2)
    caller.asks()
    caller.ends()
    record = told(pbx.events).record
    assert (record.outcome, record.hung_up_by) == (Outcome.TIMED_OUT, "caller")
    assert seconds(record) == [("wait", ("hotline",), 30.0), ("entry", (), 2.0)]


def test_wait_ends_when_the_line_is_left() -> None:
    record = told(times_out().events).record
    assert record.wait_ms == 30_000
    assert record.ring_ms is None
    assert record.queue == "hotline"


def test_a_key_exit_keeps_its_key_and_goes_on_to_another_queue() -> None:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(9)
    caller.leaves_queue()
    caller.queue_ended("EXITKEY", "2")
    caller.joins("english")
    phone = caller.offered("1007")
    pbx.wait(3)
    phone.answers()
    pbx.wait(20)
    caller.hangs_up()
    record = told(pbx.events).record
    assert [(visit.queue, visit.result, visit.key) for visit in record.visits] == [
        ("hotline", "key_exit", "2"),
        ("english", "connected", ""),
    ]
    assert (record.outcome, record.queue, record.agent) == ("answered", "english", "1007")
    assert record.wait_ms == pytest.approx(12_000, abs=5), "over all visits"


def test_overflow_from_an_empty_queue_to_a_second_one() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    caller.queue_ended("JOINEMPTY", queue="hotline")
    caller.joins("overflow")
    pbx.wait(5)
    caller.gives_up()
    heard = told(pbx.events)
    assert visits(heard.record) == [("hotline", "queue_empty"), ("overflow", "abandoned")]
    assert (heard.record.outcome, heard.record.queue) == ("abandoned", "overflow")
    assert [c.queue for c in heard.changes if isinstance(c, CallQueued)] == ["overflow"], "nobody waited in hotline"


def test_overflow_after_a_timeout_ends_by_the_last_queue() -> None:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(20)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.queue_ended("TIMEOUT")
    caller.joins("overflow")
    pbx.wait(5)
    caller.queue_abandoned()
    caller.leaves_queue()
    caller.queue_ended("LEAVEEMPTY")
    caller.ends()
    record = told(pbx.events).record
    assert visits(record) == [("hotline", "timed_out"), ("overflow", "queue_empty")]
    assert record.outcome is Outcome.QUEUE_EMPTY


def test_the_same_queue_entered_twice_is_two_visits() -> None:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    for _ in range(2):
        pbx.wait(10)
        caller.queue_abandoned()
        caller.leaves_queue()
        caller.queue_ended("TIMEOUT")
        caller.joins("hotline")
    pbx.wait(1)
    caller.gives_up()
    assert visits(told(pbx.events).record) == [("hotline", "timed_out")] * 2 + [("hotline", "abandoned")]


def test_a_phone_that_rang_in_an_earlier_queue_does_not_make_it_abandoned_while_ringing() -> None:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    phone = caller.offered("1001")
    pbx.wait(10)
    caller.dial_ended(phone, "CANCEL")
    caller.queue_abandoned()
    caller.leaves_queue()
    phone.gone(0)
    caller.queue_ended("TIMEOUT")
    caller.joins("overflow")
    pbx.wait(10)
    caller.gives_up()
    heard = told(pbx.events)
    assert offers(heard.record) == [("1001", "cancelled")]
    assert heard.record.abandoned_in == "waiting"
    assert heard.anomalies == []


def test_the_queues_word_takes_a_caller_out_of_the_line_even_if_the_leaving_was_missed() -> None:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    caller.queue_ended("TIMEOUT")
    heard = Told().hear(pbx.events)
    assert heard.tracker.world.queues[caller.queue].waiting == []
    assert [change.waiting for change in heard.changes if isinstance(change, QueueChanged)] == [1, 0]


def test_who_waits_is_counted_and_taken_out_again() -> None:
    pbx = Pbx()
    first, second = waiting_caller(pbx), pbx.citizen()
    second.joins("hotline", 2)
    heard = Told().hear(pbx.events)
    line = heard.tracker.world.queues[first.queue]
    assert [entry.uniqueid for entry in line.waiting] == [first.uniqueid, second.uniqueid]
    third = pbx.citizen()
    third.joins("hotline", 1)  # a priority caller goes ahead of all
    first.gives_up()
    heard = Told().hear(pbx.events)
    line = heard.tracker.world.queues[first.queue]
    assert [entry.uniqueid for entry in line.waiting] == [third.uniqueid, second.uniqueid]
    counts = [change.waiting for change in heard.changes if isinstance(change, QueueChanged)]
    assert counts == [1, 2, 3, 2], "each change of the line is told once"


def test_redirected_out_of_the_line_is_withdrawn_from_it_whoever_answers_elsewhere() -> None:
    pbx = Pbx()
    caller = waiting_caller(pbx)
    pbx.wait(5)
    caller.queue_abandoned()
    caller.leaves_queue()
    target = caller.calls("1005")
    pbx.wait(2)
    target.picks_up(caller)
    pbx.wait(3)
    caller.asks()
    caller.leaves()
    target.leaves()
    target.gone()
    caller.ends()
    record = told(pbx.events).record
    assert visits(record) == [("hotline", "withdrawn")]
    assert (record.outcome, record.agent) == ("answered", None), "a person was reached, though no agent of the queue"


def test_refused_before_any_queue_keeps_the_reason() -> None:
    record = told(is_refused().events).record
    assert (record.refused_because, record.queue, record.wait_ms, record.cause) == ("closed", None, None, 21)
    assert seconds(record) == [("entry", (), 5.0)]
