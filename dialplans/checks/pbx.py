"""A folder of Asterisk's files as the rules see it: each file whole, and the dialplan they make together."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from dialplans.checks.plan import Plan, plan_of
from dialplans.conf import Conf, Section, include_targets, included, read
from dialplans.include import PLAIN

OURS = "zhitong-"
_OUR_CONTEXTS = re.compile(r"zt-[a-zA-Z0-9_.-]+\Z")
_BEGUN_WITH = frozenset(step.theirs for step in PLAIN)
"""Files that Asterisk reads whoever else includes them, be it they themselves."""


def is_ours(context: str) -> bool:
    """Whether we render contexts of this name: what is wrong there is an error, elsewhere a warning."""
    return _OUR_CONTEXTS.match(context) is not None


class Pbx:
    """The files of one Asterisk. What is not among them is not judged."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self._taken = {
            target for text in files.values() for what in include_targets(text) for target in included(what, files)
        }

    def roots(self, duty: str) -> list[str]:
        """The files that Asterisk reads for this duty (``extensions``, ``pjsip``): its own, and of files that nobody
        includes ours and FreePBX's, which are a part that somebody looks at alone."""
        names = (f"{duty}.conf", f"{OURS}{duty}.conf", f"{duty}_custom.conf")
        return [name for name in names if name in self.files and (name == names[0] or name not in self._taken)]

    def confs(self, *duties: str) -> list[Conf]:
        return [conf for duty in duties for conf in self._conf(duty)]

    def _conf(self, duty: str) -> list[Conf]:
        if duty not in self._read:
            self._read[duty] = [read(name, self.files) for name in self.roots(duty)]
        return self._read[duty]

    @cached_property
    def _read(self) -> dict[str, list[Conf]]:
        return {}

    @cached_property
    def all(self) -> list[Conf]:
        """Every file that Asterisk would begin with."""
        duties = sorted(
            {re.sub(r"_custom$", "", Path(name).stem.removeprefix(OURS)) for name in self.files if "/" not in name}
        )
        known = [duty for duty in duties if f"{duty}.conf" in _BEGUN_WITH or f"{duty}.conf" not in self._taken]
        return [conf for duty in known for conf in self._conf(duty)]

    @cached_property
    def plan(self) -> Plan:
        return plan_of(self.confs("extensions"), elsewhere=bool({"extensions.ael", "extensions.lua"} & set(self.files)))

    def sections(self, duty: str, kind: str = "") -> Iterator[Section]:
        """The sections of a duty's files, without templates; of pjsip.conf those of one ``type``."""
        for conf in self._conf(duty):
            yield from (each for each in conf.real() if not kind or each.get("type") == kind)

    @cached_property
    def queues(self) -> set[str]:
        return {each.name for each in self.sections("queues") if each.name not in {"general", "globals"}}


def read_folder(folder: Path) -> dict[str, str]:
    """The files of a folder as they stand, by name: ``*.conf`` and what they include, wherever it lies."""
    found = {path.name: _text(path) for path in sorted(folder.glob("*.conf"))}
    found |= {path.name: "" for name in ("extensions.ael", "extensions.lua") if (path := folder / name).is_file()}
    waiting = list(found)
    while waiting:
        for what in include_targets(found[waiting.pop()]):
            new = {name: path for name, path in _paths(folder, what) if name not in found}
            found |= {name: _text(path) for name, path in new.items()}
            waiting += new
    return found


def _paths(folder: Path, what: str) -> Iterator[tuple[str, Path]]:
    relative = what.removeprefix("/etc/asterisk/")
    if not relative.startswith("/"):
        yield from ((str(path.relative_to(folder)), path) for path in sorted(folder.glob(relative)) if path.is_file())
    elif (path := Path(what)).is_file():
        yield what, path


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
