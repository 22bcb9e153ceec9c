"""What callers are told and what is kept of it: sentences, and recordings."""

from typing import Annotated

from telephony.site.table import Table
from telephony.texts import Folder, Sound, Word, whole


class Recording(Table, frozen=True):
    """Calls are recorded from the bridge with the agent on. No ``folder``: ``monitor`` in Asterisk's spool.

    ``keep_days`` has no default: whoever records must say for how long (days of 24 h from the call's end).
    ``notice``: what callers are told of it, ``none`` or a name of the site's own; stamped in each record.
    """

    on: bool = False
    folder: Folder | None = None
    keep_days: Annotated[int, whole(1, 36_500, "whole days")] | None = None
    notice: Word = "none"
    pause_max_s: Annotated[int, whole(10, 3600, "whole seconds")] = 180  # then a pause ends by itself


class Prompts(Table, frozen=True):
    """Sounds the dialplan plays. ``zt/…`` are the sentences of dialplans/prompts.toml."""

    closed: Sound = "zt/closed"
    emergency: Sound = "zt/emergency"
    limit_refused: Sound = "zt/limit_refused"
    no_agent: Sound = "zt/no_agent"
    full: Sound = "zt/full"
    waited: Sound = "zt/waited"
    promise: Sound = "zt/promise"
    promise_no_number: Sound = "zt/promise_no_number"
    goodbye: Sound = "zt/goodbye"
    signed_in: Sound = "zt/signed_in"
    signed_out: Sound = "zt/signed_out"
    paused: Sound = "zt/paused"
    unpaused: Sound = "zt/unpaused"
    failed: Sound = "zt/failed"
