"""What the doctor found, and what to do about it. Pure."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """``note`` is worth knowing; a ``warning`` costs something; with an ``error`` calls or records are lost."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Words(msgspec.Struct, frozen=True):
    """The same in both languages; people read Chinese first."""

    zh: str
    en: str


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was looked at. ``check`` is a stable word for programs; ``remedy`` is there unless all is well."""

    check: str
    severity: Severity
    found: Words
    remedy: Words | None = None


class Report(msgspec.Struct, frozen=True):
    """What ``zhitong doctor --json`` prints. ``counts`` holds every severity."""

    worst: Severity
    counts: dict[str, int]
    findings: tuple[Finding, ...]


Pair = tuple[str, str]
"""Chinese, English."""


def ok(check: str, zh: str, en: str) -> Finding:
    """Looked at, and as it should be."""
    return Finding(check=check, severity=Severity.OK, found=Words(zh, en))


def note(check: str, found: Pair, remedy: Pair) -> Finding:
    """Nothing is broken, but a person should know."""
    return _bad(Severity.NOTE, check, found, remedy)


def warning(check: str, found: Pair, remedy: Pair) -> Finding:
    """It works, at a price."""
    return _bad(Severity.WARNING, check, found, remedy)


def error(check: str, found: Pair, remedy: Pair) -> Finding:
    """Calls, records or both will be lost."""
    return _bad(Severity.ERROR, check, found, remedy)


def _bad(severity: Severity, check: str, found: Pair, remedy: Pair) -> Finding:
    return Finding(check=check, severity=severity, found=Words(*found), remedy=Words(*remedy))


def report(findings: Iterable[Finding]) -> Report:
    """All findings, counted."""
    all_of_them = tuple(findings)
    counts = {str(severity): 0 for severity in Severity}
    for finding in all_of_them:
        counts[finding.severity] += 1
    worst = max((finding.severity for finding in all_of_them), key=list(Severity).index, default=Severity.OK)
    return Report(worst, counts, all_of_them)


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names for a sentence: the first few, and how many more."""
    known = list(names)
    more = f" … (+{len(known) - most})" if len(known) > most else ""
    return ", ".join(known[:most]) + more
