"""``make bench``: everything measured here, as ratios against a yardstick in the same run.

Prints tables with the machine on top and how each target stands at the end, and writes var/bench/report.json and the
plots. Exit status 1 when a result is not what the plain way makes of the same input: then no figure is worth anything.
A target that is missed is shown as missed, and does not change the status: machines differ.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from bench import pipeline_report, plots, publish, recording, report, targets
from bench.conference import report as conference
from bench.connect import report as connect
from bench.desktops import report as desktops
from bench.directory import report as directory
from bench.dispatch import report as dispatch
from bench.growth import report as growth
from bench.machine import Machine, machine, versions
from bench.section import Bench, Effort, Section
from bench.sustained import ceiling
from bench.sustained import report as sustained
from telephony.errors import ZhitongError
from zhitong.cli import console

BENCHES: dict[str, Bench] = {
    "pipeline": pipeline_report.run,
    "growth": growth.run,
    "sustained": sustained.run,
    "ceiling": ceiling.run,
    "directory": directory.run,
    "desktops": desktops.run,
    "conference": conference.run,
    "connect": connect.run,
    "dispatch": dispatch.run,
}
WITHOUT_PBX = frozenset({"pipeline", "growth", "directory"})
"""Benches that start no Asterisk."""
REPORT = Path("var/bench/report.json")
REPORT_OF_ALL = Path("var/bench/all/report.json")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "benches", nargs="*", metavar="BENCH", help=f"which to run; all by default ({', '.join(BENCHES)})"
    )
    parser.add_argument("--rounds", type=_count, default=Effort().rounds, help="rounds of each race (%(default)s)")
    parser.add_argument("--seconds", type=_time, default=Effort().seconds, help="length of a round (%(default)s)")
    parser.add_argument("--all", action="store_true", help="the whole grid of each bench, however long it takes")
    parser.add_argument(
        "--report",
        type=Path,
        help=f"where the figures are written, plots beside ({REPORT}; with --all {REPORT_OF_ALL})",
    )
    parser.add_argument("--publish", action="store_true", help="then put figures and plots into docs/")
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
    names = list(dict.fromkeys(options.benches)) or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        console.complain(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
        return 2
    path = options.report or (REPORT_OF_ALL if options.all else REPORT)
    try:
        suite = Suite(path, Effort(options.rounds, options.seconds, options.all), names)
        for name in names:
            suite.run(name)
        suite.conclude()
        if options.publish:
            publish.publish(path)
    except ZhitongError as error:
        console.complain(str(error))
        return 1
    return 1 if suite.wrong else 0


class Suite:
    """Benches one after another. Their figures are written as they come: a run that is killed keeps what it has."""

    def __init__(self, path: Path, effort: Effort, names: Sequence[str]) -> None:
        self._path, self._effort, self._names = path, effort, names
        self._made, self._began = report.now(), time.monotonic()
        self._machine = machine()
        self._versions = versions(asterisk=not WITHOUT_PBX.issuperset(names))
        self._sections: dict[str, Section] = {}
        self._ran: dict[str, report.Ran] = {}
        announce(self._machine, self._versions)

    @property
    def wrong(self) -> dict[str, str]:
        """Why figures may not be believed, by bench."""
        return {name: ran.wrong for name, ran in self._ran.items() if ran.wrong}

    def run(self, name: str) -> None:
        """One bench. One that cannot be run is wrong, and the others go on."""
        spent = time.monotonic() - self._began
        console.err.print(f"[bold]\\[{len(self._ran) + 1}/{len(self._names)}] {name}[/bold]  [dim]{spent:.0f} s[/dim]")
        made, load = report.now(), round(os.getloadavg()[0], 2)
        section = self._measured(name)
        console.out.print(section.table)
        drawn = plots.draw(section.plots, self._path.parent) if section.plots else []
        self._sections[name] = section
        self._ran[name] = report.Ran(
            made=made,
            took_s=round(time.monotonic() - self._began - spent, 1),
            load=load,
            table=report.table_text(section.table),
            keys=list(section.figures),
            wrong=section.wrong,
            plots=[each.name for each in drawn],
            zhitong=self._versions["Zhitong"],
        )
        report.write(self._path, self.report())

    def _measured(self, name: str) -> Section:
        try:
            return BENCHES[name](self._effort, _say)
        except ZhitongError as error:
            return Section({}, Table(title=name), f"{name}: {error}")
        except Exception as error:  # a defect of one bench: the others' ten minutes are not lost with it
            console.err.print_exception()
            return Section({}, Table(title=name), f"{name}: {type(error).__name__}: {error}")

    def report(self) -> report.Report:
        """What has been found so far."""
        figures = report.gather(self._sections)
        return report.Report(
            report.Header(
                made=self._made,
                everything=self._effort.everything,
                took_s=round(time.monotonic() - self._began, 1),
                machine=self._machine,
                versions=self._versions,
                targets=report.judged(figures),
                benches=self._ran,
            ),
            figures,
        )

    def conclude(self) -> None:
        """Where we stand, and what is wrong."""
        found = self.report()
        report.write(self._path, found)
        console.out.print(targets.table(list(found.header.targets.values())))
        console.say(f"报告与图：{self._path.parent}", f"{self._path.name} and plots, after {found.header.took_s:.0f} s")
        for text in self.wrong.values():
            console.complain(text)


def announce(here: Machine, with_: dict[str, str]) -> None:
    """The machine and the versions, on top of all tables."""
    about = f"{here.processor} × {here.cores}, {here.memory_gib} GiB, {here.system}, 负载 load {here.load}"
    console.say(f"机器 machine: {about}", "")
    recorded = f"{recording.about().asterisk}（录制 recorded）"
    console.say(f"版本 versions: {', '.join(f'{name} {each}' for name, each in with_.items())}, {recorded}", "")


def _say(chinese: str, english: str) -> None:
    console.err.print(f"{chinese}  [dim]{english}[/dim]")


if __name__ == "__main__":
    sys.exit(main())
