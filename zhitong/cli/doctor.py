"""``zhitong doctor``: look at a PBX before you trust it."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from zhitong.cli import console
from zhitong.cli.checks.examine import Patience, examine
from zhitong.cli.checks.findings import Finding, Report, Severity, report
from zhitong.cli.checks.screen import conclude, show
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, wait_for

_LONG_S = 5.0


def doctor(
    site: SiteOption = DEFAULT_SITE,
    listen: Annotated[
        float, typer.Option(min=0, max=3600, help="最后听几秒事件。Seconds to listen for events of calls.")
    ] = 2.0,
    as_json: JsonOption = False,
) -> None:
    """体检：站点、数据库、PBX。Look at the site, its database and the PBX; each finding has its remedy.

    It logs in as the bridge does, with a client of its own (pyst2), and changes nothing that anybody uses: versions,
    rights of the AMI user, event filter, dialplan, queues, phones, modules, clocks. Exit status 0 unless there is an
    error.
    """
    found = wait_for(_run(site, listen, quiet=as_json))
    if as_json:
        console.print_json(found)
    else:
        conclude(found, console.out)
    if found.worst is Severity.ERROR:
        raise typer.Exit(1)


async def _run(site: Path, listen_s: float, *, quiet: bool) -> Report:
    findings: list[Finding] = []
    if listen_s > _LONG_S and not quiet:
        console.say(
            f"最后会听 {listen_s:g} 秒事件，请在此期间打一通电话。", "It listens for events at the end: make a call."
        )
    async with contextlib.aclosing(examine(site, Patience(listen_s=listen_s))) as found:
        async for finding in found:
            findings.append(finding)
            if not quiet:
                show(finding, console.out)
    return report(findings)
