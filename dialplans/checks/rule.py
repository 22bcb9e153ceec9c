"""What a rule is: one function that looks for one kind of fault."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from dialplans.findings import Finding, Level

Subject = TypeVar("Subject")


class Fault(NamedTuple):
    """What a rule found. ``mild``: a warning even where the rule's faults are errors."""

    where: str
    what: str
    remedy: str
    mild: bool = False


class Rule(NamedTuple, Generic[Subject]):
    """One row of the table of rules. ``name`` stays from version to version; ``zh`` and ``en`` are for people."""

    name: str
    level: Level
    zh: str
    en: str
    look: Callable[[Subject], Iterator[Fault]]


def findings(rules: Iterable[Rule[Subject]], subject: Subject) -> Iterator[Finding]:
    """What these rules find, each finding with its rule's name."""
    for rule in rules:
        for fault in rule.look(subject):
            level = Level.WARNING if fault.mild else rule.level
            yield Finding(fault.where, fault.what, fault.remedy, level, rule.name)
