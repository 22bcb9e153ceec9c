"""``zhitong secrets``: new passwords and a new AMI secret, in the PBX too, or all as it was."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from telephony.ami.session import Session
from telephony.config import Site, read_site
from telephony.directory.agents import Agent
from telephony.errors import DirectoryError
from telephony.places import secrets_of
from telephony.secrets import Secrets, renew, renew_token_key
from telephony.service import account_of
from zhitong.cli import console
from zhitong.cli.agents_change import ReloadOption, print_next
from zhitong.cli.audit import audit_of, note
from zhitong.cli.common import DEFAULT_SITE, ByOption, SiteOption, group, wait_for, who
from zhitong.cli.roster import Order, change_roster

app = group("密码与密钥。Secrets: have new ones made. None is shown.")


@app.callback()
def _root() -> None:
    """A group, though it has one command as yet."""


_SHOWN = 10
"""Agents who are named on the screen."""


class What(StrEnum):
    AMI = "ami"
    PHONE = "phone"
    ALL = "all"
    TOKENS = "tokens"


@app.command("rotate")
def rotate(
    what: Annotated[What, typer.Argument(help="更换什么。 ami, phone, all of these; or tokens.", show_default=False)],
    numbers: Annotated[list[str] | None, typer.Argument(help="工号。 Agents, for `phone`.")] = None,
    site: SiteOption = DEFAULT_SITE,
    reload: ReloadOption = True,
    now: Annotated[bool, typer.Option("--now", help="旧令牌立即作废。 Tokens that are out end at once, too.")] = False,
    by: ByOption = None,
) -> None:
    """更换密码；任何一步失败则全部还原。Have new secrets made: `ami`, of some phones, or `all` of these; or `tokens`.

    The PBX's files are rendered and it reloads; when anything fails, all is as it was. The old ones are void at once: a
    phone has to be told its new password (`zhitong agents sheet NUMBER`). Calls go on, and the running bridge keeps its
    link; it logs in with the new secret from then on. `tokens`: another key signs the tokens of desktops. Those given
    out hold until they expire, a quarter of an hour at most, unless you say `--now`.
    """
    if what is What.TOKENS:
        _rotate_tokens(site, who(by), now=now)
        return
    if (what is What.PHONE) is not bool(numbers):
        raise DirectoryError("Say `phone` and the agents' numbers, or `ami`, or `all`.")
    wanted = set(numbers or ())
    phones: set[str] = set()
    renewed: set[str] = set()

    def plan(_: Site, stored: Sequence[Agent]) -> Sequence[Agent]:
        if unknown := wanted - {agent.number for agent in stored}:
            raise DirectoryError(f"There is no agent {', '.join(sorted(unknown))}. `zhitong agents list` shows them.")
        whose = [agent for agent in stored if what is What.ALL or agent.number in wanted]
        phones.update(agent.phone for agent in whose)
        renewed.update(agent.number for agent in whose)
        return stored

    def make(path: Path) -> None:
        renew(path, phones, ami=what is not What.PHONE)

    order = Order(
        who(by),
        " ".join(["secrets rotate", what.value, *sorted(wanted)]),
        reload,
        whole=True,
        renew=make,
        prove=partial(_prove, read_site(site)) if what is not What.PHONE else None,
    )
    print_next(wait_for(change_roster(site, plan, order)))
    if renewed:
        shown = ", ".join(sorted(renewed)[:_SHOWN]) + (" …" if len(renewed) > _SHOWN else "")
        console.say(
            f"已换新密码的坐席：{shown}。话机须重新设置：", f"New passwords: {len(renewed)}. Tell their phones:"
        )
        console.show_command(f"zhitong agents sheet {' '.join(sorted(renewed)[:_SHOWN])} -o 话机.html")


def _rotate_tokens(site_file: Path, by: str, *, now: bool) -> None:
    site = read_site(site_file)
    note(audit_of(site_file, site), by, "secrets rotate tokens", now=now)
    renew_token_key(secrets_of(site_file, site), keep_last=not now)
    if now:
        console.say("令牌密钥已更换，所有人须重新登录。", "Everybody signs in anew, within seconds.")
    else:
        console.say("令牌密钥已更换，无人需要重新登录。", "Nobody has to sign in anew.")


async def _prove(site: Site, secrets: Secrets) -> None:
    """The PBX lets in whoever has the new secret. Raises AmiError when it does not."""
    session = await Session.open(account_of(site, secrets), lambda _frame, _arrival: None)
    await session.close()
