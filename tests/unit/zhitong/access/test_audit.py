"""The audit log: what is on record, and what verify finds when somebody laid hands on it."""

import asyncio
import datetime
import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest

from telephony.errors import AuditError
from tests.unit.zhitong.access.deeds import deeds, written
from zhitong.access.audit import AuditLog
from zhitong.access.chain import HEALED
from zhitong.access.trail import Trail
from zhitong.access.verify import VERIFIED, Fault, Verdict, verify

NOW = datetime.datetime(2026, 11, 23, 8, 30, tzinfo=datetime.UTC)


def trail_at(var: Path, chain: str = "commands", segment_bytes: int = 1 << 20) -> Trail:
    return Trail(var / "audit" / chain, "pbx1", clock=lambda: NOW, segment_bytes=segment_bytes)


def filled(var: Path, count: int = 8, segment_bytes: int = 1 << 20) -> Trail:
    trail = trail_at(var, segment_bytes=segment_bytes)
    for each in range(count):
        trail.note("li", "listened in", call=each)
    return trail


def verdict(var: Path, chain: str = "commands") -> Verdict:
    return next(each for each in verify(var / "audit") if each.chain == chain)


def file_of(var: Path, number: int = 1) -> Path:
    return var / "audit" / "commands" / f"{number:06}.jsonl"


# --- what is written ----------------------------------------------------------------------------------------------


def test_a_deed_is_on_record_and_the_chain_begins_with_where_it_is_from(tmp_path: Path) -> None:
    trail_at(tmp_path).note("李四", "listened in", call="c1", to=["1001", None], n=3)
    assert deeds(tmp_path) == [
        {
            "at": "2026-11-23T08:30:00.000+00:00",
            "by": "李四",
            "deed": "listened in",
            "call": "c1",
            "to": ["1001", None],
            "n": 3,
        }
    ]
    first = json.loads(written(tmp_path).splitlines()[0])
    assert first["n"] == 1
    assert first["details"]["site"] == "pbx1"
    assert len(first["details"]["file"]) == 16
    assert verdict(tmp_path).whole
    modes = {each.stat().st_mode & 0o777 for each in (tmp_path / "audit" / "commands").iterdir()}
    assert modes == {0o600}


def test_lines_cannot_be_forged_through_what_they_say(tmp_path: Path) -> None:
    said = '"}\n{"n":9,"by":"x"}\r\u2028"hash":"' + "0" * 64 + '"}'
    trail_at(tmp_path).note(said, said, **{said: said})
    (deed,) = deeds(tmp_path)
    assert (deed["by"], deed["deed"], deed[said]) == (said, said, said)
    assert verdict(tmp_path).lines == 2
    assert verdict(tmp_path).whole


def test_files_follow_one_another_and_the_chain_goes_through(tmp_path: Path) -> None:
    filled(tmp_path, 40, segment_bytes=2000)
    filled(tmp_path, 3, segment_bytes=2000)
    files = sorted(each.name for each in file_of(tmp_path).parent.glob("*.jsonl"))
    assert len(files) > 3
    assert [deed["call"] for deed in deeds(tmp_path)] == [*range(40), *range(3)]
    assert verdict(tmp_path).whole
    file_of(tmp_path, 2).unlink()
    assert verdict(tmp_path).faults[0].file == "commands/000003.jsonl"


async def test_many_deeds_at_once_are_all_there_in_order(tmp_path: Path) -> None:
    log = AuditLog(trail_at(tmp_path))
    await asyncio.gather(*(log.note("li", "d", i=each) for each in range(500)))
    await log.close()
    assert [deed["i"] for deed in deeds(tmp_path)] == list(range(500))


class Counting(Trail):
    appends = 0

    def append(self, notes: object) -> None:
        self.appends += 1
        super().append(notes)  # type: ignore[arg-type]


async def test_many_deeds_at_once_are_few_writes(tmp_path: Path) -> None:
    trail = Counting(tmp_path / "audit" / "serve", "pbx1")
    log = AuditLog(trail)
    await asyncio.gather(*(log.note("li", "d", i=each) for each in range(500)))
    assert trail.appends <= 2


async def test_what_cannot_be_put_on_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file where the folder should be")
    log = AuditLog(trail_at(tmp_path))
    results = await asyncio.gather(*(log.note("li", "d") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(each, AuditError) for each in results)
    (tmp_path / "audit").unlink()
    await log.note("li", "d")
    assert len(deeds(tmp_path)) == 1
    with pytest.raises(AuditError):
        await log.note("li", "d", much="x" * 100_000)
    with pytest.raises(AuditError):
        await log.note("\ud800", "d")
    full = AuditLog(trail_at(tmp_path), max_waiting=0)
    with pytest.raises(AuditError):
        await full.note("li", "d")
    assert len(deeds(tmp_path)) == 1


def _note_many(var: Path, by: str) -> None:
    for each in range(60):
        trail_at(var).note(by, "d", i=each)


def test_programs_that_share_a_chain_do_not_break_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    programs = [context.Process(target=_note_many, args=(tmp_path, by)) for by in ("a", "b")]
    for each in programs:
        each.start()
    for each in programs:
        each.join(60)
        assert each.exitcode == 0
    found = deeds(tmp_path)
    assert all([deed["i"] for deed in found if deed["by"] == by] == list(range(60)) for by in ("a", "b"))
    assert verdict(tmp_path).whole


# --- what was done to it ------------------------------------------------------------------------------------------

Lines = list[bytes]


def changed(lines: Lines) -> Lines:
    return [*lines[:4], lines[4].replace(b"listened in", b"did nothing"), *lines[5:]]


def removed(lines: Lines) -> Lines:
    return lines[:4] + lines[5:]


def without_the_first(lines: Lines) -> Lines:
    return lines[1:]


def put_in_again(lines: Lines) -> Lines:
    return [*lines[:5], lines[3], *lines[5:]]


def reordered(lines: Lines) -> Lines:
    return [*lines[:4], lines[5], lines[4], *lines[6:]]


def garbage(lines: Lines) -> Lines:
    return [*lines[:4], b"\xff not json\n", *lines[5:]]


def emptied(lines: Lines) -> Lines:
    return [*lines[:4], b"\n", *lines[4:]]


@pytest.mark.parametrize("hand", [changed, removed, put_in_again, reordered, garbage, emptied, without_the_first])
def test_verify_names_the_first_line_that_is_not_as_it_was_written(
    tmp_path: Path, hand: Callable[[Lines], Lines]
) -> None:
    filled(tmp_path)
    lines = file_of(tmp_path).read_bytes().splitlines(keepends=True)
    touched = hand(lines)
    file_of(tmp_path).write_bytes(b"".join(touched))
    first = next(at for at, (was, now) in enumerate(zip(lines, touched, strict=False), 1) if was != now)
    fault = verdict(tmp_path).faults[0]
    assert (fault.file, fault.line) == ("commands/000001.jsonl", first)
    trail_at(tmp_path).note("li", "more")  # goes on, and hides nothing
    assert verdict(tmp_path).faults[0] == fault


@pytest.mark.parametrize("left", [0, 1, 5, 8])
def test_a_log_that_was_cut_off_is_known_by_its_head_even_when_it_goes_on(tmp_path: Path, left: int) -> None:
    filled(tmp_path)
    lines = file_of(tmp_path).read_bytes().splitlines(keepends=True)
    assert len(lines) == 9
    file_of(tmp_path).write_bytes(b"".join(lines[:left]))
    (fault,) = verdict(tmp_path).faults
    assert f"{9 - left} of 9 lines are missing" in fault.what
    trail_at(tmp_path).note("li", "more")
    assert "lines were removed before it" in verdict(tmp_path).faults[0].what


def test_a_log_that_is_gone_is_known_by_its_head(tmp_path: Path) -> None:
    filled(tmp_path)
    file_of(tmp_path).unlink()
    assert not verdict(tmp_path).whole
    trail_at(tmp_path).note("li", "more")
    assert not verdict(tmp_path).whole


def test_a_head_that_is_gone_is_told_now_and_later(tmp_path: Path) -> None:
    filled(tmp_path)
    (file_of(tmp_path).parent / "head").unlink()
    assert "no head" in verdict(tmp_path).faults[0].what
    trail_at(tmp_path).note("li", "more")
    assert verdict(tmp_path).whole
    assert [json.loads(line)["deed"] for line in written(tmp_path).splitlines()][-2:] == [HEALED, "more"]


def test_a_line_that_a_kill_cut_off_is_no_fault_and_the_chain_goes_on_behind_it(tmp_path: Path) -> None:
    filled(tmp_path)
    with file_of(tmp_path).open("ab") as file:
        file.write(b'{"n":10,"at":"2026-11-23T08')
    found = verdict(tmp_path)
    assert (found.whole, found.torn, found.lines) == (True, 27, 9)
    trail_at(tmp_path).note("li", "more")
    found = verdict(tmp_path)
    assert (found.whole, found.torn, found.lines) == (True, 0, 11)
    assert [json.loads(line)["deed"] for line in written(tmp_path).splitlines()][-2:] == [HEALED, "more"]


def test_a_head_that_a_kill_left_behind_is_no_fault(tmp_path: Path) -> None:
    trail = filled(tmp_path, 3)
    head = (trail.folder / "head").read_bytes()
    filled(tmp_path, 2)
    (trail.folder / "head").write_bytes(head)
    assert verdict(tmp_path).whole
    filled(tmp_path, 1)
    assert verdict(tmp_path).whole
    assert len(deeds(tmp_path)) == 6


def test_damaged_to_the_end_with_its_head_is_said_and_nothing_is_bound_to_it(tmp_path: Path) -> None:
    trail = filled(tmp_path)
    file_of(tmp_path).write_bytes(b"nothing of it is left\n")
    (trail.folder / "head").write_bytes(b"nor of this")
    with pytest.raises(AuditError, match="audit verify"):
        trail_at(tmp_path).note("li", "more")
    assert not verdict(tmp_path).whole


def test_a_chain_that_was_written_anew_is_held_to_what_was_verified(tmp_path: Path) -> None:
    trail_at(tmp_path, "gateway-1").note("li", "heard")
    heads = {each.chain: [each.head.n, each.head.hash] for each in verify(tmp_path / "audit")}
    trail_at(tmp_path).note("wang", VERIFIED, heads=heads)
    assert all(each.whole for each in verify(tmp_path / "audit"))
    for each in (tmp_path / "audit" / "gateway-1").iterdir():
        each.unlink()
    trail_at(tmp_path, "gateway-1").note("li", "heard nothing")
    assert "verified before" in verdict(tmp_path, "gateway-1").faults[0].what
    for each in (tmp_path / "audit" / "gateway-1").iterdir():
        each.unlink()
    (tmp_path / "audit" / "gateway-1").rmdir()
    assert verdict(tmp_path, "gateway-1").faults == (
        Fault("gateway-1", 0, "the chain is gone; at the last verification it had 2 lines"),
    )
