"""Does the PBX write the logs that the journal reads? By its files, where they can be read. Pure.

Each setting as ``dialplans/templates`` renders it; why, the comments there say.
"""

import re
from collections.abc import Iterator, Mapping

from dialplans.contract import CEL_EVENTS
from dialplans.parse import settings
from zhitong.cli.checks.findings import Finding, Pair, error, listed, warning

_YES = frozenset(("yes", "true", "y", "t", "1", "on"))  # utils.c, ast_true
_APPS = frozenset(("queue", "dial", "confbridge", "bridgeadd", "bridgewait"))
_OURS = "zhitong-"
_INCLUDE = re.compile(r"\s*#(?:try)?include\s+[\"<]?(?P<name>[^\">;\s]+)")
_CDR_YES = ("enable", "unanswered", "congestion", "endbeforehexten")
_RENDER: Pair = (
    "zhitong dialplan render 之后装入，再 asterisk -rx 'core reload'。",
    "Render it (zhitong dialplan render), install it, then: asterisk -rx 'core reload'.",
)

Values = Mapping[tuple[str, str], str]
"""(section, key) → value, as Asterisk takes them: the last one said."""


def judge_logs(files: Mapping[str, str], rendered: Mapping[str, str]) -> Iterator[Finding]:
    """``files`` of the PBX, ``rendered`` as they would be made now for a PBX of its own."""
    yield from _included(files)
    yield from _cel(_effective(files, "cel.conf"))
    yield from _cdr(_effective(files, "cdr.conf"))
    for name, log in (("cel_custom.conf", "zhitong-cel.csv"), ("cdr_custom.conf", "zhitong-cdr.csv")):
        yield from _mapping(name, log, _effective(files, name), _effective(rendered, name))
    yield from _queue_log(_effective(files, "logger.conf"), _effective(files, "extconfig.conf"))
    yield from _member_names(_effective(files, "queues.conf"))


def _effective(files: Mapping[str, str], name: str) -> Values:
    found = settings("\n".join(_lines(files, name, set())))
    return {(each.section.lower(), each.key.removesuffix(" ").rstrip(">").strip()): each.value for each in found}


def _lines(files: Mapping[str, str], name: str, seen: set[str]) -> Iterator[str]:
    """The file with what it includes, in place. Of a copy that holds our files only: ours."""
    name = name if name in files else f"{_OURS}{name}"
    if name in seen:
        return
    seen.add(name)
    for line in files.get(name, "").splitlines():
        if match := _INCLUDE.match(line):
            yield from _lines(files, match["name"].rpartition("/")[2], seen)
        else:
            yield line


def _included(files: Mapping[str, str]) -> Iterator[Finding]:
    """In an Asterisk with files of its own: ours are taken in by them."""
    if all(name.startswith(_OURS) for name in files):
        return
    lines = (line for text in files.values() for line in text.splitlines())
    taken_in = {match["name"].rpartition("/")[2] for line in lines if (match := _INCLUDE.match(line))}
    names = (f"{_OURS}{part}.conf" for part in ("cel", "cel_custom", "cdr", "cdr_custom", "logger"))
    left_out = [name for name in names if name in files and name not in taken_in]
    if left_out:
        yield error(
            "logs",
            (f"没有任何配置文件包含 {listed(left_out)}", f"No file of Asterisk's includes {listed(left_out)}"),
            (
                "在相应文件末尾写 #include（见 dialplans/README.md），再 asterisk -rx 'core reload'。",
                "Add the #include lines (dialplans/README.md), then: asterisk -rx 'core reload'.",
            ),
        )


def _words(value: str) -> set[str]:
    return {word.strip() for word in value.split(",")} - {""}


def _cel(values: Values) -> Iterator[Finding]:
    said = {key: value for (section, key), value in values.items() if section == "general"}
    if said.get("enable", "no").lower() not in _YES:
        yield _lost(
            "cel.conf", "enable = yes", "没有 CEL，桥没看见的通话补不回来", "what the bridge misses stays missing"
        )
        return
    events = {word.upper() for word in _words(said.get("events", ""))}
    missing = [] if "ALL" in events else sorted(set(CEL_EVENTS) - events)
    if missing:
        yield _lost(
            "cel.conf", f"events: {listed(missing)}", "补录的通话会不完整", "calls out of the logs would be wrong"
        )
    if "ALL" in events or "DTMF" in events:
        yield warning(
            "cel",
            ("cel.conf 会记下来电者按的键", "cel.conf writes down the keys that callers press"),
            ("按渲染的 events 写：卡号、密码也是按键。", "Take the rendered events: card numbers are keyed, too."),
        )
    apps = sorted(_APPS - {word.lower() for word in _words(said.get("apps", ""))})
    if apps and "all" not in said.get("apps", "").lower():
        yield _lost("cel.conf", f"apps: {listed(apps)}", "看不出谁在排队", "who waited in which queue is not told")
    if said.get("dateformat"):
        yield _lost("cel.conf", "no dateformat", "时间不再是微秒", "times are no microseconds any more")


def _lost(name: str, wanted: str, zh: str, en: str) -> Finding:
    what = name.partition("_")[0].removesuffix(".conf")
    return error(what, (f"{name} 缺 {wanted}：{zh}", f"{name} lacks {wanted}: {en}"), _RENDER)


def _cdr(values: Values) -> Iterator[Finding]:
    said = {key: value.lower() for (section, key), value in values.items() if section == "general"}
    wrong = [key for key in _CDR_YES if said.get(key, "yes" if key == "enable" else "no") not in _YES]
    if wrong:
        yield warning(
            "cdr",
            (f"cdr.conf 里应为 yes：{listed(wrong)}", f"cdr.conf should say yes to: {listed(wrong)}"),
            ("按渲染的写：否则没人接的来电没有话单，对账对不上。", "As rendered: else unanswered calls have no CDR."),
        )
    if said.get("batch", "no") in _YES:
        yield warning(
            "cdr",
            ("cdr.conf 的 batch 开着", "cdr.conf writes in batches"),
            ("写 batch = no：Asterisk 被杀时，攒着的话单全丢。", "Say batch = no: what waits is lost by a kill."),
        )


def _mapping(name: str, log: str, values: Values, wanted: Values) -> Iterator[Finding]:
    said, right = values.get(("mappings", log)), wanted.get(("mappings", log))
    if said is None:
        yield _lost(name, log, "一行也不会写", "no row is ever written")
    elif right is not None and "".join(said.split()) != "".join(right.split()):
        yield _lost(name, f"{log} as rendered", "读不懂这些行", "its rows cannot be read")


def _queue_log(values: Values, realtime: Values) -> Iterator[Finding]:
    said = {key: value.lower() for (section, key), value in values.items() if section == "general"}
    if said.get("queue_log", "yes") not in _YES:
        yield error(
            "queue-log",
            ("logger.conf 关掉了 queue_log", "logger.conf switches queue_log off"),
            ("写 queue_log = yes，再 asterisk -rx 'logger reload'。", "queue_log = yes; asterisk -rx 'logger reload'."),
        )
    if any(key == "queue_log" for _, key in realtime):
        yield error(
            "queue-log",
            ("queue_log 写进数据库（extconfig.conf）", "queue_log goes into a database (extconfig.conf)"),
            (
                "删掉 extconfig.conf 里的 queue_log：数据库一卡，来电者就等着（实测 4 秒），行还会丢。",
                "Take it out of extconfig.conf: callers wait while that hangs (4 s measured), and rows are lost.",
            ),
        )


def _member_names(values: Values) -> Iterator[Finding]:
    if values and values.get(("general", "log_membername_as_agent"), "no").lower() not in _YES:
        yield warning(
            "queue-log",
            ("queue_log 里写的不是工号", "queue_log does not name agents by their numbers"),
            ("在 queues.conf 的 [general] 写 log_membername_as_agent = yes。", "log_membername_as_agent = yes."),
        )
