"""The agents as the dialplan needs them: which numbers and phones may be rendered. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from telephony.config import Site
from telephony.directory.agents import Agent

_NUMBER = re.compile(r"[0-9]{2,15}\Z")
_PHONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")
_IN_CALLER_ID = re.compile(r"""[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff;"'\\<>\[\]{}$|`]{0,80}\Z""")
_RESERVED = re.compile(r"(?:general|global|globals|default|trunk-.*|zt-.*)\Z", re.IGNORECASE)


def key_of_phone(phone: str) -> str:
    """The phone's name as an extension of ``zt-duty``: Asterisk passes over ``-`` there, and ``.`` is a pattern."""
    return re.sub("[^0-9A-Za-z]", "", phone)


def agent_problems(site: Site, agents: Sequence[Agent]) -> Iterator[str]:
    """What keeps this list from being rendered, as sentences that name the agent. Empty: it can be."""
    for agent in agents:
        for problem in _faults(site, agent):
            yield f"agent {agent.number!r}: {problem}"
    for number, count in Counter(agent.number for agent in agents).items():
        if count > 1:
            yield f"agent {number!r}: {count} agents have this number. Give each one of their own."
    for phone, count in Counter(key_of_phone(agent.phone) for agent in agents).items():
        if count > 1:
            yield f"phone {phone!r}: {count} agents have this phone. Give each one of their own."


def _faults(site: Site, agent: Agent) -> Iterator[str]:
    if not _NUMBER.match(agent.number):
        yield "the number must be 2 to 15 digits."
    if not _PHONE.match(agent.phone) or _RESERVED.match(agent.phone):
        yield f"the phone {agent.phone!r} must be 1 to 40 of A-Z a-z 0-9 . _ - and no word of Asterisk's own."
    if not _IN_CALLER_ID.match(agent.name) or agent.name.strip() != agent.name:
        yield f"the name {agent.name!r} must be up to 80 characters of one line, without ; \" ' \\ < > [ ] {{ }} $ | `."
    if agent.number in _taken(site):
        yield "the number is that of the hotline, a queue or the menu. Give another."
    for queue, count in Counter(each.queue for each in agent.queues).items():
        if queue not in {each.name for each in site.queues}:
            yield f"there is no queue {queue!r} in site.toml."
        elif count > 1:
            yield f"queue {queue!r} is named {count} times."
    if any(each.penalty < 0 for each in agent.queues):
        yield "a penalty must be 0 or more."


def _taken(site: Site) -> set[str]:
    menu = site.baseline.numbers if site.baseline else ()
    return {*site.hotline, *menu, *(queue.number for queue in site.queues if queue.number)}
