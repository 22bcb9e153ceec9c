"""One conversation can begin as several: a consult call, the halves of a Local channel, a transfer. When the PBX says
that two belong together (a channel shows another Linkedid, a transfer names both), their calls become one here.

Two calls of citizens are never made one, or a citizen would go uncounted: they stay two, related. So do calls of which
that is not known.
"""

from collections.abc import Collection
from itertools import islice

from telephony.model.calls import MAX_INVITES, MAX_KIN, MAX_LEGS, MAX_OFFERS, MAX_TRANSFERS, MAX_VISITS, Call, Leg
from telephony.model.changes import CallsJoined
from telephony.model.ids import Linkedid, uniqueid_parts
from telephony.model.names import party_of
from telephony.model.terms import Role
from telephony.model.world import Channel, World


def relink(world: World, channel: Channel, linkedid: Linkedid) -> None:
    """A channel shows another Linkedid than before: its conversation was joined with that one's."""
    channel.linkedid = linkedid
    other = world.by_linkedid.get(linkedid)
    if other is None:
        world.link(channel.call, linkedid)
    elif other is not channel.call:
        join(world, channel.call, other)


def join(world: World, one: Call, two: Call) -> None:
    """Make the two calls one: the citizen's, else the older; or relate them, when both are citizens', or may be."""
    if one is two:
        return
    if (one.of_a_citizen and two.of_a_citizen) or not _fits(one, two):
        _relate(one, two)
        return
    kept, gone = sorted((one, two), key=lambda call: (not call.of_a_citizen, uniqueid_parts(call.caller)))
    _absorb(world, kept, gone)
    world.emit(CallsJoined(world.now, kept.call_id, gone.call_id))


def bring_home(world: World, home: Call | None, call: Call) -> None:
    """Our dialplan says that a channel of ``call`` came into the room of ``home``, or rings somebody for it: whoever
    began the other conversation, it was no citizen, unless one was seen to."""
    if home is not None and home is not call:
        call.headless = False
        join(world, home, call)


def _fits(one: Call, two: Call) -> bool:
    return (
        len(one.legs) + len(two.legs) <= MAX_LEGS
        and len(one.linkedids) + len(two.linkedids) <= MAX_LEGS
        and len(one.offers) + len(two.offers) <= MAX_OFFERS
        and len(one.visits) + len(two.visits) <= MAX_VISITS
        and len(one.transfers) + len(two.transfers) <= MAX_TRANSFERS
        and len(one.aliases) + len(two.aliases) + len(one.related) + len(two.related) < MAX_KIN
    )


def _relate(one: Call, two: Call) -> None:
    for call, other in ((one, two), (two, one)):
        if other.call_id in call.related:
            continue
        if len(call.related) < MAX_KIN:
            call.related.append(other.call_id)
        else:
            call.left_out += 1


def _absorb(world: World, kept: Call, gone: Call) -> None:
    members = {offer.member for offer in (*kept.offers.values(), *gone.offers.values())}
    for uniqueid, leg in gone.legs.items():
        if leg.role is Role.CALLER:
            _recast(leg, members)
        kept.legs[uniqueid] = leg
        world.by_leg[uniqueid] = kept
        if (channel := world.channels.get(uniqueid)) is not None:
            channel.call = kept
    for linkedid in gone.linkedids:
        world.by_linkedid[linkedid] = kept
        kept.linkedids.setdefault(linkedid)
    kept.live |= gone.live
    kept.visits = sorted((*kept.visits, *gone.visits), key=lambda visit: visit.joined_at)
    _move_offers(world, gone, kept)
    kept.transfers = sorted((*kept.transfers, *gone.transfers), key=lambda transfer: transfer.at)
    _join_recordings(kept, gone)
    kept.room, kept.host = kept.room or gone.room, kept.host or gone.host
    if world.rooms.pop(gone.call_id, 0) is None:
        world.rooms[kept.call_id] = None
    kept.consults = sorted((*kept.consults, *gone.consults), key=lambda consult: consult.at)[:MAX_TRANSFERS]
    kept.invites = sorted((*kept.invites, *gone.invites), key=lambda invite: invite.at)[:MAX_INVITES]
    kept.private_files = [*kept.private_files, *gone.private_files][:MAX_INVITES]
    kept.heard_by = sorted((*kept.heard_by, *gone.heard_by), key=lambda heard: heard.start)[:MAX_TRANSFERS]
    kept.out = sorted((*kept.out, *gone.out), key=lambda tried: tried.at)[:MAX_TRANSFERS]
    kept.refused_out = sorted((*kept.refused_out, *gone.refused_out), key=lambda told: told.at)[:MAX_TRANSFERS]
    if gone.promise and not kept.promise:
        kept.promise, kept.promise_because = gone.promise, gone.promise_because
    kept.remarks.take_over(gone.remarks)
    kept.aliases += [gone.call_id, *gone.aliases]
    kept.related += [call_id for call_id in gone.related if call_id not in kept.related]
    strangers = {u: leg for u, leg in (kept.strangers | gone.strangers).items() if u not in kept.legs}
    kept.strangers = dict(islice(strangers.items(), MAX_KIN))
    kept.left_out += gone.left_out
    _move_waiting(world, gone, kept)
    world.calls.pop(gone.call_id, None)
    world.settling.pop(gone.call_id, None)
    world.reopen(kept)


def _join_recordings(kept: Call, gone: Call) -> None:
    paths = dict.fromkeys([kept.recording, gone.recording, *kept.other_recordings, *gone.other_recordings])
    kept.recording, *others = [path for path in paths if path] or [""]
    kept.other_recordings = others[:MAX_KIN]
    if kept.recorder is None and not kept.inbound:
        kept.recorder, kept.recorder_since = gone.recorder, gone.recorder_since
        kept.recorded_bytes = gone.recorded_bytes
        kept.pauses, kept.notice = gone.pauses, kept.notice or gone.notice
        kept.telling = kept.telling or gone.telling


def _recast(leg: Leg, members: Collection[str]) -> None:
    """Who began a consult call is not the caller of the call it was joined to: mostly its agent, on another line."""
    leg.party = party_of(leg.name)
    leg.role = Role.AGENT if leg.party in members else Role.TARGET


def _move_offers(world: World, gone: Call, kept: Call) -> None:
    for uniqueid, offer in gone.offers.items():
        if kept.offers.setdefault(uniqueid, offer) is not offer:
            world.release(offer)  # one phone, rung for two callers at once: no PBX does that


def _move_waiting(world: World, gone: Call, kept: Call) -> None:
    for visit in gone.visits:
        queue = world.queues.get(visit.queue) if visit.result is None else None
        for waiting in queue.waiting if queue else ():
            if waiting.call_id == gone.call_id:
                waiting.call_id = kept.call_id
