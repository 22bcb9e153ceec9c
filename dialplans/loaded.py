"""What a PBX says on its command line once it has taken in a change of the agents. Pure.

A reload that cannot read a file says nothing of it, or even that it went well (res_pjsip, seen on 22.10): Asterisk
keeps what it had. So it is asked for each agent that changed.
"""

from collections.abc import Iterator
from typing import NamedTuple

from dialplans.people import key_of_phone
from telephony.directory.agents import Agent
from telephony.directory.changes import Changes
from telephony.secrets import Secrets

NO_OBJECT = "Unable to find object"
NO_EXTENSION = "There is no existence of"
_NAME = 16
"""Characters of a name that are surely shown: res_pjsip keeps 79 bytes of it (``caller_id_handler``)."""


class Question(NamedTuple):
    """``command`` for Asterisk's command line; its answer holds each of ``wanted`` once the change is in."""

    command: str
    wanted: tuple[str, ...]

    def answered(self, said: str) -> bool:
        return all(text in said for text in self.wanted)


def questions(changes: Changes, secrets: Secrets, *, phones: bool) -> list[Question]:
    """What to ask after a reload. ``phones``: their endpoints are of our rendering."""
    come = [*changes.added, *(change.after for change in changes.changed)]
    kept = {agent.phone for agent in come}
    gone = [*changes.removed, *(change.before for change in changes.changed)]
    asked = [question for agent in come for question in _present(agent, secrets, phones)]
    return asked + [each for agent in gone if agent.phone not in kept for each in _absent(agent, phones)]


def _present(agent: Agent, secrets: Secrets, phones: bool) -> Iterator[Question]:
    duty = "&".join(f"{each.queue}:{each.penalty}" for each in agent.queues)
    extension = f"k{key_of_phone(agent.phone)}@zt-duty"
    yield Question(f"dialplan show {extension}", (f"ZT_AGENT={agent.number})", f"ZT_DUTY={duty})"))
    if phones:
        yield Question(f"pjsip show endpoint {agent.phone}", (f"<{agent.number}>", agent.name[:_NAME]))
        yield Question(f"pjsip show auth {agent.phone}", (secrets.phones[agent.phone],))


def _absent(agent: Agent, phones: bool) -> Iterator[Question]:
    yield Question(f"dialplan show k{key_of_phone(agent.phone)}@zt-duty", (NO_EXTENSION,))
    if phones:
        yield Question(f"pjsip show endpoint {agent.phone}", (NO_OBJECT,))


def withdrawals(changes: Changes) -> list[str]:
    """Commands that take out of their queues whose place there is gone: who signed in by feature code stays a member
    until they sign out, and nobody else would take them out."""
    lost = [(agent, {each.queue for each in agent.queues}) for agent in changes.removed]
    for change in changes.changed:
        stays = {each.queue for each in change.after.queues} if change.after.phone == change.before.phone else set()
        lost.append((change.before, {each.queue for each in change.before.queues} - stays))
    return [f"queue remove member PJSIP/{agent.phone} from {queue}" for agent, out in lost for queue in sorted(out)]
