"""``zhitong report``: what the records say of those who answer for something."""

import datetime
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Directory
from telephony.errors import ConfigError
from telephony.files import PRIVATE, write_whole_bytes
from telephony.records.departments import Accountability, DepartmentFold
from telephony.records.query import PAGE_LIMIT, CallQuery, Damaged
from telephony.remarks import joined as said
from telephony.remarks.store import Remarks
from zhitong.cli import console, departments
from zhitong.cli.calls import SinceOption, UntilOption, moment, name_damaged
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, group, open_records, wait_for

app = group("报表。Reports from the call records.")


class By(StrEnum):
    """What a line is of."""

    DEPARTMENT = "department"
    SPECIALIST = "specialist"


@app.callback()
def _root() -> None:
    """Makes it a group, though it has one command as yet."""


@app.command("departments")
def of_departments(  # noqa: PLR0913 - one parameter for each option
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    month: Annotated[str | None, typer.Option(help="某月： 2026-11。 All of one month, by the site's clock.")] = None,
    by: Annotated[
        By, typer.Option(metavar="BY", help="按 department 部门、specialist 专家。 Of what a line is.")
    ] = By.DEPARTMENT,
    department: Annotated[
        str | None, typer.Option(help="只看一个部门，按代码。 Of this department alone, by its code: its specialists.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--csv", help="另存为 CSV（Excel 可读）；- 为标准输出。 A file that Excel reads; -: here."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """部门履职：被邀请多少次、接听率、应答时长、通话分钟、解决率。What departments and specialists did for callers: how
    often they were asked, how many they answered and how soon, minutes in calls, and how much was resolved.

    For example: `zhitong report departments --month 2026-11 --csv 十一月.csv`. Of the calls received in that time; what
    each figure means stands below them. Exit status 1 when a record cannot be read; the others are counted.
    """
    if month is not None:
        since, until = _month(month, since, until)
    figures, damaged = wait_for(_read(site, since, until))
    if department is not None:
        figures = _only(figures, department)
    if to is not None:
        _write(to, departments.sheet(figures))
    elif as_json:
        console.print_json(figures)
    else:
        departments.draw(figures, people=by is By.SPECIALIST or department is not None)
    name_damaged(damaged)


def _month(month: str, since: str | None, until: str | None) -> tuple[str, str]:
    try:
        first = datetime.date.fromisoformat(f"{month}-01")
    except ValueError:
        raise ConfigError(f"--month: {month!r} is no month. Write 2026-11.") from None
    if since is not None or until is not None:
        raise ConfigError("--month: goes without --from and --to. Leave those out, or the month.")
    following = (first + datetime.timedelta(days=31)).replace(day=1)
    return first.isoformat(), following.isoformat()


async def _read(path: Path, since: str | None, until: str | None) -> tuple[Accountability, list[Damaged]]:
    damaged = list[Damaged]()
    async with open_records(path) as (site, store):
        span = [moment(text, site.time_zone) for text in (since, until)]
        now = datetime.datetime.now(datetime.UTC)
        directory: Directory = await SpecialistStore(store.database).directory(site, now)
        fold = DepartmentFold({each.code: each.department for each in directory.specialists.values()})
        query = CallQuery(since=span[0], until=span[1], oldest_first=True, limit=PAGE_LIMIT)
        async for record in said.with_remarks(Remarks(store.database), store.stream(query, damaged)):
            fold.add(record)
    return departments.named(fold.figures(), directory), damaged


def _only(figures: Accountability, department: str) -> Accountability:
    if not any(each.department == department for each in figures.departments):
        raise ConfigError(
            f"--department: nobody of {department!r} was asked into a call in that time. "
            "`zhitong directory list` shows the codes there are."
        )
    return departments.only(figures, department)


def _write(to: Path, text: bytes) -> None:
    if str(to) == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return
    write_whole_bytes(to, text, mode=PRIVATE)
    console.say(f"已写入 {to}。", "written.")
