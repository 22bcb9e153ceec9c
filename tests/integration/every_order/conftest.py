"""A site on a real Asterisk for each test, as in tests/integration/dialplans."""

from tests.integration.dialplans.conftest import make_rig, tools

__all__ = ["make_rig", "tools"]
