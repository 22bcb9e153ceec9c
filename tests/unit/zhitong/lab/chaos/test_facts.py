"""The model's state and the PBX's rows as the same facts, and when the one is not the other."""

import pytest

from telephony.model.events import MemberChanged, SnapshotTaken
from telephony.model.ids import BridgeId, Linkedid, MemberName, Micros, PbxName, QueueName, Uniqueid
from telephony.model.seen import CallerSeen, ChannelSeen
from telephony.model.tracker import Tracker
from zhitong.lab.chaos.facts import Facts, difference, of_rows, of_world

NOW = Micros(1_795_402_664_000_000)
ROWS = [
    {"Event": "CoreShowChannel", "Uniqueid": "a.1", "BridgeId": "b"},
    {"Event": "CoreShowChannel", "Uniqueid": "a.2", "BridgeId": "b"},
    {"Event": "CoreShowChannel", "Uniqueid": "a.3", "BridgeId": ""},
    {"Event": "CoreShowChannel", "Uniqueid": "a.4"},
    {"Event": "QueueParams", "Queue": "service"},
    {"Event": "QueueMember", "Queue": "service", "Name": "1001", "Status": "2", "Paused": "0"},
    {"Event": "QueueMember", "Queue": "service", "Name": "1002", "Status": "1", "Paused": "1"},
    {"Event": "QueueEntry", "Queue": "service", "Position": "2", "Uniqueid": "a.4"},
    {"Event": "QueueEntry", "Queue": "service", "Position": "1", "Uniqueid": "a.3"},
]


def channel(uniqueid: str, bridge: str) -> ChannelSeen:
    return ChannelSeen(
        uniqueid=Uniqueid(uniqueid),
        linkedid=Linkedid(uniqueid),
        name=f"PJSIP/trunk-carrier-{uniqueid}",
        state=6,
        caller_number="13800000001",
        caller_name="",
        context="zt-in-carrier",
        exten="12345",
        bridge=BridgeId(bridge),
        age_s=3,
    )


def member(name: str, status: int, paused: bool) -> MemberChanged:
    return MemberChanged(
        at=NOW,
        queue=QueueName("service"),
        member=MemberName(name),
        interface=f"PJSIP/{name}",
        state_interface=f"PJSIP/{name}",
        status=status,
        paused=paused,
        pause_reason="",
        penalty=0,
        in_call=False,
        last_call=0,
        wrapup_s=0,
        removed=False,
    )


def told() -> Facts:
    """What the model holds after a snapshot of the same state."""
    tracker = Tracker(PbxName("pbx1"))
    tracker.apply(
        SnapshotTaken(
            at=NOW,
            epoch=1,
            booted_at=Micros(NOW - 60_000_000),
            channels=(channel("a.1", "b"), channel("a.2", "b"), channel("a.3", ""), channel("a.4", "")),
            callers=(
                CallerSeen(queue=QueueName("service"), uniqueid=Uniqueid("a.3"), position=1, wait_s=2),
                CallerSeen(queue=QueueName("service"), uniqueid=Uniqueid("a.4"), position=2, wait_s=1),
            ),
            members=(member("1001", 2, False), member("1002", 1, True)),
            queues=(QueueName("service"),),
        )
    )
    return of_world(tracker.world)


def test_the_same_state_is_the_same_facts() -> None:
    assert of_rows(ROWS) == told()


@pytest.mark.parametrize("gone", [0, 2, 5, 7])
def test_a_row_more_or_less_is_a_difference(gone: int) -> None:
    fewer = of_rows([row for index, row in enumerate(ROWS) if index != gone])
    assert difference(fewer, told(), fewer)
    assert difference(told(), fewer, told())


def test_who_stands_before_whom_matters() -> None:
    turned = [{**row, "Position": str(3 - int(row["Position"]))} if "Position" in row else row for row in ROWS]
    assert difference(of_rows(turned), told(), of_rows(turned))


def test_a_member_s_phone_and_pause_matter() -> None:
    for change in ({"Status": "1"}, {"Paused": "1"}):
        other = of_rows([{**row, **change} if row.get("Name") == "1001" else row for row in ROWS])
        assert difference(other, told(), other)


def test_what_changes_between_two_looks_may_be_held_or_not() -> None:
    one, two = frozenset({("channel", "a.1")}), frozenset({("channel", "a.1"), ("channel", "a.2")})
    for held in (one, two):
        assert not difference(one, held, two)
        assert not difference(two, held, one)
    assert difference(one, frozenset(), two) == {("channel", "a.1")}
    assert difference(one, two | {("channel", "a.3")}, two) == {("channel", "a.3")}
