"""The states of the link to a PBX, as one table (docs/architecture.md draws it). Pure.

A pair that is not in the table cannot happen; if it does it is an error of ours.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from telephony.ami.backoff import Trouble


class LinkState(StrEnum):
    DOWN = "down"  # not started, or stopped
    CONNECTING = "connecting"
    SYNCING = "syncing"  # logged in, the snapshot is being read
    LIVE = "live"
    WAITING = "waiting"  # for the next try


class LinkInput(StrEnum):
    START = "start"
    LOG_IN = "log in"
    FAIL = "fail"  # no connection, or no login
    SYNC = "sync"  # the snapshot is taken
    LOSE = "lose"
    TRY_AGAIN = "try again"
    STOP = "stop"


_S, _I = LinkState, LinkInput
LINK: Mapping[tuple[LinkState, LinkInput], LinkState] = {
    (_S.DOWN, _I.START): _S.CONNECTING,
    (_S.CONNECTING, _I.LOG_IN): _S.SYNCING,
    (_S.CONNECTING, _I.FAIL): _S.WAITING,
    (_S.SYNCING, _I.SYNC): _S.LIVE,
    (_S.SYNCING, _I.LOSE): _S.WAITING,
    (_S.LIVE, _I.LOSE): _S.WAITING,
    (_S.WAITING, _I.TRY_AGAIN): _S.CONNECTING,
    (_S.CONNECTING, _I.STOP): _S.DOWN,
    (_S.SYNCING, _I.STOP): _S.DOWN,
    (_S.LIVE, _I.STOP): _S.DOWN,
    (_S.WAITING, _I.STOP): _S.DOWN,
}


class LinkStatus(msgspec.Struct, frozen=True):
    """The link as it is shown to people. ``epoch`` is that of the last login, 0 before the first. While there is no
    link, ``trouble`` and ``why`` say what to do about it, and ``failures`` how often it was tried in vain."""

    state: LinkState
    epoch: int
    trouble: Trouble | None = None
    why: str = ""
    failures: int = 0
    retry_in_s: float = 0.0
