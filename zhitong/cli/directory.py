"""``zhitong directory``: departments and specialists, whom agents bring into calls."""

import datetime
import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.directory.plan import plan_of
from telephony.directory.soundness import Fault, faults_of
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Code, Department, Directory, Specialist
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError, DirectoryError
from telephony.model.ids import Micros, micros_of
from zhitong.cli import console
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, group, open_database, wait_for
from zhitong.cli.directory_change import add, change, remove
from zhitong.cli.directory_files import export, import_entries, sample
from zhitong.cli.directory_search import search
from zhitong.cli.directory_words import (
    as_texts,
    as_try,
    draw_departments,
    draw_entry,
    draw_people,
    draw_plan,
    tell_next,
)

app = group("部门与专家名录。Departments and specialists: list, change, import and export; who is on duty.")
app.command("add")(add)
app.command("change")(change)
app.command("remove")(remove)
app.command("import")(import_entries)
app.command("export")(export)
app.command("sample")(sample)
app.command("search")(search)

CodeArgument = Annotated[str, typer.Argument(help="代码。 Code of a department or a specialist.", show_default=False)]
RevealOption = Annotated[bool, typer.Option("--reveal", help="不遮盖号码。 Do not mask numbers.")]
AtOption = Annotated[str | None, typer.Option("--at", help='时间。 Then instead of now: "2026-10-01 09:30".')]
DepartmentOption = Annotated[
    str | None, typer.Option("--department", help="部门的代码或名称。 Only of this department: code or name.")
]


@app.command("list")
def list_entries(
    site: SiteOption = DEFAULT_SITE,
    department: DepartmentOption = None,
    on_duty: Annotated[bool, typer.Option("--on-duty", help="只列在岗的。 Only who is on duty now.")] = False,
    people: Annotated[bool, typer.Option("--people", help="列出所有专家。 Specialists of all departments.")] = False,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """列出部门，或某部门的专家。List departments; with `--department`, `--people` or `--on-duty` specialists."""
    read, _, directory = wait_for(opened(site))
    at = moment(None, read)
    chosen = [each for each in directory.departments.values() if department is None or _is(each, department)]
    if department is not None and not chosen:
        raise DirectoryError(f"There is no department {department!r}. `zhitong directory list` shows those there are.")
    staff = [one for each in chosen for one in directory.staff_of(each.code)]
    staff = [each for each in staff if not on_duty or directory.standing_of(each, at) == "on"]
    of_people = people or on_duty or department is not None
    if as_json:
        entries: Sequence[Department | Specialist] = staff if of_people else chosen
        console.print_json([as_texts(each, reveal) | {"standing": directory.standing_of(each, at)} for each in entries])
    elif not directory.departments:
        console.say("名录是空的：zhitong directory import 名录.xlsx", "It is empty: import a file, or try the sample.")
    elif of_people:
        draw_people(directory, staff, at, reveal)
    else:
        draw_departments(directory, at)


@app.command("show")
def show(
    code: CodeArgument, site: SiteOption = DEFAULT_SITE, reveal: RevealOption = False, as_json: JsonOption = False
) -> None:
    """查看一个部门或一名专家。Show one department with its people, or one specialist."""
    read, _, directory = wait_for(opened(site))
    entry, at = entry_of(directory, code), moment(None, read)
    if as_json:
        console.print_json(as_texts(entry, reveal) | {"standing": directory.standing_of(entry, at)})
        return
    draw_entry(directory, entry, at, reveal)
    if isinstance(entry, Department):
        draw_people(directory, directory.staff_of(entry.code), at, reveal)


@app.command("duty")
def duty(
    code: Annotated[str | None, typer.Argument(help="代码。 Of one: whom a request would ring.")] = None,
    at: AtOption = None,
    site: SiteOption = DEFAULT_SITE,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """谁在值班；给出代码则显示呼叫次序。Who is on duty; with a code, whom a request would ring, in order.

    By the site's clock, its weekly rosters, public holidays, make-up working days and leave.
    """
    read, _, directory = wait_for(opened(site))
    then = moment(at, read)
    if code is None:
        _duty_of_all(directory, then, reveal, as_json)
        return
    entry = entry_of(directory, code)
    plan = plan_of(directory, entry.code, then)
    if as_json:
        lines = [[as_try(each, reveal) for each in line] for line in plan.lines]
        console.print_json({"to": plan.to, "department": plan.department, "lines": lines, "why": plan.why})
        return
    draw_plan(plan, reveal)
    if not plan.lines:
        tell_next(directory, entry, then)


def _duty_of_all(directory: Directory, at: Micros, reveal: bool, as_json: bool) -> None:
    present = [each for code in directory.departments for each in directory.on_duty_of(code, at)]
    if as_json:
        console.print_json([as_texts(each, reveal) for each in present])
        return
    local = directory.calendar.local(at)
    kinds = {
        "workday": "工作日 workday",
        "weekend": "周末 weekend",
        "holiday": "节假日 holiday",
        "makeup": "调休上班日 make-up",
    }
    console.out.print(f"{local:%Y-%m-%d %H:%M} {kinds[directory.calendar.kind_of(local.date())]}")
    draw_departments(directory, at)
    console.say(
        f"在岗 {len(present)} 人，共 {len(directory.specialists)} 人。",
        f"{len(present)} of {len(directory.specialists)} specialists are on duty.",
    )


@app.command("check")
def check(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """检查名录：代码冲突、无人值班的部门、过期的请假……Check the directory; status 1 when there is an error."""
    read, agents, directory = wait_for(opened(site))
    faults = faults_of(directory, read, agents, moment(None, read))
    if as_json:
        console.print_json([fault._asdict() for fault in faults])
    else:
        _draw_faults(directory, faults)
    if any(fault.level == "error" for fault in faults):
        raise typer.Exit(1)


def _draw_faults(directory: Directory, faults: Sequence[Fault]) -> None:
    if not faults:
        console.say("没有发现问题。", "Nothing is wrong.", "green")
        return
    levels = {"error": "错误 error", "warning": "提醒 warning"}
    table = console.table("检查 check", "级别 level", "代码 code", "名称 name", "问题 what", whole=(0, 1))
    for fault in faults:
        what = Text("\n").join(map(console.text, (fault.chinese, fault.english)))
        name = directory.name_of(fault.code)
        table.add_row(levels[fault.level], fault.code, console.text(name), what)
    console.out.print(table)


async def opened(path: Path) -> tuple[Site, list[Agent], Directory]:
    """The site, its agents, and its directory."""
    async with open_database(path) as (site, database):
        agents = await AgentStore(database).list()
        now = datetime.datetime.now(zoneinfo.ZoneInfo(site.time_zone))
        return site, agents, await SpecialistStore(database).directory(site, now)


def entry_of(directory: Directory, code: str) -> Department | Specialist:
    """The entry of this code. Raises DirectoryError where there is none."""
    found = directory.department(Code(code)) or directory.specialist(Code(code))
    if found is None:
        raise DirectoryError(f"Nobody has the code {code!r}. `zhitong directory list` shows who there is.")
    return found


def moment(text: str | None, site: Site) -> Micros:
    """A time of the site's clock; now for None. Raises ConfigError for another form."""
    zone = zoneinfo.ZoneInfo(site.time_zone)
    if text is None:
        return micros_of(datetime.datetime.now(zone).timestamp())
    try:
        then = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f'--at {text!r}: write date and time as "2026-10-01 09:30".') from None
    return micros_of((then if then.tzinfo else then.replace(tzinfo=zone)).timestamp())


def _is(department: Department, name: str) -> bool:
    return name in (department.code, department.name, department.short)
