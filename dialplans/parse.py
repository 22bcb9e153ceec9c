"""Reads Asterisk's configuration files back: sections with their lines, and a dialplan with its steps. Pure.

Enough of Asterisk's own rules to check what we render and what a person has added: comments, ``same =>``, labels,
pattern extensions. No templates and no ``#include``: the file in hand is what is checked.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_SECTION = re.compile(r"\[(?P<name>[^\]]*)\](?P<flags>\([^)]*\))?")
_DIRECTIVE = re.compile(r"#(?:try)?include\s|#exec\s")
_SETTING = re.compile(r"(?P<key>[^=]+?)\s*=>?\s*(?P<value>.*)")
_PRIORITY = re.compile(r"(?P<number>\d+|n|hint)(?:\((?P<label>[^)]*)\))?")
_CALL = re.compile(r"(?P<app>[A-Za-z_]+)(?:\((?P<args>.*)\))?\s*\Z", re.DOTALL)


class Setting(NamedTuple):
    """``key = value`` or ``key => value``; ``line`` counts from 1."""

    section: str
    key: str
    value: str
    line: int


class Step(NamedTuple):
    """One priority of an extension."""

    context: str
    exten: str
    number: int
    label: str
    app: str
    args: str
    line: int


Dialplan = Mapping[str, Mapping[str, tuple[Step, ...]]]
"""Context → extension → steps in order."""


def uncommented(line: str) -> str:
    """The line up to its comment: ``;`` begins one unless it is escaped."""
    return re.split(r"(?<!\\);", line, maxsplit=1)[0].strip()


def sections(text: str) -> Iterator[tuple[str, int]]:
    """Name and line of each section header, in order, repeated ones too."""
    for number, raw in enumerate(text.split("\n"), 1):
        if match := _SECTION.fullmatch(uncommented(raw)):
            yield match["name"], number


def settings(text: str) -> Iterator[Setting]:
    """Every setting of a file, in order."""
    section = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = uncommented(raw)
        if match := _SECTION.fullmatch(line):
            section = match["name"]
        elif match := _SETTING.fullmatch(line):
            yield Setting(section, match["key"].strip(), match["value"].strip(), number)


def dialplan(text: str) -> Dialplan:
    """The dialplan of an extensions.conf. Lines that are no step are passed over; ``stray_lines`` names them."""
    found: dict[str, dict[str, list[Step]]] = {name: {} for name, _ in sections(text)}
    exten = ""
    for setting in settings(text):
        rest = setting.value
        if setting.key == "exten":
            exten, _, rest = rest.partition(",")
        elif setting.key != "same":
            continue
        steps = found.setdefault(setting.section, {}).setdefault(exten, [])
        if step := _step(setting, exten, rest, len(steps)):
            steps.append(step)
    return {context: {name: tuple(steps) for name, steps in each.items()} for context, each in found.items()}


def _step(setting: Setting, exten: str, rest: str, before: int) -> Step | None:
    priority, _, call = rest.partition(",")
    match, said = _PRIORITY.fullmatch(priority.strip()), _CALL.match(call.strip())
    if not match or not said:
        return None
    number = int(match["number"]) if match["number"].isdigit() else before + 1
    label, args = match["label"] or "", said["args"] or ""
    return Step(setting.section, exten, number, label, said["app"], args, setting.line)


def stray_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are neither empty, nor a section, ``key = value`` or ``#include``, nor a step that can be read."""
    steps = {step.line for each in dialplan(text).values() for steps in each.values() for step in steps}
    for number, raw in enumerate(text.split("\n"), 1):
        line = uncommented(raw)
        setting = _SETTING.fullmatch(line)
        is_step = setting is not None and setting["key"].strip() in {"exten", "same"}
        is_known = setting or _SECTION.fullmatch(line) or _DIRECTIVE.match(line)
        if (is_step and number not in steps) or (line and not is_known):
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
    if part.startswith("["):
        return "[" + re.sub(r"([\\^\[\]&~|])(?!\])", r"\\\1", part[1:-1]) + "]"
    return classes.get(part.upper(), re.escape(part))


def find(plan: Dialplan, context: str, exten: str) -> tuple[Step, ...]:
    """The steps a call to ``exten`` in ``context`` meets; empty if there are none."""
    extens = plan.get(context, {})
    wanted = exten.replace("-", "")
    plain = [name for name in extens if not name.startswith("_") and name.replace("-", "") == wanted]
    patterns = [name for name in extens if name.startswith("_") and pattern(name).fullmatch(wanted)]
    return next((extens[name] for name in (*plain, *patterns)), ())
