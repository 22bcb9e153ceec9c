"""How a gateway is set: the limits of ``[gateway]``, in the units that the code has."""

import msgspec

from agent_bridge.wire.messages import VERSIONS

SERVER = "zhitong"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """``queue_bytes``: what may wait for a desktop that reads slowly. ``requests_per_s``, with ``burst`` at once, of
    each desktop; ``wrong_tokens_per_min`` of each address. ``retry_spread_ms``: between two desktops that are sent
    away at a restart."""

    heartbeat_s: float = 15.0
    hello_s: float = 10.0
    message_bytes: int = 32 * 1024
    queue_bytes: int = 1024 * 1024
    resume_deltas: int = 10_000
    desktops: int = 4_000
    per_address: int = 1_000
    requests_per_s: float = 20.0
    burst: float = 60.0
    orders_at_once: int = 16
    wrong_tokens_per_min: float = 20.0
    retry_spread_ms: float = 8.0
    versions: tuple[int, ...] = VERSIONS


SILENT_BEATS = 3
"""Heartbeats without a word, after which a desktop is given up."""
BAD_LIMIT = 20
"""Messages that are no request, or come too often, after which a connection is closed."""
