"""``zhitong reconcile``: our records beside Asterisk's own books, and the daily figures."""

import datetime
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from telephony.config import Site, read_site
from telephony.database.database import Database
from telephony.errors import ConfigError, ZhitongError
from telephony.journal.files import LocalLogs, Logs
from telephony.journal.source import logs_of
from telephony.model.ids import Micros, PbxName
from telephony.places import figures_of, secrets_of
from telephony.reconcile.errors import BooksUnreadable
from telephony.reconcile.figure import Figure
from telephony.reconcile.figures import FigureStore
from telephony.reconcile.finding import CallFindings, Counts, Damage, Report
from telephony.reconcile.nightly import Nightly
from telephony.reconcile.site import reconcile_site
from telephony.reconcile.verify import Check, verify
from telephony.secrets import read_secrets, with_figures_key
from zhitong.cli import console
from zhitong.cli import reconcile_words as words
from zhitong.cli.calls import RevealOption, SinceOption, UntilOption, moment
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, open_database, wait_for

app = typer.Typer(
    help="对账。Our records beside Asterisk's own books (queue_log, CDR), call by call; and the daily figures.",
    add_completion=False,
    rich_markup_mode="markdown",
    invoke_without_command=True,
)

UNREADABLE = 2
"""Exit status when books, records or figures cannot be read. 1: something differs."""
Result = TypeVar("Result")

LogsOption = Annotated[
    Path | None,
    typer.Option("--logs", help="Asterisk 日志目录。 Folder of Asterisk's logs, or a copy of it.", show_default=False),
]


def _attempt(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return wait_for(work)
    except (ZhitongError, OSError) as error:
        console.complain(str(error))
        raise typer.Exit(UNREADABLE) from None


@app.callback()
def reconcile(  # noqa: PLR0913 - one parameter for each option
    context: typer.Context,
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = "1d",
    until: UntilOption = None,
    logs: LogsOption = None,
    every: Annotated[
        bool, typer.Option("--all", help="也列出已解释的。 Show the calls whose differences are explained, too.")
    ] = False,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """对账：逐通比对记录与 queue_log、CDR，每处不同都说明原因。Hold the records against Asterisk's own books.

    Exit status 0: nothing unexplained; 1: unexplained differences; 2: books or records cannot be read. A call belongs
    to the interval in which it began. For example: `zhitong reconcile --from 2026-11-22 --to 2026-11-23`.
    """
    if context.invoked_subcommand is not None:
        return
    found, zone = _attempt(_reconcile(site, (since, until), logs))
    if as_json:
        console.print_json(_as_json(found, zone, reveal))
    else:
        _print(found, zone, every=every, reveal=reveal)
    raise typer.Exit(1 if found.counts.unexplained else 0)


async def _reconcile(path: Path, span: tuple[str | None, str | None], folder: Path | None) -> tuple[Report, str]:
    async with open_database(path, create=False) as (site, database):
        since, until = (moment(text, site.time_zone) for text in span)
        now = _now()
        report = await _report(path, site, database, folder, since or Micros(0), until or now)
    return report, site.time_zone


async def _report(
    path: Path, site: Site, database: Database, folder: Path | None, since: Micros, until: Micros
) -> Report:
    if since >= until:
        raise ConfigError("--from is not before --to. Name an interval in which calls began.")
    logs = _logs(path, site, folder)
    try:
        return await reconcile_site(database, logs, PbxName(site.pbx.systemname), since, until)
    finally:
        logs.close()


def _logs(path: Path, site: Site, folder: Path | None) -> Logs:
    if folder is not None:
        return LocalLogs(folder)
    found = logs_of(site, read_secrets(secrets_of(path, site)).journal if site.pbx.journal.url else None)
    if found is None:
        raise BooksUnreadable(
            f"Asterisk's log folder {site.pbx.folders.log} is not on this machine, and site.toml names no journal "
            "agent. Name the folder, or a copy of it, with --logs."
        )
    return found


def _now() -> Micros:
    return Micros(time.time_ns() // 1_000)


# --- a report ---------------------------------------------------------------------------------------------


def _as_json(found: Report, zone: str, reveal: bool) -> dict[str, object]:
    return {
        "since": found.since,
        "until": found.until,
        "counts": found.counts,
        "cel": found.cel,
        "calls": [_call_json(call, zone, reveal) for call in found.calls],
        "damages": found.damages,
    }


def _call_json(call: CallFindings, zone: str, reveal: bool) -> dict[str, object]:
    findings = []
    for finding in call.findings:
        said = words.sentence(finding, zone, reveal=reveal)
        masked = finding if reveal else words.masked(finding)
        findings.append({"finding": masked, "chinese": said.chinese, "english": said.english})
    return {
        "call_id": call.call_id,
        "uniqueid": call.uniqueid,
        "at": call.at,
        "explained": call.explained,
        "findings": findings,
    }


def _print(found: Report, zone: str, *, every: bool, reveal: bool) -> None:
    _print_counts(found.counts, "对账 reconciliation")
    for damage in found.damages:
        _print_damage(damage, zone)
    if not found.cel:
        console.say("没有 CEL 可作证：谁挂机以账本为准。", "There is no CEL to bear witness of who hung up.")
    shown = [call for call in found.calls if every or not call.explained]
    for call in shown:
        _print_call(call, zone, reveal)
    if not every and found.counts.explained:
        _print_reasons(found.calls)
    if not found.counts.unexplained:
        console.say("没有未解释的差异。", "Nothing is unexplained.", "green")


def _print_counts(counts: Counts, title: str) -> None:
    rows = {
        "记录 records": counts.records,
        "queue_log 通话 calls in queue_log": counts.queue_log,
        "CDR 通话 calls in CDR": counts.cdr,
        "一致 agreed": counts.agreed,
        "已解释 explained": counts.explained,
        "未解释 unexplained": counts.unexplained,
        "未完结 unsettled": counts.unsettled,
    }
    table = console.table(title, "项目 what", "通数 calls", right=(1,), whole=(0,))
    for name, count in rows.items():
        table.add_row(name, str(count))
    console.out.print(table)


def _print_damage(damage: Damage, zone: str) -> None:
    before = console.clock(damage.before, zone)[5:19] if damage.before else "…"
    after = console.clock(damage.after, zone)[5:19] if damage.after else "…"
    console.say(
        f"残缺 {damage.book}：{damage.file} 第 {damage.offset} 字节起 {damage.size} 字节，{after} 至 {before}",
        f"{damage.size} bytes of {damage.file} are no row: a full disk, or a caller's text.",
        "yellow",
    )


def _print_call(call: CallFindings, zone: str, reveal: bool) -> None:
    state = "已解释 explained" if call.explained else "未解释 unexplained"
    name = call.call_id or "—"
    line = f"{console.clock(call.at, zone)[5:]}  {name}  {call.uniqueid}  {state}"
    console.out.print(console.text(line, "" if call.explained else "bold red"), soft_wrap=True)
    for finding in call.findings:
        said = words.sentence(finding, zone, reveal=reveal)
        console.say(f"  {said.chinese}", said.english)


def _print_reasons(calls: Sequence[CallFindings]) -> None:
    """Of the explained calls only how many for which reason."""
    found = Counter(
        finding.because
        for call in calls
        if call.explained
        for finding in {each.because: each for each in call.findings}.values()
    )
    for reason, count in found.most_common():
        if reason is not None:
            console.say(f"已解释 {count} 通：{words.REASONS[reason].chinese}", words.REASONS[reason].english)


# --- daily figures ----------------------------------------------------------------------------------------


@app.command("nightly")
def nightly(site: SiteOption = DEFAULT_SITE, logs: LogsOption = None, as_json: JsonOption = False) -> None:
    """制作每日数字：补齐缺的日子。Make the daily figure of each day that is over and has none.

    The service does so by itself, an hour after the site's midnight and at its start. Days of which a call was
    completed later get a new revision. Each figure is kept in the database, and as a file in `figures` of the var
    folder.
    """
    made, without_books = _attempt(_nightly(site, logs))
    if as_json:
        console.print_json(made)
    elif made:
        _print_figures([(figure, "") for figure in made])
    else:
        console.say(
            "没有要补的日子（一天过完一小时后才可做）。", "No day that is over by an hour is without its figure."
        )
    for why in dict.fromkeys(without_books.values()):
        console.complain(f"{len(without_books)} days were not reconciled with Asterisk's books. {why}")


async def _nightly(path: Path, folder: Path | None) -> tuple[list[Figure], dict[str, str]]:
    async with open_database(path, create=False) as (site, database):
        key = with_figures_key(secrets_of(path, site)).figures
        assert key is not None

        async def reconciled(since: Micros, until: Micros) -> Counts:
            return (await _report(path, site, database, folder, since, until)).counts

        maker = Nightly(FigureStore(database), key, site.time_zone, figures_of(path, site), reconciled)
        return await maker.make_up(_now()), maker.without_books


@app.command("verify")
def verify_figures(
    site: SiteOption = DEFAULT_SITE,
    day: Annotated[str | None, typer.Option(help="某一天，如 2026-11-22。 One day only.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """核对每日数字：与现在的记录还对得上吗？Do the daily figures hold against the records of now?

    Exit status 0: all hold; 1: one does not, and the calls that changed are named; 2: there is nothing to check, or no
    key.
    """
    checks = _attempt(_verify(site, _day(day)))
    if as_json:
        console.print_json(
            [{"figure": check.figure, "holds": check.holds, "problems": check.problems} for check in checks]
        )
    else:
        _print_checks(checks)
    raise typer.Exit(0 if all(check.holds for check in checks) else 1)


def _day(text: str | None) -> str | None:
    try:
        return None if text is None else datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        console.complain(f"{text!r} is no day. Write it as 2026-11-22.")
        raise typer.Exit(UNREADABLE) from None


async def _verify(path: Path, day: str | None) -> list[Check]:
    key = read_secrets(secrets_of(path, read_site(path))).figures
    async with open_database(path, create=False) as (site, database):
        return await verify(FigureStore(database), key or "", figures_of(path, site), day)


def _print_checks(checks: Sequence[Check]) -> None:
    _print_figures([(check.figure, "相符 holds" if check.holds else "不符 does not hold") for check in checks])
    for check in checks:
        for problem, calls in check.problems.items():
            told = words.PROBLEMS[problem]
            day = f"{check.figure.day} r{check.figure.revision}"
            console.say(f"{day}：{told.chinese}", told.english, "bold red")
            for call_id in calls:
                console.out.print(console.text(f"  {call_id}"))


_COLUMNS: dict[str, Callable[[Figure], str]] = {
    "日期 day": lambda figure: figure.day,
    "版 rev": lambda figure: str(figure.revision),
    "来电 offered": lambda figure: str(figure.counts.offered),
    "接通 answered": lambda figure: str(figure.counts.answered),
    "放弃 abandoned": lambda figure: str(figure.counts.abandoned),
    "其他 other": lambda figure: str(figure.counts.other),
    "重建 rebuilt": lambda figure: str(figure.counts.rebuilt),
    "补全 completed": lambda figure: str(figure.counts.completed),
    "估计 estimated": lambda figure: str(figure.counts.estimated),
    "未解释 unexplained": lambda figure: "—" if figure.books is None else str(figure.books.unexplained),
    "散列 hash": lambda figure: figure.hash[:8],
}
_LEFT_OUT_WHEN_NARROW = ("重建", "补全", "估计")


def _print_figures(figures: Sequence[tuple[Figure, str]]) -> None:
    shown = dict(_COLUMNS)
    if console.out.width < console.NARROW:
        shown = {title: cell for title, cell in shown.items() if not title.startswith(_LEFT_OUT_WHEN_NARROW)}
    numbers = tuple(range(1, len(shown) - 1))
    table = console.table("每日数字 daily figures", *shown, "核对 check", right=numbers, whole=(0, len(shown) - 1))
    for figure, said in figures:
        table.add_row(*(cell(figure) for cell in shown.values()), said)
    console.out.print(table)
