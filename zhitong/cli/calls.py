"""``zhitong calls``: look at the records of calls."""

import contextlib
import datetime
import re
import sys
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from telephony.config import Site
from telephony.errors import ConfigError
from telephony.files import PRIVATE
from telephony.masking import mask_number
from telephony.model.ids import MemberName, Micros, QueueName
from telephony.model.terms import Outcome
from telephony.numbers.sought import sought
from telephony.recordings.joined import joined_page, with_files
from telephony.recordings.store import Recordings
from telephony.records.export import ExportFormat, Layout, export
from telephony.records.masked import masked
from telephony.records.notices import NoticeFold
from telephony.records.numbered import numbered
from telephony.records.query import PAGE_LIMIT, CallQuery, Damaged, Page
from telephony.records.ratings import By, RatingFold
from telephony.records.record import CallRecord
from telephony.remarks import joined as said
from telephony.remarks.figures import TopicFold
from telephony.remarks.remark import Mark
from telephony.remarks.store import Remarks, about, marked
from telephony.remarks.topics import with_below
from zhitong.cli import console, saying, topics, words
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, group, open_records, wait_for
from zhitong.cli.notices import draw as draw_notices
from zhitong.cli.ratings import draw as draw_ratings
from zhitong.cli.timeline import draw

app = group("通话记录。Call records: list, show one with its timeline, export.")

SinceOption = Annotated[
    str | None,
    typer.Option(
        "--from", help="从何时起。 Received at or after: 2026-11-23, 2026-11-23T08:30, or 30m, 2h, 3d (so long ago)."
    ),
]
UntilOption = Annotated[str | None, typer.Option("--to", help="到何时止（不含）。 Received earlier; same forms.")]
NumberOption = Annotated[
    str | None, typer.Option(help="来电号码，任何写法，须完整。 The caller's whole number, in any form.")
]
RevealOption = Annotated[bool, typer.Option("--reveal", help="不遮盖号码与姓名。 Do not mask numbers and names.")]
_AGO = re.compile(r"([0-9]{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def moment(text: str | None, zone: str) -> Micros | None:
    """A time as a person writes it, in the site's zone unless it names its own. Raises ConfigError with the forms."""
    if text is None:
        return None
    try:
        if ago := _AGO.fullmatch(text.strip()):
            when = datetime.datetime.now(datetime.UTC) - datetime.timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            when = datetime.datetime.fromisoformat(text.strip())
            when = when if when.tzinfo else when.replace(tzinfo=zoneinfo.ZoneInfo(zone))
        return Micros((when - _EPOCH) // datetime.timedelta(microseconds=1))
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{text!r} is no time. Write 2026-11-23, 2026-11-23T08:30, or 30m, 2h, 3d for so long ago."
        ) from None


@app.command("list")
def list_calls(  # noqa: PLR0913 - one parameter for each option
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    number: NumberOption = None,
    agent: Annotated[str | None, typer.Option(help="接听坐席。 The agent who answered.")] = None,
    queue: Annotated[str | None, typer.Option(help="队列。 Where it was answered, or waited last.")] = None,
    outcome: Annotated[
        Outcome | None, typer.Option(metavar="OUTCOME", help=f"结果。 How it ended: {', '.join(Outcome)}.")
    ] = None,
    refused_out: Annotated[bool, typer.Option("--refused", help="外呼被拒绝的。 Refused calls out.")] = False,
    mark: Annotated[
        Mark | None, typer.Option(metavar="MARK", help="标记为 nuisance 骚扰、silent 无声的。 So marked.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="诉求类别，含下级。 About this topic, or one below it.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE_LIMIT, help="最多几条。 How many at most.")] = 30,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """列出通话，最新的在前。List calls, the newest first.

    Whatever options are given must all hold. Times are in the site's zone. For example: `zhitong calls list --from 2h
    --outcome abandoned`. Exit status 1 when a record cannot be read; the others are shown.
    """
    query = CallQuery(
        agent=MemberName(agent) if agent else None,
        queue=QueueName(queue) if queue else None,
        outcome=outcome,
        refused_out=refused_out,
        limit=limit,
    )
    wait_for(_list(site, (since, until), number, (mark, topic), query, (reveal, as_json)))


async def _list(
    path: Path,
    span: tuple[str | None, str | None],
    number: str | None,
    of: tuple[Mark | None, str | None],
    query: CallQuery,
    shown: tuple[bool, bool],
) -> None:
    (mark, topic), (reveal, as_json) = of, shown
    async with open_records(path) as (site, store):
        since, until = (moment(text, site.time_zone) for text in span)
        caller = sought(number, site.numbers.rules) if number is not None else None
        also = [marked(mark)] if mark is not None else []
        also += [about(with_below(topic, site.topics))] if topic is not None else []
        page = await store.find(msgspec.structs.replace(query, since=since, until=until, caller=caller), *also)
        found = await said.joined_page(Remarks(store.database), page.records)
    records = tuple(found if reveal else map(masked, found))
    if as_json:
        console.print_json(records)
    else:
        _print_list(site, records, page, _REFUSED if query.refused_out else _COLUMNS)
    name_damaged(page.damaged)


def name_damaged(damaged: Sequence[Damaged]) -> None:
    """Those beside them are good, and were told. Exit status 1 if there are any."""
    for each in damaged:
        said = f"通话 {each.call_id} 的记录读不出，其余照常列出。"
        console.err.print(console.text(f"警告 warning: {said} {each}", "yellow"), soft_wrap=True)
    if damaged:
        raise typer.Exit(1)


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
_REFUSED: dict[str, Callable[[CallRecord, str], str]] = {
    "时间 received": _COLUMNS["时间 received"],
    "坐席 agent": lambda record, _: "\n".join(told.agent or "—" for told in record.refused_out),
    "被拒号码 refused": lambda record, _: "\n".join(told.number for told in record.refused_out),
    "原因 reason": lambda record, _: "\n".join(
        words.NOT_OUT.get(told.reason, told.reason) for told in record.refused_out
    ),
    "结果 outcome": _COLUMNS["结果 outcome"],
    "编号 call id": _COLUMNS["编号 call id"],
}
_LEFT_OUT_WHEN_NARROW = ("队列 queue", "通话 talk")


def _print_list(
    site: Site, records: tuple[CallRecord, ...], page: Page, columns: dict[str, Callable[[CallRecord, str], str]]
) -> None:
    if not records and not page.damaged:
        console.say("没有通话。", "No calls on record that fit.")
        return
    shown = dict(columns)
    if console.out.width < console.NARROW:
        shown = {title: cell for title, cell in shown.items() if title not in _LEFT_OUT_WHEN_NARROW}
        shown["时间 received"] = lambda record, zone: console.clock(record.received_at, zone)[5:16]
        shown["结果 outcome"] = lambda record, _: words.chinese(words.outcome(record))
    numbers = tuple(index for index, title in enumerate(shown) if title.startswith(("接通", "通话")))
    table = console.table("通话记录 calls", *shown, right=numbers, whole=(0, 1, len(shown) - 1))
    for record in records:
        table.add_row(*(console.text(cell(record, site.time_zone)) for cell in shown.values()))
    console.out.print(table)
    if page.next is not None:
        earlier = as_written(page.next.received_at, site.time_zone)
        console.say(f"还有更多：--to {earlier} 往前翻，或加大 --limit。", "There are more: go on with that --to.")


def as_written(at: Micros, zone: str) -> str:
    """A time in the form that ``moment`` reads, to the microsecond."""
    return (_EPOCH + datetime.timedelta(microseconds=at)).astimezone(zoneinfo.ZoneInfo(zone)).isoformat()


@app.command("show")
def show(
    call: Annotated[
        str, typer.Argument(help="通话编号。 A CallId as `calls list` shows it, an alias, or a Uniqueid of Asterisk.")
    ],
    site: SiteOption = DEFAULT_SITE,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """看一通电话：沿时间画出经过。Show one call: what happened, drawn along its time."""
    wait_for(_show(site, call, reveal, as_json))


async def _show(path: Path, key: str, reveal: bool, as_json: bool) -> None:
    async with open_records(path) as (site, store):
        found = await store.get(key)
        if found is not None:
            (found,) = await joined_page(Recordings(store.database), [found])
            (found,) = await said.joined_page(Remarks(store.database), [found])
    if found is None:
        raise ConfigError(
            f"There is no call {mask_number(key)!r} on record. `zhitong calls list` shows those there are."
        )
    if found.caller_normalised is None:  # it is from before: what its numbers mean is told as it would be now
        found = numbered(found, site.numbers.rules)
    record = found if reveal else masked(found)
    if as_json:
        console.print_json(record)
    else:
        draw(record, site.time_zone, site.topics)


for _say in (saying.note, saying.dispose, saying.resolve, saying.mark):
    app.command()(_say)


@app.command("remarks")
def remarks(
    call: Annotated[str, typer.Argument(help="通话编号。 A CallId as `calls list` shows it.")],
    site: SiteOption = DEFAULT_SITE,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """一通电话的备注、类别、标记，及每次改动。All that was ever said of one call: who changed what, and when."""
    wait_for(topics.history(site, call, reveal, as_json))


@app.command("topics")
def call_topics(
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    by: Annotated[
        topics.By, typer.Option(metavar="BY", help="按 topic 类别、day 日、agent 坐席。 Of what a line is.")
    ] = topics.By.TOPIC,
    as_json: JsonOption = False,
) -> None:
    """来电是为了什么，多少当场答复：直接答复率，按类别、日或坐席。What calls were about and how many were closed on the
    line: the direct answer rate with its base, by topic, day or agent; marks are counted beside.

    For example: `zhitong calls topics --from 2026-11-01 --by agent`. What each figure means stands below them; `--json`
    has all three. Exit status 1 when a record cannot be read; the others are counted.
    """
    wait_for(_topics(site, (since, until), by, as_json))


async def _topics(path: Path, span: tuple[str | None, str | None], by: topics.By, as_json: bool) -> None:
    damaged = list[Damaged]()
    async with open_records(path) as (site, store):
        fold = TopicFold(site.time_zone)
        since, until = (moment(text, site.time_zone) for text in span)
        query = CallQuery(since=since, until=until, oldest_first=True, limit=PAGE_LIMIT)
        async for record in said.with_remarks(Remarks(store.database), store.stream(query, damaged)):
            fold.add(record)
    if as_json:
        console.print_json(fold.figures())
    else:
        topics.draw(fold.figures(), by, site.topics)
    name_damaged(damaged)


@app.command("notices")
def notices(
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
) -> None:
    """录音告知播到哪里、花了多少时间，按队列。What became of the notice of the recording, by queue: heard whole, cut by
    the answer and after how long, and the connect time it cost.

    For example: `zhitong calls notices --from 2026-11-01`. What each figure means stands below them. Exit status 1 when
    a record cannot be read; the others are counted.
    """
    wait_for(_notices(site, (since, until), as_json))


async def _notices(path: Path, span: tuple[str | None, str | None], as_json: bool) -> None:
    fold, damaged = NoticeFold(), list[Damaged]()
    async with open_records(path) as (site, store):
        since, until = (moment(text, site.time_zone) for text in span)
        query = CallQuery(since=since, until=until, oldest_first=True, limit=PAGE_LIMIT)
        async for record in store.stream(query, damaged):
            fold.add(record)
    if as_json:
        console.print_json(fold.figures())
    else:
        draw_notices(fold.figures())
    name_damaged(damaged)


@app.command("ratings")
def call_ratings(
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    by: Annotated[
        By, typer.Option(metavar="BY", help="按 agent 坐席、queue 队列、day 日。 Of what a line is.")
    ] = By.AGENT,
    as_json: JsonOption = False,
) -> None:
    """来电者的评价：人数、回应率、平均分。What callers keyed of agents; each average with its response rate.

    For example: `zhitong calls ratings --from 2026-11-01 --by queue`. What each figure means stands below them. Exit
    status 1 when a record cannot be read; the others are counted.
    """
    wait_for(_ratings(site, (since, until), by, as_json))


async def _ratings(path: Path, span: tuple[str | None, str | None], by: By, as_json: bool) -> None:
    damaged = list[Damaged]()
    async with open_records(path) as (site, store):
        fold = RatingFold(by, site.time_zone)
        since, until = (moment(text, site.time_zone) for text in span)
        query = CallQuery(since=since, until=until, oldest_first=True, limit=PAGE_LIMIT)
        async for record in store.stream(query, damaged):
            fold.add(record)
    if as_json:
        console.print_json(fold.figures())
    else:
        draw_ratings(fold.figures(), by)
    name_damaged(damaged)


@app.command("export")
def export_calls(
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    form: Annotated[
        ExportFormat, typer.Option("--format", help="格式。 JSON Lines: all there is; CSV: the columns of a table.")
    ] = ExportFormat.JSONL,
    to: Annotated[Path | None, typer.Option("--output", help="写到文件。 A file; standard output if left out.")] = None,
    excel: Annotated[
        bool,
        typer.Option("--excel", help="给 Excel： CSV，中文表头。CSV with Chinese headings that Excel reads right."),
    ] = False,
    reveal: RevealOption = False,
) -> None:
    """导出通话，最早的在前。Export calls, the oldest first.

    Numbers and names are masked unless `--reveal`; a file with whole ones can be read by its owner only. For example:
    `zhitong calls export --from 2026-11-01 --to 2026-12-01 --excel --output november.csv`. Exit status 1 when a
    record cannot be read; the others are written.
    """
    layout = Layout(format=ExportFormat.CSV if excel else form, unmasked=reveal, bom=excel, chinese=excel)
    wait_for(_export(site, (since, until), layout, to))


async def _export(path: Path, span: tuple[str | None, str | None], layout: Layout, to: Path | None) -> None:
    async with open_records(path) as (site, store):
        since, until = (moment(text, site.time_zone) for text in span)
        query = CallQuery(since=since, until=until, oldest_first=True, limit=PAGE_LIMIT)
        damaged: list[Damaged] = []
        layout = msgspec.structs.replace(layout, zone=zoneinfo.ZoneInfo(site.time_zone))
        with _target(to, private=layout.unmasked) as target:
            found = store.stream(query, damaged)
            found = said.with_remarks(Remarks(store.database), with_files(Recordings(store.database), found))
            count = await export(found, target, layout)
    if to:
        console.say(f"已导出 {count} 条通话记录：{to}", f"{count} records written.")
    name_damaged(damaged)


@contextlib.contextmanager
def _target(to: Path | None, *, private: bool) -> Iterator[BinaryIO]:
    if to is None:
        yield sys.stdout.buffer
        return
    with to.open("wb") as file:
        if private:
            to.chmod(PRIVATE)  # before the first record is in it
        yield file
