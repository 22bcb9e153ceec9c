"""What departments and specialists did for callers: on the terminal, and as a file for spreadsheets."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from rich.text import Text

from telephony.directory.specialists import Directory
from telephony.records.departments import DEFINITIONS, Accountability, DepartmentFigures
from telephony.records.export import guarded
from zhitong.cli import console

_BOM = "\ufeff"
_COUNTS = ("offers", "answered", "missed", "taken_back", "calls", "told", "resolved")
_SHARES = ("answer_rate", "resolved_share")
_COLUMNS = {
    "offers": "邀请 offers",
    "answered": "接听 answered",
    "missed": "未接 missed",
    "taken_back": "撤回 taken_back",
    "answer_rate": "接听率 rate",
    "answer_s": "应答秒 answer_s",
    "answer_p95_s": "95% p95_s",
    "join_s": "到场秒 join_s",
    "calls": "通话 calls",
    "with_caller_min": "三方分 min",
    "private_min": "内部分 private",
    "told": "登记 told",
    "resolved": "解决 resolved",
    "resolved_share": "解决率 share",
}
_WHEN_NARROW = ("offers", "answered", "missed", "answer_rate", "answer_s", "with_caller_min", "resolved_share")


def named(figures: Accountability, directory: Directory) -> Accountability:
    """With the names that the directory has now; who is no longer in it has none."""

    def name(each: DepartmentFigures) -> DepartmentFigures:
        return msgspec.structs.replace(each, name=directory.name_of(each.code or each.department))

    departments, specialists = map(name, figures.departments), map(name, figures.specialists)
    return msgspec.structs.replace(figures, departments=tuple(departments), specialists=tuple(specialists))


def only(figures: Accountability, department: str) -> Accountability:
    """Of this department alone; what stood for all is its own."""
    departments = tuple(each for each in figures.departments if each.department == department)
    specialists = tuple(each for each in figures.specialists if each.department == department)
    return Accountability(all=departments[0], departments=departments, specialists=specialists)


def draw(figures: Accountability, *, people: bool) -> None:
    """Print departments or specialists with their sum, and what each figure means."""
    if not figures.departments:
        console.say("没有邀请过部门或专家。", "Nobody of the directory was asked into a call.")
        return
    wide = console.out.width >= console.NARROW
    shown = {name: title for name, title in _COLUMNS.items() if wide or name in _WHEN_NARROW}
    titles = ("代码 code", "专家 specialist" if people else "部门 department", *shown.values())
    made = console.table("部门履职 departments", *titles, right=tuple(range(2, len(titles))), whole=(0,))
    for each in figures.specialists if people else figures.departments:
        name = console.text(each.name or "—")
        made.add_row(each.code or each.department or "—", name, *(_cell(each, column) for column in shown))
    made.add_section()
    made.add_row("", "合计 all", *(_cell(figures.all, column) for column in shown))
    console.out.print(made)
    for column, (zh, en) in DEFINITIONS.items():
        if column in shown:
            console.out.print(Text(f"{column}  {zh}  {en}", style="dim"), soft_wrap=True)


def _cell(each: DepartmentFigures, name: str) -> str:
    value = getattr(each, name)
    if value is None:
        return "—"
    if name in _SHARES:
        return f"{value:.1%}"
    return str(value) if name in _COUNTS else f"{value:.1f}"


_FILE: Mapping[str, Callable[[DepartmentFigures], object]] = {
    "部门代码": lambda each: each.department,
    "专家代码": lambda each: each.code,
    "名称": lambda each: each.name,
}


def sheet(figures: Accountability) -> bytes:
    """As CSV (RFC 4180) that spreadsheets read right: departments, then specialists, with Chinese headings."""
    text = io.StringIO()
    text.write(_BOM)
    writer = csv.writer(text)
    writer.writerow([*_FILE, *(zh for zh, _ in DEFINITIONS.values())])
    writer.writerows(_rows((*figures.departments, *figures.specialists)))
    return text.getvalue().encode()


def _rows(figures: Iterable[DepartmentFigures]) -> Iterable[Sequence[str]]:
    for each in figures:
        heads = [guarded(str(read(each))) for read in _FILE.values()]
        values = [getattr(each, name) for name in DEFINITIONS]
        yield [*heads, *("" if value is None else str(value) for value in values)]
