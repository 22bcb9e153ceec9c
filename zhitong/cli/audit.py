"""``zhitong audit``: who did what, line bound to line; and the chain that commands of this machine write."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from telephony.config import read_site
from telephony.masking import mask_number
from telephony.model.ids import MICROS_PER_SECOND, Micros
from telephony.places import var_of
from telephony.site.site import Site
from zhitong.access.audit import COMMANDS, audit_folder
from zhitong.access.chain import Entry
from zhitong.access.trail import Trail, when_of
from zhitong.access.verify import VERIFIED, Verdict, entries, verify
from zhitong.cli import console
from zhitong.cli.calls import moment
from zhitong.cli.common import DEFAULT_SITE, ByOption, JsonOption, SiteOption, group, who

app = group("审计日志。The audit log: who did what. list, verify.")

OLD = "audit.jsonl"
"""What commands wrote before lines were bound to each other. It is shown, and held to the hash it had when the chain
began."""
_LONG = re.compile(r"(?<![\w.-])\+?\d{7,}(?![\w.-])")


def audit_of(site_file: Path, site: Site) -> Trail:
    """The chain that commands write."""
    old = var_of(site_file, site) / OLD

    def seals() -> dict[str, str]:
        return {OLD: hashlib.sha256(old.read_bytes()).hexdigest()} if old.exists() else {}

    return Trail(audit_folder(site_file, site) / COMMANDS, site.pbx.systemname, seals=seals)


def note(audit: Trail, by: str, deed: str, /, **details: object) -> None:
    """Put a deed on record. Raises AuditError when that cannot be done: then it must not be done either."""
    audit.note(by, deed, **details)


class Line(msgspec.Struct, frozen=True):
    """A deed as it is shown. ``chain`` is empty for one of the old file, which nothing binds."""

    at: str
    by: str
    deed: str
    details: dict[str, Any]
    chain: str
    n: int = 0


@app.command("list")
def list_deeds(
    by: Annotated[str | None, typer.Option("--by", help="由谁。 By whom: an account, or who gave the order.")] = None,
    deed: Annotated[str | None, typer.Option("--deed", help="何事，可只写开头。 The deed, or its beginning.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="从何时起。 2026-11-23, 2026-11-23T08:30, or 30m, 2h, 3d (so long ago)."),
    ] = None,
    last: Annotated[int, typer.Option("--last", min=1, help="至多几条。 No more than so many, the latest.")] = 200,
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """列出谁做了什么（号码已遮盖）。List who did what, the latest last; telephone numbers are masked."""
    parsed = read_site(site)
    start = moment(since, parsed.time_zone)
    wanted = [
        line
        for line in sorted(_lines(site, parsed), key=lambda line: when_of(line.at))
        if by in {None, line.by} and line.deed.startswith(deed or "") and (start is None or _micros(line) >= start)
    ][-last:]
    if as_json:
        console.print_json(wanted)
        return
    if not wanted:
        console.say("没有记录。", "Nothing is on record.")
        return
    table = console.table("审计 audit", "时间 time", "由谁 by", "何事 deed", "详情 details", "链 chain", whole=(0,))
    for line in wanted:
        details = " ".join(f"{key}={_shown(value)}" for key, value in line.details.items())
        clock = console.clock(_micros(line), parsed.time_zone)[:19]
        chain = f"{line.chain} {line.n}" if line.chain else "未成链 unchained"
        table.add_row(*map(console.text, (clock, line.by, line.deed, details, chain)))
    console.out.print(table)


@app.command("verify")
def verify_chains(
    note_it: Annotated[
        bool, typer.Option("--note/--no-note", help="记下核验结果。 Put on record how far each chain had come.")
    ] = True,
    site: SiteOption = DEFAULT_SITE,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """核验审计日志是否被改动。Say whether any line was changed, put in, moved, or taken away; exit status 1 if so.

    Of each chain: how many lines, and the hash of the last. Keep a copy of these hashes elsewhere: who may write all
    of the files could write all of them anew. What was verified is on record, and the next verification is held to it.
    """
    parsed = read_site(site)
    folder = audit_folder(site, parsed)
    found = verify(folder)
    if note_it and all(each.whole for each in found):
        heads = {each.chain: [each.head.n, each.head.hash] for each in found}
        note(audit_of(site, parsed), who(by), VERIFIED, heads=heads)
    if as_json:
        console.print_json(found)
    else:
        _print_verdicts(found, var_of(site, parsed) / OLD)
    if not all(each.whole for each in found):
        raise typer.Exit(1)


def _print_verdicts(found: list[Verdict], old: Path) -> None:
    if not found:
        console.say("还没有审计日志。", "There is no audit log yet.")
    for each in found:
        mark = "✓ 完整 whole" if each.whole else "✗ 被改动 not as it was written"
        console.say(f"{each.chain}  {mark}", f"{each.lines} lines, the last {each.head.n} {each.head.hash}")
        for fault in each.faults:
            line = f" 第 {fault.line} 行 line {fault.line}" if fault.line else ""
            console.out.print(console.text(f"  {fault.file}{line}: {fault.what}", "red"), soft_wrap=True)
        if each.torn:
            console.say("  末行不完整，写入时中断，不算改动。", "its last line was cut off while it was written.")
    if old.exists():
        count = len(old.read_bytes().splitlines())
        console.say(f"{OLD}  旧日志 {count} 条，未成链。", "An old log: nothing binds its lines.")


def _lines(site_file: Path, site: Site) -> Iterator[Line]:
    old = var_of(site_file, site) / OLD
    for raw in old.read_bytes().splitlines() if old.exists() else ():
        fields = _old_fields(raw)
        at, by, deed = (str(fields.pop(name, "?")) for name in ("at", "by", "deed"))
        yield Line(at, by, deed, _masked(fields), "")
    for chain, entry in entries(audit_folder(site_file, site)):
        yield _line(chain, entry)


def _line(chain: str, entry: Entry) -> Line:
    return Line(entry.at, entry.by, entry.deed, _masked(entry.details), chain, entry.n)


def _old_fields(raw: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(raw)
    except msgspec.MsgspecError:
        return {"damaged": True}
    return found if isinstance(found, dict) else {"damaged": True}


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_masked(each) for each in value]
    return _LONG.sub(lambda found: mask_number(found[0]), value) if isinstance(value, str) else value


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _micros(line: Line) -> Micros:
    return Micros(int(when_of(line.at).timestamp() * MICROS_PER_SECOND))
