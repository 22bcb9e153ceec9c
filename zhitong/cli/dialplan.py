"""``zhitong dialplan``: site.toml and the agents become Asterisk's configuration."""

from pathlib import Path
from typing import Annotated

import typer

from dialplans import check as checks
from dialplans.diff import diff as differences
from dialplans.findings import Finding, Level
from dialplans.render import Mode, render, write
from telephony.config import Site, read_site
from telephony.directory.agents import Agent
from telephony.directory.agents_csv import read_agents
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError
from telephony.places import secrets_of, var_of
from telephony.secrets import ensure_secrets
from zhitong.cli import console
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, open_database, wait_for

app = typer.Typer(help="拨号方案。The PBX's configuration: render, check, diff.", no_args_is_help=True)

AgentsOption = Annotated[
    Path | None, typer.Option("--agents", help="Agents from this CSV file instead of those of the directory.")
]
ModeOption = Annotated[Mode, typer.Option("--mode", help="new: a PBX of its own; include: files for an existing one.")]
TargetArgument = Annotated[
    Path | None, typer.Argument(help="Folder of Asterisk's files; `asterisk` in the var directory if left out.")
]


FilesArgument = Annotated[
    Path | None, typer.Argument(help="A folder of Asterisk's files; what would be rendered if left out.")
]


@app.command("render")
def render_files(
    target: TargetArgument = None,
    site: SiteOption = DEFAULT_SITE,
    agents: AgentsOption = None,
    mode: ModeOption = Mode.NEW,
) -> None:
    """Write the PBX's files. Secrets that are missing are generated (secrets.toml, mode 0600).

    Nothing is written when the site or an agent has an error. For an existing Asterisk or FreePBX use
    `--mode include` and follow dialplans/README.md, step by step.
    """
    parsed, people, files = _rendered(site, agents, mode)
    folder = target or default_folder(site, parsed)
    write(folder, files)
    console.say(f"已写入 {len(files)} 个文件：{folder}", f"{len(files)} files for {len(people)} agents.")
    if mode is Mode.NEW:
        console.say("下一步：asterisk -rx 'core reload'，再 zhitong doctor", "Next: reload, then the doctor.")
    else:
        console.say("下一步：按 dialplans/README.md 加 #include", "Next: the #include lines of dialplans/README.md.")


def default_folder(site_file: Path, site: Site) -> Path:
    """Where files are rendered to when nobody says."""
    return var_of(site_file, site) / "asterisk"


def _rendered(site_file: Path, agents: Path | None, mode: Mode) -> tuple[Site, list[Agent], dict[str, str]]:
    site, people = _read(site_file, agents)
    if errors := [finding for finding in checks.check_site(site, people) if finding.level is Level.ERROR]:
        raise ConfigError("Nothing was written.\n" + "\n".join(str(finding) for finding in errors))
    secrets = ensure_secrets(secrets_of(site_file, site), [agent.phone for agent in people])
    return site, people, render(site, people, secrets, mode=mode)


def _read(site_file: Path, agents: Path | None) -> tuple[Site, list[Agent]]:
    if agents is None:
        return wait_for(_from_directory(site_file))
    site = read_site(site_file)
    try:
        data = agents.read_bytes()
    except OSError as error:
        raise ConfigError(f"{agents}: cannot be read: {error.strerror}.") from error
    known = {queue.name for queue in site.queues}
    return site, list(read_agents(data, known).all_or_nothing())


async def _from_directory(site_file: Path) -> tuple[Site, list[Agent]]:
    async with open_database(site_file) as (site, database):
        return site, await AgentStore(database).list()


@app.command("check")
def check(
    folder: FilesArgument = None,
    site: SiteOption = DEFAULT_SITE,
    agents: AgentsOption = None,
    sounds: Annotated[Path | None, typer.Option(help="Asterisk's sounds folder: are all prompts there?")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the site, the agents and the files for what Asterisk would only show when a call is lost.

    The exit status is 0 when there is no error.
    """
    parsed, people = _read(site, agents)
    found = checks.check_site(parsed, people, sounds)
    if folder is not None:
        found += checks.check_files(checks.read_folder(folder))
    elif not any(finding.level is Level.ERROR for finding in found):
        found += checks.check_files(_rendered(site, agents, Mode.NEW)[2])
    if as_json:
        console.print_json(found)
    else:
        _print_findings(found)
    if any(finding.level is Level.ERROR for finding in found):
        raise typer.Exit(1)


def _print_findings(found: list[Finding]) -> None:
    for finding in found:
        style = "red" if finding.level is Level.ERROR else "yellow"
        console.out.print(f"[{style}]{finding.level.value}[/{style}] ", end="")
        console.out.print(f"{finding.where}: {finding.what} {finding.remedy}", markup=False)
    if not found:
        console.say("没有发现问题。", "Nothing found.")


@app.command("diff")
def diff(
    target: TargetArgument = None,
    site: SiteOption = DEFAULT_SITE,
    agents: AgentsOption = None,
    mode: ModeOption = Mode.NEW,
    as_json: JsonOption = False,
) -> None:
    """Show what `render` would change in a folder; secrets are not shown. Exit status 1: it would change something."""
    parsed, _, files = _rendered(site, agents, mode)
    found = differences(target or default_folder(site, parsed), files)
    if as_json:
        console.print_json(found)
    for difference in () if as_json else found:
        console.out.print(f"[bold]{difference.change.value}[/bold] {difference.name}")
        console.out.print("\n".join(difference.lines), markup=False)
    if not found and not as_json:
        console.say("没有差别。", "No difference.")
    if found:
        raise typer.Exit(1)
