"""Ways by which a caller from outside telephones at the hotline's cost, or runs a program."""

import re
from collections.abc import Iterator

from dialplans.checks.pbx import Pbx, is_ours
from dialplans.checks.places import place_of, targets_of
from dialplans.checks.rule import Fault
from dialplans.checks.sip import endpoints, identified
from dialplans.parse import Step, is_dynamic, split_outside

_OUTWARD = re.compile(r"PJSIP/[^@,&]*\$\{EXTEN[^}]*\}@|(?:SIP|IAX2|DAHDI|Motif)/[^,&/]+/[^,&]*\$\{EXTEN", re.IGNORECASE)
_OUT_ROUTINES = re.compile(r"(?:macro-)?dialout-\w+|zt-out")
_CALLERS_OWN = re.compile(r"\$\{(?:CALLERID\(|EXTEN\b|FILTER\(|PJSIP_HEADER|SIP_HEADER)[^}]*\}?")


def inbound(pbx: Pbx) -> set[str]:
    """The contexts that calls from trunks can come to: where they begin, and all that these include or lead to."""
    known = identified(pbx)
    begun = {each.get("context", "default") for each in endpoints(pbx) if each.name in known or not each.get("auth")}
    begun |= set(_of_chan_sip(pbx))
    begun |= {name for name in pbx.plan.contexts if re.match(r"zt-in-|from-(?:pstn|trunk|did)", name)}
    return _reached(pbx, begun)


def _of_chan_sip(pbx: Pbx) -> Iterator[str]:
    """Where guests and peers that need no password begin; a peer that names no context has that of [general]."""
    common = next((each.get("context", "default") for each in pbx.sections("sip") if each.name == "general"), "default")
    for each in pbx.sections("sip"):
        if each.name == "general":
            yield from [common] if each.get("allowguest", "yes") != "no" else []
        elif "invite" in each.get("insecure") or not each.get("secret"):
            yield each.get("context", common)


def _reached(pbx: Pbx, begun: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = sorted(begun)
    while waiting:
        context = waiting.pop()
        if context in pbx.plan.contexts and context not in found:
            found.add(context)
            waiting += pbx.plan.names(context)
            waiting += _led_to(pbx, context)
    return found


def _led_to(pbx: Pbx, context: str) -> list[str]:
    """Where a number of the caller's own choice may go on: jumps to an extension that is known only then."""
    places = [
        place_of(step, target)
        for steps in pbx.plan.contexts[context].extens.values()
        for step in steps
        for target in targets_of(step)
    ]
    return [to for to, exten, _ in places if to != context and not is_dynamic(to) and "${EXTEN" in exten]


def toll(pbx: Pbx) -> Iterator[Fault]:
    """A pattern that dials out what the caller keyed, where calls from trunks come to."""
    for context in sorted(inbound(pbx)):
        for exten, steps in pbx.plan.contexts[context].extens.items():
            step = next((each for each in steps if _goes_out(each)), None)
            if exten.startswith("_") and step is not None:
                what = f"a caller from outside reaches {exten!r} in {context!r}, which dials out at your cost."
                yield Fault(step.where, what, "Keep outgoing patterns in a context that no trunk's calls come to.")


def _goes_out(step: Step) -> bool:
    if step.app.lower() == "dial":
        return _OUTWARD.search(step.args) is not None
    routine = step.args.partition(",")[0]
    return (
        step.app.lower() in {"gosub", "macro"}
        and _OUT_ROUTINES.fullmatch(routine) is not None
        and "${EXTEN" in step.args
    )


def disa(pbx: Pbx) -> Iterator[Fault]:
    """A dial tone for whoever calls."""
    for step in pbx.plan.steps():
        if step.app.lower() == "disa" and re.match(r"\s*no-password", step.args):
            yield Fault(
                step.where,
                "gives a dial tone to whoever calls (DISA, no-password).",
                "Take it out, or ask for a password.",
            )


def transfers(pbx: Pbx) -> Iterator[Fault]:
    """Callers from outside who may transfer themselves."""
    reached = inbound(pbx)
    for step in pbx.plan.steps():
        place = {"dial": 2, "queue": 1}.get(step.app.lower())
        args = split_outside(step.args, ",")
        if place is None or step.context not in reached or len(args) <= place:
            continue
        options = re.sub(r"\([^)]*\)|\$\{[^}]*\}|\$\[[^\]]*\]", "", args[place])
        if "T" in options:
            what = f"the caller may transfer the call ({step.app} with T), to whatever number can be dialled there."
            yield Fault(step.where, what, "Take out the capital T: it is the caller's; t is the agent's.")


def shell(pbx: Pbx) -> Iterator[Fault]:
    """A shell command made of what a caller sends."""
    for step in pbx.plan.steps():
        runs = step.app.lower() in {"system", "trysystem"} or "SHELL(" in step.args
        own = [each for each in _CALLERS_OWN.findall(step.args) if not each.startswith("${FILTER(")]
        if runs and own:
            what = f"a shell runs what the caller sent ({own[0]})."
            yield Fault(step.where, what, "Pass it through FILTER(0-9,…), or do without a shell.")


def endless_transfers(pbx: Pbx) -> Iterator[Fault]:
    """Dial at the end of an extension that transfers lead to: a refused consultation hangs until it times out."""
    named = {match[1] for step in pbx.plan.steps() if (match := re.search(r"TRANSFER_CONTEXT=([\w.-]+)", step.args))}
    for context in sorted(named & set(pbx.plan.contexts)):
        for exten, steps in pbx.plan.contexts[context].extens.items():
            if steps and steps[-1].app.lower() == "dial":
                what = f"{exten!r} in {context!r} ends with Dial: who is refused there gets the caller back late."
                yield Fault(steps[-1].where, what, "Put Hangup() after it.", mild=not is_ours(context))
