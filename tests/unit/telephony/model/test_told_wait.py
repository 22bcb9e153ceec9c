"""What a caller was told of the wait stands with the stay in that queue, as the events have it and as the logs do."""

from telephony.model.events import WaitTold
from telephony.model.ids import QueueName
from tests.unit.telephony.model.script import Line, Pbx, told


def tells(caller: Line, minutes: int, queue: str = "hotline") -> None:
    caller.say(lambda at, u, li: WaitTold(at, u, li, QueueName(queue), minutes))


def test_what_was_told_stands_with_the_stay() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    tells(caller, 5)
    pbx.wait(3)
    caller.joins(position=3)
    pbx.wait(20)
    caller.queue_abandoned()
    caller.gone()
    (visit,) = told(pbx.events).settle().record.visits
    assert (visit.told_min, visit.position) == (5, 3)


def test_nothing_was_told_and_of_another_queue() -> None:
    pbx = Pbx()
    pbx.signs_in("1001")
    caller = pbx.citizen()
    tells(caller, 5, queue="duty")
    caller.joins()
    caller.queue_abandoned()
    caller.gone()
    (visit,) = told(pbx.events).settle().record.visits
    assert visit.told_min is None


def test_who_hung_up_while_it_was_said_was_in_no_queue() -> None:
    pbx = Pbx()
    caller = pbx.citizen()
    tells(caller, 5)
    caller.gone()
    heard = told(pbx.events).settle()
    assert heard.record.visits == ()
    assert heard.anomalies == []
