"""Asterisk, fetched once."""

import pytest

from zhitong.lab.programs import Tools, find_tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools()
