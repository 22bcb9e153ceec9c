"""Places that the dialplan leads to: contexts, extensions, priorities, queues, included contexts."""

import re
from collections.abc import Iterator

from dialplans.checks.pbx import Pbx, is_ours
from dialplans.checks.plan import MADE_ELSEWHERE, Plan, include_name
from dialplans.checks.rule import Fault
from dialplans.parse import Step, is_dynamic, split_outside

_GUARDED = re.compile(r"DIALPLAN_EXISTS\(([^,()]+),([^,()]+),1\)")
_QUEUES = frozenset({"queue", "addqueuemember", "removequeuemember"})
_SILENT = "The call would end there without a word: correct the name, or make what it names."


def targets(pbx: Pbx) -> Iterator[Fault]:
    """Jumps to a place that is not there: Asterisk hangs up."""
    guarded = {place for text in pbx.files.values() for place in _GUARDED.findall(text)}
    for step in pbx.plan.steps():
        for target in targets_of(step):
            if not _is_guarded(step, target, guarded) and not _exists(pbx.plan, step, target):
                what = f"{step.app} leads to {target!r}, which does not exist."
                yield Fault(step.where, what, _SILENT, mild=not is_ours(step.context))


def _is_guarded(step: Step, target: str, guarded: set[tuple[str, str]]) -> bool:
    """Whether the dialplan itself looks first if this place, known only at run time, is there."""
    *place, _ = split_outside(target, ",")[:3]
    context = place[0] if len(place) == 2 else step.context
    return bool(place) and is_dynamic(place[-1]) and (context, place[-1]) in guarded


def targets_of(step: Step) -> list[str]:
    """The places a step may lead to, as written."""
    app = step.app.lower()
    if app in {"goto", "gosub"}:
        return [step.args]
    if app in {"gotoif", "gosubif", "gotoiftime"}:
        _, *branches = split_outside(step.args, "?", 1)
        return [branch for both in branches for branch in split_outside(both, ":", 1) if branch]
    return []


def place_of(step: Step, target: str) -> tuple[str, str, str]:
    """Context, extension and priority or label of ``priority``, ``exten,priority`` or
    ``context,exten,priority(arguments)``."""
    *place, priority = [part.strip() for part in split_outside(target, ",")[:3]]
    context = place[0] if len(place) == 2 else step.context
    exten = place[-1] if place else step.exten
    return context, exten, priority.partition("(")[0].strip()


def _exists(plan: Plan, step: Step, target: str) -> bool:
    context, exten, label = place_of(step, target)
    if is_dynamic(context) or not plan.is_known(context):
        return is_dynamic(context) or context in plan.contexts or plan.elsewhere or context in MADE_ELSEWHERE
    if is_dynamic(exten):
        return any(_fits(name, exten) for name in plan.extens(context))
    if exten.startswith("_"):
        steps = [each for name in plan.names(context) for each in plan.contexts[name].extens.get(exten, ())]
    else:
        steps = plan.find(context, exten)
    return is_dynamic(label) or any(label in {str(each.number), each.label} for each in steps)


def _fits(name: str, dynamic: str) -> bool:
    """Whether an extension may be what a text with variables becomes: its fixed beginning agrees."""
    return name.startswith(("_", dynamic.partition("$")[0]))


def queues(pbx: Pbx) -> Iterator[Fault]:
    """Queues that are named and not configured."""
    for step in pbx.plan.steps():
        queue = step.args.partition(",")[0].strip()
        if step.app.lower() in _QUEUES and not is_dynamic(queue) and queue not in pbx.queues:
            what = f"{step.app} names queue {queue!r}, which does not exist."
            yield Fault(step.where, what, _SILENT, mild=not is_ours(step.context))


def includes(pbx: Pbx) -> Iterator[Fault]:
    """``include =>`` of a context that is not there: its numbers are unknown, and Asterisk says it in its log only."""
    for context in pbx.plan.contexts.values():
        for include in context.includes:
            name = include_name(include)
            if name not in pbx.plan.contexts and not pbx.plan.elsewhere and name not in MADE_ELSEWHERE:
                what = f"context {context.name!r} includes {name!r}, which does not exist."
                yield Fault(
                    include.where, what, "Make that context, or take the line out.", mild=not is_ours(context.name)
                )


def circles(pbx: Pbx) -> Iterator[Fault]:
    """Contexts that include themselves by way of others: Asterisk stops there, so what comes after is not searched."""
    for context in pbx.plan.contexts.values():
        for include in context.includes:
            if context.name in pbx.plan.names(include_name(include)):
                what = f"context {context.name!r} includes {include_name(include)!r}, which includes it again."
                yield Fault(include.where, what, "Take one of the two lines out.")
