"""Findings: how they are counted, and how a person reads them."""

import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from zhitong.cli.checks.findings import Finding, Severity, Words, error, listed, note, ok, report, warning
from zhitong.cli.checks.screen import conclude, show

PAIR = ("中文", "English")
ONE_OF_EACH = (ok("a", *PAIR), note("b", PAIR, PAIR), warning("c", PAIR, PAIR), error("d", PAIR, PAIR))


@pytest.mark.parametrize(
    ("count", "worst"),
    [(0, Severity.OK), (1, Severity.OK), (2, Severity.NOTE), (3, Severity.WARNING), (4, Severity.ERROR)],
)
def test_the_worst_counts(count: int, worst: Severity) -> None:
    assert report(ONE_OF_EACH[:count]).worst is worst
    assert report(ONE_OF_EACH[:count][::-1]).worst is worst


@given(st.lists(st.sampled_from(ONE_OF_EACH)))
def test_every_finding_is_counted_once(findings: list[Finding]) -> None:
    said = report(findings)
    assert sum(said.counts.values()) == len(findings) == len(said.findings)
    assert list(said.counts) == ["ok", "note", "warning", "error"]
    assert said.counts["error"] == len([finding for finding in findings if finding.check == "d"])


def test_as_json_an_ok_has_no_remedy() -> None:
    said = msgspec.json.decode(msgspec.json.encode(report(ONE_OF_EACH)))
    assert said["findings"][0] == {"check": "a", "severity": "ok", "found": {"zh": "中文", "en": "English"}}
    assert said["findings"][3]["remedy"] == {"zh": "中文", "en": "English"}


def test_long_lists_are_cut() -> None:
    names = [str(number) for number in range(10)]
    assert listed(names[:8]) == "0, 1, 2, 3, 4, 5, 6, 7"
    assert listed(names) == "0, 1, 2, 3, 4, 5, 6, 7 … (+2)"
    assert listed(iter(names), most=1) == "0 … (+9)"
    assert listed([]) == ""


def _shown(*findings: Finding, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    for finding in findings:
        show(finding, console)
    conclude(report(findings), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_screen_has_a_mark_for_each_and_a_way_out_of_what_is_bad() -> None:
    lines = [line.strip() for line in _shown(*ONE_OF_EACH).splitlines()]
    assert [line[0] for line in lines] == ["✓", "·", "→", "!", "→", "✗", "→", "正"]
    assert lines[-1] == "正常 ok 1 · 提示 note 1 · 警告 warning 1 · 错误 error 1"


def test_what_is_the_same_in_both_languages_is_said_once() -> None:
    assert _shown(ok("version", "Asterisk 22", "Asterisk 22")).count("Asterisk 22") == 1


@given(st.text(), st.integers(20, 120))
def test_no_text_breaks_the_screen(text: str, width: int) -> None:
    """What a PBX says of itself is shown, never obeyed."""
    words = Words(text, "[bold]x[/]")
    shown = _shown(Finding(check="c", severity=Severity.ERROR, found=words, remedy=words), width=width)
    assert "[bold]x[/]" in shown.replace("\n", "").replace(" ", "")
