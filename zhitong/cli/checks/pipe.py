"""What the doctor and its probe say to each other: one JSON document a line, over the probe's standard streams."""

from enum import StrEnum

import msgspec


class Question(msgspec.Struct, frozen=True):
    """Doctor → probe: send this action. The probe answers each with one ``Heard`` that is no event, in order."""

    action: str
    action_id: str
    fields: dict[str, str] = {}


class Kind(StrEnum):
    """``greeting``: the PBX's first line was read. ``lost``: the link is gone, and so is the probe."""

    GREETING = "greeting"
    REPLY = "reply"
    EVENT = "event"
    LOST = "lost"


class Heard(msgspec.Struct, frozen=True):
    """Probe → doctor: something the PBX said. ``sent`` and ``at`` are wall times in seconds; ``sent`` only of a reply.

    ``lines`` are the message as it came, since ``headers`` keeps but one of several headers of the same name.
    """

    kind: Kind
    at: float
    headers: dict[str, str] = {}
    lines: list[str] = []
    sent: float = 0.0
