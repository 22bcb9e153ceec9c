"""The state of now as a set of facts, so that what the model holds can be compared with what the PBX says. Pure.

Two looks at the PBX frame one at the model: what the PBX said both times the model must hold, and it may hold nothing
that the PBX said neither time. So a call that comes in between is no difference, and one that is missing is.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from telephony.model.names import is_watcher
from telephony.model.world import World

Fact = tuple[str, ...]
Facts = frozenset[Fact]
Headers = Mapping[str, str]


def of_world(world: World) -> Facts:
    """What the model holds: channels and the bridges they are in, who waits where, members and their phones."""
    facts: set[Fact] = set()
    for channel in world.channels.values():
        facts.add(("channel", channel.uniqueid))
        if channel.bridge:
            facts.add(("in bridge", channel.uniqueid, channel.bridge))
    for queue in world.queues.values():
        facts |= waiting(queue.name, [entry.uniqueid for entry in queue.waiting])
    for agent in world.agents.values():
        for member in agent.memberships.values():
            facts.add(("member", member.queue, agent.member, str(member.status), _paused(member.paused)))
    return frozenset(facts)


def of_rows(rows: Iterable[Headers]) -> Facts:
    """What the PBX says, in the rows of ``CoreShowChannels`` and ``QueueStatus`` (main/manager.c, apps/app_queue.c)."""
    facts: set[Fact] = set()
    lines: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        match row.get("Event"):
            case "CoreShowChannel" if not is_watcher(row.get("Channel", "")):
                facts.add(("channel", row["Uniqueid"]))
                if row.get("BridgeId"):
                    facts.add(("in bridge", row["Uniqueid"], row["BridgeId"]))
            case "QueueEntry":
                lines.setdefault(row["Queue"], []).append((int(row["Position"]), row["Uniqueid"]))
            case "QueueMember":
                facts.add(("member", row["Queue"], row["Name"], row["Status"], _paused(row["Paused"] == "1")))
            case _:
                pass
    for queue, line in lines.items():
        facts |= waiting(queue, [uniqueid for _, uniqueid in sorted(line)])
    return frozenset(facts)


def waiting(queue: str, line: Sequence[str]) -> set[Fact]:
    """Who waits, and who is next to whom."""
    return {("waits", queue, each) for each in line} | {
        ("waits before", queue, one, other) for one, other in pairwise(line)
    }


def difference(before: Facts, held: Facts, after: Facts) -> Facts:
    """What the model lacks or has too much; empty when it is right."""
    return frozenset(((before & after) - held) | (held - before - after))


def _paused(paused: bool) -> str:
    return "paused" if paused else "not paused"
