"""``zhitong agents sheet``: a page for each agent with the settings of their phone, to be printed and handed over."""

import datetime
import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dialplans.handsets.account import account_of
from dialplans.handsets.sheet import Page, sheet
from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError, DirectoryError
from telephony.files import write_private
from telephony.places import secrets_of
from telephony.secrets import read_secrets
from zhitong.cli import console
from zhitong.cli.audit import audit_of, note
from zhitong.cli.common import DEFAULT_SITE, ByOption, SiteOption, open_database, wait_for, who
from zhitong.cli.provisioning.links import Links, address_of, links_of

_HOURS = 24


def print_sheet(
    numbers: Annotated[list[str] | None, typer.Argument(help="工号。 The agents' numbers.", show_default=False)] = None,
    everybody: Annotated[bool, typer.Option("--all", help="所有坐席。 Every agent.")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML 文件。 The file to write, mode 0600.")] = Path(
        "agents.html"
    ),
    links: Annotated[
        bool, typer.Option("--link", help="另附 Linphone 的限时链接。 With a link for Linphone too, good for 24 hours.")
    ] = False,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
) -> None:
    """打印话机设置页，含密码和二维码，每人一页。Write the pages with the settings of agents' phones.

    One A4 page for each, with password and QR code: open the file in a browser, print it, delete it. Who asked for
    which page is on record (`zhitong audit list`).
    """
    if bool(numbers) == everybody:
        raise ConfigError("Name the agents whose pages you want, or say --all.")
    written = wait_for(_sheet(site, tuple(numbers or ()), output, links, who(by)))
    console.say(f"已写入 {written} 页：{output}", f"{written} pages, mode 0600.")
    console.say("内含密码：打印后即删除。", "They hold passwords: print, then delete the file.", "bold")


async def _sheet(site_file: Path, numbers: Sequence[str], output: Path, linked: bool, by: str) -> int:
    async with open_database(site_file) as (site, database):
        agents = chosen(await AgentStore(database).list(), numbers)
    secrets = read_secrets(secrets_of(site_file, site))
    accounts = [account_of(site, agent, secrets) for agent in agents]  # all of it is sound before anything is made
    addresses = _links(site_file, site, agents, by) if linked else {}
    pages = [Page(account, addresses.get(account.number)) for account in accounts]
    note(audit_of(site_file, site), by, "agents sheet", numbers=[agent.number for agent in agents])
    now = datetime.datetime.now(zoneinfo.ZoneInfo(site.time_zone)).strftime("%Y-%m-%d %H:%M")
    write_private(output, sheet(site.name, f"打印 printed {now} · {by}", pages))
    return len(pages)


def chosen(agents: Sequence[Agent], numbers: Sequence[str]) -> list[Agent]:
    """Those of these numbers, in their order; all where none is named. Raises DirectoryError for one there is not."""
    known: dict[str, Agent] = {agent.number: agent for agent in agents}
    if unknown := [number for number in numbers if number not in known]:
        raise DirectoryError(f"There is no agent {unknown[0]}. `zhitong agents list` shows who there is.")
    if not agents:
        raise DirectoryError("There are no agents yet: `zhitong agents add`, or `zhitong agents import`.")
    return [known[number] for number in dict.fromkeys(numbers)] if numbers else list(agents)


def _links(site_file: Path, site: Site, agents: Sequence[Agent], by: str) -> dict[str, str]:
    links = Links(links_of(site_file, site))
    made = {agent.number: links.make(agent.number, "linphone", by, hours=_HOURS) for agent in agents}
    return {number: address_of(site, "linphone", token) for number, token in made.items()}
