"""What the rules of a site look at."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from telephony.config import Site
from telephony.directory.agents import Agent


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A site with its agents. ``sounds`` None: the prompts are not looked for."""

    site: Site
    agents: Sequence[Agent] = ()
    sounds: Path | None = None
