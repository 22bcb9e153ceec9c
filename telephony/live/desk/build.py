"""Documents from the model: each is a function of what is known now, and of nothing else. Pure."""

from collections.abc import Iterable, Mapping

from telephony.live.alarms import Alarm
from telephony.live.desk.parties import invited, members_of, parties_of, took_part
from telephony.live.desk.roster import Roster
from telephony.live.documents import (
    AgentDocument,
    Audience,
    CallDocument,
    Document,
    Place,
    QueueDocument,
    SystemDocument,
)
from telephony.model import queues
from telephony.model.calls import Call
from telephony.model.counters import is_ear
from telephony.model.ids import CallId, MemberName, QueueName
from telephony.model.machines import AgentState, CallState
from telephony.model.world import World

SYSTEM = "system"
NOBODY = Audience()
EVERYBODY = Audience(everyone=True)

Seen = tuple[Document, Audience]
"""A document and whom it concerns."""


def call_key(call_id: CallId) -> str:
    return f"call/{call_id}"


def agent_key(member: MemberName) -> str:
    return f"agent/{member}"


def queue_key(queue: QueueName) -> str:
    return f"queue/{queue}"


# --- calls ------------------------------------------------------------------------------------------------


def call_document(world: World, call_id: CallId, roster: Roster) -> Seen | None:
    """A live call, for those whose phones ring for it or who take part, and for the people of its queues; of a call
    that was in none, for the people of its agents' queues. None: it has ended, or is a supervisor's ear on another."""
    call = world.calls.get(call_id)
    if call is None or call.state is CallState.ENDED or call.listens or is_ear(call.caller):
        return None
    offered = tuple(dict.fromkeys([*(offer.member for offer in call.open_offers()), *_rung(call)]))
    members = frozenset(offered) | members_of(call, roster)
    of_queues = {visit.queue for visit in call.visits} or _queues_of(world, roster, members)
    return _call(call, roster, offered), Audience(members, frozenset(of_queues))


def _call(call: Call, roster: Roster, offered: tuple[MemberName, ...]) -> CallDocument:
    visit = call.visits[-1] if call.visits else None
    agents = took_part(call, roster)
    return CallDocument(
        call_id=call.call_id,
        state=call.state.value,
        direction=call.direction.value,
        since=call.received_at if call.since is None else call.since,
        received_at=call.received_at,
        trunk=call.trunk,
        dialled=call.dialled,
        caller=call.caller_number,
        caller_name=call.caller_name,
        queue=None if visit is None else visit.queue,
        queued_at=None if visit is None else visit.joined_at,
        priority=call.priority,
        answered_at=call.answered_at,
        agent=agents[-1] if agents else None,
        offered=offered,
        agents=tuple(dict.fromkeys(agents)),
        parties=parties_of(call, roster),
        invites=invited(call, roster),
        recording=_recording(call),
        say=_to_say(call),
        silent=call.met.silent,
        limited=call.met.limited,
        mark=call.remarks.mark or "",
        note=call.remarks.notes.get(agents[-1], "") if agents else "",
        notes={who: note for who, note in call.remarks.notes.items() if note},
        topics=call.remarks.all_topics(),
        resolved=call.remarks.is_resolved,
        known=call.known,
        calls_back=call.calls_back,
    )


def _rung(call: Call) -> list[MemberName]:
    """Whose phones ring for it without the queue: who is handed on to, or asked."""
    legs = (call.legs[uniqueid] for uniqueid in sorted(call.live) if uniqueid in call.legs)
    found = (leg.agent for leg in legs if leg.answered_at is None and leg.uniqueid != call.caller)
    return [agent for agent in found if agent is not None]


def _recording(call: Call) -> str:
    if call.open_pause is not None:
        return "paused"
    return "off" if call.recorder_since is None else "on"


def _to_say(call: Call) -> str:
    """The language of the notice that was cut by whoever answered."""
    cut = call.telling is not None and call.answered_at is not None and not call.telling.whole_by(None)
    return call.telling.language if cut and call.telling is not None else ""


def _queues_of(world: World, roster: Roster, members: Iterable[MemberName]) -> set[QueueName]:
    return {queue for member in members for queue in _own_queues(world, roster, member)}


# --- agents -----------------------------------------------------------------------------------------------


def agent_document(world: World, member: MemberName, roster: Roster, calls: Iterable[CallId]) -> Seen | None:
    """An agent of the directory, or of a queue, for themselves and for the people of their queues. ``calls``: those
    that they are offered or take part in. None: neither the directory nor a queue knows them."""
    agent, person = world.agents.get(member), roster.people.get(member)
    if person is None and (agent is None or not agent.memberships):
        return None
    own = _own_queues(world, roster, member)
    document = AgentDocument(
        number=member,
        name="" if person is None else person.name,
        phone="" if person is None else person.phone,
        state=(AgentState.SIGNED_OUT if agent is None else agent.state).value,
        since=world.booted_at if agent is None else agent.since,
        reason="" if agent is None else agent.pause_reason,
        queues=tuple(_place(agent, queue, penalty) for queue, penalty in own.items()),
        calls=tuple(sorted(calls)),
        wrapup_until=None if agent is None else agent.wrapup_until,
        last_call=None if agent is None else agent.last_call,
        help=None if agent is None else agent.help,
        desktop=agent is not None and agent.desktop,
        auto_answer=person is not None and person.auto_answer,
    )
    return document, Audience(frozenset((member,)), frozenset(own))


def _own_queues(world: World, roster: Roster, member: MemberName) -> Mapping[QueueName, int]:
    """The queues that the agent answers, signed in or not, and with which penalty."""
    agent, person = world.agents.get(member), roster.people.get(member)
    own = {} if person is None else person.queues
    return own if agent is None else {**own} | {name: at.penalty for name, at in agent.memberships.items()}


def _place(agent: queues.Agent | None, queue: QueueName, penalty: int) -> Place:
    membership = None if agent is None else agent.memberships.get(queue)
    if membership is None:
        return Place(queue, signed_in=False, penalty=penalty)
    return Place(queue, True, membership.paused, penalty)


# --- queues, and all --------------------------------------------------------------------------------------


def queue_document(world: World, name: QueueName, roster: Roster) -> Seen | None:
    """A queue that the PBX has, or site.toml, for its people; None: neither has."""
    queue = world.queues.get(name)
    if queue is None:
        if name not in roster.titles:
            return None
        queue = queues.Queue(name)
    document = QueueDocument(
        name=name,
        title=roster.titles.get(name, ""),
        waiting=len(queue.waiting),
        longest_since=min((waiting.joined_at for waiting in queue.waiting), default=None),
        agents={state.value: count for state, count in queue.heads.items()},
    )
    return document, Audience(queues=frozenset((name,)))


def system_document(world: World, alarms: tuple[Alarm, ...], epoch: int) -> Seen:
    """For everybody. ``epoch`` counts from the run's first, as the link's does."""
    return SystemDocument(connected=not world.blind, epoch=epoch, alarms=alarms), EVERYBODY
