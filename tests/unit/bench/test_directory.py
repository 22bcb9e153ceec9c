"""The bench of the directory's search, and that its plain way and the fast one find the same."""

import asyncio
import random

import pytest

from bench.directory import city, plain, report
from bench.section import Effort
from telephony.directory.search import Index, Standing, texts_of
from telephony.directory.spelling import spell


def test_it_prints_and_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city, "ENTRIES", 700)
    monkeypatch.setattr(city, "DEPARTMENTS", 60)
    monkeypatch.setattr(report, "WORDS", 5)
    monkeypatch.setattr(report, "SAME", 3)
    section = report.run(Effort(rounds=1), lambda _chinese, _english: None)
    assert section.wrong == ""
    assert set(section.figures["directory_search_ms"]) == {"p50", "p95", "max"}
    assert section.figures["directory_search"].entries == 700
    assert section.table.row_count == 1


def test_both_ways_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city, "ENTRIES", 300)
    monkeypatch.setattr(city, "DEPARTMENTS", 60)
    chance = random.Random(7)
    entries = city.entries(chance)
    lines = asyncio.run(spell(texts_of(entries)))
    sounds = {text: line for (text, _), line in lines.items()}
    index, standing = Index(entries, lines), Standing(entries)
    questions = {*city.typed(chance, entries, sounds, 6), "rsj", "人sj", "sb", "80", "chzh", "lv", "重yqu", "xyz"}
    for question in questions:
        ours = {each.entry.code for each in index.find(question, standing, len(entries))}
        assert ours == plain.found(question, entries, sounds), question


def test_a_wrong_result_is_told() -> None:
    figures = report.Figures(1, 1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, as_plain=False)
    assert "plain" in report.wrong(figures)
