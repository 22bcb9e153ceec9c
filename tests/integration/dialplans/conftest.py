"""A site on a real Asterisk for each test: ``async with rig(site, agents) as rig``."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from telephony.directory.agents import Agent
from tests.integration.dialplans.rig import SITE, Rig, running
from zhitong.lab.programs import Tools, find_tools

MakeRig = Callable[..., AbstractAsyncContextManager[Rig]]


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Asterisk and SIPp, fetched once."""
    return find_tools()


@pytest.fixture
def make_rig(tmp_path: Path, tools: Tools) -> MakeRig:
    """``make_rig(site_toml, agents)``: ``site_toml`` follows three trunks named carrier, early and entry."""

    def make(site: str, agents: Sequence[Agent] = (), base: str = SITE) -> AbstractAsyncContextManager[Rig]:
        return running(tmp_path, site, agents, tools=tools, base=base)

    return make
