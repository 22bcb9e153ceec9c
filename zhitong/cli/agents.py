"""``zhitong agents``: who answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.directory.agents_csv import read_agents
from telephony.directory.store import AgentStore
from zhitong.cli import console
from zhitong.cli.accounts import disable, enable, reset
from zhitong.cli.accounts_change import refuse_existing
from zhitong.cli.agents_change import (
    AccountsOption,
    DryRunOption,
    ReloadOption,
    add,
    change,
    open_accounts,
    remove,
    report,
)
from zhitong.cli.agents_sheet import print_sheet
from zhitong.cli.common import (
    DEFAULT_SITE,
    ByOption,
    JsonOption,
    SiteOption,
    group,
    open_database,
    read_given,
    wait_for,
    who,
)
from zhitong.cli.roster import Order, change_roster

app = group(
    "坐席。Agents: add, change, remove, import from a file; list them; print their phones' settings; their accounts."
)
app.command("add")(add)
app.command("change")(change)
app.command("remove")(remove)


@app.command("import")
def import_agents(
    file: Annotated[
        Path, typer.Argument(help="CSV 文件。 Columns number,name,queues,phone,profile,auto_answer; see above.")
    ],
    site: SiteOption = DEFAULT_SITE,
    replace: Annotated[
        bool, typer.Option("--replace", help="移除文件里没有的坐席。 Remove agents whom the file does not have.")
    ] = False,
    accounts: AccountsOption = None,
    reload: ReloadOption = True,
    dry_run: DryRunOption = False,
    by: ByOption = None,
) -> None:
    """从 CSV 导入坐席：全部成功，或一行不改。Import agents from a CSV file: all of its rows, or none.

    Columns: `number` 工号 (also the member's name in queues), `name` 姓名, `queues` 队列 (`service;policy:5`: two
    queues, in the second with penalty 5), `phone` 分机 (name of the SIP account; the number if left out), `profile`
    话机类型 (a `[[phone_profile]]` of site.toml; its first if left out), `auto_answer` 自动接听 (是 or 否: the phone
    picks up by itself what queues offer). UTF-8 or GB18030, as Excel saves it.
    Files and PBX follow, as with `zhitong agents add`; when anything fails, all is as it was.
    """
    given = read_given(file)

    def plan(site: Site, stored: Sequence[Agent]) -> Sequence[Agent]:
        wanted = read_agents(given, {queue.name for queue in site.queues}, site.profile_names()).all_or_nothing()
        named = {agent.number for agent in wanted}
        return [*wanted, *(agent for agent in stored if not replace and agent.number not in named)]

    refuse_existing(accounts)
    done = wait_for(change_roster(site, plan, Order(who(by), "agents import", reload, dry_run)))
    report(done, dry_run)
    open_accounts(site, done, accounts, who(by), dry_run=dry_run)


app.command("sheet")(print_sheet)
app.command("disable")(disable)
app.command("enable")(enable)
app.command("reset")(reset)


@app.command("list")
def list_agents(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """列出坐席。List the agents of the directory."""
    agents = wait_for(_list(site))
    if as_json:
        console.print_json(agents)
        return
    if not agents:
        console.say("还没有坐席：zhitong agents import agents.csv", "There are none yet; import a file.")
        return
    columns = ("工号 number", "姓名 name", "队列 queues", "分机 phone", "自动接听 auto")
    table = console.table("坐席 agents", *columns, whole=(0, 3))
    for agent in agents:
        queues = ", ".join(f"{each.queue}:{each.penalty}" if each.penalty else each.queue for each in agent.queues)
        auto = "是 yes" if agent.auto_answer else ""
        table.add_row(*map(console.text, (agent.number, agent.name, queues, agent.phone, auto)))
    console.out.print(table)


async def _list(path: Path) -> list[Agent]:
    async with open_database(path) as (_, database):
        return await AgentStore(database).list()
