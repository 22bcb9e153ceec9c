"""How long a search of five thousand entries takes, as agents type."""

import asyncio
import random
import time
from typing import Any

import msgspec
from rich.table import Table

from bench.directory import city, plain
from bench.section import Effort, Say, Section
from telephony.directory.search import Index, Standing, texts_of
from telephony.directory.spelling import spell
from zhitong.cli import console

SEED = 12345
WORDS = 150
"""Words of each round, each typed letter by letter."""
SAME = 12
"""Questions that the slow, plain way answers too."""
LIMIT = 20
TARGET_MS = 10.0


class Figures(msgspec.Struct, frozen=True):
    """Milliseconds of one search, by a clock on the wall: of ``questions`` over ``entries``; ``cpu_p95`` and
    ``cpu_max`` of processor time, which tells what the machine's other work has no part in. ``vs_plain``: how many
    times as fast as the slow, plain way. ``build_ms`` without the spelling, which another process does."""

    entries: int
    questions: int
    p50: float
    p95: float
    max: float
    cpu_p95: float
    cpu_max: float
    build_ms: float
    vs_plain: float
    as_plain: bool


def run(effort: Effort, say: Say) -> Section:
    """Rounds with other words each."""
    say(f"名录检索 · {city.ENTRIES} 条", f"search of the directory, {effort.rounds} rounds of {WORDS} words")
    found = measure(effort.rounds)
    figures: dict[str, Any] = {
        "directory_search_ms": {"p50": found.p50, "p95": found.p95, "max": found.max},
        "directory_search": found,
    }
    return Section(figures, table(found), wrong(found))


def measure(rounds: int) -> Figures:
    """Build the index and ask it."""
    chance = random.Random(SEED)
    entries = city.entries(chance)
    lines = asyncio.run(spell(texts_of(entries)))
    began = time.perf_counter()
    index = Index(entries, lines)
    built = time.perf_counter() - began
    standing = Standing(entries, [entry.code for entry in entries if chance.random() < 0.5])
    sounds = {text: line for (text, _), line in lines.items()}
    questions = [each for _ in range(rounds) for each in city.typed(chance, entries, sounds, WORDS)]
    walls, processor = zip(*(_took(index, standing, question) for question in questions), strict=True)
    took, worked = sorted(walls), sorted(processor)
    fast, slow, same = _beside_plain(index, standing, chance.sample(questions, SAME), sounds)
    return Figures(
        entries=len(entries),
        questions=len(questions),
        p50=_ms(took[len(took) // 2]),
        p95=_ms(took[len(took) * 95 // 100]),
        max=_ms(took[-1]),
        cpu_p95=_ms(worked[len(worked) * 95 // 100]),
        cpu_max=_ms(worked[-1]),
        build_ms=_ms(built),
        vs_plain=round(slow / fast, 1),
        as_plain=same,
    )


def _took(index: Index, standing: Standing, question: str) -> tuple[float, float]:
    began, worked = time.perf_counter(), time.thread_time()
    index.find(question, standing, LIMIT)
    return time.perf_counter() - began, time.thread_time() - worked


def _beside_plain(
    index: Index, standing: Standing, questions: list[str], sounds: dict[str, str]
) -> tuple[float, float, bool]:
    """Processor time of both ways, and whether they found the same."""
    began = time.process_time()
    ours = [{each.entry.code for each in index.find(q, standing, len(index.entries))} for q in questions]
    between = time.process_time()
    plains = [plain.found(question, index.entries, sounds) for question in questions]
    return between - began, time.process_time() - between, ours == plains


def wrong(found: Figures) -> str:
    """Why the figures are worth nothing; empty when all is well."""
    return (
        "" if found.as_plain else "the search does not find what the plain, slow way finds (bench/directory/plain.py)"
    )


def table(found: Figures) -> Table:
    made = console.table(
        f"名录检索 search of the directory, {found.entries:,} entries, target {TARGET_MS:g} ms",
        "提问 questions",
        "p50 ms",
        "p95 ms",
        "最长 max ms",
        "CPU p95 ms",
        "CPU max ms",
        "建索引 build ms",
        "倍数 directory_search_vs_plain",
        "结果一致 as plain",
        right=(0, 1, 2, 3, 4, 5, 6, 7),
    )
    times = (
        f"{value:.2f}" for value in (found.p50, found.p95, found.max, found.cpu_p95, found.cpu_max, found.build_ms)
    )
    same = "是 yes" if found.as_plain else "否 NO"
    made.add_row(f"{found.questions:,}", *times, f"{found.vs_plain:.1f}", same)
    return made


def _ms(seconds: float) -> float:
    return round(seconds * 1_000, 3)
