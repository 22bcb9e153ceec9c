"""``zhitong directory add``, ``change``, ``remove``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from telephony.config import Site
from telephony.directory.entries import Entry, Rules, department_of, specialist_of, texts_of
from telephony.directory.entry_changes import EntryChanges, entry_changes
from telephony.directory.soundness import taken_of
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.specialists import Department, Specialist
from telephony.directory.store import AgentStore
from telephony.errors import DirectoryError
from zhitong.cli.audit import audit_of, note
from zhitong.cli.common import DEFAULT_SITE, ByOption, SiteOption, open_database, wait_for, who
from zhitong.cli.directory_words import print_changes

CodeArgument = Annotated[str, typer.Argument(help="代码，不可与坐席、队列、热线号码相同。 Code.", show_default=False)]
NameOption = Annotated[str | None, typer.Option(help="名称或姓名。 Name.", show_default=False)]
ShortOption = Annotated[str | None, typer.Option(help="部门简称，如 人社局。 What people call the department.")]
HomeOption = Annotated[
    str | None, typer.Option("--department", help="所属部门。 A specialist's department: code or name.")
]
TitleOption = Annotated[str | None, typer.Option(help="职务。 A specialist's title.")]
NumberOption = Annotated[
    list[str] | None, typer.Option("--number", help="电话，按序。 A number, repeatable, in order.")
]
TopicOption = Annotated[list[str] | None, typer.Option("--topic", help="事项，可重复。 A topic, repeatable.")]
LanguageOption = Annotated[list[str] | None, typer.Option("--language", help="语言或方言。 A language, repeatable.")]
RosterOption = Annotated[
    str | None, typer.Option(help="值班，如 `周一至周五 08:30-12:00 14:00-17:30; 节假日 休`。 Duty roster.")
]
LeaveOption = Annotated[str | None, typer.Option(help="请假，如 `2026-10-01至2026-10-05`。 Leave.")]
OrderOption = Annotated[int | None, typer.Option(help="呼叫顺序，小者先。 Who is rung first: the lowest.")]
AtOnceOption = Annotated[int | None, typer.Option(help="部门同时振铃人数。 So many of a department ring at a time.")]
RingOption = Annotated[int | None, typer.Option("--ring-s", help="每个号码振铃秒数。 How long each number rings.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="只看不写。 Only say what would change.")]

_FEW = 20

Plan = Callable[[Sequence[Entry], Rules], Iterable[Entry]]
"""The entries there are, and what the site asks of them: the entries there shall be."""


class Deed(NamedTuple):
    """Who changes the directory, by which command, and whether it is only tried."""

    by: str
    name: str
    dry: bool = False


def add(  # noqa: PLR0913 - one parameter for each option
    code: CodeArgument,
    name: NameOption = None,
    short: ShortOption = None,
    department: HomeOption = None,
    title: TitleOption = None,
    number: NumberOption = None,
    topic: TopicOption = None,
    language: LanguageOption = None,
    roster: RosterOption = None,
    leave: LeaveOption = None,
    order: OrderOption = None,
    at_once: AtOnceOption = None,
    ring_s: RingOption = None,
    site: SiteOption = DEFAULT_SITE,
    dry_run: DryRunOption = False,
    by: ByOption = None,
) -> None:
    """新增部门；给出 --department 则新增专家。Add a department; with `--department`, a specialist of it."""
    given = _given(locals())

    def plan(stored: Sequence[Entry], rules: Rules) -> Iterable[Entry]:
        if any(each.code == code for each in stored):
            raise DirectoryError(f"There is a {code} already. To change it: `zhitong directory change {code}`")
        return [*stored, _made({"code": code, **given}, stored, rules)]

    changed(site, plan, Deed(who(by), "directory add", dry_run))


def change(  # noqa: PLR0913 - one parameter for each option
    code: CodeArgument,
    name: NameOption = None,
    short: ShortOption = None,
    department: HomeOption = None,
    title: TitleOption = None,
    number: NumberOption = None,
    topic: TopicOption = None,
    language: LanguageOption = None,
    roster: RosterOption = None,
    leave: LeaveOption = None,
    order: OrderOption = None,
    at_once: AtOnceOption = None,
    ring_s: RingOption = None,
    site: SiteOption = DEFAULT_SITE,
    dry_run: DryRunOption = False,
    by: ByOption = None,
) -> None:
    """变更；未写的不变。Change a department or a specialist; what is not given stays.

    Repeatable options name all that it shall have; an empty text (`--leave ""`) takes away what there was.
    """
    given = _given(locals())

    def plan(stored: Sequence[Entry], rules: Rules) -> Iterable[Entry]:
        old = _known(code, stored)
        if isinstance(old, Department) and department is not None:
            raise DirectoryError(f"{code} is a department, and no department is above it.")
        new = _made({**texts_of(old), **given}, stored, rules)
        return [new if each is old else each for each in stored]

    changed(site, plan, Deed(who(by), "directory change", dry_run))


def remove(
    codes: Annotated[list[str], typer.Argument(help="代码。 Codes.", show_default=False)],
    site: SiteOption = DEFAULT_SITE,
    dry_run: DryRunOption = False,
    by: ByOption = None,
) -> None:
    """移除部门或专家；通话记录保留。Remove departments or specialists; call records stay."""

    def plan(stored: Sequence[Entry], _rules: Rules) -> Iterable[Entry]:
        gone = {_known(code, stored).code for code in codes}
        return [each for each in stored if each.code not in gone]

    changed(site, plan, Deed(who(by), "directory remove", dry_run))


def changed(site: Path, plan: Plan, deed: Deed) -> None:
    """Change the directory so, say what came of it, and put it on record."""
    print_changes(wait_for(_changed(site, plan, deed)), deed.dry)


async def _changed(path: Path, plan: Plan, deed: Deed) -> EntryChanges:
    async with open_database(path) as (site, database):
        agents = await AgentStore(database).list()
        rules = Rules(site.conference.codes, taken_of(site, agents))
        store = SpecialistStore(database)
        if deed.dry:
            stored = await store.list()
            return entry_changes(stored, plan(stored, rules))
        _note(path, site, deed, entry_changes(stored := await store.list(), plan(stored, rules)))
        return await store.change(lambda there: plan(there, rules))


def _note(path: Path, site: Site, deed: Deed, changes: EntryChanges) -> None:
    """Before it is done: what cannot be noted is not done."""
    if changes:
        lists = {
            "added": [each.code for each in changes.added],
            "changed": [each.after.code for each in changes.changed],
            "removed": [each.code for each in changes.removed],
        }
        note(audit_of(path, site), deed.by, deed.name, **{name: _few(codes) for name, codes in lists.items() if codes})


def _few(codes: Sequence[str]) -> Sequence[str] | int:
    """The codes, or how many there are of a whole file's."""
    return codes if len(codes) <= _FEW else len(codes)


def _given(options: Mapping[str, object]) -> dict[str, str]:
    """What was typed, as texts by the names of fields."""
    plain = ("name", "short", "department", "title", "roster", "leave", "order", "at_once", "ring_s")
    given = {name: str(options[name]) for name in plain if options[name] is not None}
    for option, field in (("number", "numbers"), ("topic", "topics"), ("language", "languages")):
        values = options[option]
        if isinstance(values, list):
            given[field] = ";".join(values)
    return given


def _made(texts: Mapping[str, str], stored: Sequence[Entry], rules: Rules) -> Entry:
    """Raises DirectoryError that names each option that is wrong."""
    named = texts.get("department")
    kind = Specialist if named is not None else Department
    if foreign := [name for name in texts if name not in kind.__struct_fields__]:
        what = "a specialist" if kind is Specialist else "a department (a specialist's needs --department)"
        raise DirectoryError(f"Nothing was changed: {what} has no {foreign[0]}.")
    if named is None:
        made, wrong = department_of(texts, rules)
        return _sound(made, texts, wrong)
    person, wrong = specialist_of({**texts, "department": _home(named, stored)}, rules)
    return _sound(person, texts, wrong)


def _sound(made: Entry | None, texts: Mapping[str, str], wrong: Sequence[tuple[str, str]]) -> Entry:
    if made is None:
        lines = [f"  {field} {texts.get(field, '')!r}: {remedy}" for field, remedy in wrong]
        raise DirectoryError("Nothing was changed:\n" + "\n".join(lines))
    return made


def _home(named: str, stored: Sequence[Entry]) -> str:
    homes = [each for each in stored if isinstance(each, Department)]
    found = [each.code for each in homes if named in (each.code, each.name, each.short)]
    if len(found) != 1:
        raise DirectoryError(f"There is no one department {named!r}. `zhitong directory list` shows them with codes.")
    return found[0]


def _known(code: str, stored: Sequence[Entry]) -> Entry:
    for each in stored:
        if each.code == code:
            return each
    raise DirectoryError(f"Nobody has the code {code!r}. `zhitong directory list` shows who there is.")
