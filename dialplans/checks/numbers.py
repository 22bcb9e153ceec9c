"""Which extension a number meets: patterns that swallow, overlap, hide, fall through."""

import re
from collections.abc import Iterator

from dialplans.checks.patterns import Shape, example, overlap, shape, within
from dialplans.checks.pbx import Pbx, is_ours
from dialplans.checks.plan import Context, include_name
from dialplans.checks.rule import Fault
from dialplans.parse import Step, pattern

_SPECIAL = "hist"
_ENDS = frozenset({"hangup", "goto", "return", "congestion", "busy", "macroexit", "stackpop", "faxfax", "endwhile"})


def swallowing(pbx: Pbx) -> Iterator[Fault]:
    """Patterns that match Asterisk's own extensions: after the call ``h`` runs what was meant for a number."""
    for context, exten, steps in _extens(pbx):
        taken = [
            name for name in _SPECIAL if exten.startswith("_") and pattern(exten.partition("/")[0]).fullmatch(name)
        ]
        if taken and steps:
            what = f"{exten!r} in {context.name!r} matches {', '.join(taken)} too, Asterisk's own extensions."
            yield Fault(
                steps[0].where,
                what,
                "Say which numbers are meant, such as _X. or _[0-9+].",
                mild=not is_ours(context.name),
            )


def unbegun(pbx: Pbx) -> Iterator[Fault]:
    """Extensions without a first step, or with a hole between their steps: the call ends at it."""
    for context, exten, steps in _extens(pbx):
        numbers = {step.number for step in steps}
        mild = not is_ours(context.name)
        if steps and 1 not in numbers and not min(steps, key=lambda step: step.number).label:  # else a Gosub's way in
            what = f"{exten!r} in {context.name!r} has no priority 1 (it begins with {min(numbers)})."
            yield Fault(steps[0].where, what, "Begin it with priority 1.", mild=mild)
        elif hole := next((number for number in sorted(numbers) if number > 1 and number - 1 not in numbers), 0):
            step = next(each for each in steps if each.number == hole)
            if not _is_jumped_to(step, steps):
                what = f"{exten!r} in {context.name!r} has no priority {hole - 1}: what follows is not reached."
                yield Fault(step.where, what, "Number the steps with n.", mild=True)


def _is_jumped_to(step: Step, steps: tuple[Step, ...]) -> bool:
    """A hole is meant where a step leads over it (the old style of ``n+101``), by number or by label."""
    return bool(step.label) or step.number > 100 or any(re.search(rf"\b{step.number}\b", each.args) for each in steps)


def twice(pbx: Pbx) -> Iterator[Fault]:
    """The same priority of an extension twice: Asterisk takes the first and leaves the second out."""
    for context, exten, steps in _extens(pbx):
        first: dict[int, Step] = {}
        for step in steps:
            before = first.setdefault(step.number, step)
            if before is not step and (before.app, before.args) != (step.app, step.args):
                what = f"{exten!r} in {context.name!r} has priority {step.number} already, at {before.where}: left out."
                yield Fault(step.where, what, "Take one of the two out.", mild=not is_ours(context.name))


def ambiguous(pbx: Pbx) -> Iterator[Fault]:
    """Two patterns of one context of which neither is the narrower one: which is taken is hard to foresee."""
    for context in pbx.plan.contexts.values():
        shapes = [
            (exten, shape(exten), steps) for exten, steps in context.extens.items() if exten.startswith("_") and steps
        ]
        for index, (exten, one, steps) in enumerate(shapes):
            for other, two, others in shapes[:index]:
                if _is_ambiguous(one, two) and not _alike(steps, others):
                    both = f"{exten!r} and {other!r} (line {others[0].line}) in {context.name!r}"
                    what = f"{both} both match {example(one, two)}."
                    yield Fault(steps[0].where, what, "Make one of them the narrower one, or part them.")


def _is_ambiguous(one: Shape, two: Shape) -> bool:
    return overlap(one, two) and not within(one, two) and not within(two, one)


def _alike(one: tuple[Step, ...], two: tuple[Step, ...]) -> bool:
    return [(each.app, each.args) for each in one] == [(each.app, each.args) for each in two]


def falling(pbx: Pbx) -> Iterator[Fault]:
    """An extension whose steps end without an end while a wider pattern has the next priority: the call goes on there
    (``pbx_find_extension`` looks for each priority anew)."""
    for context, exten, steps in _extens(pbx):
        if not steps or steps[-1].app.lower() in _ENDS or exten in {"h", "i", "s", "t"}:
            continue
        mine, following = shape(exten), max(each.number for each in steps) + 1
        for name, others in _others(pbx, context, exten):
            goes_on = next((each for each in others if each.number == following), None)
            if goes_on and name.startswith("_") and within(mine, shape(name)):
                what = f"after {exten!r} ends here, the call goes on at {goes_on.where} ({name!r})."
                yield Fault(steps[-1].where, what, "End it with Hangup().", mild=not is_ours(context.name))
                break


def hidden(pbx: Pbx) -> Iterator[Fault]:
    """Numbers of an included context that the including one has already by a pattern: its own come first, however
    wide the pattern is."""
    for context in pbx.plan.contexts.values():
        own = [(exten, shape(exten)) for exten, steps in context.extens.items() if exten.startswith("_") and steps]
        for include in context.includes:
            name = include_name(include)
            for exten, steps in _dialled(pbx, name):
                wide = next((mine for mine, its in own if steps and mine != exten and within(shape(exten), its)), None)
                if wide:
                    what = f"{exten!r} of {name!r} is hidden in {context.name!r} by its own {wide!r}."
                    yield Fault(
                        include.where, what, f"Put {wide!r} into a context of its own, included last.", mild=True
                    )


def _dialled(pbx: Pbx, context: str) -> Iterator[tuple[str, tuple[Step, ...]]]:
    if context in pbx.plan.contexts:
        extens = pbx.plan.contexts[context].extens
        yield from (
            (exten, steps) for exten, steps in extens.items() if exten not in {"h", "i", "s", "t", "e", "a", "o", "T"}
        )


def _extens(pbx: Pbx) -> Iterator[tuple[Context, str, tuple[Step, ...]]]:
    for context in pbx.plan.contexts.values():
        for exten, steps in context.extens.items():
            yield context, exten, steps


def _others(pbx: Pbx, context: Context, exten: str) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """The other extensions of this context and of those it includes, in the order of the search."""
    for name in pbx.plan.names(context.name):
        for other, steps in pbx.plan.contexts[name].extens.items():
            if (name, other) != (context.name, exten):
                yield other, steps
