"""``make bench``: everything measured here, as ratios against a yardstick in the same run.

Prints tables with the machine on top and writes var/bench/report.json. Exit status 1 when a result is not what the
plain way makes of the same input: then no figure is worth anything.
"""

import argparse
import datetime
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench import pipeline_report, recording
from bench.conference import report as conference
from bench.desktops import report as desktops
from bench.directory import report as directory
from bench.machine import Machine, machine
from bench.section import Bench, Effort, Section
from telephony.errors import ZhitongError
from zhitong.cli import console

BENCHES: dict[str, Bench] = {
    "pipeline": pipeline_report.run,
    "directory": directory.run,
    "desktops": desktops.run,
    "conference": conference.run,
}
REPORT = Path("var/bench/report.json")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "benches", nargs="*", metavar="BENCH", help=f"which to run; all by default ({', '.join(BENCHES)})"
    )
    parser.add_argument("--rounds", type=_count, default=Effort().rounds, help="rounds of each race (%(default)s)")
    parser.add_argument("--seconds", type=_time, default=Effort().seconds, help="length of a round (%(default)s)")
    parser.add_argument("--report", type=Path, default=REPORT, help="where the figures are written (%(default)s)")
    return parser


def _count(text: str) -> int:
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def _time(text: str) -> float:
    if not (value := float(text)) > 0:
        raise argparse.ArgumentTypeError("more than 0 seconds")
    return value


def main(arguments_: Sequence[str] | None = None) -> int:
    options = arguments().parse_args(arguments_)
    if unknown := [name for name in options.benches if name not in BENCHES]:
        console.complain(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
        return 2
    here = machine()
    announce(here)
    try:
        sections = [BENCHES[name](Effort(options.rounds, options.seconds), _say) for name in options.benches or BENCHES]
    except ZhitongError as error:
        console.complain(str(error))
        return 1
    write(options.report, here, sections)
    for section in sections:
        console.out.print(section.table)
    console.say(f"报告：{options.report}", "all figures")
    for section in sections:
        if section.wrong:
            console.complain(section.wrong)
    return 1 if any(section.wrong for section in sections) else 0


def announce(here: Machine) -> None:
    """The machine and the versions, on top of all tables."""
    console.say(f"机器 machine: {here.processor} × {here.cores}, {here.system}, 负载 load {here.load}", "")
    asterisk = recording.about().asterisk
    console.say(f"版本 versions: {here.python}, panoramisk {here.panoramisk}, {asterisk}（录制 recorded）", "")


def _say(chinese: str, english: str) -> None:
    console.err.print(f"{chinese}  [dim]{english}[/dim]")


def write(path: Path, here: Machine, sections: Sequence[Section]) -> None:
    """report.json: machine and time, then every bench's keys."""
    report: dict[str, Any] = {
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": here,
    }
    for section in sections:
        report |= section.figures
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
