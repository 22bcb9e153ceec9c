"""Findings as a person reads them: a mark, what was found, and below it what to do."""

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from zhitong.cli.checks.findings import Finding, Report, Severity, Words

_MARKS = {
    Severity.OK: ("✓", "green"),
    Severity.NOTE: ("·", "cyan"),
    Severity.WARNING: ("!", "yellow"),
    Severity.ERROR: ("✗", "bold red"),
}
_COUNTED = {
    Severity.OK: "正常 ok",
    Severity.NOTE: "提示 note",
    Severity.WARNING: "警告 warning",
    Severity.ERROR: "错误 error",
}


_INDENT = 2


def show(finding: Finding, console: Console) -> None:
    """One finding."""
    mark, style = _MARKS[finding.severity]
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column(ratio=1)
    width = console.width - _INDENT
    row.add_row(Text(mark, style), _both(finding.found, width))
    if finding.remedy is not None:
        row.add_row("", Padding(_remedy(finding.remedy, width - _INDENT), (0, 0, 0, _INDENT)))
    console.print(row)


def _remedy(words: Words, width: int) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    row.add_row(Text("→"), _both(words, width - _INDENT))
    return row


def _both(words: Words, width: int) -> Text:
    """Both languages, on one line if they fit, else one below the other."""
    chinese, english = Text(words.zh), Text(words.en, "dim")
    if words.zh == words.en:
        return chinese
    fits = chinese.cell_len + 2 + english.cell_len <= width
    return chinese + Text("  " if fits else "\n") + english


def conclude(report: Report, console: Console) -> None:
    """The last line: how many of each."""
    counts = [f"{_COUNTED[severity]} {report.counts[severity]}" for severity in Severity if report.counts[severity]]
    console.print(Text(" · ".join(counts), _MARKS[report.worst][1]))
