"""Checks a site, and a rendered or hand-made set of files, for what breaks in practice. Returns findings.

``check_site`` needs the site alone; ``check_files`` reads Asterisk's files as they stand, so it may be run over the
folder of an existing PBX as well. Asterisk itself reports few of these: a missing prompt is skipped, a missing
extension drops the call. The rules stand in ``dialplans.checks.table``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from dialplans.checks.case import Case
from dialplans.checks.pbx import Pbx, read_folder
from dialplans.checks.rule import findings
from dialplans.checks.table import OF_FILES, OF_SITES
from dialplans.checks.toml_lines import line_of
from dialplans.findings import Finding
from telephony.config import Site
from telephony.directory.agents import Agent

__all__ = ["check_files", "check_site", "in_file", "read_folder"]


def check_site(site: Site, agents: Sequence[Agent] = (), sounds: Path | None = None) -> list[Finding]:
    """What is wrong with a site and its agents before anything is rendered; with ``sounds``, its prompts too."""
    return sorted(findings(OF_SITES, Case(site=site, agents=agents, sounds=sounds)))


def check_files(files: Mapping[str, str]) -> list[Finding]:
    """What is wrong in these files. A fault in a context that we do not render is a warning, unless it lets somebody
    telephone at the hotline's cost."""
    found = findings(OF_FILES, Pbx(files))
    return sorted(set(found), key=_place)


def _place(finding: Finding) -> tuple[str, int, Finding]:
    file, _, line = finding.where.rpartition(":")
    return (file, int(line), finding) if line.isdecimal() else (finding.where, 0, finding)


_OF_SITE = re.compile(r"(?P<file>.*?site\.toml|.*?\.toml): (?P<path>[\w.\[\]-]+)\Z", re.DOTALL)


def in_file(found: Iterable[Finding], text: str) -> list[Finding]:
    """Findings of a site with the line at which its file says the key: ``site.toml:12: queue[0].timeout_s``."""
    return [_with_line(finding, text) for finding in found]


def _with_line(finding: Finding, text: str) -> Finding:
    match = _OF_SITE.fullmatch(finding.where)
    line = line_of(text, match["path"]) if match else None
    if match is None or line is None:
        return finding
    return msgspec.structs.replace(finding, where=f"{match['file']}:{line}: {match['path']}")
