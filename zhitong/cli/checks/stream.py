"""Do events come, with their time, and only those the bridge reads? And does the PBX's clock agree with ours?

With the right to send them, two events are provoked: a ``UserEvent``, which must come, and a ``VarSet`` (of the global
variable ``ZT_PROBE``, which nothing reads), which must not. The bridge's own AMI user has no such rights and is given
none for this; then the doctor listens to what calls bring.
"""

import secrets
import statistics
from collections.abc import Iterator, Mapping

import msgspec

from dialplans.contract import AMI_EVENTS, AMI_READ
from zhitong.cli.checks.case import Rights
from zhitong.cli.checks.client import PystClient, message, refused
from zhitong.cli.checks.findings import Finding, error, listed, note, ok, warning
from zhitong.cli.checks.pipe import Heard

PROBE = "ZtProbe"
"""The UserEvent's name; no part of the contract, so that a bridge that hears it passes over it."""

VARIABLE = "ZT_PROBE"
_COMES_S = 2.0
_LATE_S = 0.3
"""A VarSet goes another way through Asterisk than a UserEvent, and may come a little after it."""

_TOLERATED_S, _BAD_S = 0.5, 2.0
_PINGS = 5


class Overheard(msgspec.Struct, frozen=True):
    """What came. ``sent``: the PBX took our probe; ``variable_sent``: and our VarSet; None: we have no right to it."""

    sent: bool | None
    probe: Mapping[str, str] | None
    variable_sent: bool
    variable_seen: bool
    names: Mapping[str, int]
    timed: int = 0
    untimed: int = 0
    refusal: str = ""


async def check_events(pbx: PystClient, rights: Rights, listen_s: float) -> list[Finding]:
    """Provoke what may be provoked, listen for ``listen_s`` seconds, and judge."""
    heard = await _provoke(pbx, rights) if "UserEvent" in rights else None
    await pbx.listen(listen_s)
    return list(judge_events(heard or _overheard(pbx, sent=None)))


async def _provoke(pbx: PystClient, rights: Rights) -> Overheard:
    token = secrets.token_hex(8)
    variable_sent = "Setvar" in rights and not refused(await pbx.ask("Setvar", Variable=VARIABLE, Value=token))
    reply = await pbx.ask("UserEvent", UserEvent=PROBE, Token=token)
    if refused(reply):
        return _overheard(pbx, sent=False, refusal=message(reply))
    probe = await pbx.listen(_COMES_S, lambda heard: heard.headers.get("Token") == token)
    variable = await pbx.listen(_LATE_S, lambda heard: heard.headers.get("Variable") == VARIABLE)
    return _overheard(pbx, sent=True, probe=probe, variable_sent=variable_sent, variable_seen=variable is not None)


def _overheard(
    pbx: PystClient,
    *,
    sent: bool | None,
    probe: Heard | None = None,
    variable_sent: bool = False,
    variable_seen: bool = False,
    refusal: str = "",
) -> Overheard:
    # FullyBooted answers the login and carries no time, whatever manager.conf says.
    rest = [heard for heard in pbx.events if heard.headers.get("Event") != "FullyBooted"]
    timed = sum("Timestamp" in heard.headers for heard in rest)
    return Overheard(
        sent=sent,
        probe=None if probe is None else probe.headers,
        variable_sent=variable_sent,
        variable_seen=variable_seen,
        names=dict(pbx.seen),
        timed=timed,
        untimed=len(rest) - timed,
        refusal=refusal,
    )


def judge_events(heard: Overheard) -> Iterator[Finding]:
    """Do they come; with a time; and only those that are read."""
    yield from _judge_arrival(heard)
    if heard.timed or heard.untimed:
        yield _judge_time(heard)
    yield from _judge_filter(heard)


def _judge_arrival(heard: Overheard) -> Iterator[Finding]:
    if heard.sent and heard.probe is not None:
        yield ok("events", "事件送达：UserEvent 已收到", "Events arrive: our UserEvent came back")
    elif heard.sent is False:
        yield error(
            "events",
            (f"UserEvent 被拒：{heard.refusal}", f"UserEvent is refused: {heard.refusal}"),
            ("重新加载：asterisk -rx 'manager reload'。", "Reload it: asterisk -rx 'manager reload'."),
        )
    elif heard.sent:
        yield error(
            "events",
            ("UserEvent 发出了，却没有收到", "Our UserEvent was sent and did not come back"),
            (
                (
                    f"AMI 用户要有 read = {','.join(AMI_READ)}；有 eventfilter 时，其中要有 name(UserEvent)。"
                    "没有它，通话记录就没有结局。"
                ),
                (
                    f"The AMI user needs read = {','.join(AMI_READ)}, and name(UserEvent) among its event filters. "
                    "Without it no record knows how its call ended."
                ),
            ),
        )
    elif not heard.timed and not heard.untimed:
        yield _nothing_heard()
    else:
        count = heard.timed + heard.untimed
        yield ok("events", f"事件送达：收到 {count} 个", f"Events arrive: {count} came")


def _nothing_heard() -> Finding:
    return note(
        "events",
        (
            "没有事件可听：眼下没有通话，而 AMI 用户（应当如此）无权自己触发",
            "No event to judge by: no call just now, and the AMI user (rightly) may not provoke one",
        ),
        (
            "有通话时再查一次，例如 zhitong doctor --listen 30，其间拨打热线。",
            "Look again while there are calls, for instance: zhitong doctor --listen 30, and dial the hotline.",
        ),
    )


def _judge_time(heard: Overheard) -> Finding:
    if heard.untimed:
        return error(
            "timestamps",
            ("事件不带 Timestamp", "Events come without a Timestamp"),
            (
                "在 manager.conf 的 [general] 设 timestampevents = yes：通话记录的时间全靠它。",
                "Say timestampevents = yes under [general] of manager.conf: the records' times are these.",
            ),
        )
    return ok("timestamps", "事件带有时间", "Events carry their time")


def _judge_filter(heard: Overheard) -> Iterator[Finding]:
    needless = sorted(set(heard.names) - set(AMI_EVENTS))
    if needless:
        yield warning(
            "event-filter",
            (f"收到了不需要的事件：{listed(needless)}", f"Events come that nobody reads: {listed(needless)}"),
            (
                "重新 zhitong dialplan render 并加载 manager.conf：eventfilter 会去掉一半以上的流量。",
                "Render manager.conf again and load it: its event filter halves the stream or better.",
            ),
        )
    elif heard.variable_sent or heard.timed + heard.untimed > 1:
        yield ok("event-filter", "没有收到不需要的事件", "No event came that nobody reads")


# --- the clock -----------------------------------------------------------------------------------------------


async def check_clock(pbx: PystClient) -> Finding:
    """Ask for the PBX's time a few times (``Ping``, which everybody may), and take the quickest answer."""
    answers = [await pbx.ask("Ping") for _ in range(_PINGS)]
    quickest = min(answers, key=lambda heard: heard.at - heard.sent)
    try:
        said = float(quickest.headers["Timestamp"])
    except (KeyError, ValueError):
        return note(
            "clock",
            ("Ping 的回答没有时间，时钟差未知", "The answer to Ping has no time: the clocks cannot be compared"),
            ("在两台机器上各看一下 date。", "Compare `date` on both machines."),
        )
    return judge_clock(said - statistics.mean((quickest.sent, quickest.at)))


def judge_clock(ahead_s: float) -> Finding:
    """How far the PBX's clock is ahead of ours, in seconds."""
    ahead_ms = round(ahead_s * 1000)  # an int: a float has a negative zero
    words = (f"PBX 时钟与本机相差 {ahead_ms:+d} 毫秒", f"The PBX's clock is {ahead_ms:+d} ms from ours")
    if abs(ahead_s) < _TOLERATED_S:
        return ok("clock", *words)
    severity = warning if abs(ahead_s) < _BAD_S else error
    return severity(
        "clock",
        words,
        (
            "两台机器都用 NTP 对时（chrony 或 systemd-timesyncd），对好之后再开始记录。",
            "Set both by NTP (chrony or systemd-timesyncd) before records are taken.",
        ),
    )
