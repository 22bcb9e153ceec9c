"""How a supervisor may hear an agent's call."""

from typing import Any

MODES = (
    {"name": "listen", "option": ""},  # nobody hears the supervisor
    {"name": "whisper", "option": "w"},  # the agent does
    {"name": "barge", "option": "B"},  # the agent and whom they talk with do
)
"""The extension of ``zt-spy``, and ChanSpy's option for it."""


def spy() -> dict[str, Any]:
    """For spy.j2."""
    return {"spy_modes": MODES}
