"""Asterisk's files, where the PBX is on this machine: are they right, and are they what would be rendered now?

The dialplans' own checks do the reading. Two settings that no AMI action shows are looked up here as well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from dialplans import findings as of_files
from dialplans.check import check_files, check_site, read_folder
from dialplans.diff import diff
from dialplans.parse import settings
from dialplans.render import Mode, render
from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.errors import ConfigError
from telephony.secrets import Secrets
from zhitong.cli.checks.findings import Finding, error, listed, note, ok, warning
from zhitong.cli.checks.logs import judge_logs
from zhitong.cli.kept import is_held, run_of
from zhitong.cli.pbx_here import default_folder, known_here

_CHECK = "rendered"
_COMPARED = ("extensions.conf", "queues.conf", "pjsip.conf", "manager.conf")
"""The files that site.toml and the agents make; the rest may be a person's own."""

_PREFIX = "zhitong-"
_SHORT_WRITE_MS = 1000
"""Asterisk's default is 100 ms; a reader that pauses longer is cut off, and AMI has no replay."""


def check_rules(site: Site, agents: Sequence[Agent]) -> Iterator[Finding]:
    """What would go wrong with this site however well it is rendered."""
    return (_of_files("site", found) for found in check_site(site, agents))


def folder_of(site_file: Path, site: Site) -> Path | None:
    """Where the PBX of this machine reads its files: ``pbx.folders.etc``, unless ``zhitong pbx up`` keeps one."""
    own, kept = Path(site.pbx.folders.etc), default_folder(site_file, site)
    candidates = (kept,) if is_held(run_of(site_file, site)) else (own,)
    return next((folder for folder in candidates if any(folder.glob("*.conf"))), None)


def check_rendered(site_file: Path, site: Site, agents: Sequence[Agent], secrets: Secrets | None) -> Iterator[Finding]:
    """Judge the files of this machine's PBX; a note, where there is none."""
    try:
        folder = folder_of(site_file, site)
        files = read_folder(folder) if folder else {}
    except OSError as failure:
        yield _elsewhere(f"{failure.filename}: {failure.strerror}")
        return
    if folder is None:
        yield _elsewhere("")
        return
    yield from judge_logs(files, _logs_as_rendered(site))
    problems = [*judge_files(files, site), *(_stale(site_file, folder, site, agents, secrets) if secrets else ())]
    yield from problems or [ok(_CHECK, f"{folder} 里的配置正确", f"The files in {folder} are right")]


def _logs_as_rendered(site: Site) -> Mapping[str, str]:
    """The files of the logs, which need no secret."""
    nobodys = Secrets(ami="-", trunks={trunk.name: "-" for trunk in site.trunks})
    try:
        return {name: text for name, text in render(site, (), nobodys).items() if name.endswith("_custom.conf")}
    except ConfigError:
        return {}


def judge_files(files: Mapping[str, str], site: Site) -> Iterator[Finding]:
    """The dialplans' checks, ``writetimeout`` and what keeps a stuck log from making the PBX deaf."""
    prefix = _prefix(files)
    for found in check_files(files):
        if found.where.startswith(prefix):  # of an Asterisk with a configuration of its own, only our part is ours
            yield _of_files(_CHECK, found)
    if (timeout_ms := _write_timeout_ms(files, site.pbx.ami.user)) < _SHORT_WRITE_MS:
        yield error(
            "writetimeout",
            (f"AMI 用户的 writetimeout 只有 {timeout_ms} 毫秒", f"The AMI user's writetimeout is {timeout_ms} ms"),
            (
                "在 manager.conf 该用户下写 writetimeout = 10000：否则桥一停顿就被断开，事件补不回来。",
                "Say writetimeout = 10000 in its section: else a pause of the bridge costs it the link and the events.",
            ),
        )
    if not _keeps_listening(files):
        yield warning(
            "overload",
            ("pjsip.conf 没有 taskprocessor_overload_trigger", "pjsip.conf has no taskprocessor_overload_trigger"),
            (
                (
                    "在 pjsip.conf 的 [global] 写 taskprocessor_overload_trigger = pjsip_only：否则话单磁盘卡住时，"
                    "Asterisk 会不理新来电。"
                ),
                (
                    "Say taskprocessor_overload_trigger = pjsip_only under [global]: else a log that hangs makes "
                    "Asterisk ignore new calls."
                ),
            ),
        )


def _prefix(names: Iterable[str]) -> str:
    """What the names of our files begin with, in a folder that has files of others as well."""
    return _PREFIX if any(name.startswith(_PREFIX) for name in names) else ""


def _of_files(check: str, found: of_files.Finding) -> Finding:
    severity = error if found.level is of_files.Level.ERROR else warning
    words = f"{found.where}: {found.what}"
    remedy = found.remedy or "-"
    return severity(check, ("PBX 的配置文件有误：", words), ("照此处理：", remedy))


def _write_timeout_ms(files: Mapping[str, str], user: str) -> int:
    """As Asterisk reads it: a user's own, else 100. No user in these files: nothing can be said against it."""
    own = [each for name, text in files.items() if "manager" in name for each in settings(text) if each.section == user]
    said = [each.value for each in own if each.key == "writetimeout"]
    value = said[-1] if said else "100" if own else str(_SHORT_WRITE_MS)
    return int(value) if value.isdecimal() else 100


def _keeps_listening(files: Mapping[str, str]) -> bool:
    of_pjsip = [each for name, text in files.items() if "pjsip" in name for each in settings(text)]
    said = {each.value for each in of_pjsip if each.key == "taskprocessor_overload_trigger"}
    return not of_pjsip or bool(said & {"pjsip_only", "none"})


def _stale(site_file: Path, folder: Path, site: Site, agents: Sequence[Agent], secrets: Secrets) -> Iterator[Finding]:
    prefix = _prefix(path.name for path in folder.glob("*.conf"))
    mode = Mode.INCLUDE if prefix else Mode.NEW
    try:
        rendered = render(site, agents, secrets, mode=mode, lab=known_here(site_file, site, folder))
    except ConfigError as failure:
        yield error(
            _CHECK,
            (f"这个站点渲染不出来：{failure}", f"This site cannot be rendered: {failure}"),
            ("按提示改正。", "Correct what it names."),
        )
        return
    compared = {f"{prefix}{name}" for name in _COMPARED}
    if different := [each.name for each in diff(folder, rendered) if each.name in compared]:
        yield warning(
            _CHECK,
            (
                f"{folder} 里的 {listed(different)} 已过时",
                f"Out of date in {folder}: {listed(different)}",
            ),
            (
                "zhitong dialplan diff 看差别，zhitong dialplan render 写入，再 asterisk -rx 'core reload'。",
                "See: zhitong dialplan diff; write: zhitong dialplan render; then: asterisk -rx 'core reload'.",
            ),
        )


def _elsewhere(why: str) -> Finding:
    return note(
        "writetimeout",
        (
            f"本机读不到 Asterisk 的配置，writetimeout 未核对 {why}".rstrip(),
            f"Asterisk's files are not to be read here: writetimeout was not checked {why}".rstrip(),
        ),
        (
            "AMI 看不到它；在 PBX 上确认 manager.conf 该用户下有 writetimeout = 10000。",
            "No AMI action shows it; see on the PBX that the user's section of manager.conf says writetimeout = 10000.",
        ),
    )
