"""report.json: what a run found, for programs; and the same tables and targets that people saw, for the docs.

The figures of every bench are keys of the document itself; beside them stand the fields of ``Header``.
"""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from bench.machine import Machine
from bench.section import Section
from bench.targets import Standing, standings
from telephony.errors import LabError


class TableText(msgspec.Struct, frozen=True):
    """A table as text: ``right`` names the columns of numbers."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    right: list[int] = []
    caption: str = ""


class Ran(msgspec.Struct, frozen=True):
    """One bench of a run: ``keys`` of report.json are its. ``wrong``: why its figures may not be believed, empty when
    they may. ``load`` of the machine when it began. ``plots`` are file names. ``zhitong``: the version and commit:
    benches may have been published one by one."""

    made: str
    took_s: float
    load: float
    table: TableText
    keys: list[str]
    wrong: str = ""
    plots: list[str] = []
    zhitong: str = ""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """``made`` is UTC, ISO 8601, when the run began; ``everything``: it was ``make bench-all``. ``targets`` by key."""

    made: str
    everything: bool
    took_s: float
    machine: Machine
    versions: dict[str, str]
    targets: dict[str, Standing]
    benches: dict[str, Ran]


class Report(msgspec.Struct, frozen=True):
    """A run."""

    header: Header
    figures: dict[str, Any]


FIELDS = tuple(field.name for field in msgspec.structs.fields(Header))


def now() -> str:
    """For ``Header.made``."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def gather(sections: Mapping[str, Section]) -> dict[str, Any]:
    """The figures of all benches. Raises LabError when two name one key, or a key is a field of ours."""
    figures: dict[str, Any] = {}
    for name, section in sections.items():
        if taken := sorted(section.figures.keys() & {*figures, *FIELDS}):
            raise LabError(f"{name}: the keys {', '.join(taken)} of report.json are taken; name them otherwise")
        figures |= msgspec.to_builtins(section.figures, str_keys=True)
    return figures


def judged(figures: Mapping[str, Any]) -> dict[str, Standing]:
    """The targets beside these figures, by key."""
    return {each.key: each for each in standings(figures)}


def table_text(table: Table) -> TableText:
    """What a table says, without its looks."""
    columns = table.columns
    return TableText(
        title=_plain(table.title),
        columns=[" ".join(_plain(column.header).split()) for column in columns],
        rows=[list(row) for row in zip(*([_plain(cell) for cell in column.cells] for column in columns), strict=True)],
        right=[number for number, column in enumerate(columns) if column.justify == "right"],
        caption=_plain(table.caption),
    )


def _plain(what: object) -> str:
    if what is None:
        return ""
    return what.plain if isinstance(what, Text) else Text.from_markup(str(what)).plain


def write(path: Path, report: Report) -> None:
    """Whole or not at all."""
    document = msgspec.to_builtins(report.header) | report.figures
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    draft.replace(path)


def read(path: Path) -> Report:
    """A report that was written. Raises LabError where there is none, or it is of another make."""
    try:
        document = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        header = msgspec.convert({name: value for name, value in document.items() if name in FIELDS}, Header)
    except (OSError, msgspec.MsgspecError) as error:
        raise LabError(f"{path}: {error}; `make bench` writes it anew") from None
    return Report(header, {name: value for name, value in document.items() if name not in FIELDS})
