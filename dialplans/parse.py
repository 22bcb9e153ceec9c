"""Reads Asterisk's configuration files back: sections with their lines, and a dialplan with its steps. Pure.

Asterisk's own rules of one text: comments, ``same =>``, labels, pattern extensions. Templates and ``#include``, which
bind several texts together, are read in ``dialplans.conf``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_SECTION = re.compile(r"\[(?P<name>[^\]]*)\](?:\((?P<flags>[^)]*)\))?")
_DIRECTIVE = re.compile(r"#(?:try)?include\s|#exec\s")
_SETTING = re.compile(r"(?P<key>[^=]+?)\s*(?P<more>\+)?=>?\s*(?P<value>.*)")
_PRIORITY = re.compile(r"(?P<number>\d+|n|s|hint)(?:\+(?P<plus>\d+))?(?:\((?P<label>[^)]*)\))?")
_HINT = re.compile(r",\s*hint(?:\([^)]*\))?\s*,")
_CALL = re.compile(r"(?P<app>[A-Za-z_]+)(?:\((?P<args>.*)\))?\s*\Z", re.DOTALL)


class Setting(NamedTuple):
    """``key = value`` or ``key => value``; ``line`` counts from 1, in ``file``."""

    section: str
    key: str
    value: str
    line: int
    file: str = ""

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"


class Step(NamedTuple):
    """One priority of an extension."""

    context: str
    exten: str
    number: int
    label: str
    app: str
    args: str
    line: int
    file: str = ""

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"


Dialplan = Mapping[str, Mapping[str, tuple[Step, ...]]]
"""Context → extension → steps in order."""


def uncommented(line: str) -> str:
    """The line up to its comment: ``;`` begins one unless it is escaped."""
    return re.split(r"(?<!\\);", line, maxsplit=1)[0].strip()


_COMMENT = re.compile(r"(?<!\\);--(?!-)|--;|(?<!\\);")


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line that says something, without its comments: ``;`` to the end of the line, and
    ``;-- … --;`` over lines and within each other (main/config.c)."""
    depth = 0
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        said, depth = _said(raw, depth)
        if said:
            yield number, said


def _said(raw: str, depth: int) -> tuple[str, int]:
    kept, at = "", 0
    for match in _COMMENT.finditer(raw):
        kept += "" if depth else raw[at : match.start()]
        at = match.end()
        if match[0] == ";--":
            depth += 1
        elif match[0] == "--;" and depth:
            depth -= 1
        elif not depth:  # a plain comment; `--;` outside of a block is one too, after two dashes of text
            return (kept + "--" * (match[0] == "--;")).strip(), depth
    return (kept + ("" if depth else raw[at:])).strip(), depth


def sections(text: str) -> Iterator[tuple[str, int]]:
    """Name and line of each section header, in order, repeated ones too."""
    for number, line in lines_of(text):
        if match := _SECTION.match(line):
            yield match["name"], number


def settings(text: str) -> Iterator[Setting]:
    """Every setting of a file, in order."""
    section = ""
    for number, line in lines_of(text):
        if match := _SECTION.match(line):
            section = match["name"]
        elif match := _SETTING.fullmatch(line):
            yield Setting(section, match["key"].strip(), match["value"].strip(), number)


def dialplan(text: str) -> Dialplan:
    """The dialplan of an extensions.conf. Lines that are no step are passed over; ``stray_lines`` names them."""
    found: dict[str, dict[str, tuple[Step, ...]]] = {name: {} for name, _ in sections(text)}
    for context, extens in steps_of(settings(text)).items():
        found[context] = dict(extens)
    return found


def steps_of(said: Iterable[Setting]) -> Dialplan:
    """The steps of these settings. ``n`` follows the priority of the line before, whichever extension it was of
    (pbx_config.c), so an extension that begins with ``n`` need not have a first step."""
    found: dict[str, dict[str, list[Step]]] = {}
    exten, last = "", 0
    for setting in said:
        rest = setting.value
        if setting.key == "exten":
            exten, _, rest = rest.partition(",")
            exten = exten.strip()
        elif setting.key != "same":
            continue
        steps = found.setdefault(setting.section, {}).setdefault(exten, [])
        if step := _step(setting, exten, rest, last):
            steps.append(step)
            last = step.number
    return {context: {name: tuple(steps) for name, steps in each.items()} for context, each in found.items()}


def _step(setting: Setting, exten: str, rest: str, before: int) -> Step | None:
    priority, _, call = rest.partition(",")
    match, said = _PRIORITY.fullmatch(priority.strip()), _CALL.match(call.strip())
    if not match or not said or match["number"] == "hint":
        return None
    number = int(match["number"]) if match["number"].isdigit() else before + (match["number"] == "n")
    number += int(match["plus"] or 0)
    label, args = match["label"] or "", said["args"] or ""
    return Step(setting.section, exten, number, label, said["app"], args, setting.line, setting.file)


def stray_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are neither empty, nor a section, ``key = value`` or ``#include``, nor a step that can be read."""
    steps = {step.line for each in dialplan(text).values() for steps in each.values() for step in steps}
    for number, line in lines_of(text):
        setting = _SETTING.fullmatch(line)
        is_step = setting is not None and setting["key"].strip() in {"exten", "same"} and not _HINT.search(line)
        is_known = setting or _SECTION.match(line) or _DIRECTIVE.match(line)
        if (is_step and number not in steps) or not is_known:
            yield number, line


# --- expressions ----------------------------------------------------------------------------------------------


def split_outside(text: str, separator: str, limit: int = -1) -> list[str]:
    """``text.split(separator)``, but not inside ``${…}``, ``$[…]``, brackets or quotation marks."""
    parts: list[str] = []
    depth, start, quoted = 0, 0, False
    for index, char in enumerate(text):
        quoted ^= char == '"'
        depth += (char in "([{") - (char in ")]}")
        if char == separator and depth == 0 and not quoted and limit != len(parts):
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def is_dynamic(text: str) -> bool:
    """Whether the text is known only when the call is there."""
    return "${" in text or "$[" in text


# --- extensions -----------------------------------------------------------------------------------------------


def pattern(exten: str) -> re.Pattern[str]:
    """The regular expression of an extension: itself, or what its ``_`` pattern matches. ``-`` counts for nothing."""
    if not exten.startswith("_"):
        return re.compile(re.escape(exten.replace("-", "")))
    classes = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}
    parts = re.findall(r"\[[^\]]+\]|.", exten[1:])
    return re.compile("".join(_piece(part, classes) for part in parts if part != "-"))


def _piece(part: str, classes: Mapping[str, str]) -> str:
    if not part.startswith("["):
        return classes.get(part.upper(), re.escape(part))
    chars = set_of(part)
    return "[" + "".join(map(re.escape, sorted(chars))) + "]" if chars else ""  # Asterisk passes over an empty one


def set_of(part: str) -> frozenset[str]:
    """The characters of a set such as ``[1-35]``."""
    ranges = re.findall(r"(.)-(.)|(.)", part[1:-1])
    return frozenset(
        char for first, last, one in ranges for char in (one or map(chr, range(ord(first), ord(last) + 1)))
    )


def find(plan: Dialplan, context: str, exten: str) -> tuple[Step, ...]:
    """The steps a call to ``exten`` in ``context`` meets; empty if there are none."""
    extens = plan.get(context, {})
    wanted = exten.replace("-", "")
    plain = [name for name in extens if not name.startswith("_") and name.replace("-", "") == wanted]
    patterns = [name for name in extens if name.startswith("_") and pattern(name).fullmatch(wanted)]
    return next((extens[name] for name in (*plain, *patterns)), ())
