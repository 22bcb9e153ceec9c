"""``zhitong recordings``: what became of the recordings of calls; pause and resume one."""

import asyncio
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from telephony.config import Site, read_site
from telephony.control.commands import Answer, AnyOrder, Request, Taken
from telephony.control.orders.recording import PauseRecording, ResumeRecording
from telephony.control.socket import ask
from telephony.errors import RecordingError
from telephony.model.ids import PbxName
from telephony.places import control_of, recordings_of
from telephony.recordings.files import Folder
from telephony.recordings.store import RecordingQuery, Recordings
from telephony.recordings.terms import FILED, Kept, State
from telephony.recordings.verify import Verdict, verify
from zhitong.cli import console
from zhitong.cli.calls import SinceOption, UntilOption, moment
from zhitong.cli.common import DEFAULT_SITE, ByOption, JsonOption, SiteOption, group, open_database, wait_for, who
from zhitong.cli.recording_words import REASONS, told

app = group("录音。Recordings: list, verify the files, pause, resume.")

CallArgument = Annotated[
    str, typer.Argument(help="通话编号。 A CallId, or a Uniqueid of Asterisk.", show_default=False)
]
Span = tuple[str | None, str | None]


# --- list -------------------------------------------------------------------------------------------------------


@app.command("list")
def list_recordings(
    site: SiteOption = DEFAULT_SITE,
    since: SinceOption = None,
    until: UntilOption = None,
    state: Annotated[
        State | None, typer.Option(metavar="STATE", help=f"状态。 Only these: {', '.join(State)}.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="最多几条。 How many at most.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """列出录音，最新的在前。List recordings, the newest first by the end of their calls."""
    wait_for(_list(site, (since, until), (state,) if state else (), limit, as_json))


async def _list(path: Path, span: Span, states: tuple[State, ...], limit: int, as_json: bool) -> None:
    async with open_database(path, create=False) as (site, database):
        since, until = (moment(text, site.time_zone) for text in span)
        recordings = Recordings(database)
        found = await recordings.find(RecordingQuery(since=since, until=until, states=states), limit)
        held = await recordings.held()
    if as_json:
        console.print_json(found)
    elif not found:
        console.say("没有录音。", "No recordings that fit.")
    else:
        _print_list(site, found, {kept.case.call_id for kept in found if kept.case.call_id in held})


def _print_list(site: Site, found: Sequence[Kept], held: set[str]) -> None:
    table = console.table(
        *("录音 recordings", "结束 ended", "状态 state", "时长 length", "文件 file", "编号 call id"), whole=(0, 4)
    )
    for kept in found:
        state = told(kept.fate.state.value, kept.fate.why.value if kept.fate.why else None)
        cells = (
            console.clock(kept.case.ended_at, site.time_zone)[5:19],
            f"{state} · 保全 held" if kept.case.call_id in held else state,
            console.seconds(kept.fate.length_ms),
            kept.case.path,
            kept.case.call_id,
        )
        table.add_row(*(console.text(cell) for cell in cells))
    console.out.print(table)


# --- verify -----------------------------------------------------------------------------------------------------


@app.command("verify")
def verify_recordings(
    site: SiteOption = DEFAULT_SITE, since: SinceOption = None, until: UntilOption = None, as_json: JsonOption = False
) -> None:
    """核对录音文件与当初的校验值。Hash the files again: are they still what they were after the call?

    Exit status 1 when one is missing or is not the same.
    """
    verdict = wait_for(_verify(site, (since, until)))
    if as_json:
        console.print_json(verdict)
    else:
        _print_verdict(verdict)
    if verdict.wrong:
        raise RecordingError(f"{len(verdict.wrong)} of {verdict.looked_at} recordings are not what they were.")


async def _verify(path: Path, span: Span) -> Verdict:
    async with open_database(path, create=False) as (site, database):
        since, until = (moment(text, site.time_zone) for text in span)
        query = RecordingQuery(since=since, until=until, states=FILED)
        return await verify(Recordings(database), PbxName(site.pbx.systemname), Folder(recordings_of(site)), query)


def _print_verdict(verdict: Verdict) -> None:
    for path, why in verdict.wrong.items():
        console.out.print(console.text(f"{path}  {REASONS[why]}"))
    for path in verdict.strangers:
        console.out.print(console.text(f"{path}  无记录 not on record"))
    console.say(
        f"核对 {verdict.looked_at} 个录音：{len(verdict.wrong)} 个有问题，{len(verdict.strangers)} 个文件无记录。",
        f"{verdict.looked_at} looked at, {len(verdict.wrong)} wrong, {len(verdict.strangers)} files not on record.",
    )


# --- pause and resume -------------------------------------------------------------------------------------------


@app.command("pause")
def pause(
    call: CallArgument, site: SiteOption = DEFAULT_SITE, by: ByOption = None, as_json: JsonOption = False
) -> None:
    """暂停一通电话的录音（如报卡号）。Silence a live call's recording.

    The service (`zhitong serve`) must be running. The pause ends by itself after `[recording] pause_max_s`, and is in
    the call's record.
    """
    _order(site, PauseRecording(call, who(by)), as_json, "录音已暂停。", "The recording is silent now.")


@app.command("resume")
def resume(
    call: CallArgument, site: SiteOption = DEFAULT_SITE, by: ByOption = None, as_json: JsonOption = False
) -> None:
    """恢复录音。Let it go on, whoever paused it."""
    _order(site, ResumeRecording(call, who(by)), as_json, "录音已恢复。", "The recording goes on.")


def _order(path: Path, order: AnyOrder, as_json: bool, chinese: str, english: str) -> None:
    answer = wait_for(_ask(path, Request(uuid.uuid4().hex, order)))
    if as_json:
        console.print_json(answer)
    elif answer.taken is Taken.ACCEPTED:
        console.say(chinese, english)
    if answer.taken is not Taken.ACCEPTED:
        raise RecordingError(answer.why)


async def _ask(path: Path, request: Request) -> Answer:
    return await ask(control_of(path, await asyncio.to_thread(read_site, path)), request)
