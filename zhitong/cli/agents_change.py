"""``zhitong agents add``, ``change``, ``remove``: wholly or not at all (``zhitong.cli.roster``)."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from dialplans.diff import Difference
from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.directory.changes import Changes
from telephony.directory.fields import (
    FieldRefused,
    checked_name,
    checked_number,
    checked_phone,
    checked_profile,
    checked_queues,
    checked_yes,
)
from telephony.errors import DirectoryError
from zhitong.cli import console
from zhitong.cli.accounts import hand_out, issued
from zhitong.cli.accounts_change import refuse_existing
from zhitong.cli.common import DEFAULT_SITE, ByOption, SiteOption, wait_for, who
from zhitong.cli.dialplan import print_differences
from zhitong.cli.roster import Done, Order, change_roster

NumberArgument = Annotated[str, typer.Argument(help="工号。 The agent's number.", show_default=False)]
QueueOption = Annotated[
    list[str] | None,
    typer.Option("--queue", help="队列，可重复。 A queue, repeatable; `policy:5`: penalty 5."),
]
PhoneOption = Annotated[str | None, typer.Option(help="SIP 账号；默认为工号。 SIP account; the number if left out.")]
ProfileOption = Annotated[
    str | None, typer.Option(help="话机类型。 A phone profile of site.toml; the first if left out.")
]
AutoAnswerOption = Annotated[
    str | None, typer.Option(help="自动接听 yes、no。 Queues may have the phone pick up by itself.")
]
ReloadOption = Annotated[
    bool,
    typer.Option("--reload/--no-reload", help="让 PBX 重新加载。 Have the PBX reload, and see that it did."),
]
AccountsOption = Annotated[
    Path | None,
    typer.Option(
        "--accounts", help="并开通账号。 Accounts too; their one-time passwords go into this file (CSV, 0600)."
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="只看不写。 Only say what would change.")]

_SHOWN = 12
_LINES = 60


def add(  # noqa: PLR0913 - one parameter for each option
    number: NumberArgument,
    name: Annotated[str, typer.Option(help="姓名。 The agent's name as shown.", show_default=False)],
    queue: QueueOption = None,
    phone: PhoneOption = None,
    profile: ProfileOption = None,
    auto_answer: AutoAnswerOption = None,
    accounts: AccountsOption = None,
    site: SiteOption = DEFAULT_SITE,
    reload: ReloadOption = True,
    dry_run: DryRunOption = False,
    by: ByOption = None,
) -> None:
    """新增一名坐席：账号、密码、PBX 文件、重新加载；任何一步失败则全部还原。Add an agent, with a SIP account.

    The PBX's files are rendered and the PBX reloads; when anything fails, all is as it was. Calls go on meanwhile.
    Then: `zhitong agents sheet NUMBER`.
    """

    def plan(site: Site, stored: Sequence[Agent]) -> Sequence[Agent]:
        if any(agent.number == number for agent in stored):
            raise DirectoryError(
                f"There is an agent {number} already. To change them: `zhitong agents change {number}`"
            )
        given = {"number": number, "name": name, "phone": phone, "queues": queue, "profile": profile}
        new = _checked(site, {**given, "auto_answer": auto_answer or ""})
        return [*stored, msgspec.convert(new, Agent)]

    refuse_existing(accounts)
    done = wait_for(change_roster(site, plan, Order(who(by), "agents add", reload, dry_run)))
    report(done, dry_run)
    open_accounts(site, done, accounts, who(by), dry_run=dry_run)


def change(  # noqa: PLR0913 - one parameter for each option
    number: NumberArgument,
    name: Annotated[str | None, typer.Option(help="姓名。 A new name.")] = None,
    queue: QueueOption = None,
    no_queues: Annotated[bool, typer.Option("--no-queues", help="不在任何队列。 In no queue any more.")] = False,
    phone: PhoneOption = None,
    profile: ProfileOption = None,
    auto_answer: AutoAnswerOption = None,
    site: SiteOption = DEFAULT_SITE,
    reload: ReloadOption = True,
    dry_run: DryRunOption = False,
    by: ByOption = None,
) -> None:
    """变更一名坐席；未写的不变。Change an agent; what is not given stays.

    `--queue` names all queues the agent shall have. Who is signed in leaves queues that are gone at once, and joins
    new ones at the next sign-in.
    """
    queues = [] if no_queues else queue

    def plan(site: Site, stored: Sequence[Agent]) -> Sequence[Agent]:
        old = _known(number, stored)
        given = {"name": name, "phone": phone, "queues": queues, "profile": profile, "auto_answer": auto_answer}
        new = _checked(site, {key: value for key, value in given.items() if value is not None})
        changed = msgspec.structs.replace(old, **new)
        return [changed if agent.number == number else agent for agent in stored]

    report(wait_for(change_roster(site, plan, Order(who(by), "agents change", reload, dry_run, forget=True))), dry_run)


def remove(
    numbers: Annotated[list[str], typer.Argument(help="工号。 The agents' numbers.", show_default=False)],
    site: SiteOption = DEFAULT_SITE,
    reload: ReloadOption = True,
    dry_run: DryRunOption = False,
    by: ByOption = None,
) -> None:
    """移除坐席：账号与密码作废，退出队列；正在进行的通话不断。Remove agents, with their SIP accounts and passwords.

    They leave their queues; a call under way goes on. Their call records stay.
    """

    def plan(_site: Site, stored: Sequence[Agent]) -> Sequence[Agent]:
        gone = {_known(number, stored).number for number in numbers}
        return [agent for agent in stored if agent.number not in gone]

    report(wait_for(change_roster(site, plan, Order(who(by), "agents remove", reload, dry_run, forget=True))), dry_run)


def open_accounts(site: Path, done: Done, output: Path | None, by: str, *, dry_run: bool) -> None:
    """Accounts for the agents who are new, where a file was named for their passwords."""
    if output is not None and not dry_run and done.changes.added:
        numbers = [agent.number for agent in done.changes.added]
        hand_out(wait_for(issued(site, numbers, output, by)), output)


def _known(number: str, stored: Sequence[Agent]) -> Agent:
    for agent in stored:
        if agent.number == number:
            return agent
    raise DirectoryError(f"There is no agent {number}. `zhitong agents list` shows who there is.")


def _checked(site: Site, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an agent, checked as those of a CSV file. Raises DirectoryError that names the option."""
    checks = _checks(site, str(given.get("number", "")))
    checked = {}
    for field, value in given.items():
        try:
            checked[field] = checks[field](value)
        except FieldRefused as refused:
            raise DirectoryError(f"Nothing was changed: {field} {value!r}: {refused}") from refused
    return checked


def _checks(site: Site, number: str) -> Mapping[str, Callable[[Any], object]]:
    queues = {queue.name for queue in site.queues}
    return {
        "number": checked_number,
        "name": lambda text: checked_name(text.strip()),
        "phone": lambda text: checked_phone(text or number),
        "queues": lambda names: checked_queues(";".join(names or ()), queues),
        "profile": lambda text: checked_profile(text or "", site.profile_names()),
        "auto_answer": checked_yes,
    }


# --- what is told -----------------------------------------------------------------------------------------------


def report(done: Done, dry_run: bool) -> None:
    """What changed, what the PBX's files changed by, and what is left to do."""
    print_changes(done.changes)
    if dry_run:
        console.say("未写入（--dry-run）。", "Nothing was written (--dry-run).")
    elif done.changes:
        print_deployed(done)
    else:
        console.say("没有变化。", "Nothing to change.")


def print_changes(changes: Changes) -> None:
    """Who is new, changed, gone."""
    lists = {
        "新增 added": changes.added,
        "变更 changed": tuple(change.after for change in changes.changed),
        "移除 removed": changes.removed,
    }
    for title, agents in lists.items():
        if agents:
            names = ", ".join(f"{agent.number} {agent.name}" for agent in agents[:_SHOWN])
            more = f" … (+{len(agents) - _SHOWN})" if len(agents) > _SHOWN else ""
            console.out.print(f"{title} {len(agents)}: {names}{more}", markup=False)
    if changes.unchanged:
        console.out.print(f"不变 unchanged {len(changes.unchanged)}")


def print_deployed(done: Done) -> None:
    """What changed in the PBX's files, and what is left to do."""
    _print_files(done.differences)
    print_next(done)


def _print_files(differences: Sequence[Difference]) -> None:
    """In full when they are few: a first rendering is all new."""
    if sum(len(difference.lines) for difference in differences) <= _LINES:
        print_differences(differences)
    else:
        names = ", ".join(difference.name for difference in differences)
        console.out.print(Text(f"文件 files {len(differences)}: {names}"), soft_wrap=True)


def print_next(done: Done) -> None:
    """What is left to do for the PBX to know of it."""
    if done.told:
        console.say("PBX 已重新加载，并已生效。", "The PBX has reloaded, and has taken it in.")
    elif done.copied:
        console.say(f"已写入 {done.folder}，PBX 尚未加载：", "Written; the PBX has not been told. Say there:")
        console.show_command("asterisk -rx 'core reload'")
    else:
        console.say(f"文件在 {done.folder}；PBX 尚不知道：", "The PBX does not know of it yet: copy, and say:")
        console.show_command(
            f"install -o asterisk -g asterisk -m 0640 {shlex.quote(str(done.folder))}/*.conf /etc/asterisk/"
        )
        console.show_command("asterisk -rx 'core reload'")
    for command in done.left:
        console.show_command(f"asterisk -rx '{command}'")
    added = [agent.number for agent in done.changes.added]
    if added:
        console.say(f"话机设置页：zhitong agents sheet {' '.join(added[:3])} -o 话机.html", "Their phones' settings.")
