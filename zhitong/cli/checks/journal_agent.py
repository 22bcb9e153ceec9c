"""The journal agent beside a PBX on another machine: it answers, knows our token, and can read Asterisk's books."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence

from telephony.config import Site
from telephony.errors import ConfigError
from telephony.journal.cutting import CEL, cut
from telephony.journal.errors import JournalUnreadable
from telephony.journal.files import CDR_LOG, CEL_LOG, FileGone
from telephony.journal.remote import RemoteLogs
from telephony.journal.remote_link import EXPIRES_SOON_S
from telephony.journal.rows import CelRow
from telephony.journal.source import remote_logs_of
from telephony.journal.wire import PIECE, About
from telephony.secrets import Secrets
from zhitong.cli.checks.findings import Finding, error, ok, warning

_DAY_S = 86_400


async def check_journal_agent(site: Site, secrets: Secrets | None) -> list[Finding]:
    """Nothing for a site that names no agent."""
    if site.pbx.journal.url is None or secrets is None:
        return []
    try:
        logs = remote_logs_of(site, secrets.journal)
    except ConfigError as failure:
        return [_unusable(failure)]
    with contextlib.closing(logs):
        return await asyncio.to_thread(_ask, logs, site.pbx.systemname)


def _ask(logs: RemoteLogs, system: str) -> list[Finding]:
    try:
        found = [*_of_the_logs(logs.about()), *_of_the_pbx(_newest(logs), system)]
    except (JournalUnreadable, FileGone) as failure:
        return [_unusable(failure)]
    return [*found, *_of_the_certificate(logs.certified_for_s)] or [
        ok("journal-agent", "日志代理应答，三本账都能读", "The journal agent answers and can read all three books")
    ]


def _newest(logs: RemoteLogs) -> list[CelRow]:
    """The last rows of CEL."""
    files = logs.log(CEL_LOG)
    newest = max((file for file in files.list() if file.size), key=lambda file: file.changed_ns, default=None)
    file = files.open(newest) if newest else None
    if file is None or newest is None:
        return []
    pieces, _ = cut(file.read(max(0, (newest.size or 0) - PIECE), PIECE).data, 0, CEL, lambda _offset: None)
    return [piece.row for piece in pieces if piece.row is not None]


def _of_the_pbx(rows: Sequence[CelRow], system: str) -> Iterator[Finding]:
    if rows and not any(row.uniqueid.startswith(f"{system}-") for row in rows):
        yield error(
            "journal-agent",
            (
                f"日志代理给出的是另一台 PBX 的日志：编号如 {rows[-1].uniqueid}，而不是 {system}-…",
                f"The journal agent shows another PBX's logs: ids such as {rows[-1].uniqueid}, not {system}-…",
            ),
            (
                "核对 pbx.journal.url 与 pbx.systemname；在改好之前停下桥，否则会记下别的 PBX 的通话。",
                "Compare pbx.journal.url and pbx.systemname. Stop the bridge until then: it records another's calls.",
            ),
        )


def _unusable(failure: Exception) -> Finding:
    return error(
        "journal-agent",
        (f"不能经日志代理读 Asterisk 的日志：{failure}", f"Asterisk's logs cannot be read: {failure}"),
        (
            "按提示处理：桥没看见的通话，要靠这些日志补全。",
            "Do as it says: what the bridge did not see is completed from these logs.",
        ),
    )


def _of_the_logs(about: About) -> Iterator[Finding]:
    for which, problem in about.logs.items():
        if problem is not None:
            kind = warning if which == CDR_LOG else error
            yield kind(
                "journal-agent",
                (f"日志代理读不到 {which}：{problem}", f"The journal agent cannot read {which}: {problem}"),
                (
                    "在 PBX 上看文件是否存在、asterisk 组能否读；打一通电话后应有内容。",
                    "On the PBX: is it there, may the group asterisk read it? After one call it has rows.",
                ),
            )


def _of_the_certificate(valid_s: float | None) -> Iterator[Finding]:
    if valid_s is not None and valid_s < EXPIRES_SOON_S:
        days = int(valid_s // _DAY_S)
        yield warning(
            "journal-agent",
            (f"日志代理的证书还有 {days} 天到期", f"The journal agent's certificate expires in {days} days"),
            (
                "在 PBX 上删去 agent.crt 和 agent.key，再 zhitong journal-agent init，复制到桥，两边重启。",
                "On the PBX delete agent.crt and agent.key, init again, copy it to the bridge, restart both.",
            ),
        )
