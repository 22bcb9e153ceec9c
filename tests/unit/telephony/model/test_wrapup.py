"""Wrap-up as the dialplan begins it, and desktops: what the model makes of it, and whom it lets go when."""

import msgspec
import pytest

from telephony.model import events as ev
from telephony.model.changes import PauseDue, PauseOver
from telephony.model.ids import MemberName, Micros, QueueName, micros_of
from telephony.model.local import DeskTold, DesktopTold, WrapUpExtended
from telephony.model.machines import AgentState
from telephony.model.pauses import DESKTOP_GONE, WRAP_UP
from telephony.model.seen import WrapUpSeen
from tests.unit.telephony.model.script import Line, Pbx, Phone, Told
from tests.unit.telephony.model.snapshots import seen_of
from tests.unit.telephony.model.test_agents import rung, state_now, states

ME = MemberName("1001")
QUEUES = ("hotline", "tax")


def paused(pbx: Pbx, reason: str) -> None:
    """In every queue; empty: no more."""
    for queue in QUEUES:
        pbx.member(ME, queue, paused=bool(reason), pause_reason=reason)


def talk_ends(pbx: Pbx, caller: Line, phone: Phone, seconds: int = 10, *, pause: bool = True) -> Micros:
    """As a real PBX tells it: the hangup handler speaks, and pauses, before the phone counts as free."""
    caller.asks()
    caller.leaves()
    phone.leaves()
    until = Micros(pbx.now + micros_of(seconds))
    pbx.say(lambda at: ev.WrapUpBegan(at, phone.uniqueid, phone.linkedid, ME, QueueName("hotline"), seconds, until))
    if pause:
        paused(pbx, WRAP_UP)
    phone.gone()
    for queue in QUEUES:
        reason = WRAP_UP if pause else "meal"
        pbx.member(ME, queue, status=1, paused=True, pause_reason=reason)
    caller.gone()
    return until


def wrapping(*, own_pause: bool = False) -> tuple[Pbx, Told, Micros]:
    pbx = Pbx()
    for queue in QUEUES:
        pbx.member(ME, queue)
    caller, phone = rung(pbx)
    phone.answers()
    pbx.wait(30)
    if own_pause:
        paused(pbx, "meal")
    until = talk_ends(pbx, caller, phone, pause=not own_pause)
    return pbx, Told().hear(pbx.events), until


def due(heard: Told) -> list[PauseDue | PauseOver]:
    return [change for change in heard.changes if isinstance(change, PauseDue | PauseOver)]


def test_row_12_wrap_up_is_a_state_of_its_own_until_the_pbx_lets_the_agent_go() -> None:
    """Row 12: wrap-up invisible or cut short. One change of state into it and one out, whatever number of queues."""
    pbx, heard, until = wrapping()
    assert heard.tracker.world.agents[ME].wrapup_until == until
    heard.hear([ev.Tick(Micros(until - 1))])
    assert (state_now(heard), due(heard)) == (AgentState.WRAP_UP, [])
    heard.hear([ev.Tick(until)])
    assert [(change.member, change.reason) for change in due(heard)] == [(ME, WRAP_UP)]
    assert state_now(heard) is AgentState.WRAP_UP, "the PBX has not said yet that it is over"
    count = len(pbx.events)
    pbx.now = Micros(until + 5_000)
    paused(pbx, "")
    heard.hear(pbx.events[count:])
    assert states(heard)[-3:] == [AgentState.ON_CALL, AgentState.WRAP_UP, AgentState.READY]
    assert heard.tracker.world.agents[ME].wrapup_until is None


def test_row_12_a_queue_reload_changes_nothing_of_it() -> None:
    """Row 12: app_queue tells its members anew, as they are."""
    pbx, heard, until = wrapping()
    count = len(pbx.events)
    paused(pbx, WRAP_UP)
    heard.hear(pbx.events[count:])
    assert (state_now(heard), heard.tracker.world.agents[ME].wrapup_until) == (AgentState.WRAP_UP, until)


def test_ended_early_by_whomever() -> None:
    pbx, heard, _ = wrapping()
    count = len(pbx.events)
    paused(pbx, "")
    heard.hear(pbx.events[count:])
    assert state_now(heard) is AgentState.READY
    heard.settle(60)
    assert due(heard) == []


def test_a_pause_of_ones_own_takes_its_place() -> None:
    pbx, heard, _ = wrapping()
    count = len(pbx.events)
    paused(pbx, "meal")
    heard.hear(pbx.events[count:])
    assert state_now(heard) is AgentState.PAUSED
    heard.settle(60)
    assert due(heard) == [], "nobody ends it"


def test_a_pause_taken_during_the_call_outlives_the_wrap_up() -> None:
    _, heard, until = wrapping(own_pause=True)
    assert state_now(heard) is AgentState.WRAP_UP
    heard.hear([ev.Tick(until)])
    assert state_now(heard) is AgentState.PAUSED
    assert heard.tracker.world.agents[ME].pause_reason == "meal"
    assert due(heard) == []


def test_ready_after_a_pause_that_was_taken_during_the_call_is_ready_at_once() -> None:
    pbx, heard, _ = wrapping(own_pause=True)
    count = len(pbx.events)
    paused(pbx, "")
    heard.hear(pbx.events[count:])
    assert state_now(heard) is AgentState.READY


def test_extended() -> None:
    _, heard, until = wrapping()
    later = Micros(until + micros_of(20))
    heard.hear([WrapUpExtended(Micros(0), ME, later), ev.Tick(Micros(later - 1))])
    assert due(heard) == []
    heard.hear([ev.Tick(later)])
    assert len(due(heard)) == 1


@pytest.mark.parametrize("restarted", [False, True])
def test_row_13_a_snapshot_knows_how_long_it_still_lasts(restarted: bool) -> None:
    """Row 13: state survives our restart, and what is left of a wrap-up over one of Asterisk is let go."""
    _, heard, until = wrapping()
    world = heard.tracker.world
    later = Micros(until + micros_of(5))
    snapshot = seen_of(world, Micros(world.now + micros_of(1)), 2)
    snapshot = msgspec.structs.replace(snapshot, wrap_ups=(WrapUpSeen("1001", until, later),))
    if restarted:
        snapshot = msgspec.structs.replace(snapshot, wrap_ups=())
    anew = Told()
    anew.hear([snapshot])
    agent = anew.tracker.world.agents[ME]
    assert agent.state is AgentState.WRAP_UP
    assert agent.wrapup_until == (None if restarted else later)
    assert agent.wrapup_mark == (0 if restarted else until)
    assert [change.reason for change in due(anew)] == ([WRAP_UP] if restarted else [])
    anew.hear([ev.Tick(later)])
    assert [change.reason for change in due(anew)] == [WRAP_UP]


def test_the_channel_that_watches_is_no_call() -> None:
    pbx, heard, _ = wrapping()
    calls = len(heard.tracker.world.calls)
    count = len(pbx.events)
    one, two = (Line(pbx, "", f"Local/run@zt-wrapup-00000001;{half}") for half in (1, 2))
    for half in (one, two):
        half.created(4, "", "zt-wrapup", "run")
    pbx.say(lambda at: ev.LocalBridged(at, one.uniqueid, two.uniqueid))
    for half in (one, two):
        half.gone()
    heard.hear(pbx.events[count:])
    assert len(heard.tracker.world.calls) == calls
    assert heard.anomalies == []
    assert not heard.tracker.world.watchers


# --- desktops ---------------------------------------------------------------------------------------------


def at_desk() -> tuple[Pbx, Told]:
    pbx = Pbx()
    for queue in QUEUES:
        pbx.member(ME, queue)
    heard = Told().hear(pbx.events)
    heard.hear([DesktopTold(Micros(0), ME, True), DeskTold(Micros(0), ME, True)])
    return pbx, heard


def test_row_19_a_desktop_that_is_gone_counts_after_a_grace_and_not_during_a_call() -> None:
    """Row 19: desktop asleep, agent "available" but deaf."""
    pbx, heard = at_desk()
    count = len(pbx.events)
    _, phone = rung(pbx)
    phone.answers()
    heard.hear(pbx.events[count:])
    heard.hear([DesktopTold(Micros(0), ME, False)])
    heard.settle(60)
    assert due(heard) == [], "who talks is left alone"
    count = len(pbx.events)
    pbx.wait(61)
    phone.leaves()
    phone.gone()
    heard.hear(pbx.events[count:])
    heard.settle(2)
    assert [(type(change), change.reason) for change in due(heard)] == [(PauseDue, DESKTOP_GONE)]


def test_row_19_who_is_back_in_time_was_never_gone() -> None:
    """Row 19: a desktop that was refreshed."""
    _, heard = at_desk()
    heard.hear([DesktopTold(Micros(0), ME, False)])
    heard.settle(29)
    heard.hear([DesktopTold(Micros(0), ME, True)])
    heard.settle(60)
    assert due(heard) == []


def test_row_19_who_comes_back_goes_on() -> None:
    """Row 19: but only if it was for want of a desktop that they are paused."""
    pbx, heard = at_desk()
    count = len(pbx.events)
    paused(pbx, DESKTOP_GONE)
    heard.hear([DesktopTold(Micros(0), ME, False), *pbx.events[count:]])
    heard.hear([DesktopTold(Micros(0), ME, True)])
    assert [(type(change), change.reason) for change in due(heard)] == [(PauseOver, DESKTOP_GONE)]
    paused(pbx, "meal")
    heard.hear([DesktopTold(Micros(0), ME, False), pbx.events[-2], pbx.events[-1], DesktopTold(Micros(0), ME, True)])
    assert len(due(heard)) == 1


def test_row_19_who_signed_in_by_their_phone_needs_no_desktop() -> None:
    """Row 19: only for who signed in at a desktop."""
    pbx = Pbx()
    pbx.member(ME)
    heard = Told().hear(pbx.events)
    heard.hear([DesktopTold(Micros(0), ME, True), DesktopTold(Micros(0), ME, False)])
    heard.settle(60)
    assert due(heard) == []


def test_after_a_restart_of_ours_nobody_is_missed_before_gateways_speak() -> None:
    pbx = Pbx()
    for agent in ("1001", "1002"):
        pbx.member(agent)
    heard = Told()
    heard.hear([DeskTold(Micros(0), ME, True), *pbx.events])
    heard.settle(600)
    assert due(heard) == []
    heard.hear([DesktopTold(Micros(0), MemberName("1002"), True)])
    heard.settle(31)
    assert [change.member for change in due(heard)] == [ME]


# --- a phone that is gone ---------------------------------------------------------------------------------


def test_row_22_a_phone_that_is_gone_is_a_state_of_its_own_and_heals() -> None:
    """Row 22: phone unregistered, agent still "available"."""
    pbx = Pbx()
    for status in (1, 5, 4, 1):
        for queue in QUEUES:
            pbx.member(ME, queue, status=status)
    heard = Told().hear(pbx.events)
    assert states(heard) == [AgentState.READY, AgentState.UNREACHABLE, AgentState.READY]
    assert due(heard) == []


def test_signed_out_by_a_pause_where_members_are_static() -> None:
    pbx = Pbx()
    paused(pbx, "signed-out")
    assert state_now(Told().hear(pbx.events)) is AgentState.SIGNED_OUT
