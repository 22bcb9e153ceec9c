"""Single bounds by themselves; test_memory.py holds them all against a hostile PBX."""

import msgspec
import pytest

from telephony.model import on_bridges, world
from telephony.model.ids import Micros
from tests.unit.telephony.model.script import Pbx, Told


def test_a_clock_that_stands_still_lets_no_ended_calls_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "MAX_CHANNELS", 3)
    pbx = Pbx()
    for _ in range(5):
        pbx.citizen().gone()
    heard = Told().hear(msgspec.structs.replace(event, at=Micros(1)) for event in pbx.events)
    assert len(heard.tracker.world.settling) == 3
    assert len(heard.tracker.world.tombstones) == 3
    assert len(heard.records) == 2, "the oldest are handed over early"


def test_a_bridge_takes_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_bridges, "MAX_MEMBERS", 3)
    pbx = Pbx()
    bridge = pbx.bridge()
    for _ in range(5):
        pbx.citizen().enters(bridge)
    heard = Told().hear(pbx.events)
    assert len(heard.tracker.world.bridges[bridge].members) == 3
    assert len(heard.anomalies) == 2
