"""``zhitong calls note``, ``dispose``, ``resolve``, ``mark``: what desktops do, for who has none."""

import asyncio
import uuid
from pathlib import Path
from typing import Annotated

import typer

from telephony.config import read_site
from telephony.control.commands import Answer, AnyOrder, Request, Taken
from telephony.control.orders.remarks import Dispose, Mark, Note, Resolve
from telephony.control.socket import ask
from telephony.errors import ControlError
from telephony.model.ids import CallId, MemberName
from telephony.places import control_of
from telephony.remarks.remark import Mark as Kind
from zhitong.cli import console
from zhitong.cli.common import DEFAULT_SITE, ByOption, JsonOption, SiteOption, wait_for, who

CallArgument = Annotated[str, typer.Argument(help="通话编号。 A CallId as `calls list` shows it.")]
AgentOption = Annotated[
    str, typer.Option(help="记在哪个坐席名下；不写则记在自己名下。 Whose word it is; yours, if left out.")
]


def note(
    call: CallArgument,
    text: Annotated[str, typer.Argument(help="备注；空则撤销。 The note; empty takes it back.")],
    agent: AgentOption = "",
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """写备注，替换原来的。Write a note on a call, in place of the last one of the same name.

    The service (`zhitong serve`) must be running.
    """
    _order(site, Note(CallId(call), MemberName(agent), text, who(by), any_call=True), as_json)


def dispose(
    call: CallArgument,
    topic: Annotated[
        list[str] | None, typer.Option(help="诉求类别，可多次。 A code of [[topic]]; may be repeated.")
    ] = None,
    answered: Annotated[
        bool | None, typer.Option("--direct/--not-direct", help="是否直接答复。 Closed on the line, or not.")
    ] = None,
    agent: AgentOption = "",
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """登记类别与是否直接答复，替换原来的。Say what a call was about, and whether it was closed on the line; nothing
    takes it back. The service must be running."""
    member = MemberName(agent)
    _order(site, Dispose(CallId(call), member, tuple(topic or ()), who(by), answered, any_call=True), as_json)


def resolve(
    call: CallArgument,
    resolved: Annotated[
        bool | None,
        typer.Option("--yes/--no", help="是否在通话中解决；不写则撤销。 On the call, or not; neither takes it back."),
    ] = None,
    agent: AgentOption = "",
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """登记专家参与的通话是否当场解决。Say whether what the caller wanted was resolved on the call, with those who were
    asked into it. The service must be running."""
    _order(site, Resolve(CallId(call), MemberName(agent), resolved, who(by), any_call=True), as_json)


def mark(
    call: CallArgument,
    kind: Annotated[
        Kind | None,
        typer.Argument(metavar="[MARK]", help="nuisance 骚扰、silent 无声；不写则撤销。 None takes it back."),
    ] = None,
    agent: AgentOption = "",
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """标记骚扰或无声来电。Mark a call; it stays in every figure. The service must be running."""
    given = "" if kind is None else kind.value
    _order(site, Mark(CallId(call), MemberName(agent), given, who(by), any_call=True), as_json)


def _order(path: Path, order: AnyOrder, as_json: bool) -> None:
    answer = wait_for(_ask(path, Request(uuid.uuid4().hex, order)))
    if as_json:
        console.print_json(answer)
    elif answer.taken is Taken.ACCEPTED:
        console.say("已登记。", "It is kept.")
    if answer.taken is not Taken.ACCEPTED:
        raise ControlError(answer.why)


async def _ask(path: Path, request: Request) -> Answer:
    return await ask(control_of(path, await asyncio.to_thread(read_site, path)), request)
