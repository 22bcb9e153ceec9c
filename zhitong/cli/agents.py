"""``zhitong agents``: who answers."""

from pathlib import Path
from typing import Annotated

import typer

from telephony.directory.agents import Agent
from telephony.directory.agents_csv import read_agents
from telephony.directory.changes import Changes
from telephony.directory.store import AgentStore
from zhitong.cli import console
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, group, open_database, read_given, wait_for

app = group("坐席。Agents: import them from a file, list them.")

_SHOWN = 12


@app.command("import")
def import_agents(
    file: Annotated[Path, typer.Argument(help="CSV 文件。 Columns number,name,queues,phone,profile; see above.")],
    site: SiteOption = DEFAULT_SITE,
    replace: Annotated[
        bool, typer.Option("--replace", help="移除文件里没有的坐席。 Remove agents whom the file does not have.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看不写。 Only say what would change.")] = False,
) -> None:
    """从 CSV 导入坐席：全部成功，或一行不改。Import agents from a CSV file: all of its rows, or none.

    Columns: `number` 工号 (also the member's name in queues), `name` 姓名, `queues` 队列 (`service;policy:5`: two
    queues, in the second with penalty 5), `phone` 分机 (name of the SIP account; the number if left out), `profile`
    话机类型 (a `[[phone_profile]]` of site.toml; its first if left out). UTF-8 or GB18030, as Excel saves it. After
    that: `zhitong dialplan render`.
    """
    changes = wait_for(_import(site, read_given(file), replace, dry_run))
    _print_changes(changes, dry_run)


async def _import(path: Path, data: bytes, replace: bool, dry_run: bool) -> Changes:
    async with open_database(path) as (site, database):
        wanted = read_agents(data, {queue.name for queue in site.queues}, site.profile_names()).all_or_nothing()
        store = AgentStore(database)
        act = store.plan if dry_run else store.import_agents
        return await act(wanted, replace=replace)


def _print_changes(changes: Changes, dry_run: bool) -> None:
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
    if dry_run:
        console.say("未写入（--dry-run）。", "Nothing was written (--dry-run).")
    elif changes:
        console.say("下一步：zhitong dialplan render", "Next: render the PBX's files, so that it knows them.")


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
    table = console.table("坐席 agents", "工号 number", "姓名 name", "队列 queues", "分机 phone", whole=(0, 3))
    for agent in agents:
        queues = ", ".join(f"{each.queue}:{each.penalty}" if each.penalty else each.queue for each in agent.queues)
        table.add_row(*map(console.text, (agent.number, agent.name, queues, agent.phone)))
    console.out.print(table)


async def _list(path: Path) -> list[Agent]:
    async with open_database(path) as (_, database):
        return await AgentStore(database).list()
