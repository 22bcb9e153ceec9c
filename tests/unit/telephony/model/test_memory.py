"""What the model holds stays within its bounds, whatever a PBX says."""

import random
from typing import Any

import msgspec
import pytest

from telephony.model import (
    calls,
    consults,
    inviting,
    joins,
    on_bridges,
    on_dialplan,
    on_invites,
    on_outgoing,
    on_queues,
    on_recording,
    on_supervision,
    on_trunks,
    world,
)
from telephony.model import events as ev
from telephony.model.ids import Micros, Uniqueid
from telephony.model.machines import AgentState
from tests.unit.telephony.model.script import Told
from tests.unit.telephony.model.sizes import sizes
from tests.unit.telephony.model.test_properties import IDENTIFIERS, KINDS, OF_ROOMS, over

_SECOND = 1_000_000
BOUNDS = {
    calls: {"MAX_SPANS": 20},
    inviting: {"MAX_INVITES": 6, "MAX_TRIES": 4},
    on_invites: {"MAX_INVITES": 6},
    joins: {"MAX_INVITES": 6, "MAX_LEGS": 12, "MAX_KIN": 8, "MAX_OFFERS": 10, "MAX_VISITS": 6, "MAX_TRANSFERS": 5},
    world: {
        "MAX_LEGS": 12,
        "MAX_CHANNELS": 30,
        "MAX_KNOWN_LEGS": 90,
        "MAX_PAST": 40,
        "MAX_QUEUES": 8,
        "MAX_AGENTS": 15,
    },
    on_queues: {"MAX_OFFERS": 10, "MAX_VISITS": 6, "MAX_MEMBERSHIPS": 3, "MAX_AGENTS": 15},
    on_dialplan: {"MAX_TRANSFERS": 5, "MAX_VISITS": 6},
    consults: {"MAX_TRANSFERS": 5},
    on_outgoing: {"MAX_TRANSFERS": 5},
    on_supervision: {"MAX_TRANSFERS": 5},
    on_recording: {"MAX_PAUSES": 7},
    on_trunks: {"MAX_TRUNKS": 9},
    on_bridges: {"MAX_KIN": 8, "MAX_MEMBERS": 10},
}


class Hostile:
    """A PBX that says whatever does most harm: of living channels mostly, of ever new ones, and seldom lets them end.

    ``mood`` weighs the kinds of events and changes every thousand, so that each container gets its turn.
    """

    def __init__(self, seed: int, target: world.World) -> None:
        self.dice = random.Random(seed)
        self.target = target
        self.fresh = 0
        self.at = Micros(1_795_400_000 * _SECOND)
        self.kinds: list[type[ev.Event]] = KINDS

    def change_mood(self) -> None:
        few = self.dice.sample(KINDS, 4)
        self.kinds = [*KINDS, *few * 40, *[ev.ChannelCreated] * 10, *[ev.ChannelHungUp] * self.dice.choice((2, 10, 40))]

    def id(self) -> str:
        roll = self.dice.random()
        if roll < 0.7 and self.target.channels:
            return self.dice.choice(list(self.target.channels))
        if roll < 0.85 and self.target.by_leg:
            return self.dice.choice(list(self.target.by_leg))
        self.fresh += 1
        return f"pbx1-1795400000.{self.fresh}"

    def linkedid(self) -> str:
        known = list(self.target.by_linkedid)
        return self.dice.choice(known) if known and self.dice.random() < 0.9 else self.id()

    def value(self, field: msgspec.structs.FieldInfo) -> object:
        name, kind = field.name, getattr(field.type, "__supertype__", field.type)
        if name in ("name", "dest_name", "interface"):
            return self.dice.choice(["PJSIP/1001-1", "PJSIP/trunk-a-2", "PJSIP/1-1", "Local/1@x-1;1", "Local/1@x-1;2"])
        if name in ("bridge", "kept", "gone"):
            return f"b{self.dice.randrange(4)}"
        if name.endswith("linkedid"):
            return self.linkedid()
        if name.endswith("uniqueid") or (kind is str and name.startswith(IDENTIFIERS)):
            return self.id()
        if name == "queue":
            return self.dice.choice(["hotline", "tax", f"q{self.dice.randrange(10_000)}"])
        if kind is str and name in OF_ROOMS:
            return self.dice.choice(OF_ROOMS[name])
        if kind is str:
            return self.dice.choice([f"{self.dice.randrange(40)}", "TIMEOUT", "JOINEMPTY", "FULL", "zt-in-a"])
        return self.dice.random() < 0.5 if kind is bool else self.dice.randrange(8)

    def event(self) -> ev.Event:
        kind = self.dice.choice(self.kinds)
        fields: dict[str, Any] = {field.name: self.value(field) for field in msgspec.structs.fields(kind)}
        self.at = Micros(self.at + self.dice.choice((0, 0, 1, 200_000)))
        fields["at"] = self.at
        self.aim(kind, fields)
        return kind(**fields)

    def aim(self, kind: type[ev.Event], fields: dict[str, Any]) -> None:
        """Mostly make sense: a new channel begins a conversation or joins one; others stay in theirs."""
        if kind is ev.ClockSet:
            fields["by"] = 0
        elif kind is ev.ChannelCreated and self.dice.random() < 0.9:
            self.fresh += 1
            fields["uniqueid"] = f"pbx1-1795400000.{self.fresh}"
            fields["linkedid"] = fields["uniqueid"] if self.dice.random() < 0.6 else self.linkedid()
        elif issubclass(kind, ev.ChannelEvent) and self.dice.random() < 0.97:
            channel = self.target.channels.get(Uniqueid(str(fields["uniqueid"])))
            if channel is not None:
                fields["linkedid"] = channel.linkedid


@pytest.mark.parametrize("seed", range(4))
def test_no_container_outgrows_its_bound_whatever_is_said(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, bounds in BOUNDS.items():
        for name, bound in bounds.items():
            assert getattr(module, name) > bound
            monkeypatch.setattr(module, name, bound)
    heard = Told()
    hostile = Hostile(seed, heard.tracker.world)
    largest: dict[str, int] = {}
    for number in range(20_000):
        if number % 1000 == 0:
            hostile.change_mood()
        heard.hear([hostile.event()])
        heard.changes.clear()
        heard.records.clear()
        if number % 500 == 0:
            for path, size in sizes(heard.tracker.world).items():
                largest[path] = max(largest.get(path, 0), size)
    assert {path: size for path, size in largest.items() if size > _bound(path)} == {}
    assert largest["World.channels"] > 10, "the PBX was hostile in vain"
    assert largest["World.calls"] > 5
    over(heard)
    assert heard.left_over == {}


def _bound(path: str) -> int:
    """Of a container, from the bounds above. A call ended but not yet settled counts like a live one."""
    bounds = {
        "World.out": 0,
        "World.channels": 30,
        "World.calls": 60,
        "World.listening": 31,
        "World.settling": 31,
        "World.past": 41,
        "World.tombstones": 31,
        "World.by_leg": 100,
        "World.by_linkedid": 60 * 12,
        "World.bridges": 30,
        "World.queues": 8,
        "World.agents": 15,
        "World.rooms": 60,
        "World.phones": 15,
        "World.trunks": 9,
        "World.registrations": 9,
        "World.wrapping_up": 15,
        "World.missing": 15,
        "World.watchers": 0,
        "World.bypassing": 50,
        "Queue.waiting": 90,
        "Queue.members": 15,
        "Queue.heads": len(AgentState),
        "Agent.memberships": 3,
        "Agent.offers": 60 * 10,
        "Agent.talking": 30,
        "Call.legs": 12,
        "Call.live": 12,
        "Call.linkedids": 12,
        "Call.visits": 6,
        "Call.told_wait": 2,  # a pair
        "Call.offers": 10,
        "Call.transfers": 5,
        "Call.heard_by": 5,
        "Call.duty": 5,
        "Call.out": 5,
        "Call.refused_out": 5,
        "Call.aliases": 8,
        "Call.related": 8,
        "Call.strangers": 8,
        "Call.other_recordings": 8,
        "Call.pauses": 7,
        "Call.estimated": 10,
        "Call.consults": 5,
        "Call.invites": 6,
        "Call.private_files": 6,
        "Invite.tries": 4,
        "Remarks.notes": 0,  # nobody at a desk says anything here
        "Remarks.topics": 0,
        "Remarks.resolved": 0,
        "Leg.spans": 20,
        "Leg.held": 20,
        "Span.partners": 30,
        "Bridge.members": 10,
    }
    return bounds[path]
