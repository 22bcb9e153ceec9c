"""Failures that other systems were reported for, by their numbers, as far as the model is their cure."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from telephony.model import events as ev
from telephony.model.changes import AgentStateChanged, OfferChanged
from telephony.model.ids import MemberName, Micros, Uniqueid
from telephony.model.machines import AgentInput, AgentState
from telephony.model.queues import Agent
from telephony.model.terms import Outcome
from telephony.model.world import World
from telephony.records.record import CallRecord
from tests.integration.journal.rooms import STORIES as ROOMS
from tests.unit.telephony.journal import recorded
from tests.unit.telephony.model.script import Pbx, Told
from tests.unit.telephony.model.stories import STORIES

SECOND = 1_000_000
RECORDED = [name for name in recorded.NAMES if not name.startswith("the-pbx-is-")]

# --- 9: stuck agents, ghost calls -------------------------------------------------------------------------

RACES = {
    "gives-up-in-the-instant-of-the-answer": 1_500,
    "ring-all-both-pick-up": 300,
    "both-hang-up-at-once": 300,
    "gives-up-in-a-ring-all": 300,
    **dict.fromkeys(ROOMS, 60),
}
"""Story → in how many orders it is told. The first holds seven races of a caller who hangs up against an agent who
answers, so 10,500 in all."""
BUSY = frozenset((AgentState.OFFERED, AgentState.ON_CALL, AgentState.HOLD, AgentState.CONSULT, AgentState.CONFERENCE))


def streams_of(event: ev.Event) -> Iterator[str]:
    """The threads of the PBX that this event can come from, or must come after: its channels', its member's."""
    for name in ("uniqueid", "dest_uniqueid", "by", "by_first", "one", "two"):
        if value := getattr(event, name, ""):
            yield str(value)
    if isinstance(event, ev.ChannelCreated):  # by the thread of who calls
        yield str(event.linkedid)
    if isinstance(event, ev.MemberChanged):
        yield f"member {event.member}"
    if bridge := getattr(event, "bridge", ""):  # it is locked while who comes and goes is told
        yield str(bridge)


def reordered(events: Sequence[ev.Event], dice: random.Random, by: int) -> list[ev.Event]:
    """An order in which the PBX might have said the same: what different threads say moves by up to ``by``
    microseconds, what one thread says stays in its order, and no channel is spoken of before it is there."""
    first, *rest = events  # the snapshot
    latest: dict[str, int] = {}
    places: list[tuple[int, int]] = []
    for number, event in enumerate(rest):
        own = list(streams_of(event))
        place = max([event.at + dice.randrange(by), *(latest.get(stream, 0) for stream in own)])
        latest.update(dict.fromkeys(own, place))
        places.append((place, number))
    times = sorted(event.at for event in rest)
    order = [rest[number] for _, number in sorted(places)]
    return [first, *(msgspec.structs.replace(event, at=at) for event, at in zip(order, times, strict=True))]


def ghosts(world: World) -> set[str]:
    """Agents who are busy with a call that no channel of theirs is alive in."""

    def alone(agent: Agent) -> bool:
        return not any(leg in world.channels for leg in (*agent.offers, *agent.talking))

    return {name for name, agent in world.agents.items() if agent.state in BUSY and alone(agent)}


def replay(events: Sequence[ev.Event]) -> Told:
    """Hear it all; no agent may be a ghost for more than 5 s of it, nor 5 s after it."""
    heard, since = Told(), dict[str, int]()
    last = events[-1].at
    for event in (*events, ev.Tick(Micros(last + 5 * SECOND))):
        heard.take(heard.tracker.apply(event))
        found = ghosts(heard.tracker.world)
        since = {name: since.get(name, event.at) for name in found}
        assert all(event.at - start <= 5 * SECOND for start in since.values()), since
    assert not since
    return heard.hear([ev.Tick(Micros(last + 60 * SECOND))])


@pytest.mark.parametrize("name", RACES)
def test_row_09_whoever_is_quicker_no_agent_is_left_busy_without_a_live_channel(name: str) -> None:
    """Row 9: stuck agents, ghost calls. Caller hangs up against agent answers, as a real PBX told it, in each of many
    orders in which its threads might have told it: 10,500 races of the kind, and some of others, in rooms too."""
    events, dice = recorded.events(name), random.Random(name)
    callers = {record.uniqueids[0] for record in recorded.seen(events).values()}
    for _ in range(RACES[name]):
        heard = replay(reordered(events, dice, dice.choice((300, 3_000, 30_000))))
        assert {record.uniqueids[0] for record in heard.records} == callers
        assert len(heard.records) == len(callers)
        assert {record.outcome for record in heard.records} <= {Outcome.ANSWERED, Outcome.ABANDONED, Outcome.SYSTEM}
        assert heard.left_over == {}


def test_the_orders_are_orders_of_the_same_events_and_differ() -> None:
    events, dice = recorded.events(next(iter(RACES))), random.Random(1)
    orders = {tuple(map(id_of, reordered(events, dice, 3_000))) for _ in range(20)}
    assert len(orders) == 20
    assert {frozenset(order) for order in orders} == {frozenset(map(id_of, events))}
    for order in orders:
        created = [each for each in order if each[0] == "ChannelCreated"]
        firsts: dict[str, tuple[str, str, str]] = {}
        for each in order:
            firsts.setdefault(each[1], each)
        assert all(firsts[each[1]] == each for each in created), "nothing is said of a channel before it is there"


def id_of(event: ev.Event) -> tuple[str, str, str]:
    plain = msgspec.structs.replace(event, at=Micros(0))
    return type(event).__name__, str(getattr(event, "uniqueid", "")), repr(plain)


def test_a_ghost_would_be_seen() -> None:
    events = recorded.events("caller-ends")
    heard = Told().hear(events[:-8])
    world = heard.tracker.world
    (talking,) = (agent for agent in world.agents.values() if agent.talking)
    assert ghosts(world) == set()
    talking.talking = {Uniqueid("gone"): AgentInput.CONNECT}
    assert ghosts(world) == {talking.member}


# --- 10: an agent rung while on another call --------------------------------------------------------------


NO_ROOM = ("an-agents-own-call-is-held-and-handed-over", "sent-back-by-order-from-the-queues-bridge")
"""Of an agent's own call no offer tells; from the queue's bridge the caller goes straight back into the line."""


def engaged(world: World) -> set[str]:
    """Agents who have a line with a call of a queue, whatever they do with it; and colleagues who are asked."""
    asked = {call.legs[c.guest].party for call in world.calls.values() for c in call.consults if c.guest in call.live}
    return {name for name, agent in world.agents.items() if any(leg in world.channels for leg in agent.talking)} | asked


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_row_10_who_holds_asks_or_confers_is_not_free_and_is_not_rung(name: str) -> None:
    """Row 10: an agent rung while on another call. By what a real PBX told: neither we nor app_queue take an agent for
    free as long as their line lives, through all rooms and after the caller is gone; and none is offered a call."""
    told = Told()
    for event in recorded.events(name):
        if isinstance(event, ev.OfferMade):
            assert event.member not in engaged(told.tracker.world)
        told.take(told.tracker.apply(event))
        world = told.tracker.world
        for member in engaged(world) & world.agents.keys():
            agent = world.agents[MemberName(member)]
            assert agent.state not in (AgentState.READY, AgentState.OFFERED, AgentState.PAUSED), (event, agent.state)
    seen = {change.state for change in told.changes if isinstance(change, AgentStateChanged)}
    assert seen & {AgentState.HOLD, AgentState.CONSULT, AgentState.CONFERENCE} or name in NO_ROOM


@pytest.mark.parametrize("state", ["on call", "hold", "consult", "conference"])
def test_row_10_a_burst_of_callers_does_not_make_an_engaged_agent_free(state: str) -> None:
    """Row 10: bursts. Callers join, are offered to others, give up; even an offer that the PBX should not have made
    (two queues that ring one phone in the same instant) leaves the agent where they are."""
    name, dice = "asks-to-and-fro" if state == "consult" else "three-in-a-room-and-the-agent-leaves", random.Random(1)
    events = recorded.events("held-in-a-room" if state == "hold" else name)
    told, number = Told(), 0
    while told.tracker.world.agents.get(MemberName("1001")) is None or shown(told) != state:
        told.take(told.tracker.apply(events[number]))
        number += 1
    pbx = Pbx(second=events[number].at // SECOND + 1)
    for _ in range(40):
        caller = pbx.citizen()
        caller.joins("hotline", 1)
        rung = [caller.offered(agent) for agent in dice.sample(["1001", "1002", "1003"], dice.randrange(3))]
        caller.gives_up(*rung)
    for event in pbx.events:
        if not (isinstance(event, ev.MemberChanged) and event.member == "1001"):
            told.take(told.tracker.apply(event))
        assert shown(told) == state
    assert len([change for change in told.changes if isinstance(change, OfferChanged)]) > 40


def shown(told: Told) -> str:
    return told.tracker.world.agents[MemberName("1001")].state.value


# --- 17: AgentComplete late, missing or with the wrong side -----------------------------------------------


def without(events: Sequence[ev.Event]) -> list[ev.Event]:
    return [event for event in events if not isinstance(event, ev.OfferCompleted)]


def late(events: Sequence[ev.Event]) -> list[ev.Event]:
    """All of them at the very end."""
    told = [msgspec.structs.replace(e, at=events[-1].at) for e in events if isinstance(e, ev.OfferCompleted)]
    return [*without(events), *told]


def early(events: Sequence[ev.Event]) -> list[ev.Event]:
    """As soon as the agent was connected."""
    ends = {e.dest_uniqueid: e for e in events if isinstance(e, ev.OfferCompleted) and e.dest_uniqueid}
    out: list[ev.Event] = []
    for event in without(events):
        out.append(event)
        if isinstance(event, ev.OfferConnected) and event.dest_uniqueid in ends:
            out.append(msgspec.structs.replace(ends[event.dest_uniqueid], at=event.at))
    return out


def wrong(events: Sequence[ev.Event]) -> list[ev.Event]:
    """The other side, and nobody's channels."""
    other = {"caller": "agent", "agent": "caller", "transfer": "caller"}
    return [
        msgspec.structs.replace(event, reason=other.get(event.reason, "agent"), uniqueid=Uniqueid(""))
        if isinstance(event, ev.OfferCompleted)
        else event
        for event in events
    ]


@pytest.mark.parametrize("name", RECORDED)
def test_row_17_the_end_and_its_side_come_from_bridges_and_hang_ups(name: str) -> None:
    """Row 17: AgentComplete late, missing or with the wrong side."""
    events = recorded.events(name)
    seen = recorded.seen(events)
    for told in (without, late, early, wrong):
        assert recorded.seen(told(events)) == seen, told.__name__


def test_row_17_there_is_something_to_be_late_and_wrong_about() -> None:
    told = [e for name in RECORDED for e in recorded.events(name) if isinstance(e, ev.OfferCompleted)]
    assert {event.reason for event in told} == {"caller", "agent", "transfer"}


# --- 21: everyone logged off at midnight ------------------------------------------------------------------

ZONES = range(-12, 15)


def midnight(hours: int) -> int:
    """A midnight in the zone so many hours before UTC, in microseconds."""
    zone = timezone(timedelta(hours=hours))
    return round(datetime(2026, 11, 24, tzinfo=zone).astimezone(UTC).timestamp()) * SECOND


def moved(events: Sequence[ev.Event], to: int, at: int) -> list[ev.Event]:
    """So that the event at ``at`` is said in the instant ``to``."""
    by = to - events[at].at
    return [msgspec.structs.replace(event, at=Micros(event.at + by)) for event in events]


def timeless(record: CallRecord) -> tuple[object, ...]:
    times = [record.answered_at, record.queued_at, record.ended_at]
    apart = [None if at is None else at - record.received_at for at in times]
    spans = (record.wait_ms, record.ring_ms, record.talk_ms, record.hold_ms)
    return (record.outcome, record.agent, record.hung_up_by, record.call_id, *apart, *spans, record.estimated)


@pytest.mark.parametrize("story", STORIES)
def test_row_21_a_call_across_midnight_is_a_call(story: Callable[[Pbx], None]) -> None:
    """Row 21: everyone logged off at midnight. Of any zone, and in whatever moment of a call it comes."""
    pbx = Pbx()
    story(pbx)
    plain = [timeless(record) for record in Told().hear(pbx.events).settle(60).records]
    for number, hours in enumerate(ZONES):
        at = number * len(pbx.events) // len(ZONES)
        across = Told().hear(moved(pbx.events, midnight(hours), at)).settle(60)
        assert [timeless(record) for record in across.records] == plain
        assert across.anomalies == []


def test_row_21_nobody_is_signed_out_while_days_go_by() -> None:
    """Row 21: nothing of ours knows midnight."""
    pbx = Pbx()
    pbx.signs_in("1001", "1002")
    pbx.signs_in("1003", paused=True, pause_reason="lunch")
    heard = Told().hear(pbx.events)
    states = {name: agent.state for name, agent in heard.tracker.world.agents.items()}
    before = len(heard.of(AgentStateChanged))
    for minute in range(3 * 24 * 60):
        heard.hear([ev.Tick(Micros(pbx.now + minute * 60 * SECOND))])
    assert {name: agent.state for name, agent in heard.tracker.world.agents.items()} == states
    assert set(states.values()) == {AgentState.READY, AgentState.PAUSED}
    assert len(heard.of(AgentStateChanged)) == before
