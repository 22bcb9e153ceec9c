"""Two citizens can be connected with each other. Whatever was missed of it, their calls never become one record."""

import msgspec
import pytest

from telephony.model.events import CallBackBegan, Event, SnapshotTaken
from telephony.model.ids import Linkedid, Micros, call_id_of
from telephony.model.seen import ChannelSeen
from telephony.model.terms import Direction
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.journal.test_merge import interrupted
from tests.unit.telephony.model.script import Line, Pbx, Told
from tests.unit.telephony.model.snapshots import BOOT, asked, snapshot

STORY = "two-citizens-joined"


def joined() -> tuple[Pbx, Line, Line]:
    """Two citizens in one conversation, the agents gone."""
    pbx = Pbx()
    first, second = pbx.citizen("13800000001"), pbx.citizen("13800000002")
    bridge = pbx.bridge()
    for citizen in (first, second):
        citizen.up()
        citizen.enters(bridge)
    second.linkedid = first.linkedid
    second.holds(False)
    return pbx, first, second


def record_of(line: Line) -> str:
    return call_id_of("pbx1", line.uniqueid)


@pytest.mark.parametrize("lost", range(0, len(recorded.events(STORY)), 5))
def test_a_link_lost_at_any_moment_while_they_are_joined(lost: int) -> None:
    """Each link that breaks and returns within this story, as a real PBX told it: no citizen's call is the alias of
    another's, and no citizen's channel a leg of another's call."""
    events = recorded.events(STORY)
    whole = recorded.seen(events)
    citizens = {record.uniqueids[0] for record in whole.values() if record.direction is Direction.INBOUND}
    assert len(citizens) == 2
    for back in range(max(lost + 1, 2), len(events) + 1):
        for record in recorded.seen(interrupted(events, lost, back)).values():
            assert whole.keys().isdisjoint(record.aliases), (lost, back)
            assert len(citizens.intersection(record.uniqueids)) <= 1, (lost, back)


def gone(line: Line, pbx: Pbx) -> list[Event]:
    start = len(pbx.events)
    line.leaves()
    line.gone()
    return pbx.events[start:]


def test_joined_before_we_saw_either() -> None:
    pbx, first, second = joined()
    heard = Told().hear([asked(pbx.events), *gone(second, pbx), *gone(first, pbx)]).settle()
    one, two = sorted(heard.records, key=lambda record: record.call_id)
    assert [one.call_id, two.call_id] == [record_of(first), record_of(second)]
    assert (one.related, two.related) == ((two.call_id,), (one.call_id,))
    assert (one.direction, two.direction) == ("inbound", "inbound")
    assert heard.anomalies == []
    assert heard.left_over == {}


def test_the_second_came_and_was_joined_unseen() -> None:
    pbx = Pbx()
    first = pbx.citizen("13800000001")
    known = len(pbx.events)
    second = pbx.citizen("13800000002")
    second.linkedid = first.linkedid
    second.up()
    heard = Told().hear([*pbx.events[:known], asked(pbx.events)])
    calls = heard.tracker.world.by_leg
    assert calls[second.uniqueid].call_id == record_of(second)
    assert calls[second.uniqueid].related == [record_of(first)]


def test_who_is_left_of_two_keeps_their_own_call() -> None:
    """The first has gone before we looked, and the second still bears their Linkedid: it is not the first's call. That
    they called, and were not called and transferred, is then not known; the logs will tell."""
    pbx, first, second = joined()
    gone(first, pbx)
    heard = Told().hear([asked(pbx.events), *gone(second, pbx)]).settle()
    assert (heard.record.call_id, heard.record.aliases) == (record_of(second), ())
    assert heard.record.direction == "outbound"


def test_a_call_whose_beginning_nobody_saw_is_not_absorbed() -> None:
    """An agent's phone is all that is left of it when we look; then it is joined to a citizen's call. It may have been
    a citizen's, too."""
    pbx = Pbx()
    first, second = pbx.citizen("13800000001"), pbx.citizen("13800000002")
    agent = second.calls("1001")
    second.gone()
    taken = asked(pbx.events)
    agent.linkedid = first.linkedid
    agent.rings()
    calls = Told().hear([taken, pbx.events[-1]]).tracker.world.by_leg
    assert calls[agent.uniqueid].call_id == record_of(second)
    assert calls[agent.uniqueid].related == [record_of(first)]
    assert calls[first.uniqueid].related == [record_of(second)]


def test_a_call_back_is_a_citizens_call() -> None:
    """The agent who called one citizen back connects them with another who called."""
    pbx = Pbx()
    back = pbx.originates("1001")
    place = (back.uniqueid, back.linkedid)
    pbx.say(lambda at: CallBackBegan(at, *place, "7", "1", "carrier", "13800000009", ""))
    citizen = pbx.citizen()
    citizen.linkedid = Linkedid(back.uniqueid)
    citizen.up()
    calls = Told().hear(pbx.events).tracker.world.by_leg
    assert calls[citizen.uniqueid] is not calls[back.uniqueid]
    assert calls[citizen.uniqueid].related == [record_of(back)]


# --- what a snapshot's channel is ------------------------------------------------------------------------------


def found(seen: ChannelSeen) -> tuple[str, str, str]:
    """Direction, trunk and conversation of the call that this channel alone is taken for."""
    taken: SnapshotTaken = snapshot(Micros(BOOT + 9), [seen])
    call = Told().hear([taken]).tracker.world.by_leg[seen.uniqueid]
    return call.direction.value, call.trunk, next(iter(call.linkedids))


def channel(pbx: Pbx, line: Line, application: str, context: str) -> ChannelSeen:
    (seen,) = (each for each in asked(pbx.events).channels if each.uniqueid == line.uniqueid)
    return msgspec.structs.replace(seen, application=application, context=context)


@pytest.mark.parametrize(
    ("application", "context", "direction", "trunk"),
    [
        ("Queue", "zt-queue-hotline", "inbound", "carrier"),
        ("Playback", "zt-in-carrier", "inbound", "carrier"),
        ("AppDial", "zt-in-carrier", "outbound", ""),
    ],
)
def test_from_a_trunk_or_to_it(application: str, context: str, direction: str, trunk: str) -> None:
    """A channel that was called has its endpoint's context, the way in, as well."""
    pbx = Pbx()
    line = pbx.citizen()
    line.up()
    assert found(channel(pbx, line, application, context)) == (direction, trunk, line.linkedid)


def test_a_citizen_who_was_called_belongs_to_who_called_them() -> None:
    pbx = Pbx()
    agent = pbx.phone_dials("1001", "13800000009")
    leg = agent.calls("trunk-carrier")
    assert found(channel(pbx, leg, "AppDial", "zt-in-carrier")) == ("outbound", "", agent.linkedid)
