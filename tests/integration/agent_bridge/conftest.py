"""Every message here is held to the protocol's document."""

from tests.protocol import held_to_the_document  # noqa: F401
