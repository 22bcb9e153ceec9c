"""What is wrong, or will be, with a directory as a whole. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from telephony.directory.agents import Agent
from telephony.directory.codes import is_code
from telephony.directory.duty import next_duty
from telephony.directory.specialists import Department, Directory, Specialist
from telephony.masking import mask_number
from telephony.model.ids import Micros
from telephony.outgoing import is_allowed
from telephony.site.site import Site

_NEXT_YEAR_FROM = 12
"""The month from which the next year's make-up days should be known: the State Council decides them by November."""


class Fault(NamedTuple):
    """One thing that somebody should mend: of the entry with this code, or of all with an empty one."""

    level: Literal["error", "warning"]
    code: str
    chinese: str
    english: str


def taken_of(site: Site, agents: Sequence[Agent]) -> dict[str, str]:
    """Numbers that can be dialled within and are no codes, and what each is."""
    taken: dict[str, str] = {agent.number: f"the number of agent {agent.name}" for agent in agents}
    taken |= {queue.number: f"the number of the queue {queue.name}" for queue in site.queues if queue.number}
    taken |= dict.fromkeys(site.hotline, "the hotline's number")
    taken |= {number: "a route's number" for route in site.routes for number in route.numbers}
    return dict.fromkeys(site.emergency.all, "an emergency number") | taken


def faults_of(directory: Directory, site: Site, agents: Sequence[Agent], at: Micros) -> list[Fault]:
    """Errors first, each kind by code."""
    found = [
        *_codes(directory, site, taken_of(site, agents)),
        *_homes(directory),
        *_duties(directory, at),
        *_numbers(directory),
        *_allowed(directory, site, {agent.number for agent in agents}),
        *_calendar(directory, at),
    ]
    return sorted(found)


def _codes(directory: Directory, site: Site, taken: Mapping[str, str]) -> Iterator[Fault]:
    patterns = site.conference.codes
    for code in directory.codes():
        if code in taken:
            yield Fault("error", code, f"代码 {code} 已另有所指", f"the code is {taken[code]} too: change one of them")
        if not is_code(code, patterns):
            wanted = " or ".join(patterns)
            yield Fault("error", code, f"代码不符合 {wanted}", f"not as [conference] codes has it ({wanted})")


def _homes(directory: Directory) -> Iterator[Fault]:
    for department in directory.departments.values():
        if not directory.staff_of(department.code) and not department.numbers:
            yield Fault("warning", department.code, "没有专家，也没有电话", "nobody in it, and no number of its own")
    names: dict[str, str] = {}
    for department in directory.departments.values():
        for name in {department.name, department.short} - {""}:
            other = names.setdefault(name, department.code)
            if other != department.code:
                chinese, english = (
                    f"与 {other} 同名：{name}",
                    f"called {name} as {other} is: callers of it may get either",
                )
                yield Fault("warning", department.code, chinese, english)


def _duties(directory: Directory, at: Micros) -> Iterator[Fault]:
    today = directory.calendar.local(at).date()
    for entry in _everybody(directory):
        leave = entry.leave if isinstance(entry, Specialist) else ()
        if directory.standing_of(entry, at) == "on":
            continue
        if next_duty(directory.roster_of(entry), at, directory.calendar, leave) is None:
            yield Fault(
                "warning", entry.code, "两个月内无人值班", "not on duty within two months: mend roster or leave"
            )
    for specialist in directory.specialists.values():
        if specialist.leave and max(each.last for each in specialist.leave) < today:
            yield Fault("warning", specialist.code, "请假已过期", "every leave is over: take it out")


def _numbers(directory: Directory) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for specialist in directory.specialists.values():
        for number in specialist.numbers:
            other = owners.setdefault(number, specialist.code)
            if other != specialist.code:
                chinese = f"与 {other} 共用一个号码"
                yield Fault(
                    "warning", specialist.code, chinese, f"has a number that {other} has too: it rings once for both"
                )


def _allowed(directory: Directory, site: Site, agents: Collection[str]) -> Iterator[Fault]:
    """Numbers are rung within where they are an agent's; all others leave over a trunk, or do not."""
    for entry in _everybody(directory):
        for number in entry.numbers:
            if number not in agents and not is_allowed(number, site):
                shown = mask_number(number)
                chinese = f"号码 {shown} 不在 [outgoing] 允许之列，呼不出去"
                yield Fault(
                    "error", entry.code, chinese, f"[outgoing] does not allow to call {shown}: allow it, or mend it"
                )


def _calendar(directory: Directory, at: Micros) -> Iterator[Fault]:
    now, decided = directory.calendar.local(at), directory.calendar.decided_until
    needed = now.year + (now.month >= _NEXT_YEAR_FROM)
    if decided < needed:
        yield Fault(
            "warning",
            "",
            f"尚不知 {needed} 年的调休上班日",
            f"make-up days of {needed} are not known yet: update zhitong, or name them under [calendar] workdays",
        )


def _everybody(directory: Directory) -> Iterator[Department | Specialist]:
    yield from directory.departments.values()
    yield from directory.specialists.values()
