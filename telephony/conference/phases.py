"""What an agent is about with a caller, and how that is said."""

from enum import StrEnum


class Phase(StrEnum):
    """What an agent is about with a caller."""

    BRIDGE = "bridge"  # they talk where the queue, or Dial, connected them: there is no room yet
    ROOM = "room"
    HOLD = "hold"
    RINGING = "ringing"
    CONSULT = "consult"
    SWAPPED = "swapped"
    THREE = "three"
    LEFT = "left"  # the agent has gone; whom they brought in talks on with the caller


WORDS = {
    Phase.BRIDGE: "talks with the caller",
    Phase.ROOM: "talks with the caller",
    Phase.HOLD: "holds the caller",
    Phase.RINGING: "waits for whom they consult to answer",
    Phase.CONSULT: "talks with whom they consult",
    Phase.SWAPPED: "talks with the caller while whom they consult waits",
    Phase.THREE: "talks with the caller and another",
    Phase.LEFT: "has left the call, which goes on",
}
TOLD = "waits for whom they consult, who has answered and is being told what it is about"
"""Of RINGING, from then on until the two talk."""
