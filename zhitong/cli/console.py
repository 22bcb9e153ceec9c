"""What all commands share at the screen: one console, tables, JSON, errors. People read Chinese first, then English."""

import datetime
import io
import shutil
import sys
import unicodedata
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from telephony.model.ids import MICROS_PER_SECOND, Micros

_FILE_WIDTH = 160  # of what goes into a file or a pipe; a terminal knows its own


def _console(*, stderr: bool = False) -> Console:
    width = None if (sys.stderr if stderr else sys.stdout).isatty() else _FILE_WIDTH
    return Console(highlight=False, stderr=stderr, width=width)


NARROW = 110
"""Columns below which a table shows only the most needed."""

out = _console()
err = _console(stderr=True)


def bear_any_locale() -> None:
    """Where the terminal cannot show Chinese, question marks stand for it; the English beside is still read."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(chinese: str, english: str, style: str = "", *, console: Console | None = None) -> None:
    """One thing for people in both languages: on one line if it fits, else on two."""
    console = console or out
    first, second = Text(chinese, style), Text(english, "dim")
    if first.cell_len + 2 + second.cell_len <= console.width:
        console.print(first + Text("  ") + second if english else first)
    else:
        console.print(first)
        console.print(second)


def text(words: str, style: str = "") -> Text:
    """Words that came from outside, shown as they stand: no markup, and no character that moves the cursor, hides or
    turns round what follows (callers choose their own names).
    """
    return Text("".join("�" if unicodedata.category(each) in _INVISIBLE else each for each in words), style)


_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def show_command(command: str) -> None:
    """Something to be typed: on a line of its own, never broken, so that it can be copied."""
    out.print(Text(f"  {command}"), soft_wrap=True)


def program() -> str:
    """How this program was called, for commands that are shown to be typed."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{sys.executable} -m zhitong"
    return called.name if shutil.which(called.name) == str(called) else str(called)


def complain(message: str) -> None:
    """An error: what is wrong and what to do about it."""
    err.print(Text("错误 error: ", "bold red") + Text(message), soft_wrap=True)


def leaves(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    """Every single exception of a group of groups."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error


def table(title: str, *columns: str, right: tuple[int, ...] = (), whole: tuple[int, ...] = ()) -> Table:
    """An empty table. A column's heading is ``中文 English``: the two stand one above the other, so that it is narrow.

    ``right`` names the columns of numbers, ``whole`` those never to be broken.
    """
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        pad_edge=False,
        show_edge=False,
        box=box.SIMPLE_HEAD,
        collapse_padding=True,
    )
    for index, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if index in right else "left"
        heading = Text(column.replace(" ", "\n", 1))
        made.add_column(heading, justify=justify, overflow="fold", no_wrap=index in whole)
    return made


def print_json(value: object) -> None:
    """For programs: one JSON document, indented, without colour, UTF-8 whatever the terminal's encoding."""
    document = msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(document)
    sys.stdout.buffer.flush()


def clock(at: Micros | None, zone: str, *, date: bool = True) -> str:
    """A time in the site's zone, to the millisecond; a dash for none, the bare number for what no calendar has."""
    if at is None:
        return "—"
    seconds, micros = divmod(at, MICROS_PER_SECOND)
    try:
        local = datetime.datetime.fromtimestamp(seconds, zoneinfo.ZoneInfo(zone))
    except (ValueError, OverflowError, OSError):  # a clock that was set to nonsense must not hide a call
        return str(at)
    return local.strftime("%Y-%m-%d %H:%M:%S" if date else "%H:%M:%S") + f".{micros // 1000:03d}"


def seconds(milliseconds: int | None) -> str:
    """A duration: milliseconds when it is a blink, minutes when it is long."""
    if milliseconds is None:
        return "—"
    if milliseconds < 100:
        return f"{milliseconds} ms" if milliseconds else "0 s"
    if milliseconds < 100_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, rest = divmod(milliseconds // 1000, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
