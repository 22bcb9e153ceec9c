"""``zhitong retention``: delete recordings whose time has passed, with a certificate; legal holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from telephony.config import read_site
from telephony.errors import ConfigError, RecordingError
from telephony.masking import mask_number
from telephony.model.ids import CallId, PbxName
from telephony.places import certificates_of, recordings_of
from telephony.recordings.certificates import Certificates
from telephony.recordings.files import Folder
from telephony.recordings.retention import Order, Outcome, Retention
from telephony.recordings.rows import Hold
from telephony.recordings.store import Recordings
from telephony.records.store import RecordStore
from zhitong.cli import console
from zhitong.cli.common import DEFAULT_SITE, ByOption, JsonOption, SiteOption, group, open_database, wait_for, who
from zhitong.cli.recordings import CallArgument

app = group("保存期限。Retention: delete what is due; legal holds.")

ReasonOption = Annotated[str, typer.Option("--reason", help="原因。 Why; kept with it.", show_default=False)]


# --- run --------------------------------------------------------------------------------------------------------


@app.command("run")
def run(
    site: SiteOption = DEFAULT_SITE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看不删。 Only say what would be deleted.")] = False,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """删除到期的录音，留下删除证明。Delete what is due and leave a certificate.

    Due is a recording whose call ended `[recording] keep_days` ago, unless the call is under legal hold. Run it each
    night, as a user who may write the recordings folder. Exit status 1 when something could not be deleted.
    """
    outcome = wait_for(_run(site, who(by), dry_run))
    if as_json:
        console.print_json(outcome)
    else:
        _print_outcome(outcome)
    if outcome.left:
        raise RecordingError(f"{len(outcome.left)} recordings are due and could not be deleted.")


async def _run(path: Path, by: str, dry: bool) -> Outcome:
    async with open_database(path, create=False) as (site, database):
        keep_days = site.recording.keep_days
        if keep_days is None:
            raise ConfigError(
                "recording.keep_days: is not set, so nothing is ever due. Write for how many days recordings are kept."
            )
        retention = Retention(
            Recordings(database), Folder(recordings_of(site)), Certificates(certificates_of(path, site))
        )
        order = Order(site=site.name, pbx=PbxName(site.pbx.systemname), keep_days=keep_days, by=by)
        return await retention.run(order, dry=dry)


def _print_outcome(outcome: Outcome) -> None:
    for path, why in outcome.left.items():
        console.out.print(console.text(f"{path}  未删除 not deleted: {why}"))
    if outcome.held:
        console.say(f"保全中、到期未删：{len(outcome.held)}。", f"{len(outcome.held)} are due and under legal hold.")
    count = len(outcome.deleted)
    if outcome.dry:
        console.say(f"将删除 {count} 个录音（未删）。", f"{count} recordings would be deleted; nothing was.")
        return
    console.say(f"已删除 {count} 个录音。", f"{count} recordings deleted.")
    for path in outcome.certificates:
        console.say(f"删除证明：{path}", "certificate")


# --- holds ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _call(path: Path, key: str) -> AsyncIterator[tuple[Recordings, CallId]]:
    async with open_database(path, create=False) as (_, database):
        record = await RecordStore(database).get(key)
        if record is None:
            raise ConfigError(f"There is no call {mask_number(key)!r} on record. `zhitong calls list` shows them.")
        yield Recordings(database), record.call_id


@app.command("hold")
def hold(
    call: CallArgument,
    reason: ReasonOption,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """依法保全：在解除前不删除。Legal hold: this call's recordings are kept until it is released."""
    laid = wait_for(_hold(site, call, reason, who(by)))
    if as_json:
        console.print_json(laid)
    else:
        console.say(f"已保全：{laid.call_id}。", "Under legal hold.")


async def _hold(path: Path, key: str, reason: str, by: str) -> Hold:
    async with _call(path, key) as (recordings, call_id):
        return await recordings.hold(call_id, reason, by)


@app.command("release")
def release(call: CallArgument, reason: ReasonOption, site: SiteOption = DEFAULT_SITE, by: ByOption = None) -> None:
    """解除保全。End all legal holds on this call."""
    count = wait_for(_release(site, call, reason, who(by)))
    console.say(f"已解除 {count} 项保全。", f"{count} holds released.")


async def _release(path: Path, key: str, reason: str, by: str) -> int:
    async with _call(path, key) as (recordings, call_id):
        return await recordings.release(call_id, reason, by)


@app.command("holds")
def holds(
    site: SiteOption = DEFAULT_SITE,
    every: Annotated[bool, typer.Option("--all", help="包括已解除的。 Released ones too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """列出保全。List legal holds, the oldest first."""
    found, zone = wait_for(_holds(site, every))
    if as_json:
        console.print_json(found)
    elif not found:
        console.say("没有保全。", "Nothing is under legal hold.")
    else:
        _print_holds(found, zone)


async def _holds(path: Path, every: bool) -> tuple[list[Hold], str]:
    async with open_database(path, create=False) as (site, database):
        return list(await Recordings(database).holds(released=every)), site.time_zone


def _print_holds(found: list[Hold], zone: str) -> None:
    table = console.table(
        *("保全 legal holds", "起 since", "由 by", "原因 reason", "解除 released", "编号 call id"), whole=(0, 4)
    )
    for each in found:
        released = ""
        if each.released_at is not None:
            released = f"{console.clock(each.released_at, zone)} {each.released_by}: {each.released_because}"
        cells = (console.clock(each.said_at, zone), each.said_by, each.reason, released or "—", each.call_id)
        table.add_row(*(console.text(cell) for cell in cells))
    console.out.print(table)


# --- certificates -----------------------------------------------------------------------------------------------


@app.command("check")
def check(site: SiteOption = DEFAULT_SITE) -> None:
    """核对删除证明链。Check the chain of certificates: is one missing or changed?

    Shows the hash of the newest one: kept elsewhere, it proves all of them.
    """
    wait_for(_check(site))


async def _check(path: Path) -> None:
    site = await asyncio.to_thread(read_site, path)
    certificates = Certificates(certificates_of(path, site))
    problems = await asyncio.to_thread(certificates.check)
    if problems:
        raise RecordingError(" ".join(problems))
    number, newest = await asyncio.to_thread(certificates.next)
    console.say(f"{number - 1} 份删除证明，链条完好。", f"{number - 1} certificates, the chain is whole.")
    console.show_command(newest)
