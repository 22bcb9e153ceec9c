"""``zhitong missed``: calls nobody answered, who owns them, and calling back."""

import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from telephony.config import Site, read_site
from telephony.control.commands import Answer, Request, Taken
from telephony.control.orders.ledger import CallBack
from telephony.control.socket import ask
from telephony.errors import LedgerError
from telephony.ledger.entry import Entry
from telephony.ledger.figures import Figures, age_ms, figures
from telephony.ledger.masked import masked_detail, masked_entry, masked_listed
from telephony.ledger.query import NOT_CLOSED, PAGE_LIMIT, Detail, EntryQuery, Listed
from telephony.ledger.rows import Command
from telephony.ledger.store import Ledger
from telephony.ledger.terms import BY_HAND, CloseReason, EntryId, EntryState
from telephony.masking import mask_normalised
from telephony.model.ids import MemberName, Micros
from telephony.numbers.received import normalised
from telephony.numbers.sought import sought
from telephony.places import control_of
from zhitong.cli import console, missed_words, number_words, words
from zhitong.cli.calls import NumberOption, RevealOption, SinceOption, UntilOption, moment
from zhitong.cli.common import DEFAULT_SITE, ByOption, JsonOption, SiteOption, group, open_database, wait_for, who

app = group("漏接电话。Missed calls: whom to call back, who sees to it, and what became of it.")

EntryArgument = Annotated[int, typer.Argument(min=1, help="编号。 Its number in `missed list`.", show_default=False)]
Span = tuple[str | None, str | None]


def _now() -> Micros:
    return Micros(time.time_ns() // 1_000)


@asynccontextmanager
async def _ledger(path: Path) -> AsyncIterator[tuple[Site, Ledger]]:
    """The site and its ledger, which knows all that is on record."""
    async with open_database(path, create=False) as (site, database):
        ledger = Ledger(database, site.numbers.rules)
        await ledger.catch_up()
        yield site, ledger


@app.command("list")
def list_missed(  # noqa: PLR0913 - one parameter for each option
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    every: Annotated[bool, typer.Option("--all", help="包括已关闭的。 Closed ones too.")] = False,
    agent: Annotated[str | None, typer.Option(help="归属坐席。 Whose they are.")] = None,
    number: NumberOption = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE_LIMIT, help="最多几条。 How many at most.")] = 100,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """列出漏接电话，最早的在前。List who is owed a call back, the oldest first."""
    states = tuple(EntryState) if every else NOT_CLOSED
    owner = MemberName(agent) if agent else None
    wait_for(
        _list(
            site,
            (since, until),
            EntryQuery(states=states, owner=owner, limit=limit),
            number,
            reveal,
            as_json,
        )
    )


async def _list(
    path: Path,
    span: tuple[str | None, str | None],
    query: EntryQuery,
    number: str | None,
    reveal: bool,
    as_json: bool,
) -> None:
    async with _ledger(path) as (site, ledger):
        since, until = (moment(text, site.time_zone) for text in span)
        caller = sought(number, site.numbers.rules) if number is not None else None
        found = await ledger.entries(msgspec.structs.replace(query, since=since, until=until, caller=caller))
    shown = found if reveal else [masked_listed(listed) for listed in found]
    if as_json:
        console.print_json(shown)
    else:
        _print_list(site, shown)


_COLUMNS = (
    "编号 #",
    "来电 caller",
    "次数 calls",
    "最早 first",
    "等待 wait",
    "原因 why",
    "状态 state",
    "归属 owner",
    "时长 age",
    "尝试 tries",
)
_NARROW = tuple(title for title in _COLUMNS if not title.startswith(("次数", "等待")))


def _print_list(site: Site, shown: Sequence[Listed]) -> None:
    if not shown:
        console.say("没有漏接电话。", "Nobody is owed a call back.")
        return
    titles = _NARROW if console.out.width < console.NARROW else _COLUMNS
    table = console.table("漏接电话 missed calls", *titles, whole=(0, 1))
    for listed in shown:
        cells = _cells(listed, site.time_zone)
        table.add_row(*(console.text(cells[title]) for title in titles))
    console.out.print(table)


def _cells(listed: Listed, zone: str) -> dict[str, str]:
    entry = listed.entry
    state = missed_words.STATES[entry.state]
    if entry.closed is not None:
        state = f"{state} · {missed_words.REASONS[entry.closed.reason]}"
    elif entry.undone:
        state = f"{state} · {missed_words.REOPENED}"
    tries = str(listed.attempts)
    if listed.last_attempt is not None:
        tries = f"{tries} · {missed_words.ATTEMPTS[listed.last_attempt]}"
    values = (
        str(entry.number),
        entry.latest.caller_number or "—",
        f"{entry.calls}{' 短 short' if entry.short else ''}",
        console.clock(entry.opened_at, zone)[5:16],
        console.seconds(entry.waited_ms),
        _why(entry),
        state,
        entry.owner or "—",
        console.seconds(age_ms(entry, _now())),
        tries,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _why(entry: Entry) -> str:
    said = words.OUTCOMES[entry.latest.outcome]
    if entry.promised:
        said = f"{missed_words.PROMISED} · {said}"
    if entry.latest.abandoned_in is not None:
        return f"{said} · {words.ABANDONED_IN[entry.latest.abandoned_in]}"
    return f"{said} · {entry.latest.refused_because}" if entry.latest.refused_because else said


@app.command("show")
def show(
    entry: EntryArgument, site: SiteOption = DEFAULT_SITE, reveal: RevealOption = False, as_json: JsonOption = False
) -> None:
    """看一条：来电、指派、回拨。Show one: its calls, orders and call-backs."""
    wait_for(_show(site, EntryId(entry), reveal, as_json))


async def _show(path: Path, number: EntryId, reveal: bool, as_json: bool) -> None:
    async with _ledger(path) as (site, ledger):
        found = await ledger.detail(number)
    caller = normalised(found.entry.latest.caller_number, site.numbers.rules)
    detail = found if reveal else masked_detail(found)
    if as_json:
        console.print_json(detail)
    else:
        received = detail.entry.latest.caller_number
        _print_detail(site, detail, number_words.meaning(received, caller if reveal else mask_normalised(caller)))


def _print_detail(site: Site, detail: Detail, number: str) -> None:
    _print_list(site, [Listed(detail.entry, len(detail.attempts), None)])
    console.out.print(console.text(f"号码 number  {number}"), soft_wrap=True)
    for at, line in sorted(_happened(detail)):
        console.out.print(console.text(f"{console.clock(at, site.time_zone)[5:19]}  {line}"), soft_wrap=True)


def _happened(detail: Detail) -> Iterator[tuple[Micros, str]]:
    """All that is kept of an entry, a line for each; a closing by a person is the command that ordered it."""
    for call in detail.calls:
        promised = f"  {missed_words.PROMISED}" if call.promised else ""
        yield call.received_at, f"漏接 missed  {call.call_id}{promised}"
    for order in detail.commands:
        yield order.said_at, f"{missed_words.COMMANDS[order.kind]}  {_ordered(order)}  ({order.said_by})"
    for attempt in detail.attempts:
        outcome = missed_words.ATTEMPTS[attempt.outcome] if attempt.outcome else "进行中 under way"
        yield attempt.said_at, f"回拨 call-back  {attempt.agent}  {outcome}  ({attempt.by})"
    for closed in (*(undone.closing for undone in detail.entry.undone), detail.entry.closed):
        if closed is not None and closed.reason not in BY_HAND:
            yield closed.at, f"关闭 closed  {missed_words.REASONS[closed.reason]}  {closed.call or ''}  ({closed.by})"


def _ordered(order: Command) -> str:
    reason = missed_words.REASONS[order.reason] if order.reason else ""
    return "  ".join(part for part in (order.agent, reason, order.note) if part)


@app.command("assign")
def assign(
    entry: EntryArgument,
    agent: Annotated[str, typer.Argument(help="坐席工号。 The agent's number.", show_default=False)],
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """指派给坐席。From now on this agent owns it."""
    wait_for(_assign(site, EntryId(entry), MemberName(agent), who(by), as_json))


async def _assign(path: Path, number: EntryId, agent: MemberName, by: str, as_json: bool) -> None:
    async with _ledger(path) as (_, ledger):
        entry = await ledger.assign(number, agent, by)
    _told(entry, as_json, f"漏接 {entry.number} 归坐席 {agent}。", f"Agent {agent} owns entry {entry.number}.")


@app.command("close")
def close(
    entry: EntryArgument,
    reason: Annotated[
        CloseReason, typer.Option(metavar="REASON", help=f"原因。 Why: {', '.join(BY_HAND)}.", show_default=False)
    ],
    note: Annotated[str, typer.Option(help="说明。 In words; needed for `other`.")] = "",
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """人工关闭，须有原因。Close it by hand; the reason, who and when are kept."""
    wait_for(_close(site, EntryId(entry), reason, note, who(by), as_json))


async def _close(path: Path, number: EntryId, reason: CloseReason, note: str, by: str, as_json: bool) -> None:
    async with _ledger(path) as (_, ledger):
        entry = await ledger.close(number, reason, by, note)
    said = missed_words.REASONS[reason]
    _told(
        entry,
        as_json,
        f"漏接 {entry.number} 已关闭：{said}。",
        f"Entry {entry.number} is closed ({entry.calls} calls).",
    )


@app.command("reopen")
def reopen(
    entry: EntryArgument,
    note: Annotated[str, typer.Option(help="为何重开。 Why.", show_default=False)],
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """重开误关的一条，须说明。Take back a closing (a mistake, a mailbox that answered); who and why are kept."""
    wait_for(_reopen(site, EntryId(entry), note, who(by), as_json))


async def _reopen(path: Path, number: EntryId, note: str, by: str, as_json: bool) -> None:
    async with _ledger(path) as (_, ledger):
        entry = await ledger.reopen(number, by, note)
    owner = f"归坐席 {entry.owner}" if entry.owner else "待办"
    held = f"agent {entry.owner} owns it" if entry.owner else "nobody owns it"
    _told(entry, as_json, f"漏接 {entry.number} 已重开，{owner}。", f"Entry {entry.number} is open again; {held}.")


def _told(entry: Entry, as_json: bool, chinese: str, english: str) -> None:
    if as_json:
        console.print_json(masked_entry(entry))
    else:
        console.say(chinese, english)


@app.command("call")
def call(
    entry: EntryArgument,
    agent: Annotated[str | None, typer.Option(help="由哪个坐席。 Which agent calls; the owner, if left out.")] = None,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """回拨：先响坐席，再呼市民。Call back: the agent's phone first, then the citizen's.

    The service (`zhitong serve`) must be running. It answers how the PBX took the order; what became of the call is in
    `missed show` as soon as it is over.
    """
    command = CallBack(EntryId(entry), who(by), MemberName(agent) if agent else None)
    answer = wait_for(_call(site, Request(uuid.uuid4().hex, command)))
    if as_json:
        console.print_json(answer)
    elif answer.taken is Taken.ACCEPTED:
        console.say(
            f"已受理（第 {answer.attempt} 次回拨）：坐席话机振铃中。", "Accepted: the agent's phone is being rung."
        )
    if answer.taken is not Taken.ACCEPTED:
        _not_accepted(answer)


async def _call(path: Path, request: Request) -> Answer:
    return await ask(control_of(path, read_site(path)), request)


def _not_accepted(answer: Answer) -> None:
    if answer.taken is Taken.REFUSED:
        raise LedgerError(answer.why)
    raise LedgerError(f"{answer.why} Nothing is sent again; look at `zhitong missed show` before you do.")


@app.command("report")
def report(
    site: SiteOption = DEFAULT_SITE, since: SinceOption = None, until: UntilOption = None, as_json: JsonOption = False
) -> None:
    """统计一段时间的漏接与回拨。Figures of the entries opened in a time, as they stand now."""
    wait_for(_report(site, (since, until), as_json))


async def _report(path: Path, span: tuple[str | None, str | None], as_json: bool) -> None:
    async with _ledger(path) as (site, ledger):
        since, until = (moment(text, site.time_zone) for text in span)
        entries = [entry async for entry in ledger.every_entry(since, until)]
        tries = await ledger.attempts(since or Micros(0), until or Micros(2**62))
    told = figures(entries, tries, _now())
    if as_json:
        console.print_json(told)
    else:
        _print_figures(told)


def _print_figures(told: Figures) -> None:
    rows = {
        "漏接条目 entries": str(told.entries),
        "漏接来电 calls": str(told.calls),
        "其中速挂 short": str(told.short),
        "已承诺回电 promised": str(told.promised),
        "曾重开 reopened": str(told.reopened),
        "状态 states": _counts(told.states, {state.value: text for state, text in missed_words.STATES.items()}),
        "关闭原因 reasons": _counts(told.reasons, {key.value: text for key, text in missed_words.REASONS.items()}),
        "漏接原因 why": _counts(told.why, {key.value: text for key, text in words.OUTCOMES.items()}),
        "待办归属 owners": _counts(told.owners, {"": "无人 nobody"}),
        "回拨 call-backs": _counts(told.attempts, missed_words.of_attempts()),
        "最久未办 oldest open": console.seconds(told.oldest_open_ms),
        "办结用时 settled p50": console.seconds(told.settled_ms_p50),
        "办结用时 settled p95": console.seconds(told.settled_ms_p95),
    }
    table = console.table("漏接统计 missed calls", "项目 figure", "数值 value")
    for title, value in rows.items():
        table.add_row(title, console.text(value))
    console.out.print(table)


def _counts(counted: dict[str, int], texts: dict[str, str]) -> str:
    return ", ".join(f"{texts.get(word, word)} {count}" for word, count in counted.items()) or "—"
