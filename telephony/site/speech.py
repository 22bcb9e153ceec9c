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
    """Sounds the dialplan plays. The defaults are placeholders from Asterisk's own English set."""

    closed: Sound = "ss-noservice"
    no_agent: Sound = "ss-noservice"
    full: Sound = "ss-noservice"
    waited: Sound = "ss-noservice"
    goodbye: Sound = "vm-goodbye"
    signed_in: Sound = "agent-loginok"
    signed_out: Sound = "agent-loggedoff"
    paused: Sound = "beep"
    unpaused: Sound = "beep"
    failed: Sound = "beeperr"
