"""What ``zhitong dialplan check`` looks at, and how it shows what it found."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.text import Text

from dialplans import check as checks
from dialplans.checks.table import TITLES
from dialplans.findings import Finding, Level
from dialplans.speech.check import file_prompts
from telephony.config import Site, read_site
from telephony.directory.agents import Agent
from telephony.errors import ConfigError
from telephony.toml import read_text
from zhitong.cli import console

_UNREADABLE = "site-unreadable"
_FAULT = re.compile(r"(?P<path>[\w.\[\]-]+)(?: \('[^']*'\))?: (?P<words>.+)")
_NOT_TOML = re.compile(r"\(at line (?P<line>\d+), ")


def of_unreadable(site_file: Path) -> list[Finding]:
    """What keeps site.toml from being read, each key with its line; empty for a site in order.

    Raises ``ConfigError`` where there is no such file.
    """
    text = read_text(site_file)
    try:
        read_site(site_file)
    except ConfigError as error:
        lines = str(error).removeprefix(f"{site_file}: ").split(f"\n{site_file}: ")
        return checks.in_file(map(_fault, lines), text)
    return []


def _fault(said: str) -> Finding:
    """A sentence of ``read_site``, as ``queue[0].timeout: there is no such key. …``, as a finding."""
    if match := _FAULT.fullmatch(said):
        what, _, remedy = match["words"].partition(". ")
        return Finding(f"site.toml: {match['path']}", f"{what.removesuffix('.')}.", remedy, Level.ERROR, _UNREADABLE)
    line = _NOT_TOML.search(said)
    return Finding(f"site.toml:{line['line']}" if line else "site.toml", said, "", Level.ERROR, _UNREADABLE)


def of_site(site_file: Path, site: Site, agents: Sequence[Agent], sounds: Path | None) -> list[Finding]:
    """What is wrong with a site that can be read, each key with its line."""
    return checks.in_file(checks.check_site(site, agents, sounds), read_text(site_file))


def of_sounds(site: Site, files: dict[str, str], sounds: Path | None) -> list[Finding]:
    """Which sounds that these files name would not be heard."""
    return file_prompts(site, files, sounds) if sounds else []


def files_in(folder: Path) -> dict[str, str]:
    """The files of Asterisk's in a folder, whoever wrote them. Raises ``ConfigError`` where there are none."""
    files = checks.read_folder(folder)
    if not files:  # a mistyped path must not pass for a folder without faults
        raise ConfigError(f"{folder}: no .conf files there. Name the folder that was rendered, or /etc/asterisk.")
    return files


def sounds_of(site: Site) -> Path | None:
    """The PBX's folder of sounds, where it is on this machine."""
    folder = Path(site.pbx.folders.data) / "sounds"
    return folder if folder.is_dir() else None


_LEVELS = {Level.ERROR: ("错误 error", "red"), Level.WARNING: ("警告 warning", "yellow")}


def print_findings(found: Sequence[Finding]) -> None:
    """One line each: how grave, where, what in Chinese and in English, what to do."""
    for line in map(_line, found):
        console.out.print(line, soft_wrap=True)
    if not found:
        console.say("没有发现问题。", "Nothing found.")
        return
    counts = ", ".join(_counted(found))
    console.say(f"共 {len(found)} 处；规则见 dialplans/README.md", f"{counts}.")


def _line(finding: Finding) -> Text:
    word, style = _LEVELS[finding.level]
    title = TITLES.get(finding.rule, "")
    said = f"{title}。{finding.what}" if title else finding.what
    return Text(word, style) + console.text(f" {finding.where}: {said} {finding.remedy}".rstrip())


def _counted(found: Sequence[Finding]) -> Iterator[str]:
    for level, words in ((Level.ERROR, "errors"), (Level.WARNING, "warnings")):
        if count := sum(each.level is level for each in found):
            yield f"{count} {words if count > 1 else words[:-1]}"
