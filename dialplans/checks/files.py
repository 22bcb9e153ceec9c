"""Files that Asterisk would refuse, or never read."""

from collections.abc import Iterator

from dialplans.checks.pbx import OURS, Pbx
from dialplans.checks.rule import Fault
from dialplans.include import FREEPBX, PLAIN
from dialplans.parse import stray_lines

_SECTIONED = frozenset(step.theirs for step in PLAIN) | {"asterisk.conf", "modules.conf", "rtp.conf", "confbridge.conf"}
"""Files of which this is known; some others are read by programs of other kinds."""

_REFUSED = "Asterisk refuses the whole of {}: correct this line."


def missing(pbx: Pbx) -> Iterator[Fault]:
    """An ``#include`` of a file that is not there."""
    for conf in pbx.all:
        for asked in conf.asked:
            if asked.fault == "missing":
                remedy = _REFUSED.format(conf.name) + " #tryinclude takes a file that may be missing."
                yield Fault(asked.line.where, f"includes {asked.what!r}, which is not there.", remedy)


def circles(pbx: Pbx) -> Iterator[Fault]:
    """Files that include each other."""
    for conf in pbx.all:
        for asked in conf.asked:
            if asked.fault == "circle":
                yield Fault(
                    asked.line.where, f"includes {asked.what!r}, which includes this file again.", "Take it out."
                )


def executed(pbx: Pbx) -> Iterator[Fault]:
    """``#exec`` runs a program at each reload; what it prints is not checked here."""
    for conf in pbx.all:
        for asked in conf.asked:
            if asked.word == "exec":
                what = f"runs {asked.what!r} at each reload; what it prints was not checked."
                yield Fault(asked.line.where, what, "Write its result into a file, and include that.")


def orphans(pbx: Pbx) -> Iterator[Fault]:
    """A template that is not there, or an addition to a section that is not there. Parts of files are not judged."""
    for conf in pbx.all:
        for line, name in conf.orphans if not conf.name.startswith(OURS) and "custom" not in conf.name else ():
            yield Fault(line.where, f"{name} needs a section that is not there before it.", _REFUSED.format(conf.name))
        for line in conf.homeless if conf.name.removeprefix(OURS) in _SECTIONED else ():
            yield Fault(line.where, f"{line.text[:40]!r} stands before any section.", _REFUSED.format(conf.name))


def unread(pbx: Pbx) -> Iterator[Fault]:
    """A file of ours beside one of Asterisk's that does not include it."""
    steps = {step.ours: step for step in (*FREEPBX, *PLAIN) if step.theirs in pbx.files}
    taken = {name for conf in pbx.all for name in _names(conf.name, pbx)}
    for ours, step in sorted(steps.items()):
        if ours in pbx.files and ours not in taken:
            yield Fault(
                ours,
                f"{step.theirs} does not include it, so Asterisk does not read it.",
                f"Add to {step.theirs}, as its last line: {step.line}",
            )


def _names(root: str, pbx: Pbx) -> Iterator[str]:
    if not root.startswith(OURS):
        for conf in pbx.confs(root.removesuffix(".conf")):
            yield from (asked.what.removeprefix("/etc/asterisk/") for asked in conf.asked if not asked.fault)


def stray(pbx: Pbx) -> Iterator[Fault]:
    """Lines of a dialplan that Asterisk passes over."""
    for name in sorted({step.file for step in pbx.plan.steps()} | set(pbx.roots("extensions"))):
        mild = "[zt-" not in pbx.files[name]
        for line, what in stray_lines(pbx.files[name]):
            yield Fault(
                f"{name}:{line}",
                f"this is no line of a dialplan: {what[:60]!r}.",
                "Correct it, or render the file anew.",
                mild=mild,
            )
