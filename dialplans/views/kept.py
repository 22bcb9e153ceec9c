"""What the bridge writes ahead of time, and the lines in which one agent's phone alone is rung. Pure."""

from collections.abc import Sequence
from typing import Any

from dialplans.contract import KEPT_BACK, KEPT_LIMIT, KEPT_LINE
from telephony.directory.agents import Agent
from telephony.site.site import Site

LOW_PRIORITY = -10
"""QUEUE_PRIO of a caller whose number is limited so; that of all others is 0 or more."""
_ANYBODY = 2_147_483_647
"""As a limit of penalties: app_queue's own word for none (INT_MAX)."""
_LONGEST = 9
"""Digits of an agent's number that can be a penalty."""


def kept(site: Site, agents: Sequence[Agent]) -> dict[str, Any]:
    """For limits.j2, sticky.j2 and what of queues.j2 leads to it."""
    known = [{"number": agent.number, "phone": agent.phone} for agent in agents if can_be_kept(agent)]
    return {
        "kept": {"limit": KEPT_LIMIT, "back": KEPT_BACK, "line": KEPT_LINE, "anybody": _ANYBODY},
        "low_priority": LOW_PRIORITY,
        "sticky": {"agents": known, "ring_s": site.sticky.ring_s} if site.sticky.on else None,
    }


def can_be_kept(agent: Agent) -> bool:
    """Whether the number is a penalty that no other agent has: 010 and 10 would be one."""
    return len(agent.number) <= _LONGEST and not agent.number.startswith("0")
