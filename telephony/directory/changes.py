"""What an import would change, before it changes anything. Pure."""

from collections.abc import Iterable

import msgspec

from telephony.directory.agents import Agent
from telephony.errors import DirectoryError
from telephony.model.ids import MemberName


class Change(msgspec.Struct, frozen=True):
    """One agent's entry as it was and as it shall be."""

    before: Agent
    after: Agent


class Changes(msgspec.Struct, frozen=True):
    """Sorted by agent number."""

    added: tuple[Agent, ...] = ()
    changed: tuple[Change, ...] = ()
    unchanged: tuple[Agent, ...] = ()
    removed: tuple[Agent, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.added or self.changed or self.removed)


def changes_between(stored: Iterable[Agent], wanted: Iterable[Agent], *, replace: bool) -> Changes:
    """What takes the directory from ``stored`` to ``wanted``; with ``replace`` who is not wanted is removed.

    Raises DirectoryError when a number is wanted twice, or two agents would have one phone afterwards.
    """
    have = {agent.number: agent for agent in stored}
    want: dict[MemberName, Agent] = {}
    for agent in sorted(wanted, key=lambda agent: agent.number):
        if agent.number in want:
            raise DirectoryError(f"Agent {agent.number} is given twice. Keep one of the two.")
        want[agent.number] = agent
    _check_phones(want if replace else {**have, **want})
    return Changes(
        added=tuple(agent for number, agent in want.items() if number not in have),
        changed=tuple(Change(have[n], agent) for n, agent in want.items() if n in have and have[n] != agent),
        unchanged=tuple(agent for number, agent in want.items() if have.get(number) == agent),
        removed=tuple(have[number] for number in sorted(have) if replace and number not in want),
    )


def _check_phones(after: dict[MemberName, Agent]) -> None:
    owners: dict[str, Agent] = {}
    for agent in after.values():
        other = owners.setdefault(agent.phone, agent)
        if other is not agent:
            raise DirectoryError(
                f"Agents {other.number} and {agent.number} would share the phone {agent.phone}, and both would be "
                "rung at once. Give one of them another phone, or remove one."
            )
