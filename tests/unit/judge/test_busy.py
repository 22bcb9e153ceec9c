"""PBX and phones on one busy machine: each is kept waiting now and then, and CDR and CEL tell for how long."""

from pathlib import Path

import pytest

from tests.judge.books import cel
from tests.judge.books.cel import Moments
from tests.judge.findings import Finding
from tests.judge.views.view import KEPT_WAITING, kept_waiting
from tests.unit.judge.judged import findings
from tests.unit.judge.stories import tell
from tests.unit.judge.world import MS, World

STORY = "answered_agent_ends"


def move(world: World, event: str, by_ms: int) -> None:
    """The one line of this event in the phones' logs, so much later."""
    [(at, line)] = [each for each in world.phones if f"\t{event}\t" in each[1]]
    cells = line.split("\t")
    moved = at + by_ms * MS
    cells[2] = f"{moved // 1_000_000}.{moved % 1_000_000:06}"
    world.phones.remove((at, line))
    world.phones.append((moved, "\t".join(cells)))


def channel(world: World) -> str:
    return str(world.records[0]["uniqueids"][0])


def cel_of(world: World) -> Moments:
    """When the agent's channel was made."""
    moments, offer = Moments(), world.records[0]["offers"][0]
    moments.made[channel(world)].append((f"PJSIP/{offer['member']}-0000000a", offer["at"]))
    return moments


@pytest.mark.parametrize(("event", "by_ms"), [("invite_sent", -120), ("invite_received", 120)])
def test_what_was_sent_may_arrive_late(event: str, by_ms: int) -> None:
    world = tell([STORY])
    move(world, event, by_ms)
    assert findings(world)
    assert not findings(world, busy=cel_of(world))


@pytest.mark.parametrize(
    ("event", "by_ms"), [("invite_sent", 70), ("invite_sent", -400), ("invite_received", -70), ("invite_received", 400)]
)
def test_nothing_arrives_before_it_is_sent_nor_ever_so_late(event: str, by_ms: int) -> None:
    world = tell([STORY])
    move(world, event, by_ms)
    assert findings(world, busy=cel_of(world))


def later(world: World, fact: str, by: int) -> None:
    """The record tells this moment so much later, and all that hangs on it."""
    world.records[0][fact] += by
    world.records[0]["talk_ms"] += (by if fact == "ended_at" else -by) // MS
    world.records[0]["timeline"] = []
    if fact == "answered_at":
        world.records[0]["wait_ms"] += by // MS


@pytest.mark.parametrize("fact", ["answered_at", "ended_at"])
def test_the_pbx_itself_may_take_its_time_where_cel_says_so(fact: str) -> None:
    world = tell([STORY])
    later(world, fact, 150 * MS)
    assert {fact} <= {finding.about for finding in findings(world, busy=Moments())}
    moments, at = Moments(), int(world.records[0][fact])
    moments.met[channel(world)] = [at] if fact == "answered_at" else []
    moments.gone[channel(world)] = at
    assert not _about(fact, findings(world, busy=moments))


@pytest.mark.parametrize("fact", ["answered_at", "ended_at"])
def test_a_record_beyond_what_cel_says_is_wrong(fact: str) -> None:
    world = tell([STORY])
    later(world, fact, 150 * MS)
    moments, at = Moments(), int(world.records[0][fact]) - 90 * MS
    moments.met[channel(world)] = [at]
    moments.gone[channel(world)] = at
    assert _about(fact, findings(world, busy=moments))


def _about(fact: str, found: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in found if finding.about == fact]


def test_only_what_comes_soon_is_the_same_thing() -> None:
    assert kept_waiting(1000, [2000, 1500, 900]) == 1500
    assert kept_waiting(1000, [1000 + KEPT_WAITING]) == 1000
    assert kept_waiting(1000, []) == 1000


def test_cel_is_read_as_asterisk_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "cel.csv"
    file.write_text(
        '"c1","1795421183.326076","CHAN_START","","pbx1-1795421183.1315","pbx1-1","PJSIP/trunk","139","","12345"\n'
        '"c1","1795421191.241820","BRIDGE_ENTER","","pbx1-1795421183.1315","pbx1-1","PJSIP/trunk","139","O""B","12345"\n'
        '"c1","1795421192.464349","BRIDGE_ENTER","","pbx1-1795421183.1315","pbx1-1","PJSIP/trunk","139","","12345"\n'
        '"c1","1795421194.960538","HANGUP","","pbx1-1795421183.1315","pbx1-1","PJSIP/trunk","139","","12345"\n'
        '"c1","179542\n'
        '"c1","","HANGUP","","pbx1-1.2"\n',
        encoding="utf-8",
    )
    moments = cel.read(file)
    assert moments.made == {"pbx1-1": [("PJSIP/trunk", 1_795_421_183_326_076)]}
    assert moments.met == {"pbx1-1795421183.1315": [1_795_421_191_241_820, 1_795_421_192_464_349]}
    assert moments.gone == {"pbx1-1795421183.1315": 1_795_421_194_960_538}
    assert cel.read(None) == Moments()
