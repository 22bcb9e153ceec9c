"""What the checks of one PBX share."""

import re

import msgspec

from telephony.config import Site
from telephony.directory.agents import Agent


class Case(msgspec.Struct, frozen=True):
    """The site as its files say, and the agents as the database does (none when it could not be read)."""

    site: Site
    agents: tuple[Agent, ...] = ()


class Rights(msgspec.Struct, frozen=True):
    """What the AMI user may do: each action with the classes of which one suffices; none: everybody may."""

    actions: dict[str, frozenset[str]]

    def __contains__(self, action: str) -> bool:
        return action in self.actions


_COMMAND = re.compile(r"(?P<action>[A-Za-z]\w*): .*\(Priv: (?P<classes>[^()]*)\)\s*")


def rights_of(lines: list[str]) -> Rights:
    """The rights that the lines of a ``ListCommands`` reply show: it lists just what the session may do."""
    found = (_COMMAND.fullmatch(line) for line in lines)
    return Rights({match["action"]: _classes(match["classes"]) for match in found if match})


def _classes(text: str) -> frozenset[str]:
    return frozenset(text.split(",")) - {"<none>", "all"}
