"""Asterisk's configuration as Asterisk reads it: a file with all that it includes, templates, additions. Pure.

Includes are followed inside the given files only; what is not among them is named as missing, with the line that asks
for it. Rules of ``main/config.c``: a missing ``#include``, a template that is not there, ``(+)`` without its section
each make Asterisk refuse the whole file.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

import msgspec

from dialplans.parse import Setting, lines_of

_HEADER = re.compile(r"\[(?P<name>[^\]]*)\](?:\((?P<flags>[^)]*)\))?")
_DIRECTIVE = re.compile(r"#\s*(?P<word>include|tryinclude|exec)\s+(?P<what>.+)")
_SETTING = re.compile(r"(?P<key>[^=]+?)\s*\+?=>?\s*(?P<value>.*)")
_ETC = "/etc/asterisk/"


class Line(NamedTuple):
    """One line that says something, after all includes."""

    file: str
    number: int
    text: str

    @property
    def where(self) -> str:
        return f"{self.file}:{self.number}"


class Asked(NamedTuple):
    """A directive: ``word`` with its argument, and whether Asterisk could follow it."""

    line: Line
    word: str
    what: str
    fault: str = ""  # missing, circle


class Section(msgspec.Struct, kw_only=True):
    """A section with its templates' settings before its own; ``adds`` are the lines that added to it."""

    name: str
    line: Line
    template: bool = False
    settings: list[Setting] = []

    def get(self, key: str, default: str = "") -> str:
        """The last value of a key, as most of Asterisk's readers take it."""
        return next((each.value for each in reversed(self.settings) if each.key == key), default)

    def all(self, key: str) -> list[Setting]:
        return [each for each in self.settings if each.key == key]

    def where(self, key: str) -> str:
        """The line of a key; of the section where it is not said."""
        return next((each.where for each in reversed(self.settings) if each.key == key), self.line.where)


class Conf(msgspec.Struct, kw_only=True):
    """One of Asterisk's files, whole."""

    name: str
    sections: list[Section] = []
    asked: list[Asked] = []
    orphans: list[tuple[Line, str]] = []  # a section that names a template, or adds to one, that is not there
    homeless: list[Line] = []  # settings before any section

    def settings(self) -> Iterator[Setting]:
        """Every setting that stands somewhere, templates' too, each once, in the order of the sections."""
        for section in self.sections:
            yield from (each for each in section.settings if each.section == section.name)

    def of(self, name: str) -> Iterator[Section]:
        return (each for each in self.sections if each.name == name and not each.template)

    def real(self) -> Iterator[Section]:
        """All sections but templates."""
        return (each for each in self.sections if not each.template)


def read(name: str, files: Mapping[str, str]) -> Conf:
    """The file of this name and all that it includes."""
    conf = Conf(name=name)
    current: Section | None = None
    for line in _lines(name, files, conf.asked, ()):
        if header := _HEADER.match(line.text):
            current = _begin(conf, line, header["name"], header["flags"] or "")
        elif (match := _SETTING.fullmatch(line.text)) and not line.text.startswith("#"):
            if current is None:
                conf.homeless.append(line)
                continue
            said = Setting(current.name, match["key"].strip(), match["value"].strip(), line.number, line.file)
            current.settings.append(said)
    return conf


def _begin(conf: Conf, line: Line, name: str, flags: str) -> Section:
    """The section that the following settings belong to."""
    words = [word.strip() for word in flags.split(",") if word.strip()]
    there = [each for each in conf.sections if each.name == name]
    if any(word.startswith("+") for word in words):
        if there:
            return there[0]
        conf.orphans.append((line, f"[{name}](+)"))
    inherited: list[Setting] = []
    for word in words:
        if word != "!" and not word.startswith("+"):
            bases = [each for each in conf.sections if each.name == word]
            if not bases:
                conf.orphans.append((line, word))
            inherited += bases[0].settings if bases else ()
    section = Section(name=name, line=line, template="!" in words, settings=inherited)
    conf.sections.append(section)
    return section


def _lines(name: str, files: Mapping[str, str], asked: list[Asked], within: tuple[str, ...]) -> Iterator[Line]:
    for number, text in lines_of(files.get(name, "")):
        line = Line(name, number, text)
        directive = _DIRECTIVE.fullmatch(text)
        if directive is None:
            yield line
            continue
        word, what = directive["word"], directive["what"].strip('"<> \t')
        found = [] if word == "exec" else included(what, files)
        circle = [each for each in found if each in (*within, name)]
        missing = word == "include" and not found and not set("*?[") & set(what)
        asked.append(Asked(line, word, what, "circle" if circle else "missing" if missing else ""))
        for each in found:
            if each not in circle:
                yield from _lines(each, files, asked, (*within, name))


def included(what: str, files: Mapping[str, str]) -> list[str]:
    """The files that an ``#include`` of this name takes in: by name below the folder, by path, or by a pattern."""
    relative = what.removeprefix(_ETC)
    exact = [name for name in (relative, what) if name in files]
    return exact[:1] or sorted(name for name in files if fnmatchcase(name, relative) or fnmatchcase(name, what))


def include_targets(text: str) -> Iterator[str]:
    """What a file asks for by ``#include`` and ``#tryinclude``, as written."""
    for _, line in lines_of(text):
        match = _DIRECTIVE.fullmatch(line)
        if match and match["word"] != "exec":
            yield match["what"].strip('"<> \t')
