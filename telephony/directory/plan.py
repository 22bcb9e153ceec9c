"""Whom to ring, in which order, when an agent asks for somebody. Pure."""

from collections.abc import Collection
from typing import Literal

import msgspec

from telephony.directory.specialists import Department, Directory, Specialist
from telephony.model.ids import Micros

Why = Literal["", "off-duty", "on-leave", "nobody"]
"""Why nobody is rung: nobody on duty; the one asked for is on leave; no number, or none that is not left out."""

MAX_TRIES = 16
"""In all lines of a plan: the text of a channel variable stays short, and no caller waits longer for one request."""


class Try(msgspec.Struct, frozen=True):
    """One number rung for so many ``seconds``. ``code`` and ``name``: whose it is, empty for a plain number."""

    number: str
    seconds: int
    code: str = ""
    name: str = ""


class Plan(msgspec.Struct, frozen=True):
    """The tries of each line one after another, all lines at once; the first answer wins. ``department``: its code,
    where one specialist was asked for too; empty for a plain number. ``name``: whom was asked for. No lines: ``why``.
    """

    to: str
    department: str = ""
    lines: tuple[tuple[Try, ...], ...] = ()
    why: Why = ""
    name: str = ""

    def in_order(self) -> tuple[Try, ...]:
        """All tries as one line, those rung first first."""
        longest = max(map(len, self.lines), default=0)
        return tuple(line[at] for at in range(longest) for line in self.lines if at < len(line))


def plan_of(directory: Directory, to: str, at: Micros, *, without: Collection[str] = ()) -> Plan:
    """The plan for ``to`` at this moment. A code there is: its department or specialist; anything else: that number, as
    it stands (who may be called outside is not decided here).

    A department: its people on duty in their order, then its own numbers; with ``at_once`` = k dealt out over up to k
    lines, nobody on two of them. A specialist: their numbers, if on duty. ``without``: codes and numbers that are left
    out, since they are in the call or are being rung.
    """
    if (department := directory.department(to)) is not None:
        return _of_department(directory, department, at, without)
    if (specialist := directory.specialist(to)) is not None:
        return _of_specialist(directory, specialist, at, without)
    lines = () if to in without else ((Try(to, directory.ring_s),),)
    return Plan(to, lines=lines, why="" if lines else "nobody")


def tries_text(tries: Collection[Try]) -> str:
    """The channel variable ``ZT_TRIES``: ``number:seconds:code&number:seconds:code…``."""
    return "&".join(f"{each.number}:{each.seconds}:{each.code}" for each in tries)


def guide_text(directory: Directory, code: str, at: Micros) -> str:
    """The global variable ``ZT_DIR_<code>``: ``department|tries`` of who is on duty now, one line in order; nothing
    after the stroke: nobody is."""
    plan = plan_of(directory, code, at)
    return f"{plan.department}|{tries_text(plan.in_order())}"


def _of_department(directory: Directory, department: Department, at: Micros, without: Collection[str]) -> Plan:
    people = directory.on_duty_of(department.code, at)
    groups = [_tries(directory, each, without) for each in people if each.code not in without]
    is_open = directory.standing_of(department, at) == "on"
    desk = _desk(directory, department, without) if is_open else ()
    lines = _dealt([group for group in groups if group], desk, department.at_once)
    had = bool(people) or (is_open and bool(department.numbers))  # some, but all of them left out
    has = bool(directory.staff_of(department.code) or department.numbers)
    why: Why = "" if lines else "off-duty" if has and not had else "nobody"
    return Plan(department.code, department.code, lines, why, directory.name_of(department.code))


def _desk(directory: Directory, department: Department, without: Collection[str]) -> tuple[Try, ...]:
    seconds, name = department.ring_s or directory.ring_s, directory.name_of(department.code)
    return tuple(Try(each, seconds, department.code, name) for each in department.numbers if each not in without)


def _of_specialist(directory: Directory, specialist: Specialist, at: Micros, without: Collection[str]) -> Plan:
    plan = Plan(specialist.code, specialist.department, name=specialist.name)
    standing = directory.standing_of(specialist, at)
    if standing != "on":
        return msgspec.structs.replace(plan, why="on-leave" if standing == "leave" else "off-duty")
    tries = () if specialist.code in without else _tries(directory, specialist, without)
    return msgspec.structs.replace(plan, lines=(tries[:MAX_TRIES],) if tries else (), why="" if tries else "nobody")


def _tries(directory: Directory, specialist: Specialist, without: Collection[str]) -> tuple[Try, ...]:
    home = directory.department(specialist.department)
    seconds = specialist.ring_s or (home.ring_s if home is not None else 0) or directory.ring_s
    numbers = [number for number in specialist.numbers if number not in without]
    return tuple(Try(number, seconds, specialist.code, specialist.name) for number in numbers)


def _dealt(groups: list[tuple[Try, ...]], desk: tuple[Try, ...], at_once: int) -> tuple[tuple[Try, ...], ...]:
    """Each person's numbers stay on one line; the department's own end the line that is through first. A number that
    two have is rung once, as the first one's."""
    lines: list[list[Try]] = [[] for _ in range(max(1, min(at_once, len(groups))))]
    rung: set[str] = set()
    for turn, group in enumerate(groups):
        _put(lines[turn % len(lines)], group, rung)
    _put(min(lines, key=lambda line: sum(each.seconds for each in line)), desk, rung)
    return tuple(tuple(line) for line in lines if line)


def _put(line: list[Try], tries: tuple[Try, ...], rung: set[str]) -> None:
    for each in tries:
        if each.number not in rung and len(rung) < MAX_TRIES:
            rung.add(each.number)
            line.append(each)
