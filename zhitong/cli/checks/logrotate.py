"""Will rotation lose rows of the logs? By logrotate's own files, where there are any on this machine.

The journal reads on through renamed files, in whatever order they were made. It cannot read what was cut off under it,
moved to another folder, or written into a file that is deleted: queue_log stays open in Asterisk until it is reloaded.
"""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from zhitong.cli.checks.findings import Finding, error, listed, note, ok, warning

CONF, CONF_D = Path("/etc/logrotate.conf"), Path("/etc/logrotate.d")
_BLOCK = re.compile(r"(?P<names>[^{}]*)\{(?P<body>[^{}]*)\}", re.DOTALL)
_SCRIPT = re.compile(
    r"^\s*(?:prerotate|postrotate|firstaction|lastaction|preremove)\s*\n(?P<text>.*?)^\s*endscript\s*$",
    re.DOTALL | re.MULTILINE,
)
_RELOADS = re.compile(r"(logger|core)\s+(reload|rotate)")
_BIG = 1 << 30


class Rule(msgspec.Struct, frozen=True):
    """One block of logrotate's: the files it is for, its directives (the global ones too), and its scripts."""

    file: str
    patterns: tuple[str, ...]
    directives: frozenset[str]
    scripts: str

    def is_for(self, log: Path) -> bool:
        """Whether it rotates this log."""
        return any(fnmatch(str(log), pattern) for pattern in self.patterns)


def read_rules(conf: Path = CONF, folder: Path = CONF_D) -> list[Rule]:
    """All blocks; those of files that cannot be read are left out."""
    common = _text(conf)
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    general = _directives(_BLOCK.sub("", common))
    texts = [(conf.name, common), *((file.name, _text(file)) for file in files if file.is_file())]
    return [rule for name, text in texts for rule in _rules(name, text, general)]


def _text(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "".join(f"{line}\n" for line in lines if not line.lstrip().startswith("#"))


def _rules(file: str, text: str, general: frozenset[str]) -> Iterator[Rule]:
    for match in _BLOCK.finditer(text):
        scripts = "\n".join(script["text"] for script in _SCRIPT.finditer(match["body"]))
        own = _directives(_SCRIPT.sub("", match["body"]))
        names = tuple(name.strip('"') for name in match["names"].split() if "/" in name)
        yield Rule(file, names, own | {each for each in general if f"no{each}" not in own}, scripts)


def _directives(text: str) -> frozenset[str]:
    return frozenset(line.split()[0] for line in text.splitlines() if line.strip())


def judge_rotation(logs: Sequence[Path], rules: Sequence[Rule]) -> Iterator[Finding]:
    """``logs`` are the paths that Asterisk writes to."""
    found = [(log, rule) for log in logs for rule in rules if rule.is_for(log)]
    problems = [problem for log, rule in found for problem in _judge(log, rule)]
    without = [log.name for log in logs if not any(log == rotated for rotated, _ in found)]
    if without:
        problems.append(_never(without, big=any(log.exists() and log.stat().st_size > _BIG for log in logs)))
    yield from problems or [ok("rotation", "日志轮转不会丢行", "The logs' rotation loses no row")]


def _judge(log: Path, rule: Rule) -> Iterator[Finding]:
    if "copytruncate" in rule.directives:
        yield error(
            "rotation",
            (f"{rule.file} 用 copytruncate 轮转 {log.name}", f"{rule.file} rotates {log.name} with copytruncate"),
            (
                "去掉 copytruncate：截断那一刻写入的行会丢。样例见 docs/operations.md。",
                "Take it out: what is written in that moment is lost. A sample is in docs/operations.md.",
            ),
        )
    if log.name == "queue_log" and not _RELOADS.search(rule.scripts):
        yield error(
            "rotation",
            (f"{rule.file} 轮转 queue_log 后没有重载", f"{rule.file} does not reload Asterisk after queue_log"),
            (
                "postrotate 里写 asterisk -rx 'logger reload'：否则它继续写已改名、终将删除的文件。",
                "postrotate: asterisk -rx 'logger reload'; else it writes on into the moved file, which is deleted.",
            ),
        )
    if "compress" in rule.directives and "delaycompress" not in rule.directives:
        yield warning(
            "rotation",
            (f"{rule.file} 立刻压缩 {log.name}", f"{rule.file} compresses {log.name} at once"),
            (
                "加 delaycompress：刚改名的文件可能还在写。",
                "delaycompress: a file just renamed may still be written to.",
            ),
        )
    if "olddir" in rule.directives:
        yield warning(
            "rotation",
            (f"{rule.file} 把 {log.name} 移到别的目录", f"{rule.file} moves {log.name} to another folder"),
            (
                "去掉 olddir：补录时要按目录里的旧文件接着读。",
                "Take olddir out: what was not read yet is looked for here.",
            ),
        )


def _never(names: Sequence[str], big: bool) -> Finding:
    kind = warning if big else note
    return kind(
        "rotation",
        (f"本机没有轮转 {listed(names)} 的规则", f"Nothing on this machine rotates {listed(names)}"),
        (
            "它们会一直增长；logrotate 样例见 docs/operations.md。",
            "They grow for ever; a sample for logrotate is in docs/operations.md.",
        ),
    )
