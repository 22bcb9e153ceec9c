"""Agents: the people who answer the hotline. Pure.

An agent is known everywhere by one number: it is the member name in Asterisk's queues and queue_log, the
name of the phone's PJSIP endpoint unless ``phone`` says otherwise, and the ``agent`` of a call record.
"""

import msgspec

from telephony.model.ids import MemberName, QueueName


class QueueMembership(msgspec.Struct, frozen=True):
    """One queue an agent answers. ``penalty`` as app_queue's: members of a lower penalty are rung first."""

    queue: QueueName
    penalty: int = 0


class Agent(msgspec.Struct, frozen=True):
    """One agent as the directory keeps them."""

    number: MemberName
    name: str
    queues: tuple[QueueMembership, ...]
    phone: str  # name of the PJSIP endpoint that rings; the agent's number unless the CSV says otherwise
    profile: str = ""  # name of a [[phone_profile]] of site.toml; empty: the site's first, or the built-in one
    auto_answer: bool = False  # the phone picks up by itself what a queue offers, where that queue lets it
