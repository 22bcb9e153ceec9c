"""Departments and their specialists: whom an agent brings into a call. Pure.

A **code** is what one dials to ask for a department or a specialist: digits of the pattern ``[conference] codes`` of
site.toml. No two have the same one, and no agent has it as a number.
"""

from collections.abc import Iterable
from typing import Literal, NewType

import msgspec

from telephony.directory.duty import ALWAYS, Calendar, DutyRoster, Leave, on_duty, on_leave
from telephony.model.ids import Micros

Code = NewType("Code", str)
Standing = Literal["on", "off", "leave"]
"""On duty; not at this hour; away on leave today."""

RING_S = 20
"""How long one number is rung, seconds, where neither the entry nor the site says otherwise."""


class Department(msgspec.Struct, frozen=True):
    """One department. ``short``: what people call it, 人社局. ``numbers``: its own telephones, rung after its people,
    in the hours of its ``roster``; no roster: at any hour. ``at_once``: so many of its people are rung at a time.
    ``ring_s`` 0: the site's."""

    code: Code
    name: str
    short: str = ""
    topics: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    roster: DutyRoster | None = None
    at_once: int = 1
    ring_s: int = 0


class Specialist(msgspec.Struct, frozen=True):
    """One specialist. ``numbers`` are rung in order. ``order``: who of a department is rung first, lowest first; alike:
    by code. ``roster`` None: the department's. ``ring_s`` 0: the department's. ``languages``: languages and dialects
    spoken besides Mandarin, as people write them (粤语, English)."""

    code: Code
    name: str
    department: Code
    numbers: tuple[str, ...]
    title: str = ""
    topics: tuple[str, ...] = ()
    roster: DutyRoster | None = None
    leave: tuple[Leave, ...] = ()
    order: int = 100
    ring_s: int = 0
    languages: tuple[str, ...] = ()


class Directory:
    """All departments and specialists of a site at one time, found by code. Not changed once it is made: a change of
    the store makes another. ``revision``: of the store it was read from."""

    def __init__(
        self,
        departments: Iterable[Department] = (),
        specialists: Iterable[Specialist] = (),
        calendar: Calendar = Calendar(),  # noqa: B008 - frozen
        *,
        ring_s: int = RING_S,
        revision: int = 0,
    ) -> None:
        self.departments = {each.code: each for each in sorted(departments, key=lambda each: each.code)}
        self.specialists = {each.code: each for each in sorted(specialists, key=lambda each: each.code)}
        self.calendar = calendar
        self.ring_s = ring_s
        self.revision = revision
        staff: dict[str, list[Specialist]] = {code: [] for code in self.departments}
        for each in sorted(self.specialists.values(), key=lambda each: (each.order, each.code)):
            staff.setdefault(each.department, []).append(each)
        self._staff = {code: tuple(people) for code, people in staff.items()}

    def department(self, code: str) -> Department | None:
        """The department of this code."""
        return self.departments.get(Code(code))

    def specialist(self, code: str) -> Specialist | None:
        """The specialist of this code."""
        return self.specialists.get(Code(code))

    def staff_of(self, department: str) -> tuple[Specialist, ...]:
        """A department's people, in the order in which they are rung."""
        return self._staff.get(department, ())

    def codes(self) -> tuple[Code, ...]:
        """Every code: departments first, then specialists, each sorted."""
        return (*self.departments, *self.specialists)

    def name_of(self, code: str) -> str:
        """What screens call who has this code; empty where nobody has."""
        if (department := self.department(code)) is not None:
            return department.short or department.name
        specialist = self.specialist(code)
        return specialist.name if specialist is not None else ""

    def roster_of(self, entry: Department | Specialist) -> DutyRoster:
        """The roster that holds for them: their own, else their department's, else always."""
        if entry.roster is not None:
            return entry.roster
        home = self.department(entry.department) if isinstance(entry, Specialist) else None
        return home.roster if home is not None and home.roster is not None else ALWAYS

    def standing_of(self, entry: Department | Specialist, at: Micros) -> Standing:
        """Whether they can be rung now. Of a department: its own hours, not whether any of its people is there."""
        leave = entry.leave if isinstance(entry, Specialist) else ()
        if on_duty(self.roster_of(entry), at, self.calendar, leave):
            return "on"
        return "leave" if on_leave(leave, self.calendar.local(at).date()) else "off"

    def on_duty_of(self, department: str, at: Micros) -> tuple[Specialist, ...]:
        """Those of a department who can be rung now, in the order in which they are."""
        return tuple(each for each in self.staff_of(department) if self.standing_of(each, at) == "on")
