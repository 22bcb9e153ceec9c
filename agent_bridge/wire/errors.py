"""The error codes of answers. Pure.

Those of JSON-RPC 2.0 mean what its specification says; ours lie in the range that it leaves to servers.
"""

from enum import IntEnum

import msgspec

from agent_bridge.wire.closes import Close
from telephony.control.commands import Reason


class Code(IntEnum):
    PARSE = -32700  # no JSON, or no UTF-8
    INVALID_REQUEST = -32600  # JSON, but no request of JSON-RPC 2.0; or a batch, or a request without id
    UNKNOWN_METHOD = -32601
    INVALID_PARAMS = -32602  # ``data.field`` names what is wrong
    INTERNAL = -32603  # a fault of ours
    REFUSED = -32000  # the order was not carried out; ``data.reason`` says why
    OUTCOME_UNKNOWN = -32001  # the order may or may not have been carried out; ask again with the same key
    NO_RIGHT = -32002  # the role has not the right; ``data.right`` names it
    NO_HELLO = -32003  # the first request must be hello, and hello comes once
    TOKEN_REFUSED = -32004
    TOO_MANY = -32005  # too many requests; nothing was done
    NO_VERSION = -32006  # no version of the protocol in common; ``data.versions`` are ours
    UPSTREAM_LOST = -32007  # the state of now is not known


MEANINGS = {
    Code.PARSE: "The message is no JSON, or no UTF-8.",
    Code.INVALID_REQUEST: "The message is no JSON-RPC 2.0 request with an id. Batches are not taken.",
    Code.UNKNOWN_METHOD: "There is no such method.",
    Code.INVALID_PARAMS: "A parameter cannot be as it is; data.field names it. Nothing was done.",
    Code.INTERNAL: "A fault of the gateway; its log tells more.",
    Code.REFUSED: "The order was not carried out; data.reason says why, for programs.",
    Code.OUTCOME_UNKNOWN: "The order may have been carried out, or not. The documents show it; it is not sent again.",
    Code.NO_RIGHT: "The role has not the right; data.right names it. Nothing was done.",
    Code.NO_HELLO: "The first request must be hello, and hello comes once.",
    Code.TOKEN_REFUSED: "The token is wrong, has expired or was revoked. The connection is closed.",
    Code.TOO_MANY: "Too many requests. Nothing was done; ask again in a moment.",
    Code.NO_VERSION: "There is no version of the protocol in common; data.versions are the gateway's.",
    Code.UPSTREAM_LOST: "The gateway does not know the state of now; the connection is closed. Come again.",
}


class Data(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a program may want to know of an error. ``reason`` as in ``telephony.control.commands.Reason``."""

    reason: Reason = Reason.NONE
    field: str = ""
    right: str = ""
    versions: tuple[int, ...] = ()
    retry_ms: int = 0


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error as JSON-RPC has it. ``message`` is for people."""

    code: int
    message: str
    data: Data | None = None


class Wrong(Exception):
    """A request is answered with an error; ``close``: and then the connection is closed so."""

    def __init__(self, code: Code, message: str = "", data: Data | None = None, *, close: Close | None = None) -> None:
        super().__init__(message or MEANINGS[code])
        self.close = close
        self.problem = Problem(code, message or MEANINGS[code], data)
