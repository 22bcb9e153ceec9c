"""Departments and specialists on the terminal: who they are, whether they are on duty, what changed."""

import datetime
from collections.abc import Sequence

from rich.text import Text

from telephony.directory.duty import next_duty
from telephony.directory.entries import Entry, names, texts_of
from telephony.directory.entry_changes import EntryChanges
from telephony.directory.entry_sheet import CHINESE
from telephony.directory.plan import Plan, Try
from telephony.directory.specialists import Department, Directory, Specialist
from telephony.masking import mask_number
from telephony.model.ids import Micros
from zhitong.cli import console

STANDINGS = {"on": Text("在岗 on", "green"), "off": Text("不在班 off", "dim"), "leave": Text("请假 leave", "yellow")}
WHY = {
    "off-duty": ("现在无人值班。", "Nobody is on duty now."),
    "on-leave": ("请假中。", "Away on leave."),
    "nobody": ("没有可呼的号码。", "There is no number to ring."),
}


def shown(numbers: Sequence[str], reveal: bool) -> str:
    """Numbers as a screen may show them."""
    return "; ".join(number if reveal else mask_number(number) for number in numbers)


def as_texts(entry: Entry, reveal: bool) -> dict[str, str]:
    """An entry for programs."""
    kind = "department" if isinstance(entry, Department) else "specialist"
    return {"kind": kind, **texts_of(entry), "numbers": shown(entry.numbers, reveal)}


def as_try(each: Try, reveal: bool) -> dict[str, object]:
    """One try for programs."""
    return {"number": shown((each.number,), reveal), "seconds": each.seconds, "code": each.code}


def draw_departments(directory: Directory, at: Micros) -> None:
    """One row each, with how many of its people are on duty."""
    columns = ("代码 code", "部门 department", "简称 short", "在岗 on duty", "事项 topics")
    table = console.table("部门 departments", *columns, right=(3,), whole=(0, 3))
    for each in directory.departments.values():
        present, staff = directory.on_duty_of(each.code, at), directory.staff_of(each.code)
        cells = (each.code, each.name, each.short, f"{len(present)}/{len(staff)}", "、".join(each.topics))
        table.add_row(*map(console.text, cells))
    console.out.print(table)


def draw_people(directory: Directory, people: Sequence[Specialist], at: Micros, reveal: bool) -> None:
    """One row each, in the order in which they are rung."""
    columns = (
        "代码 code",
        "姓名 name",
        "部门 department",
        "状态 standing",
        "电话 numbers",
        "语言 languages",
        "事项 topics",
    )
    table = console.table("专家 specialists", *columns, whole=(0, 1, 3))
    for each in people:
        name = f"{each.name} {each.title}".strip()
        before = map(console.text, (each.code, name, directory.name_of(each.department)))
        after = (shown(each.numbers, reveal), "、".join(each.languages), "、".join(each.topics))
        table.add_row(*before, STANDINGS[directory.standing_of(each, at)], *map(console.text, after))
    console.out.print(table)


def draw_entry(directory: Directory, entry: Entry, at: Micros, reveal: bool) -> None:
    """All that is known of one, one line each."""
    table = console.table(f"{entry.code} {entry.name}", "项 field", "内容 value", whole=(0,))
    for name, text in as_texts(entry, reveal).items():
        if name in CHINESE and name not in ("kind", "code", "name", "department") and text not in ("", "0"):
            table.add_row(f"{CHINESE[name]} {name}", console.text(text.replace(";", "; ")))
    home = directory.department(entry.department) if isinstance(entry, Specialist) else None
    if home is not None:
        table.add_row("部门 department", console.text(f"{home.code} {home.name}"))
    table.add_row("状态 standing", STANDINGS[directory.standing_of(entry, at)])
    console.out.print(table)
    tell_next(directory, entry, at)


def tell_next(directory: Directory, entry: Entry, at: Micros) -> None:
    """When the next duty begins, of somebody who is not on duty."""
    if directory.standing_of(entry, at) == "on":
        return
    leave = entry.leave if isinstance(entry, Specialist) else ()
    begins = next_duty(directory.roster_of(entry), at, directory.calendar, leave)
    if begins is None:
        console.say("两个月内不值班。", "Not on duty within two months.", "yellow")
    else:
        console.say(f"下次值班 {_when(begins)}", "is when the next duty begins.")


def _when(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%d} 周{'一二三四五六日'[moment.weekday()]} {moment:%H:%M}"


def draw_plan(plan: Plan, reveal: bool) -> None:
    """Whom a request would ring, in which order."""
    if not plan.lines:
        console.say(*WHY[plan.why], "yellow")
        return
    columns = ("路 line", "次序 turn", "代码 code", "姓名 name", "电话 number", "振铃 seconds")
    table = console.table("呼叫次序 order of attempts", *columns, right=(5,), whole=(0, 1, 2, 3, 4))
    for line, tries in enumerate(plan.lines, start=1):
        for turn, each in enumerate(tries, start=1):
            cells = (str(line), str(turn), each.code, each.name, shown((each.number,), reveal), str(each.seconds))
            table.add_row(*map(console.text, cells))
    console.out.print(table)


def print_changes(changes: EntryChanges, dry_run: bool) -> None:
    """Who is new, changed, gone."""
    if not changes:
        console.say("没有变化。", "Nothing to change.")
        return
    lists = {
        "新增 added": changes.added,
        "变更 changed": tuple(change.after for change in changes.changed),
        "移除 removed": changes.removed,
    }
    for title, entries in lists.items():
        if entries:
            console.out.print(console.text(f"{title} {len(entries)}: {names(entries)}"), soft_wrap=True)
    if changes.unchanged:
        console.out.print(f"不变 unchanged {len(changes.unchanged)}")
    if dry_run:
        console.say("未写入（--dry-run）。", "Nothing was written (--dry-run).")
