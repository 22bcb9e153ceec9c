"""The agents as the dialplan needs them: which numbers and phones may be rendered. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from dialplans.safety import UNSAFE
from telephony.config import Site
from telephony.directory.agents import Agent
from telephony.directory.fields import FieldRefused, checked_name, checked_number, checked_phone

_RESERVED = re.compile(r"(?:general|global|globals|default|zt-.*)\Z", re.IGNORECASE)


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
    for check, value in ((checked_number, agent.number), (checked_name, agent.name), (checked_phone, agent.phone)):
        try:
            check(value)
        except FieldRefused as refused:
            yield f"{value!r}: {refused}."
    yield from _phone_faults(site, agent)
    if UNSAFE.search(agent.name):
        yield f"the name {agent.name!r} would be evaluated, or begins or ends with a space. Write it plainly."
    if agent.number in _taken(site):
        yield "the number is that of the hotline, a queue or the menu. Give another."
    for queue, count in Counter(each.queue for each in agent.queues).items():
        if queue not in {each.name for each in site.queues}:
            yield f"there is no queue {queue!r} in site.toml."
        elif count > 1:
            yield f"queue {queue!r} is named {count} times."
    if any(each.penalty < 0 for each in agent.queues):
        yield "a penalty must be 0 or more."


def _phone_faults(site: Site, agent: Agent) -> Iterator[str]:
    if _RESERVED.match(agent.phone):
        yield f"the phone {agent.phone!r} is a word of Asterisk's or of ours. Give it another name."
    if agent.profile and agent.profile not in site.profile_names():
        yield f"there is no phone profile {agent.profile!r} in site.toml."


def _taken(site: Site) -> set[str]:
    menu = site.baseline.numbers if site.baseline else ()
    return {*site.hotline, *menu, *(queue.number for queue in site.queues if queue.number)}
