"""Are the site's queues there, as site.toml says, with members whose phones can ring? ``QueueStatus``."""

from collections.abc import Iterator, Mapping, Sequence

from telephony.site.queues import Queue
from zhitong.cli.checks.case import Case, Rights
from zhitong.cli.checks.client import PystClient
from zhitong.cli.checks.findings import Finding, error, listed, note, ok, warning

Entry = Mapping[str, str]
"""An event of QueueStatus: QueueParams, QueueMember or QueueEntry."""

_UNKNOWN, _INVALID, _UNAVAILABLE = "0", "4", "5"
"""Device states (include/asterisk/devicestate.h) of a phone that cannot be rung."""


async def check_queues(pbx: PystClient, rights: Rights, case: Case) -> list[Finding]:
    """Ask for all queues, and judge. Without the action (app_queue is not loaded) the rights have said so."""
    if "QueueStatus" not in rights:
        return []
    _, entries = await pbx.ask_list("QueueStatus")
    return [*judge_queues(entries, case), *judge_phones(entries, case)]


def judge_queues(entries: Sequence[Entry], case: Case) -> Iterator[Finding]:
    """Each queue of site.toml is there and works by the same rules."""
    running = {entry.get("Queue"): entry for entry in entries if entry.get("Event") == "QueueParams"}
    missing = [queue.name for queue in case.site.queues if queue.name not in running]
    if missing:
        yield error(
            "queues",
            (f"PBX 里没有这些队列：{listed(missing)}", f"The PBX lacks these queues: {listed(missing)}"),
            (
                "zhitong dialplan render 之后：asterisk -rx 'queue reload all'。",
                "Render them (zhitong dialplan render), then: asterisk -rx 'queue reload all'.",
            ),
        )
    different = [
        difference
        for queue in case.site.queues
        if queue.name in running
        for difference in _differences(queue, running[queue.name])
    ]
    if different:
        yield warning(
            "queues",
            (f"队列与 site.toml 不符：{listed(different)}", f"Queues differ from site.toml: {listed(different)}"),
            (
                "重新渲染，再 asterisk -rx 'queue reload all'；strategy 改变后要重启 Asterisk 才稳妥。",
                "Render again, then: asterisk -rx 'queue reload all'; restart Asterisk when the strategy changed.",
            ),
        )
    if not missing and not different:
        yield ok("queues", f"{len(case.site.queues)} 个队列与 site.toml 一致", "The queues are as site.toml says")


def _differences(queue: Queue, running: Entry) -> Iterator[str]:
    wanted = {"Strategy": queue.strategy, "Max": str(queue.max_callers), "Weight": str(queue.weight)}
    for header, value in wanted.items():
        if running.get(header, value) != value:
            yield f"{queue.name} {header} {running[header]}≠{value}"


def judge_phones(entries: Sequence[Entry], case: Case) -> Iterator[Finding]:
    """Who is signed in, and whose phone can ring. A member of several queues counts once."""
    members = {entry.get("Name", ""): entry for entry in entries if entry.get("Event") == "QueueMember"}
    if not members:
        yield _nobody(case)
        return
    invalid = [name for name, entry in members.items() if entry.get("Status") == _INVALID]
    away = [name for name, entry in members.items() if entry.get("Status") in (_UNKNOWN, _UNAVAILABLE)]
    if invalid:
        yield _invalid(invalid)
    yield _count(len(members), len(members) - len(invalid) - len(away), away)
    yield from _strangers(members, case)


def _nobody(case: Case) -> Finding:
    if case.site.agents.sign_in == "code":
        code = case.site.feature_codes.sign_in
        return note(
            "phones",
            ("没有坐席签入", "No agent is signed in"),
            (f"坐席在话机上拨 {code} 签入。", f"Agents sign in by dialling {code} on their phones."),
        )
    return warning(
        "phones",
        ("队列里没有坐席：来电没有人接", "The queues have no members: nobody would answer"),
        (
            "zhitong agents import 之后，zhitong dialplan render，再 asterisk -rx 'core reload'。",
            "Import agents (zhitong agents import), render, then: asterisk -rx 'core reload'.",
        ),
    )


def _invalid(names: list[str]) -> Finding:
    return error(
        "phones",
        (f"这些坐席的话机在 PBX 里不存在：{listed(names)}", f"No phone in the PBX for these agents: {listed(names)}"),
        (
            "重新渲染 pjsip.conf，再 asterisk -rx 'module reload res_pjsip.so'。",
            "Render pjsip.conf again, then: asterisk -rx 'module reload res_pjsip.so'.",
        ),
    )


def _count(members: int, reachable: int, away: list[str]) -> Finding:
    words = (f"坐席话机：{reachable}/{members} 可达", f"Agents' phones: {reachable} of {members} can be reached")
    if reachable == members:
        return ok("phones", *words)
    severity = note if reachable else warning
    return severity(
        "phones",
        (f"{words[0]}，不可达：{listed(away)}" if away else words[0], words[1]),
        (
            "看这些话机是否开机、已注册：asterisk -rx 'pjsip show contacts'；下班的坐席请签出。",
            (
                "See whether they are on and registered: asterisk -rx 'pjsip show contacts'; who is off duty should "
                "sign out."
            ),
        ),
    )


def _strangers(members: Mapping[str, Entry], case: Case) -> Iterator[Finding]:
    known = {agent.number for agent in case.agents}
    strangers = [name for name in members if name not in known]
    if known and strangers:
        yield warning(
            "phones",
            (
                f"队列里有名册之外的坐席：{listed(strangers)}",
                f"Members of queues, but no agents: {listed(strangers)}",
            ),
            (
                "用 zhitong agents import 加入名册，或从队列移除：他们的通话查不到人。",
                "Add them (zhitong agents import), or remove them from the queue: their calls have no name.",
            ),
        )
