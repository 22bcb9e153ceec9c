"""The login, and what the PBX says of itself."""

import re
from collections.abc import Iterator
from typing import Final

from zhitong.cli.checks.case import Case, Rights
from zhitong.cli.checks.client import PystClient, message, refused
from zhitong.cli.checks.findings import Finding, error, note, ok, warning
from zhitong.cli.checks.pipe import Heard

_NEEDED: Final = {20: 11, 21: 6, 22: 1}
"""The first minor of each series whose event filters know names and actions (run through Asterisk's tags)."""

_TESTED: Final = 22
_VERSION = re.compile(r"(?P<certified>certified[-/])?(?P<major>\d+)\.(?P<minor>\d+)", re.IGNORECASE)
_BOOT_S: Final = 1.0


async def login(pbx: PystClient, user: str, secret: str) -> Finding:
    """Log in. An error here ends the examination."""
    return judge_login(await pbx.ask("Login", Username=user, Secret=secret), user)


def judge_login(reply: Heard, user: str) -> Finding:
    """What the reply to Login means. Asterisk says the same of a wrong user, secret and address, on purpose."""
    if not refused(reply):
        return ok("login", f"已以 {user} 登录", f"Logged in as {user}")
    if "In Use" in message(reply):
        return error(
            "login",
            (f"{user} 已在别处登录，不许再登录", f"{user} is logged in elsewhere, and a second login is not allowed"),
            ("在 manager.conf 的 [general] 设 allowmultiplelogin = yes。", "Say allowmultiplelogin = yes there."),
        )
    return error(
        "login",
        (f"{user} 登录被拒：{message(reply)}", f"The login as {user} is refused"),
        (
            (
                "用户名、密码（secrets.toml 的 ami）或来源地址（permit）不对，Asterisk 不说是哪一个，它的日志里有。"
                "重新 zhitong dialplan render，再 asterisk -rx 'manager reload'。"
            ),
            (
                "User, secret (ami in secrets.toml) or our address (permit) is wrong; only its own log says which. "
                "Render again (zhitong dialplan render), then: asterisk -rx 'manager reload'."
            ),
        ),
    )


async def check_booted(pbx: PystClient) -> list[Finding]:
    """Asterisk greets a session that may read ``system`` events with FullyBooted, once it is."""
    if await pbx.listen(_BOOT_S, lambda heard: heard.headers.get("Event") == "FullyBooted"):
        return []
    return [
        warning(
            "booted",
            ("登录后没有收到 FullyBooted", "No FullyBooted came after the login"),
            (
                "若 Asterisk 正在启动，稍后再试；否则给 AMI 用户 read = system：没有它，就不知道 PBX 重启过。",
                (
                    "If Asterisk is starting, try again; else give the AMI user read = system: without it a restart "
                    "of the PBX goes unnoticed."
                ),
            ),
        )
    ]


async def check_settings(pbx: PystClient, rights: Rights, case: Case) -> list[Finding]:
    """Version, system name, CDR: ``CoreSettings``. Where it is not allowed, ``zhitong.cli.checks.rights`` says so."""
    if "CoreSettings" not in rights:
        return []
    reply = await pbx.ask("CoreSettings")
    return [
        judge_version(reply.headers.get("AsteriskVersion", "")),
        judge_system_name(reply.headers.get("SystemName", ""), case.site.pbx.systemname),
        *judge_cdr(reply.headers.get("CoreCDRenabled", "")),
    ]


def judge_version(text: str) -> Finding:
    """Asterisk 20.11+ and 22.1+ will do."""
    match = _VERSION.search(text)
    if match is None or match["certified"]:
        return note(
            "version",
            (f"Asterisk {text}：不是普通发行版", f"Asterisk {text}: not a plain release"),
            ("确认它有 20.11 / 22.1 的事件过滤。", "Make sure that it has the event filters of 20.11 / 22.1."),
        )
    major, minor = int(match["major"]), int(match["minor"])
    if major < min(_NEEDED) or minor < _NEEDED.get(major, 0):
        return error(
            "version",
            (f"Asterisk {text} 太旧", f"Asterisk {text} is too old"),
            (
                "升级到 20.11+ 或 22.1+：旧版不懂按名称的 eventfilter，事件会多出一倍。",
                "Upgrade to 20.11+ or 22.1+: older ones do not know eventfilter by name, and double the events.",
            ),
        )
    if major != _TESTED:
        return note(
            "version",
            (
                f"Asterisk {text}：可用，但测试都在 {_TESTED} 上",
                f"Asterisk {text}: will do, but tests run on {_TESTED}",
            ),
            (f"可以的话用 {_TESTED}（长期支持）。", f"Prefer {_TESTED} (long-term support) where you can."),
        )
    return ok("version", f"Asterisk {text}", f"Asterisk {text}")


def judge_system_name(said: str, wanted: str) -> Finding:
    """The name prefixes every Uniqueid, so records of two PBXs cannot be mixed up."""
    if said == wanted:
        return ok("system-name", f"系统名 {said}", f"System name {said}")
    return error(
        "system-name",
        (f"系统名是 {said or '空'}，site.toml 说 {wanted}", f"The system name is {said or 'empty'}, not {wanted}"),
        (
            (
                f"在 asterisk.conf 的 [options] 写 systemname = {wanted} 并重启 Asterisk；或改 pbx.systemname。"
                "有了通话记录之后不要再改。"
            ),
            (
                f"Write systemname = {wanted} under [options] of asterisk.conf and restart Asterisk, or change "
                "pbx.systemname. Not once there are records."
            ),
        ),
    )


def judge_cdr(enabled: str) -> Iterator[Finding]:
    """CDR is one of the books that records are compared with."""
    if enabled.lower() == "no":
        yield warning(
            "cdr",
            ("PBX 不写 CDR", "The PBX writes no CDR"),
            (
                "cdr.conf：enable = yes，unanswered = yes，congestion = yes，batch = no。少了一本账，就无法核对记录。",
                "cdr.conf: enable, unanswered and congestion = yes, batch = no. Records are compared with it.",
            ),
        )
