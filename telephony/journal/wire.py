"""What the journal agent and the bridge say to each other. Pure.

HTTPS, each request with ``Authorization: Bearer <token>``. The agent shows files and understands nothing of them: which
one comes next, where a row ends and what is lost is told by the reader (``telephony.journal.tail``), here as on the
PBX's own machine. No request names a path: a log is one of ``files.ALL_PATHS``, and a file of it one that was listed.

    GET  /v1                                        About: that it answers, and how its logs stand
    GET  /v1/logs/{log}                             every file of the log, as a list of FileFacts
    POST /v1/logs/{log}/open?name=…&inode=…         Opened; 409 when another file bears that name by now
    GET  /v1/files/{file}?offset=…&size=…           Reading, in MessagePack; 410 when it is not open any more

``file`` is the agent's own handle. It stays the same file whatever that is renamed to, until the agent is restarted or
the handle has not been used for long; then the reader looks for its place anew. All else is JSON, and so is what comes
with a status from 400 on: Refusal.
"""

import msgspec

from telephony.journal.cutting import MAX_ROW

VERSION = 1
PORT = 5048
"""Where the agent listens unless told otherwise. Not 5038 and 5039: AMI has these."""
PIECE = 2 * MAX_ROW
"""Bytes of one reading at most."""
ROOT = "/v1"
GONE, TAKEN = 410, 409


class About(msgspec.Struct, frozen=True):
    """``logs``: for each log None when it is there and can be read, else what is wrong with it."""

    version: int
    logs: dict[str, str | None]


class Opened(msgspec.Struct, frozen=True):
    """The handle of an open file."""

    file: str


class Refusal(msgspec.Struct, frozen=True):
    """Why not, for people."""

    error: str
