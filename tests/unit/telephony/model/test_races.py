"""The caller leaves in the instant of the answer, or while phones ring: nobody is left busy."""

from tests.unit.telephony.model.script import Pbx, Phone, offers, told
from tests.unit.telephony.model.test_endings import waiting_caller


def test_an_agent_who_picks_up_in_the_instant_the_caller_leaves() -> None:
    """Seen on a real PBX: HangupRequest 0.3 ms before the answer; AgentConnect comes, a bridge never, and no
    QueueCallerAbandon."""
    pbx = Pbx()
    caller = waiting_caller(pbx)
    phone = caller.offered("1001")
    pbx.wait(4)
    caller.asks(127)
    phone.picked_up()
    phone.gone(0)
    pbx.member("1001")
    caller.stopped()
    caller.ends(127)
    heard = told(pbx.events)
    assert (heard.record.outcome, heard.record.abandoned_in) == ("abandoned", "ringing")
    assert offers(heard.record) == [("1001", "dropped")]
    assert heard.record.answered_at is None
    assert heard.anomalies == []
    assert heard.left_over == {}


def test_the_caller_leaves_between_pick_up_and_bridge() -> None:
    """With an announcement to the agent in between, QueueCallerAbandon or AgentDump comes as well."""
    pbx = Pbx()
    caller = waiting_caller(pbx)
    phone = caller.offered("1001")
    pbx.wait(4)
    phone.picked_up()
    pbx.wait(1)
    caller.asks(127)
    phone.dumped()
    caller.queue_abandoned()
    phone.gone(16)
    caller.stopped()
    caller.ends(127)
    record = told(pbx.events).record
    assert (record.outcome, record.abandoned_in) == ("abandoned", "ringing")
    assert offers(record) == [("1001", "dropped")]


def test_two_phones_ring_and_the_caller_gives_up() -> None:
    pbx = Pbx()
    caller = waiting_caller(pbx, "ring-all")
    phones: list[Phone] = [caller.offered("1001"), caller.offered("1002")]
    pbx.wait(6)
    caller.gives_up(*phones)
    heard = told(pbx.events)
    assert offers(heard.record) == [("1001", "cancelled"), ("1002", "cancelled")]
    assert heard.record.abandoned_in == "ringing"
    assert heard.left_over == {}
