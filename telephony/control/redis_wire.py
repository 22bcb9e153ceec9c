"""Orders and their answers as entries of Redis streams. Pure.

An order's entry says who asked (``to``: a gateway) and by what mark they know it (``mark``); its answer bears the mark.
"""

from collections.abc import Mapping

import msgspec

from telephony.control.commands import Answer, Reason, Request, Taken

ORDERS_LIMIT = 1_000
"""Orders that may wait to be taken. Who comes beyond is told so."""
ORDERS_S = 120
"""For so long the streams of orders and of answers outlive their last entry."""
TAKEN_S = 600
"""For so long it is known what became of an order, for who asks again with its key."""
UNAVAILABLE = "The bridge takes no orders at this moment. Try again when it is back."
TOO_LATE = "The deadline had passed before anything was sent."
NOT_KNOWN = "No answer came. Whether it was carried out is seen in what follows; do not send it again unseen."
VERSION = b"1"

Fields = Mapping[bytes, bytes]

_encode = msgspec.json.Encoder().encode
_request = msgspec.json.Decoder(Request)
_answer = msgspec.json.Decoder(Answer)


class Order(msgspec.Struct, frozen=True):
    """A request as it was read; ``request`` is a sentence that says why it could not be."""

    to: str
    mark: str
    request: Request | str


def encode_request(request: Request) -> bytes:
    return _encode(request)


def encode_answer(answer: Answer) -> bytes:
    return _encode(answer)


def read_order(fields: Fields) -> Order:
    """Never raises."""
    to, mark = (fields.get(name, b"").decode("ascii", "replace")[:100] for name in (b"to", b"mark"))
    if fields.get(b"v") != VERSION:
        return Order(to, mark, "The command is another version's: bridge and gateways must be of one version.")
    try:
        return Order(to, mark, _request.decode(fields.get(b"request", b"")))
    except (ValueError, RecursionError) as error:
        return Order(to, mark, f"The command was not understood: {error}.")


def read_answer(fields: Fields) -> tuple[str, Answer]:
    """The mark and the answer. Raises ValueError."""
    return fields.get(b"mark", b"").decode("ascii"), _answer.decode(fields.get(b"answer", b""))


def refused(key: str, reason: Reason, why: str) -> Answer:
    return Answer(key, Taken.REFUSED, why, reason=reason)


def unknown(key: str, why: str = NOT_KNOWN) -> Answer:
    return Answer(key, Taken.UNKNOWN, why)
