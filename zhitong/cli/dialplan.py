"""``zhitong dialplan``: site.toml and the agents become Asterisk's configuration."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.text import Text

from dialplans import check as checks
from dialplans.diff import Change, Difference
from dialplans.diff import diff as differences
from dialplans.findings import Finding, Level
from dialplans.render import Mode, render, write
from telephony.config import Site, read_site
from telephony.directory.agents import Agent
from telephony.directory.agents_csv import read_agents
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError
from telephony.places import secrets_of
from telephony.secrets import Secrets, ensure_secrets, planned_secrets
from zhitong.cli import checking, console
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
from zhitong.cli.pbx_here import default_folder, known_here

app = group("拨号方案。The PBX's configuration: render, deploy, check, diff.")

AgentsOption = Annotated[
    Path | None, typer.Option("--agents", help="坐席取自此 CSV。 Agents of this file, not those of the directory.")
]
ModeOption = Annotated[
    Mode,
    typer.Option("--mode", help="new 全新，include 并入现有。 A PBX of its own, or files for an existing one."),
]
TargetArgument = Annotated[
    Path | None, typer.Argument(help="目录。 Folder of Asterisk's files; left out: `asterisk` in the var directory.")
]
FilesArgument = Annotated[
    Path | None, typer.Argument(help="目录。 A folder of Asterisk's files; what would be rendered if left out.")
]


@app.command("render")
def render_files(
    target: TargetArgument = None,
    site: SiteOption = DEFAULT_SITE,
    agents: AgentsOption = None,
    mode: ModeOption = Mode.NEW,
) -> None:
    """生成 PBX 配置文件。Write the PBX's files; secrets that are missing are generated (secrets.toml, mode 0600).

    Nothing is written when the site or an agent has an error. For an existing Asterisk or FreePBX use `--mode include`
    and follow dialplans/README.md, step by step.
    """
    parsed, people, files = _rendered(site, agents, mode, ensure_secrets, target)
    folder = target or default_folder(site, parsed)
    write(folder, files)
    console.say(f"已写入 {len(files)} 个文件：{folder}", f"{len(files)} files for {len(people)} agents.")
    if mode is Mode.NEW:
        console.say("下一步：asterisk -rx 'core reload'，再 zhitong doctor", "Next: reload, then the doctor.")
    else:
        console.say("下一步：按 dialplans/README.md 加 #include", "Next: the #include lines of dialplans/README.md.")


@app.command("deploy")
def deploy(
    site: SiteOption = DEFAULT_SITE,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="让 PBX 重新加载。 Have the PBX reload, and see that it did.")
    ] = True,
    by: ByOption = None,
) -> None:
    """部署到 PBX：生成、重新加载、核对；失败则还原。Render to where the PBX reads, reload, and see that it took it in.

    For a changed site.toml; the folder is that of `[pbx.deploy]`. When the PBX does not have every agent then, the
    files are put back as they were, and it reads those again. Calls go on.
    """
    from zhitong.cli.agents_change import print_deployed
    from zhitong.cli.roster import Order, change_roster

    order = Order(who(by), "dialplan deploy", reload, whole=True)
    print_deployed(wait_for(change_roster(site, lambda _, stored: stored, order)))


def _rendered(
    site_file: Path,
    agents: Path | None,
    mode: Mode,
    secrets_for: Callable[[Path, Iterable[str]], Secrets],
    folder: Path | None = None,
) -> tuple[Site, list[Agent], dict[str, str]]:
    site, people = _read(site_file, agents)
    if errors := [finding for finding in checks.check_site(site, people) if finding.level is Level.ERROR]:
        raise ConfigError("Nothing was written.\n" + "\n".join(str(finding) for finding in errors))
    secrets = secrets_for(secrets_of(site_file, site), [agent.phone for agent in people])
    lab = known_here(site_file, site, folder or default_folder(site_file, site))
    return site, people, render(site, people, secrets, mode=mode, lab=lab)


def _read(site_file: Path, agents: Path | None) -> tuple[Site, list[Agent]]:
    if agents is None:
        return wait_for(_from_directory(site_file))
    site = read_site(site_file)
    known = {queue.name for queue in site.queues}
    return site, list(read_agents(read_given(agents), known, site.profile_names()).all_or_nothing())


async def _from_directory(site_file: Path) -> tuple[Site, list[Agent]]:
    async with open_database(site_file) as (site, database):
        return site, await AgentStore(database).list()


@app.command("check")
def check(
    folder: FilesArgument = None,
    site: SiteOption = DEFAULT_SITE,
    agents: AgentsOption = None,
    sounds: Annotated[
        Path | None,
        typer.Option(help="语音目录。 Asterisk's folder of sounds; left out: `sounds` in `data` of [pbx.folders]."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """检查站点、坐席与配置文件。Check the site, the agents and the files for what would else show when a call is lost.

    Changes nothing. The exit status is 0 when there is no error. Every sound that is named must be there, in a format
    that Asterisk plays; where the PBX's folder of sounds is not on this machine, that is left out and said. The folder
    may be that of a PBX that others have configured, such as /etc/asterisk; without a site.toml it is looked at alone.
    """
    found, unheard = _look(folder, site, agents, sounds)
    if as_json:
        console.print_json(found)
    else:
        checking.print_findings(found)
        if unheard:
            console.say("语音未检查：--sounds 语音目录", "Sounds were not checked: they are not on this machine.")
    if any(finding.level is Level.ERROR for finding in found):
        raise typer.Exit(1)


class _Looked(NamedTuple):
    """``unheard``: there is a site, and its sounds are not on this machine."""

    found: list[Finding]
    unheard: bool = False


def _look(folder: Path | None, site: Path, agents: Path | None, sounds: Path | None) -> _Looked:
    files = checking.files_in(folder) if folder else {}
    of_files = checks.check_files(files)
    if folder is not None and site == DEFAULT_SITE and not site.exists():
        return _Looked(of_files)
    if faults := checking.of_unreadable(site):
        return _Looked(faults + of_files)
    parsed, people = _read(site, agents)
    sounds = sounds or checking.sounds_of(parsed)
    found = checking.of_site(site, parsed, people, sounds)
    if not folder and not any(finding.level is Level.ERROR and finding.rule != "prompt" for finding in found):
        files = _rendered(site, agents, Mode.NEW, planned_secrets)[2]
        of_files = checks.check_files(files)
    return _Looked([*found, *of_files, *checking.of_sounds(parsed, files, sounds)], sounds is None)


@app.command("diff")
def diff(
    target: TargetArgument = None,
    site: SiteOption = DEFAULT_SITE,
    agents: AgentsOption = None,
    mode: ModeOption = Mode.NEW,
    as_json: JsonOption = False,
) -> None:
    """看 render 会改动什么。Show what `render` would change in a folder; changes nothing, shows no secret.

    The exit status is 1 when something would change.
    """
    parsed, _, files = _rendered(site, agents, mode, planned_secrets, target)
    found = differences(target or default_folder(site, parsed), files)
    if as_json:
        console.print_json(found)
    else:
        print_differences(found)
    if not found and not as_json:
        console.say("没有差别。", "No difference.")
    if found:
        raise typer.Exit(1)


def print_differences(found: Iterable[Difference]) -> None:
    """Each file with the lines that differ."""
    for difference in found:
        console.out.print(Text(_CHANGES[difference.change], "bold") + Text(f" {difference.name}"))
        console.out.print(Text("\n").join(_line(line) for line in difference.lines), soft_wrap=True)


_CHANGES = {Change.ADDED: "新增 added", Change.CHANGED: "改动 changed", Change.REMOVED: "移除 removed"}
_SIGNS = {"+": "green", "-": "red", "@": "cyan"}


def _line(line: str) -> Text:
    return Text(line, _SIGNS.get(line[:1], ""))
