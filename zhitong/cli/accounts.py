"""``zhitong accounts``: who may sign in, and as what."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from telephony.errors import ConfigError
from zhitong.access.accounts import Account
from zhitong.access.roles import Role
from zhitong.access.store import Alter
from zhitong.cli import console
from zhitong.cli.accounts_change import Handed, desk, disabled, refuse_existing
from zhitong.cli.common import DEFAULT_SITE, ByOption, JsonOption, SiteOption, group, wait_for, who

app = group(
    "账号。Accounts: who may sign in at a desktop, and as what. issue, add, list, disable, enable, reset, role."
)

NamesArgument = Annotated[list[str], typer.Argument(help="账号（坐席为工号）。 Accounts; of agents, their numbers.")]
NameArgument = Annotated[str, typer.Argument(help="账号。 The account.", show_default=False)]
RoleArgument = Annotated[
    Role, typer.Argument(help=f"角色。 One of {', '.join(Role)}.", metavar="ROLE", show_default=False)
]
SeenOption = Annotated[
    list[str] | None,
    typer.Option("--queue", help="可见队列，可重复；* 为全部。 A queue they may see, repeatable; * for all."),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="一次性密码写入此文件（CSV，0600）。 One-time passwords go there instead."),
]
_MANY = 5


@app.command("issue")
def issue(
    numbers: Annotated[list[str] | None, typer.Argument(help="工号。 Agents.", show_default=False)] = None,
    everybody: Annotated[bool, typer.Option("--all", help="所有尚无账号的坐席。 Every agent without one.")] = False,
    output: OutputOption = None,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
) -> None:
    """为坐席开通账号，给出一次性密码。Make agents' accounts, with passwords used once; the number is the name.

    At the first sign-in a new password is chosen. More than five passwords go into a file (`-o`).
    """
    if bool(numbers) == everybody:
        raise ConfigError("Name the agents who get accounts, or say --all.")
    if output is None and (everybody or len(numbers or ()) > _MANY):
        raise ConfigError("So many passwords are not shown on a screen: name a file for them (-o passwords.csv).")
    hand_out(wait_for(issued(site, numbers or (), output, who(by))), output)


async def issued(site: Path, numbers: Sequence[str], output: Path | None, by: str) -> list[Handed]:
    """Accounts for these agents, or for all who have none."""
    refuse_existing(output)
    async with desk(site, by) as at:
        return await at.issue(numbers, output)


@app.command("add")
def add(
    name: NameArgument,
    role: Annotated[Role, typer.Option(help=f"角色。 One of {', '.join(Role)}.", metavar="ROLE", show_default=False)],
    queue: SeenOption = None,
    output: OutputOption = None,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
) -> None:
    """为非坐席人员或系统开通账号。An account for somebody who takes no calls, or for another system.

    Agents' accounts: `zhitong accounts issue`. A supervisor or lead sees the queues named with `--queue`.
    """

    async def made() -> list[Handed]:
        refuse_existing(output)
        async with desk(site, who(by)) as at:
            return await at.add(name, role, queue or [], output)

    hand_out(wait_for(made()), output)


@app.command("list")
def list_accounts(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """列出账号。List the accounts."""

    async def known() -> list[Account]:
        async with desk(site, "") as at:
            return await at.accounts.all()

    accounts = wait_for(known())
    if as_json:
        console.print_json([{name: getattr(each, name) for name in _SHOWN} for each in accounts])
        return
    if not accounts:
        console.say("还没有账号：zhitong accounts issue --all -o 密码.csv", "There are none yet.")
        return
    table = console.table("账号 accounts", "账号 account", "角色 role", "可见队列 queues", "状态 state", whole=(0, 1))
    for each in accounts:
        table.add_row(*map(console.text, (each.name, each.role.value, ", ".join(sorted(each.queues)), _state(each))))
    console.out.print(table)


_SHOWN = ("name", "role", "agent", "queues", "disabled", "must_change")


def _state(account: Account) -> str:
    if account.disabled:
        return "停用 disabled"
    return "须改密码 must change password" if account.must_change else "正常 in use"


@app.command("disable")
def disable(names: NamesArgument, site: SiteOption = DEFAULT_SITE, by: ByOption = None) -> None:
    """停用账号：立即失效，桌面断开。Disable accounts: they sign in no more, and their tokens end within seconds.

    Their telephones go on. To take those away: `zhitong agents remove`, or `zhitong secrets rotate phone`.
    """
    _alter(site, who(by), "accounts disable", names, disabled(now=True))
    console.say(f"已停用：{', '.join(names)}。", "Disabled; their tokens end within seconds.")


@app.command("enable")
def enable(names: NamesArgument, site: SiteOption = DEFAULT_SITE, by: ByOption = None) -> None:
    """恢复账号。Enable accounts again, with the passwords they had."""
    _alter(site, who(by), "accounts enable", names, disabled(now=False))
    console.say(f"已恢复：{', '.join(names)}。", "Enabled.")


@app.command("revoke")
def revoke(names: NamesArgument, site: SiteOption = DEFAULT_SITE, by: ByOption = None) -> None:
    """收回令牌：须重新登录。Take all tokens of these accounts back; they sign in anew, with the passwords they have."""
    _alter(site, who(by), "accounts revoke", names, lambda account: account)
    console.say(f"已收回：{', '.join(names)}。", "They have to sign in anew.")


@app.command("reset")
def reset(
    names: NamesArgument, output: OutputOption = None, site: SiteOption = DEFAULT_SITE, by: ByOption = None
) -> None:
    """重置密码：给出一次性密码，旧令牌作废。New passwords to be used once; the old ones, and all tokens, are void."""
    if output is None and len(names) > _MANY:
        raise ConfigError("So many passwords are not shown on a screen: name a file for them (-o passwords.csv).")

    async def made() -> list[Handed]:
        refuse_existing(output)
        async with desk(site, who(by)) as at:
            return await at.reset(names, output)

    hand_out(wait_for(made()), output)


@app.command("role")
def set_role(
    name: NameArgument,
    role: RoleArgument,
    queue: SeenOption = None,
    no_queues: Annotated[
        bool, typer.Option("--no-queues", help="不再另看任何队列。 See no other queues any more.")
    ] = False,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
) -> None:
    """变更角色与可见队列。Change what somebody may do and see; they sign in anew. Queues stay unless given."""

    async def changed() -> Account:
        async with desk(site, who(by)) as at:
            return await at.set_role(name, role, [] if no_queues else queue)

    account = wait_for(changed())
    queues = ", ".join(sorted(account.queues)) or "–"
    console.say(f"{name}：{role.value}，可见队列 {queues}", "They have to sign in anew.")


@app.command("remove")
def remove(names: NamesArgument, site: SiteOption = DEFAULT_SITE, by: ByOption = None) -> None:
    """删除账号。Remove accounts. What their owners did stays on record."""

    async def gone() -> None:
        async with desk(site, who(by)) as at:
            await at.remove(names)

    wait_for(gone())
    console.say(f"已删除：{', '.join(names)}。", "Removed.")


def _alter(site: Path, by: str, deed: str, names: list[str], alter: Alter) -> None:
    async def changed() -> None:
        async with desk(site, by) as at:
            await at.alter(deed, names, alter)

    wait_for(changed())


def hand_out(handed: Sequence[Handed], output: Path | None) -> None:
    """Say where the passwords are, or show them, this once."""
    if not handed:
        console.say("没有需要开通的账号。", "Everybody has an account already.")
    elif output is not None:
        console.say(f"已写入 {len(handed)} 个一次性密码：{output}", f"{len(handed)} one-time passwords, mode 0600.")
        console.say("分发后即删除该文件。", "Hand them out, then delete the file.", "bold")
    else:
        for each in handed:
            console.say(f"{each.account} 的一次性密码（仅显示这一次）：", "One-time password, shown this once:")
            console.show_command(each.password)
