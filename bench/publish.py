"""Puts a run into docs/: its figures, its plots, and the blocks of docs/performance.md, so that no figure is typed.

``python -m bench.publish [REPORT]``, or ``make bench ARGS=--publish``. A block stands between ``<!-- bench: NAME -->``
and ``<!-- end -->``; NAME is a bench, ``machine`` or ``standing``, with ``all/`` before it for what ``make bench-all``
found. Everything between the two lines is written anew from docs/bench.json and docs/bench-all.json.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from bench import report
from bench.report import Header, Ran, Report, TableText
from bench.targets import Standing
from telephony.errors import LabError, ZhitongError
from zhitong.cli import console

DOCS = Path(__file__).parent.parent / "docs"
PAGE, PLOTS = "performance.md", "plots"
STORED = {False: "bench.json", True: "bench-all.json"}
"""The last published run, by whether it was ``make bench-all``."""
COMMAND = {False: "make bench", True: "make bench-all"}
_BLOCK = re.compile(r"(<!-- bench: (?P<all>all/)?(?P<name>[a-z_]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def publish(path: Path, docs: Path = DOCS) -> None:
    """The run of report.json at ``path``, plots beside it. Benches that it did not run stay as they were published.

    Raises LabError when a figure of the run may not be believed, or the rest was measured on another machine.
    """
    run = report.read(path)
    if wrong := [name for name, ran in run.header.benches.items() if ran.wrong]:
        raise LabError(f"{path}: {', '.join(wrong)} came to a wrong result; nothing is published")
    everything = run.header.everything
    folder = docs / PLOTS / ("all" if everything else "")
    folder.mkdir(parents=True, exist_ok=True)
    for plot in [plot for ran in run.header.benches.values() for plot in ran.plots]:
        shutil.copyfile(path.parent / plot, folder / plot)
    stored = docs / STORED[everything]
    report.write(stored, merged(report.read(stored), run) if stored.exists() else run)
    page = docs / PAGE
    page.write_text(rendered(page.read_text(encoding="utf-8"), published(docs)), encoding="utf-8")
    console.say(f"已写入 {page.name}、{stored.name}", f"and {folder.name}/")


def published(docs: Path = DOCS) -> dict[bool, Report]:
    """What has been published, by whether it was ``make bench-all``."""
    return {everything: report.read(docs / name) for everything, name in STORED.items() if (docs / name).exists()}


def merged(before: Report, run: Report) -> Report:
    """``run``, and of ``before`` the benches it did not run. Raises LabError where the two have different machines."""
    kept = {name: ran for name, ran in before.header.benches.items() if name not in run.header.benches}
    if not kept:
        return run
    if _same(before.header) != _same(run.header):
        raise LabError(
            f"{', '.join(kept)} were published from another machine or Asterisk; publish a whole run: "
            f"{COMMAND[run.header.everything]} ARGS=--publish"
        )
    theirs = {key for name in kept for key in kept[name].keys}
    figures = {key: value for key, value in before.figures.items() if key in theirs} | run.figures
    return Report(
        msgspec.structs.replace(run.header, benches=kept | run.header.benches, targets=report.judged(figures)), figures
    )


def _same(header: Header) -> tuple[str, int, str]:
    return header.machine.processor, header.machine.cores, header.versions.get("Asterisk", "")


def rendered(page: str, runs: Mapping[bool, Report]) -> str:
    """The page with all its blocks written anew."""

    def block(found: re.Match[str]) -> str:
        everything, name = bool(found["all"]), found["name"]
        run = runs.get(everything)
        lines = _block(name, run) if run else []
        body = "\n".join(lines) or f"Not published yet: `{COMMAND[everything]} ARGS=--publish`."
        return f"{found[1]}\n{body}\n\n{found[4]}"

    return _BLOCK.sub(block, page)


def _block(name: str, run: Report) -> list[str]:
    match name:
        case "machine":
            return about(run.header)
        case "standing":
            return standing(list(run.header.targets.values()))
    ran = run.header.benches.get(name)
    return bench(name, ran, everything=run.header.everything) if ran else []


def about(header: Header) -> list[str]:
    """On what, with what, and how long it took."""
    here = header.machine
    versions = [f"| {name} | {version} |" for name, version in header.versions.items()]
    took = sum(ran.took_s for ran in header.benches.values())
    return [
        "| | |",
        "|---|---|",
        f"| Machine | {here.processor} × {here.cores}, {here.memory_gib:g} GiB, {here.system} |",
        f"| Run | `{COMMAND[header.everything]}`, {_when(header.made)}, {took / 60:.1f} minutes in all |",
        *versions,
    ]


def standing(found: Sequence[Standing]) -> list[str]:
    """Every target, measured or not."""
    rows = [[each.what, each.shown, each.target, each.verdict, f"`{each.key}`"] for each in found]
    return _markdown(["Figure", "Value", "Target", "Verdict", "report.json"], rows, (1, 2))


def bench(name: str, ran: Ran, *, everything: bool) -> list[str]:
    """One bench: what people saw, and its plots."""
    folder = f"{PLOTS}/all" if everything else PLOTS
    pictures = [f"![{Path(plot).stem.replace('_', ' ')}]({folder}/{plot})" for plot in ran.plots]
    about = [_when(ran.made), f"{ran.took_s:.0f} s", f"load {ran.load:g} when it began"]
    about += [f"Zhitong {ran.zhitong}"] if ran.zhitong else []
    return [
        f"`{COMMAND[everything]} ARGS={name}`, {', '.join(about)}. {ran.table.title}:",
        "",
        *_of_text(ran.table),
        *(line for picture in pictures for line in ("", picture)),
    ]


def _of_text(table: TableText) -> list[str]:
    caption = ["", table.caption] if table.caption else []
    return [*_markdown(table.columns, table.rows, tuple(table.right)), *caption]


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]], right: tuple[int, ...]) -> list[str]:
    rule = ["---:" if number in right else "---" for number in range(len(columns))]
    return [_row(columns), _row(rule), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |"


def _when(made: str) -> str:
    return made[:16].replace("T", " ") + " UTC"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.publish", description=__doc__)
    parser.add_argument("report", nargs="?", type=Path, default=Path("var/bench/report.json"))
    try:
        publish(parser.parse_args(arguments).report)
    except ZhitongError as error:
        console.complain(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
