"""Is our dialplan the one that runs? ``ShowDialPlan`` (``reporting`` or ``config``) against dialplans/contract.py."""

from collections.abc import Iterator, Mapping, Sequence

from dialplans.contract import CONTEXTS, context_of_queue, context_of_trunk
from telephony.config import Site
from zhitong.cli.checks.case import Case, Rights
from zhitong.cli.checks.client import PystClient, refused
from zhitong.cli.checks.findings import Finding, error, listed, ok, warning

Line = Mapping[str, str]
"""A ``ListDialplan`` event: Context, Extension, Priority, Application, AppData."""

Dialplan = Mapping[str, Sequence[Line]]
"""The lines of each context there is; a context that is not there is absent."""

_RELOAD = (
    "zhitong dialplan render 之后：asterisk -rx 'dialplan reload'。",
    "Render it (zhitong dialplan render), then: asterisk -rx 'dialplan reload'.",
)


def wanted_contexts(site: Site) -> tuple[str, ...]:
    """The contexts of the contract, for this site."""
    return tuple(name for context in CONTEXTS for name in _contexts(context.name, site))


def _contexts(name: str, site: Site) -> Iterator[str]:
    if "<trunk>" in name:
        yield from (context_of_trunk(trunk.name) for trunk in site.trunks)
    elif "<queue>" in name:
        yield from (context_of_queue(queue.name) for queue in site.queues)
    elif _wanted(name, site):
        yield name


def _wanted(name: str, site: Site) -> bool:
    """Whether this site has the context: of some, only when it asks for what they do."""
    asked = {"zt-menu": site.baseline is not None, "zt-mobiles": bool(site.duty.mobiles)}
    return asked.get(name, True)


async def check_dialplan(pbx: PystClient, rights: Rights, case: Case) -> list[Finding]:
    """Read each context of the contract, and judge."""
    if "ShowDialPlan" not in rights:
        return [_unread()]
    found: dict[str, list[dict[str, str]]] = {}
    for context in wanted_contexts(case.site):
        reply, lines = await pbx.ask_list("ShowDialPlan", Context=context)
        if not refused(reply):
            found[context] = lines
    return list(judge_dialplan(found, case))


def _unread() -> Finding:
    return warning(
        "dialplan",
        ("无权查看拨号方案，没有核对", "The dialplan may not be read, so it was not compared"),
        (
            "给 AMI 用户 write = reporting；或在 PBX 上看 asterisk -rx 'dialplan show zt-end'。",
            "Give the AMI user write = reporting; or look there: asterisk -rx 'dialplan show zt-end'.",
        ),
    )


def judge_dialplan(found: Dialplan, case: Case) -> Iterator[Finding]:
    """Every context, and in each what the bridge and the callers rely on."""
    problems = [*_missing(found, case), *_numbers(found, case), *_speech(found, case), *_agents(found, case)]
    if problems:
        yield from problems
    else:
        yield ok("dialplan", f"拨号方案齐全：{len(found)} 个 context", f"All {len(found)} contexts are there")


def _missing(found: Dialplan, case: Case) -> Iterator[Finding]:
    if missing := [name for name in wanted_contexts(case.site) if name not in found]:
        yield error(
            "dialplan",
            (f"PBX 里没有这些 context：{listed(missing)}", f"The PBX lacks these contexts: {listed(missing)}"),
            _RELOAD,
        )


def _numbers(found: Dialplan, case: Case) -> Iterator[Finding]:
    """Each number of each trunk leads somewhere, or its callers hear that it is not in service."""
    for trunk in case.site.trunks:
        context = context_of_trunk(trunk.name)
        known = _extensions(found.get(context, ()))
        unknown = [number for number in case.site.numbers_of(trunk) if number not in known]
        if context in found and unknown:
            yield error(
                "dialplan",
                (f"{context} 不认识号码 {listed(unknown)}", f"{context} does not know the number {listed(unknown)}"),
                _RELOAD,
            )


def _speech(found: Dialplan, case: Case) -> Iterator[Finding]:
    """The queues are entered, and the caller's end is told, by the very applications the contract names."""
    wanted = {context_of_queue(queue.name): ("Queue", queue.name) for queue in case.site.queues}
    wanted["zt-end"] = ("UserEvent", "ZtEnd")
    for context, (application, argument) in wanted.items():
        if context in found and not any(_does(line, application, argument) for line in found[context]):
            yield error(
                "dialplan",
                (f"{context} 里没有 {application}({argument})", f"{context} has no {application}({argument})"),
                (
                    "这个 context 不是 Zhitong 渲染的，名字撞车了：改名，再重新渲染。",
                    "This context is not ours, two have the same name: rename the other, then render again.",
                ),
            )


def _does(line: Line, application: str, argument: str) -> bool:
    return line.get("Application") == application and line.get("AppData", "").split(",")[0] == argument


def _agents(found: Dialplan, case: Case) -> Iterator[Finding]:
    known = _extensions(found.get("zt-phone", ()))
    unknown = [agent.number for agent in case.agents if agent.number not in known]
    if "zt-phone" in found and unknown:
        yield warning(
            "dialplan",
            (f"PBX 还不认识这些坐席：{listed(unknown)}", f"The PBX does not know these agents yet: {listed(unknown)}"),
            (
                "zhitong dialplan render 之后：asterisk -rx 'core reload'。",
                "Render again (zhitong dialplan render), then: asterisk -rx 'core reload'.",
            ),
        )


def _extensions(lines: Sequence[Line]) -> set[str]:
    return {line["Extension"] for line in lines if "Extension" in line}
