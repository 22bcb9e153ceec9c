"""``zhitong numbers``: limits on numbers that abuse the hotline."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from telephony.config import Site, read_site
from telephony.control.commands import Answer, AnyOrder, Request, Taken
from telephony.control.limiter import wall_now
from telephony.control.orders.remarks import LiftLimit, LimitNumber
from telephony.control.socket import ask
from telephony.errors import LimitError, ZhitongError
from telephony.limits.limit import HOW, Limit
from telephony.limits.store import NumberLimits
from telephony.masking import mask_number
from telephony.model.ids import MICROS_PER_SECOND, Micros
from telephony.places import control_of
from zhitong.cli import console
from zhitong.cli.audit import audit_of, note
from zhitong.cli.common import DEFAULT_SITE, ByOption, JsonOption, SiteOption, group, open_database, wait_for, who
from zhitong.cli.met_words import LIMITS

app = group("号码限制。Numbers that abuse the hotline: limit, lift, limits.")

NumberArgument = Annotated[str, typer.Argument(help="来电号码，任何写法。 A caller's number, in any form.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="原因，必填，记入审计。 Why; it is kept, and audited.")]
_DAY = 86_400 * MICROS_PER_SECOND


@app.command("limit")
def limit(
    number: NumberArgument,
    reason: ReasonOption,
    how: Annotated[str, typer.Option("--how", help=f"方式。 One of {', '.join(HOW)}.")] = "low-priority",
    days: Annotated[float, typer.Option("--days", min=0.01, help="几天后结束。 It ends after so many days.")] = 7,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """限制一个号码：排在最后、同时只接一通，或拒接；到期自动结束。Limit a number until a date, never for ever.

    The service (`zhitong serve`) must be running. Calls from it stay on record and in all figures.
    """
    until = Micros(wall_now() + round(days * _DAY))
    deed = {"number": mask_number(number), "how": how, "days": days, "reason": reason}
    order = LimitNumber(number, how, until, reason, who(by))
    _order(site, order, ("numbers limit", deed), as_json, ("号码已限制。", "The number is limited."))


@app.command("lift")
def lift(
    number: NumberArgument,
    reason: ReasonOption,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """解除限制。End a limit before its date."""
    deed = {"number": mask_number(number), "reason": reason}
    order = LiftLimit(number, reason, who(by))
    _order(site, order, ("numbers lift", deed), as_json, ("限制已解除。", "The limit is lifted."))


@app.command("limits")
def limits(
    site: SiteOption = DEFAULT_SITE,
    ended: Annotated[bool, typer.Option("--all", help="含已结束的。 Those that have ended, too.")] = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="不遮盖号码。 Do not mask numbers.")] = False,
    as_json: JsonOption = False,
) -> None:
    """列出号码限制。List limits, the newest first."""
    wait_for(_list(site, ended, reveal, as_json))


async def _list(path: Path, ended: bool, reveal: bool, as_json: bool) -> None:
    async with open_database(path, create=False) as (site, database):
        found = await NumberLimits(database).listed(wall_now(), ended=ended)
    shown = [msgspec.structs.replace(each, who="", number=_shown(each, reveal)) for each in found]
    if as_json:
        console.print_json(shown)
    elif not found:
        console.say("没有号码限制。", "No number is limited.")
    else:
        _draw(site, found, reveal)


def _shown(limit: Limit, reveal: bool) -> str:
    return limit.number if reveal else mask_number(limit.number)


def _draw(site: Site, found: Sequence[Limit], reveal: bool) -> None:
    columns = ("号码 number", "方式 how", "到 until", "由 by", "原因 reason")
    table = console.table("号码限制 limits", *columns, whole=(0, 2))
    for each in found:
        until = console.clock(each.lifted_at or each.until, site.time_zone)[:19]
        cells = (_shown(each, reveal), LIMITS[each.how], until, each.by, each.reason)
        table.add_row(*(console.text(cell) for cell in cells))
    console.out.print(table)


def _order(
    path: Path, order: AnyOrder, deed: tuple[str, Mapping[str, object]], as_json: bool, words: tuple[str, str]
) -> None:
    site = read_site(path)
    audit, (name, details) = audit_of(path, site), deed
    note(audit, order.by, name, **details)
    try:
        answer = wait_for(_ask(path, site, Request(uuid.uuid4().hex, order)))
        if answer.taken is not Taken.ACCEPTED:
            raise LimitError(answer.why)
    except ZhitongError as error:
        note(audit, order.by, f"{name} failed", why=str(error), number=details["number"])
        raise
    if as_json:
        console.print_json(answer)
    else:
        console.say(*words)


async def _ask(path: Path, site: Site, request: Request) -> Answer:
    return await ask(await asyncio.to_thread(control_of, path, site), request)
