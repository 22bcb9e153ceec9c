"""What all commands share at the screen: one console, tables, JSON, errors. People read Chinese first, then English."""

import datetime
import sys
import zoneinfo
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from telephony.model.ids import MICROS_PER_SECOND, Micros

_FILE_WIDTH = 160  # of what goes into a file or a pipe; a terminal knows its own


def _console(*, stderr: bool = False) -> Console:
    width = None if (sys.stderr if stderr else sys.stdout).isatty() else _FILE_WIDTH
    return Console(highlight=False, stderr=stderr, width=width)


NARROW = 110
"""Columns below which a table shows only the most needed."""

out = _console()
err = _console(stderr=True)


def say(chinese: str, english: str, style: str = "") -> None:
    """One line for people, in both languages."""
    out.print(f"{chinese}  [dim]{english}[/dim]" if english else chinese, style=style)


def complain(message: str) -> None:
    """An error: what is wrong and what to do about it."""
    err.print("[bold red]错误 error:[/bold red]", end=" ")
    err.print(message, markup=False)


def leaves(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    """Every single exception of a group of groups."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error


def table(title: str, *columns: str, right: tuple[int, ...] = (), whole: tuple[int, ...] = ()) -> Table:
    """An empty table; ``right`` names the columns of numbers, ``whole`` those never to be broken."""
    made = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        pad_edge=False,
        box=box.SIMPLE_HEAD,
        collapse_padding=True,
    )
    for index, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if index in right else "left"
        made.add_column(column, justify=justify, overflow="fold", no_wrap=index in whole)
    return made


def print_json(value: object) -> None:
    """For programs: one JSON document, indented, without colour."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def clock(at: Micros | None, zone: str, *, date: bool = True) -> str:
    """A time in the site's zone, to the millisecond; a dash for none."""
    if at is None:
        return "—"
    seconds, micros = divmod(at, MICROS_PER_SECOND)
    local = datetime.datetime.fromtimestamp(seconds, zoneinfo.ZoneInfo(zone))
    return local.strftime("%Y-%m-%d %H:%M:%S" if date else "%H:%M:%S") + f".{micros // 1000:03d}"


def seconds(milliseconds: int | None) -> str:
    """A duration with one decimal."""
    return "—" if milliseconds is None else f"{milliseconds / 1000:.1f} s"
