"""``zhitong status``: how the running bridge is."""

import uuid
from pathlib import Path

import typer
from rich.text import Text

from telephony.ami.link import LinkState
from telephony.config import Site, read_site
from telephony.control.commands import AskStatus, Request
from telephony.control.socket import ask
from telephony.errors import ControlError
from telephony.live.alarms import Alarm, Severity
from telephony.live.status import Journal, Link, Status, ToSay, Waking
from telephony.places import control_of
from telephony.site.dispatch import ON
from zhitong.cli import console
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, wait_for

_MARKS = {Severity.CRITICAL: ("✗", "bold red"), Severity.WARNING: ("!", "yellow")}
_HEARD = (LinkState.SYNCING, LinkState.LIVE)


def status(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """运行状态：报警、与 PBX 的连接、等待写入的记录。How the running bridge is: alarms, link, records that wait.

    Exit status 0 when no alarm stands; 1 when one does, or when no bridge runs for this site. What each alarm means and
    what to do about it: docs/operations.md.
    """
    told, of = wait_for(_ask(site))
    if as_json:
        console.print_json(told)
    else:
        _show(told, of)
    if told.alarms:
        raise typer.Exit(1)


async def _ask(path: Path) -> tuple[Status, Site]:
    site = read_site(path)
    answer = await ask(control_of(path, site), Request(uuid.uuid4().hex, AskStatus()))
    if answer.status is None:
        raise ControlError(answer.why or "The service did not tell how it is. Is it of another version?")
    return answer.status, site


def _show(told: Status, site: Site) -> None:
    for alarm in told.alarms:
        _show_alarm(alarm, site)
    if not told.alarms:
        console.say("没有报警。", "No alarm stands.", "green")
    table = console.table("运行状态 status", "项目 what", "现状 now")
    for what, now in rows(told):
        table.add_row(what, console.text(now))
    console.out.print(table)


def _show_alarm(alarm: Alarm, site: Site) -> None:
    mark, style = _MARKS[alarm.severity]
    since = console.clock(alarm.since, site.time_zone)[5:19]
    console.say(f"{mark} {alarm.zh}（自 {since}）", f"{alarm.name}: {alarm.en}", style)
    if alarm.detail:
        console.out.print(Text("  ") + console.text(alarm.detail))


def rows(told: Status) -> list[tuple[str, str]]:
    """What the table shows: what, and how it is now."""
    records, link = told.records, told.link
    why = f" ({link.why})" if link.why else ""
    return [
        ("与 PBX 的连接 link", f"{link.state}, epoch {link.epoch}{why}"),
        ("事件延迟 event age", _event_age(link)),
        ("进行中的通话 calls", f"{told.calls} ({told.waiting} waiting)"),
        ("数据库 database", records.store),
        ("已写入的记录 written", f"{records.written} ({records.rebuilt} out of the PBX's logs)"),
        ("等待写入的记录 waiting", str(records.waiting)),
        ("发件箱 outbox", f"{records.fill:.1%}; refused {records.refused}, set aside {records.set_aside}"),
        ("日志补录 journal", _journal(told.journal)),
        *((f"唤醒 waking {each.queue}", _waking(each)) for each in told.waking),
        *([("拒绝外呼 refused out", _refused_out(told))] if told.refused_out else []),
        *(("请补告知 notice to say", f"{_agent(each)}: {_heard(each)}") for each in told.to_say),
    ]


def _refused_out(told: Status) -> str:
    return ", ".join(f"{who} {count}" for who, count in told.refused_out.items())


def _waking(each: Waking) -> str:
    """A queue that is not woken says why; what was counted there before stays."""
    said = [] if each.verdict == ON else [f"不唤醒 off: {each.verdict}"]
    if each.wakes or not said:
        told = f"有效 useful {each.useful}, 落空 wasted {each.wasted}, 备用 spare {each.spare}"
        said += [f"唤醒 wakes {each.wakes}: {told}, 已挂机 refused {each.refused}"]
    if each.p50_ms is not None:
        said += [f"空闲→振铃 free→offered p50 {each.p50_ms:g}, p95 {each.p95_ms:g}, 最长 max {each.max_ms:g} ms"]
    return "; ".join(said)


def _agent(each: ToSay) -> str:
    return each.agent or each.call_id


def _heard(each: ToSay) -> str:
    heard, length = console.seconds(each.heard_ms), console.seconds(each.length_ms)
    return f"听到 heard {heard} / {length} ({each.language})"


def _event_age(link: Link) -> str:
    """Nothing is heard while there is no link, so nothing is known of its age."""
    return console.seconds(link.event_age_ms if link.state in _HEARD else None)


def _journal(journal: Journal | None) -> str:
    if journal is None:
        return "none: the PBX's logs are out of reach"
    if journal.problem is not None:
        return journal.problem
    return f"{journal.due} calls due, {journal.behind_s:.0f} s behind"
