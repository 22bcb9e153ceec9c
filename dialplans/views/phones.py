"""Agents' phones: what they may dial, and the feature codes. Pure."""

from collections.abc import Sequence
from typing import Any

from dialplans.people import key_of_phone
from telephony.directory.agents import Agent
from telephony.site.site import Site

RING_S = 30
"""How long a phone rings that is dialled or transferred to."""


def phones(site: Site, agents: Sequence[Agent]) -> dict[str, Any]:
    """For phone.j2, transfer.j2 and sign.j2."""
    return {
        "agents": [_agent(agent) for agent in agents],
        "codes": _codes(site),
        "by_code": site.agents.sign_in == "code",
        "prompts": site.prompts,
        "ring_s": RING_S,
    }


def _codes(site: Site) -> list[dict[str, str]]:
    codes = site.feature_codes
    pairs = {codes.sign_in: "in", codes.sign_out: "out", codes.pause: "pause", codes.unpause: "unpause"}
    return [{"code": code, "exten": exten} for code, exten in pairs.items()]


def _agent(agent: Agent) -> dict[str, str]:
    return {
        "number": agent.number,
        "phone": agent.phone,
        "key": key_of_phone(agent.phone),
        "duty": "&".join(f"{each.queue}:{each.penalty}" for each in agent.queues),
    }
