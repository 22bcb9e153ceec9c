"""Findings as a person reads them: a mark, what was found, and below it what to do."""

from rich.console import Console, Group, RenderableType
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


def show(finding: Finding, console: Console) -> None:
    """One finding."""
    mark, style = _MARKS[finding.severity]
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column(ratio=1)
    row.add_row(Text(mark, style), _body(finding))
    console.print(row)


def _body(finding: Finding) -> RenderableType:
    found = _both(finding.found)
    if finding.remedy is None:
        return found
    return Group(found, Padding(Text("→ ") + _both(finding.remedy), (0, 0, 0, 2)))


def _both(words: Words) -> Text:
    if words.zh == words.en:
        return Text(words.zh)
    return Text(words.zh) + Text("  ") + Text(words.en, "dim")


def conclude(report: Report, console: Console) -> None:
    """The last line: how many of each."""
    counts = [f"{_COUNTED[severity]} {report.counts[severity]}" for severity in Severity if report.counts[severity]]
    console.print(Text(" · ".join(counts), _MARKS[report.worst][1]))
