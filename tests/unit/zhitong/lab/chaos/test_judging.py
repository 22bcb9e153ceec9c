"""The judge as the harness calls it: a program of its own, told of outages and kills."""

from pathlib import Path

import pytest

from telephony.errors import LabError
from tests.unit.judge.test_kills import KILL, killed_world
from tests.unit.judge.world import SECOND, World
from zhitong.lab.chaos import judging
from zhitong.lab.chaos.faults import Happened
from zhitong.lab.chaos.plan import Fault

CRASH = Happened(Fault.CRASH, KILL / SECOND, KILL / SECOND + 10)


def laid_out(world: World, run: Path) -> Path:
    """The books where Asterisk and the lab put them; the records' file."""
    books = {
        "log/queue_log": world.queue_log_text(),
        "log/cdr-custom/zhitong-cdr.csv": world.cdr_text(),
        "log/cel-custom/zhitong-cel.csv": "",
        "phones/001-callers/callers.tsv": world.phones_text("caller"),
        "phones/002-agents/agents.tsv": world.phones_text("agent"),
        "records.jsonl": world.records_text(),
    }
    for name, text in books.items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(text, encoding="utf-8")
    return run / "records.jsonl"


async def test_it_is_told_of_the_kill(tmp_path: Path) -> None:
    records = laid_out(killed_world(), tmp_path)
    assert (await judging.judge(tmp_path, records, [CRASH], 50)).good
    assert not (await judging.judge(tmp_path, records, [], 50)).good


async def test_it_is_told_of_the_tolerance(tmp_path: Path) -> None:
    world = killed_world()
    world.records[0]["ended_at"] += 70_000
    world.records[0]["timeline"] = []
    records = laid_out(world, tmp_path)
    judgement = await judging.judge(tmp_path, records, [CRASH], 50)
    assert [finding.about for finding in judgement.findings] == ["ended_at"]
    assert (await judging.judge(tmp_path, records, [CRASH], 100)).good


async def test_a_book_that_is_missing_is_said_in_words(tmp_path: Path) -> None:
    records = laid_out(killed_world(), tmp_path)
    (tmp_path / "log" / "queue_log").unlink()
    with pytest.raises(LabError, match="queue_log"):
        await judging.judge(tmp_path, records, [CRASH], 50)


def test_without_the_source_tree_there_is_no_judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    judging.require()
    monkeypatch.setattr(judging, "_ROOT", tmp_path)
    with pytest.raises(LabError, match="clone"):
        judging.require()
