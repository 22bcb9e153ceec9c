"""The messages of the protocol: JSON-RPC 2.0 requests and responses, and what a gateway says unasked. Pure.

Times are microseconds since 1970-01-01 UTC. ``epoch`` and ``sequence`` name a state of the documents: all that was
sent up to them is known.
"""

from typing import Literal

import msgspec

from agent_bridge.wire.errors import Problem
from telephony.live.documents import Document
from telephony.model.ids import Micros

VERSIONS = (1,)
"""Of the protocol, that this gateway speaks."""
Id = str | int


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a client sends; ``params`` as the method's row says."""

    jsonrpc: Literal["2.0"] = "2.0"
    id: Id
    method: str
    params: msgspec.Raw = msgspec.Raw(b"{}")


class Success(msgspec.Struct, frozen=True, kw_only=True):
    jsonrpc: Literal["2.0"] = "2.0"
    id: Id
    result: msgspec.Raw


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """``id`` is null where the request's could not be read."""

    jsonrpc: Literal["2.0"] = "2.0"
    id: Id | None
    error: Problem


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    jsonrpc: Literal["2.0"] = "2.0"
    method: str
    params: msgspec.Raw


# --- results ----------------------------------------------------------------------------------------------


class State(msgspec.Struct, frozen=True, kw_only=True):
    """All documents that may be seen, by key: ``agent/1001``, ``call/01H…``, ``queue/general``, ``system``."""

    epoch: int
    sequence: int
    documents: dict[str, Document]


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """To hello. ``documents`` null: what was missed since the position asked for follows as deltas, and the client's
    documents stand. ``scope`` names what may be seen: to be given with the position when coming again. ``upstream``
    false: the documents are as they were when the telephony process was lost."""

    version: int
    session: str
    server: str
    account: str
    role: str
    agent: str | None
    queues: tuple[str, ...]
    rights: tuple[str, ...]
    epoch: int
    sequence: int
    scope: str
    documents: dict[str, Document] | None
    upstream: bool
    heartbeat_s: float
    expires_at: float


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    expires_at: float


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """To ping, and in each heartbeat."""

    epoch: int
    sequence: int


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """To an order that was sent. ``seen``: its effect was seen before the deadline; else it is seen in the documents
    when it comes. ``call``: the call that it began; ``attempt``: the number of the try, for a call-back; ``invite``:
    the invitation that it began."""

    taken: Literal["accepted"] = "accepted"
    seen: bool = False
    attempt: int | None = None
    call: str = ""
    invite: str = ""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A department or specialist that was searched for, or an emergency number, which ``call.emergency`` calls.
    ``code`` is what one invites them by; ``department``: its code,
    of a department its own. ``fits``: the name, topic or code that fits best. ``on_duty``: can be rung now; of a
    department: anybody of it. ``answered`` of ``offers`` in the last 30 days; what was taken back is not among them."""

    kind: Literal["department", "specialist", "emergency"]
    code: str
    name: str
    department: str
    department_name: str
    title: str
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    fits: str
    on_duty: bool
    offers: int
    answered: int


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    """The best first. ``revision``: of the directory; one that is higher may have others."""

    hits: tuple[Hit, ...]
    revision: int


class Revealed(msgspec.Struct, frozen=True, kw_only=True):
    """``number`` and ``name`` in full; of a call out ``number`` is who was called."""

    number: str
    name: str


# --- notifications ----------------------------------------------------------------------------------------


class DeltaTold(msgspec.Struct, frozen=True, kw_only=True):
    """One document was made, changed, or is gone (``document`` null). ``at``: by the PBX's clock; ``heard``: when what
    caused it was read from the PBX, by the clock of the telephony process."""

    epoch: int
    sequence: int
    key: str
    document: Document | None
    at: Micros
    heard: Micros


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the telephony process is heard. While it is not, documents stay as they were."""

    state: Literal["lost", "back"]


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """Why the connection is closed next, and after how long to come again; 0: not by yourself."""

    code: int
    why: str
    retry_ms: int


NOTIFICATIONS: dict[str, type[msgspec.Struct]] = {
    "delta": DeltaTold,
    "snapshot": State,
    "heartbeat": Position,
    "upstream": Upstream,
    "closing": Closing,
}
"""What a gateway says unasked. ``snapshot`` replaces all documents."""
