"""Calls that a killed PBX took with it: the phones decide alone."""

import copy

import pytest

from tests.judge.findings import Kind
from tests.unit.judge.judged import findings
from tests.unit.judge.stories import tell
from tests.unit.judge.telling import Call
from tests.unit.judge.world import MS, SECOND, START, World

KILL = START + 8 * SECOND


def killed_world() -> World:
    """One call before, one talking, one ringing, one waiting, and one call after the PBX is back."""
    world = World()
    Call(world, "13800000001", START).enter().seconds(3).caller_hangs_up()
    talking = Call(world, "13800000002", START + SECOND).enter()
    phone = talking.ring("1001")
    talking.seconds(2).picks_up(phone).seconds(60).caller_hangs_up()
    ringing = Call(world, "13800000003", START + 7 * SECOND).enter()
    ringing.ring("1002")
    ringing.seconds(30).caller_hangs_up()
    Call(world, "13800000004", START + 6 * SECOND).enter().seconds(40).caller_hangs_up()
    Call(world, "13800000005", KILL + 20 * SECOND).enter().seconds(5).caller_hangs_up()
    for record in world.records[1:4]:
        cut_record(record)
    cut_books(world)
    return world


def cut_record(record: dict[str, object]) -> None:
    """As one rebuilt from what was known at the kill."""
    answered = record["answered_at"] is not None
    record |= {
        "outcome": "answered" if answered else "system",
        "abandoned_in": None,
        "hung_up_by": "system",
        "ended_at": KILL + 2 * SECOND,
        "estimated": ["ended_at"],
        "provenance": "rebuilt",
        "timeline": [],
        "visits": [],
        "talk_ms": 0,
    }


def cut_books(world: World) -> None:
    """What a kill -9 leaves: no line of queue_log and no CDR of the calls it took, and phones that talk to nobody."""
    before, after = world.records[0], world.records[4]
    channel = after["uniqueids"][0]
    world.log_lines = [(at, line) for at, line in world.log_lines if at < KILL or channel in line]
    world.log_lines.append((KILL + 10 * SECOND, f"{KILL // SECOND + 10}|NONE|NONE|NONE|QUEUESTART|"))
    world.cdr = [row for row in world.cdr if row[12] in {before["caller_number"], after["caller_number"]}]
    world.phones = [(at, line) for at, line in world.phones if at < KILL or after["caller_number"] in line or own(line)]


def own(line: str) -> bool:
    """What a caller's phone does by itself."""
    return "\tcancel_sent\t" in line or "\tcaller\tbye_sent\t" in line


def test_with_the_kill_named_the_run_is_good() -> None:
    assert not findings(killed_world(), kills=[KILL])


def test_without_it_the_books_are_torn() -> None:
    found = findings(killed_world())
    assert {finding.kind for finding in found} >= {Kind.BOOKS}


@pytest.mark.parametrize("index", [1, 2, 3])
def test_a_killed_call_must_have_its_record(index: int) -> None:
    world = killed_world()
    del world.records[index]
    (finding,) = findings(world, kills=[KILL])
    assert finding.kind is Kind.LOST
    assert f"1380000000{index + 1}" in finding.call


@pytest.mark.parametrize(
    ("index", "fields", "about"),
    [
        (1, {"outcome": "system"}, "outcome"),
        (1, {"agent": "1002"}, "agent"),
        (2, {"outcome": "abandoned"}, "outcome"),
        (3, {"outcome": "answered"}, "outcome"),
        (3, {"hung_up_by": "caller"}, "hung_up_by"),
        (2, {"received_at": START + 7 * SECOND + 70 * MS}, "received_at"),
        (2, {"offers": []}, "offers"),
        (3, {"ended_at": KILL - 4 * SECOND, "estimated": []}, "ended_at"),
        (3, {"ended_at": KILL + 30 * SECOND, "estimated": []}, "ended_at"),
    ],
)
def test_a_killed_call_is_still_judged(index: int, fields: dict[str, object], about: str) -> None:
    world = killed_world()
    world.records[index] |= copy.deepcopy(fields)
    (finding,) = findings(world, kills=[KILL])
    assert finding.about == about


def test_an_invite_into_a_dead_pbx_is_no_call() -> None:
    world = killed_world()
    at = KILL + 3 * SECOND
    world.seen(at, "caller", "invite_sent", "13800000009", "12345", "dead@127.0.0.1")
    world.seen(at + 5 * SECOND, "caller", "cancel_sent", "13800000009", "12345", "dead@127.0.0.1")
    assert not findings(world, kills=[KILL])


@pytest.mark.parametrize(("before_ms", "expected"), [(100, 0), (2_000, 1)])
def test_an_invite_that_met_the_kill_may_have_a_record_one_before_must(before_ms: int, expected: int) -> None:
    world = killed_world()
    at = KILL - before_ms * MS
    world.seen(at, "caller", "invite_sent", "13800000009", "12345", "late@127.0.0.1")
    assert len(findings(world, kills=[KILL])) == expected


def test_a_refusal_before_there_was_a_channel_has_no_record() -> None:
    world = tell(["answered_caller_ends"])
    world.seen(START, "caller", "invite_sent", "13800000009", "12345", "no@127.0.0.1")
    world.seen(START + 2 * MS, "caller", "refused", "13800000009", "12345", "no@127.0.0.1", 503)
    assert not findings(world)
    ghost = copy.deepcopy(world.records[0])
    ghost |= {"call_id": "01GHOST", "uniqueids": [], "caller_number": "13800000009", "received_at": START}
    world.records.append(ghost)
    (finding,) = findings(world)
    assert finding.kind is Kind.INVENTED


def test_who_leaves_a_dead_pbx_has_not_abandoned_and_who_answers_it_has_not_answered() -> None:
    world = World()
    ringing = Call(world, "13800000003", KILL - SECOND).enter()
    ringing.ring("1002")
    ringing.seconds(1.5).caller_hangs_up()
    cut_record(world.records[0])
    (number, sip_id) = next(line.split("\t")[5:8:2] for _, line in world.phones if "\tinvite_received\t" in line)
    cancelled = [each for each in world.phones if "\tcancel_received\t" in each[1]]
    world.phones = [each for each in world.phones if each not in cancelled]
    world.seen(KILL + SECOND, "agent", "answer_sent", number, "13800000003", sip_id, 200)
    world.log_lines, world.cdr = [], []
    assert not findings(world, kills=[KILL])
