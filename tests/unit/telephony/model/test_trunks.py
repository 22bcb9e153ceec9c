"""Trunks: what a PBX says of its carriers, and what is made of it."""

import pytest

from telephony.live.trunks import Trunks
from telephony.model import events as ev
from telephony.model.changes import TrunkChanged, TrunkRegistered
from telephony.model.ids import Micros, PbxName
from telephony.model.names import trunk_of_endpoint
from telephony.model.seen import TrunkSeen
from telephony.model.tracker import Tracker

ACCOUNT, SERVER = "sip:gov@192.0.2.1", "sip:192.0.2.1"


class Bridge:
    """A tracker, and what live makes of its changes."""

    def __init__(self) -> None:
        self.tracker, self.trunks = Tracker(PbxName("pbx1")), Trunks()
        self.changes: list[TrunkChanged | TrunkRegistered] = []

    def hear(self, event: ev.Event) -> None:
        for change in self.tracker.apply(event):
            if isinstance(change, TrunkChanged | TrunkRegistered):
                self.changes.append(change)
                self.trunks.fold(change)

    def endpoint(self, at: int, name: str, status: str) -> None:
        self.hear(ev.EndpointChanged(Micros(at), name, status))

    def registry(self, at: int, status: str) -> None:
        self.hear(ev.RegistrationChanged(Micros(at), ACCOUNT, SERVER, status))

    def down(self) -> list[tuple[str, int]]:
        return list(self.trunks.down)

    def snapshot(self, at: int, **reachable: bool) -> None:
        seen = tuple(TrunkSeen(name, well) for name, well in reachable.items())
        self.hear(ev.SnapshotTaken(Micros(at), 1, Micros(1), (), (), (), (), trunks=seen))


@pytest.mark.parametrize(
    ("endpoint", "trunk"),
    [("PJSIP/trunk-carrier", "carrier"), ("PJSIP/trunk-two-b", "two-b"), ("PJSIP/1001", ""), ("", ""), ("trunk-x", "")],
)
def test_a_trunk_is_told_by_its_endpoints_name(endpoint: str, trunk: str) -> None:
    assert trunk_of_endpoint(endpoint) == trunk


def test_a_trunk_that_goes_is_down_since_then_and_comes_back() -> None:
    bridge = Bridge()
    bridge.endpoint(5, "PJSIP/trunk-carrier", "Unreachable")
    bridge.endpoint(9, "PJSIP/trunk-carrier", "Unreachable")
    assert bridge.down() == [("carrier", 5)]
    bridge.endpoint(12, "PJSIP/trunk-carrier", "Reachable")
    assert bridge.down() == []
    assert [(change.at, type(change)) for change in bridge.changes] == [(5, TrunkChanged), (12, TrunkChanged)]


def test_phones_are_no_trunks() -> None:
    bridge = Bridge()
    bridge.endpoint(5, "PJSIP/1001", "Unreachable")
    assert bridge.changes == []


def test_a_snapshot_tells_what_nobody_saw() -> None:
    """A trunk that was dead before the login, and one that came back while the link was away."""
    bridge = Bridge()
    bridge.endpoint(5, "PJSIP/trunk-carrier", "Unreachable")
    bridge.snapshot(20, carrier=True, other=False)
    assert bridge.down() == [("other", 20)]


def test_a_registration_that_is_not_taken_stands_until_one_is() -> None:
    bridge = Bridge()
    bridge.registry(5, "Rejected")
    bridge.registry(35, "Unregistered")
    assert bridge.trunks.unregistered == ((ACCOUNT, "Rejected", 5),)
    bridge.registry(65, "Registered")
    assert not bridge.trunks.unregistered
