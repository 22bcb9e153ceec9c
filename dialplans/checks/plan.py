"""A dialplan with its includes, as Asterisk searches it (``pbx_find_extension`` in main/pbx.c). Pure."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from dialplans.conf import Conf
from dialplans.parse import Dialplan, Setting, Step, pattern, steps_of

MADE_ELSEWHERE = frozenset({"parkedcalls", "park-dial", "park-hints"})
"""Contexts that modules make by themselves."""


class Context(msgspec.Struct, kw_only=True):
    """One context. ``includes`` are as written, without their times; ``switched``: it asks another PBX or database."""

    name: str
    where: str
    extens: Mapping[str, tuple[Step, ...]] = {}
    includes: list[Setting] = []
    switched: bool = False


class Plan(msgspec.Struct, kw_only=True):
    """All contexts by name. ``elsewhere``: there are more, in a language that is not read here."""

    contexts: Mapping[str, Context]
    elsewhere: bool = False

    def steps(self) -> Iterator[Step]:
        for context in self.contexts.values():
            for steps in context.extens.values():
                yield from steps

    def names(self, context: str) -> list[str]:
        """This context and those that it includes, in the order of the search, each once."""
        return self._names(context, ())

    def _names(self, context: str, before: tuple[str, ...]) -> list[str]:
        if context in before or context not in self.contexts:
            return []
        found = [context]
        for include in self.contexts[context].includes:
            found += [each for each in self._names(include_name(include), (*before, *found)) if each not in found]
        return found

    def is_known(self, context: str) -> bool:
        """Whether all that can be reached in this context is known here."""
        names = self.names(context)
        if not names:
            return not self.elsewhere and context not in MADE_ELSEWHERE
        targets = {include_name(each) for name in names for each in self.contexts[name].includes}
        here = all(target in self.contexts for target in targets)
        return here and not any(self.contexts[name].switched for name in names)

    def find(self, context: str, exten: str) -> list[Step]:
        """The steps that a call to ``exten`` could meet here: of every extension that matches, nearest first."""
        return [step for name in self.names(context) for step in _matching(self.contexts[name].extens, exten)]

    def extens(self, context: str) -> Iterator[str]:
        return (exten for name in self.names(context) for exten in self.contexts[name].extens)


def _matching(extens: Mapping[str, tuple[Step, ...]], exten: str) -> Iterator[Step]:
    wanted = exten.replace("-", "")
    plain = [name for name in extens if not name.startswith("_") and bare(name).replace("-", "") == wanted]
    like = [name for name in extens if name.startswith("_") and pattern(bare(name)).fullmatch(wanted)]
    for name in (*plain, *like):
        yield from extens[name]


def bare(exten: str) -> str:
    """An extension without the caller's number that some match by (``100/2025550100``)."""
    return exten.partition("/")[0]


def include_name(include: Setting) -> str:
    """The context that an ``include => name,times…`` means."""
    return include.value.replace("|", ",").partition(",")[0].strip()


def plan_of(confs: Iterable[Conf], *, elsewhere: bool = False) -> Plan:
    """The dialplan that these files make together."""
    contexts: dict[str, Context] = {}
    for conf in confs:
        steps = steps_of(conf.settings())
        for section in conf.real():
            if section.name not in {"general", "globals"}:
                context = contexts.setdefault(section.name, Context(name=section.name, where=section.line.where))
                _add(context, section.settings, steps)
    return Plan(contexts=contexts, elsewhere=elsewhere)


def _add(context: Context, settings: Iterable[Setting], steps: Dialplan) -> None:
    context.extens = {**context.extens, **steps.get(context.name, {})}  # the same at each of its sections
    context.includes = [*context.includes, *(each for each in settings if each.key == "include")]
    context.switched |= any("switch" in each.key for each in settings)
