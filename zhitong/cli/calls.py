"""``zhitong calls``: look at the records of calls."""

import contextlib
import datetime
import sys
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from telephony.config import Site
from telephony.errors import ConfigError
from telephony.masking import mask_number
from telephony.model.ids import MICROS_PER_SECOND, MemberName, Micros, QueueName
from telephony.model.terms import Outcome
from telephony.records.export import ExportFormat, Layout, export
from telephony.records.masked import masked
from telephony.records.query import PAGE_LIMIT, CallQuery
from telephony.records.record import CallRecord
from zhitong.cli import console, words
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, open_records, wait_for
from zhitong.cli.timeline import draw

app = typer.Typer(help="通话记录。Call records: list, show one with its timeline, export.", no_args_is_help=True)

SinceOption = Annotated[
    str | None, typer.Option("--from", help="Received at or after: 2026-11-23, 2026-11-23T08:30, or 2h, 3d (ago).")
]
UntilOption = Annotated[str | None, typer.Option("--to", help="Received before; same forms.")]
RevealOption = Annotated[bool, typer.Option("--reveal", help="Show whole numbers and names (they are masked if not).")]
_AGO = {"m": 60, "h": 3600, "d": 86400}


def moment(text: str | None, zone: str) -> Micros | None:
    """A time as a person writes it, in the site's zone. Raises ConfigError that shows the forms."""
    if text is None:
        return None
    if text[:-1].isdigit() and text[-1] in _AGO:
        ago = datetime.timedelta(seconds=int(text[:-1]) * _AGO[text[-1]])
        return _micros(datetime.datetime.now(datetime.UTC) - ago)
    try:
        said = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"{text!r} is no time. Write 2026-11-23, 2026-11-23T08:30, or 30m, 2h, 3d for so long ago."
        ) from None
    return _micros(said if said.tzinfo else said.replace(tzinfo=zoneinfo.ZoneInfo(zone)))


def _micros(when: datetime.datetime) -> Micros:
    return Micros(int(when.timestamp() * MICROS_PER_SECOND))


@app.command("list")
def list_calls(  # noqa: PLR0913 - one parameter for each option
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    number: Annotated[str | None, typer.Option(help="Caller's whole number.")] = None,
    agent: Annotated[str | None, typer.Option(help="Agent who answered.")] = None,
    queue: Annotated[str | None, typer.Option(help="Queue that answered, or the last one waited in.")] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="How the call ended.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 30,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """List calls, the newest first."""
    query = CallQuery(
        caller_number=number,
        agent=MemberName(agent) if agent else None,
        queue=QueueName(queue) if queue else None,
        outcome=outcome,
        limit=limit,
    )
    wait_for(_list(site, (since, until), query, reveal, as_json))


async def _list(path: Path, span: tuple[str | None, str | None], query: CallQuery, reveal: bool, as_json: bool) -> None:
    async with open_records(path) as (site, store):
        since, until = (moment(text, site.time_zone) for text in span)
        page = await store.find(msgspec.structs.replace(query, since=since, until=until))
    records = page.records if reveal else tuple(masked(record) for record in page.records)
    if as_json:
        console.print_json(records)
    else:
        _print_list(site, records, more=page.next is not None)


_COLUMNS: dict[str, Callable[[CallRecord, str], str]] = {
    "时间 received": lambda record, zone: console.clock(record.received_at, zone)[5:19],
    "来电 caller": lambda record, _: record.caller_number or "—",
    "队列 queue": lambda record, _: record.queue or "—",
    "坐席 agent": lambda record, _: record.agent or "—",
    "结果 outcome": lambda record, _: words.outcome(record),
    "接通 connect": lambda record, _: console.seconds(words.connect_ms(record)),
    "通话 talk": lambda record, _: console.seconds(record.talk_ms) if record.answered_at else "—",
    "编号 call id": lambda record, _: record.call_id,
}
_LEFT_OUT_WHEN_NARROW = ("队列 queue", "通话 talk")


def _print_list(site: Site, records: tuple[CallRecord, ...], *, more: bool) -> None:
    narrow = console.out.width < console.NARROW
    shown = dict(_COLUMNS)
    if narrow:
        shown = {title: cell for title, cell in shown.items() if title not in _LEFT_OUT_WHEN_NARROW}
        shown["结果 outcome"] = lambda record, _: words.outcome(record).partition(" ")[0]
    numbers = tuple(index for index, title in enumerate(shown) if title.startswith(("接通", "通话")))
    table = console.table("通话记录 calls", *shown, right=numbers, whole=(0, 1, len(shown) - 1))
    for record in records:
        table.add_row(*(cell(record, site.time_zone) for cell in shown.values()))
    console.out.print(table)
    if more:
        console.say("还有更多：加大 --limit，或用 --to 往前翻。", "There are more: use --limit or --to.")


@app.command("show")
def show(
    call: Annotated[str, typer.Argument(help="CallId (or an alias, or a Uniqueid of Asterisk).")],
    site: SiteOption = DEFAULT_SITE,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show one call: what happened, drawn along its time."""
    wait_for(_show(site, call, reveal, as_json))


async def _show(path: Path, key: str, reveal: bool, as_json: bool) -> None:
    async with open_records(path) as (site, store):
        found = await store.get(key)
    if found is None:
        raise ConfigError(
            f"There is no call {mask_number(key)!r} on record. `zhitong calls list` shows those there are."
        )
    record = found if reveal else masked(found)
    if as_json:
        console.print_json(record)
    else:
        draw(record, site.time_zone)


@app.command("export")
def export_calls(
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    form: Annotated[ExportFormat, typer.Option("--format", help="JSON lines (all there is) or CSV (columns).")] = (
        ExportFormat.JSONL
    ),
    to: Annotated[Path | None, typer.Option("--output", help="A file; standard output if left out.")] = None,
    excel: Annotated[bool, typer.Option("--excel", help="CSV for Excel: byte order mark, Chinese headings.")] = False,
    reveal: RevealOption = False,
) -> None:
    """Export calls, the oldest first."""
    wait_for(_export(site, (since, until), form, to, excel, reveal))


async def _export(
    path: Path, span: tuple[str | None, str | None], form: ExportFormat, to: Path | None, excel: bool, reveal: bool
) -> None:
    async with open_records(path) as (site, store):
        since, until = (moment(text, site.time_zone) for text in span)
        query = CallQuery(since=since, until=until, oldest_first=True, limit=PAGE_LIMIT)
        zone = zoneinfo.ZoneInfo(site.time_zone)
        layout = Layout(format=form, unmasked=reveal, bom=excel, chinese=excel, zone=zone)
        with to.open("wb") if to else contextlib.nullcontext(sys.stdout.buffer) as target:
            count = await export(store.stream(query), target, layout)
    if to:
        console.say(f"已导出 {count} 条通话记录：{to}", f"{count} records written.")
