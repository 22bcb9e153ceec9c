"""SIP messages as plain values: bytes become a `Request` or a `Response`, and back (RFC 3261 §7 and §25). Pure.

Only what a phone needs: one message per datagram, header names in any case or in compact form, folded lines, several
values in one line. Text is UTF-8, which is what RFC 3261 makes of display names.
"""

import re
from collections.abc import Iterator

import msgspec

from zhitong.lab.phones.errors import MalformedSip

VERSION = "SIP/2.0"
_COMPACT = {
    "b": "referred-by",
    "c": "content-type",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
}
_NEEDED = ("via", "from", "to", "call-id", "cseq")
_FOLD = re.compile(r"\r\n[ \t]+")
_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
_BREAKS = re.compile(r"[\r\n\x00]")

REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
    603: "Decline",
}

Header = tuple[str, str]
"""Name as written, value without the line break."""
Place = tuple[str, int]
"""IPv4 address and port."""


class Request(msgspec.Struct, frozen=True):
    """One SIP request."""

    method: str
    uri: str
    headers: tuple[Header, ...]
    body: bytes = b""


class Response(msgspec.Struct, frozen=True):
    """One SIP response."""

    code: int
    reason: str
    headers: tuple[Header, ...]
    body: bytes = b""


Message = Request | Response


def parse(data: bytes) -> Message:
    """The message in one datagram. Raises `MalformedSip` for anything a phone could not act upon.

    The body is cut to Content-Length where the header is present and smaller (RFC 3261 §18.3).
    """
    head, found, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not found:
        raise MalformedSip("no empty line ends the header of this datagram, so it is no SIP message")
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedSip(f"a SIP header that is not UTF-8: {error}") from error
    first, *lines = _whole(_FOLD.sub(" ", text).split("\r\n"))
    headers = tuple(_header(line) for line in lines)
    message = _start_line(first, headers, body)
    _check(message)
    return msgspec.structs.replace(message, body=_cut(message))


def _whole(lines: list[str]) -> list[str]:
    broken = next((line for line in lines if _BREAKS.search(line)), None)
    if broken is not None:
        raise MalformedSip(f"a line break or NUL inside a SIP header: {broken[:60]!r}")
    return lines


def _header(line: str) -> Header:
    name, colon, value = line.partition(":")
    if not colon or not _TOKEN.fullmatch(name.rstrip()):
        raise MalformedSip(f"not a SIP header line: {line[:60]!r}")
    return name.rstrip(), value.strip()


def _start_line(line: str, headers: tuple[Header, ...], body: bytes) -> Message:
    parts = line.split(" ", 2)
    if len(parts) == 3 and parts[0] == VERSION and re.fullmatch(r"[1-6]\d\d", parts[1]):
        return Response(int(parts[1]), parts[2], headers, body)
    if len(parts) == 3 and parts[2] == VERSION and _TOKEN.fullmatch(parts[0]):
        return Request(parts[0], parts[1], headers, body)
    raise MalformedSip(f"neither a SIP request line nor a status line: {line[:60]!r}")


def _check(message: Message) -> None:
    missing = [name for name in _NEEDED if value_of(message, name) is None]
    if missing:
        raise MalformedSip(f"a SIP message without {', '.join(missing)} (RFC 3261 §8.1.1)")
    sequence(message)


def _cut(message: Message) -> bytes:
    length = value_of(message, "content-length")
    if length is None:
        return message.body
    if not length.isdecimal() or int(length) > len(message.body):
        raise MalformedSip(f"Content-Length {length!r} does not fit the {len(message.body)} bytes that came")
    return message.body[: int(length)]


def render(message: Message) -> bytes:
    """The bytes to send, with Content-Length. Raises `MalformedSip` if a value would break out of its line."""
    if isinstance(message, Request):
        first = f"{message.method} {message.uri} {VERSION}"
    else:
        first = f"{VERSION} {message.code} {message.reason}"
    headers = (f"{name}: {value}" for name, value in message.headers if _canonical(name) != "content-length")
    head = "\r\n".join([*_whole([first, *headers]), f"Content-Length: {len(message.body)}"])
    return head.encode() + b"\r\n\r\n" + message.body


def _canonical(name: str) -> str:
    lower = name.lower()
    return _COMPACT.get(lower, lower)


def values_of(message: Message, name: str) -> tuple[str, ...]:
    """Every line of the header `name`, in order, as written."""
    wanted = _canonical(name)
    return tuple(value for written, value in message.headers if _canonical(written) == wanted)


def value_of(message: Message, name: str) -> str | None:
    """The first line of the header `name`, or None."""
    return next(iter(values_of(message, name)), None)


def required(message: Message, name: str) -> str:
    """As `value_of`; raises `MalformedSip` where the header is missing."""
    value = value_of(message, name)
    if value is None:
        raise MalformedSip(f"a SIP message without {name}")
    return value


def items_of(message: Message, name: str) -> tuple[str, ...]:
    """Every value of a list header (Via, Route, Contact): lines split at commas outside quotes and brackets."""
    return tuple(item for line in values_of(message, name) for item in _split(line, ","))


def sequence(message: Message) -> tuple[int, str]:
    """Number and method of CSeq."""
    number, _, method = required(message, "cseq").partition(" ")
    if not number.isdecimal() or not method.strip():
        raise MalformedSip(f"not a CSeq: {number!r} {method!r}")
    return int(number), method.strip()


def branch(message: Message) -> str:
    """The branch of the topmost Via, by which transactions are told apart (RFC 3261 §17.1.3)."""
    vias = items_of(message, "via")
    return parameters(vias[0]).get("branch", "") if vias else ""


def _split(text: str, separator: str) -> Iterator[str]:
    """Pieces of `text` between separators that stand outside of "quotes" and <brackets>."""
    start, quoted, bracketed, escaped = 0, False, False, False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = char == "\\", char != '"'
        elif char == '"':
            quoted = True
        elif char in "<>":
            bracketed = char == "<"
        elif char == separator and not bracketed:
            yield text[start:index].strip()
            start = index + 1
    if tail := text[start:].strip():
        yield tail


def parameters(value: str) -> dict[str, str]:
    """The `;name=value` parameters after a header's main value, names in lower case, quotes taken off."""
    pairs = (piece.partition("=") for piece in list(_split(value, ";"))[1:])
    return {name.strip().lower(): text.strip().strip('"') for name, _, text in pairs}


class Address(msgspec.Struct, frozen=True):
    """A From, To, Contact or Refer-To value: display name, URI, and the tag where there is one."""

    uri: str
    name: str = ""
    tag: str = ""


def parse_address(text: str) -> Address:
    """`"张三" <sip:1001@host>;tag=x`, `sip:1001@host;tag=x` and all between (RFC 3261 §20.10)."""
    tag = parameters(text).get("tag", "")
    main = next(_split(text, ";"), "")
    before, bracket, rest = main.rpartition("<")
    if not bracket:
        return Address(main, "", tag)
    if ">" not in rest:
        raise MalformedSip(f"an address whose < is never closed: {text[:60]!r}")
    return Address(rest[: rest.index(">")], _unquote(before.strip()), tag)


def _unquote(name: str) -> str:
    if len(name) > 1 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def render_address(address: Address) -> str:
    """The header value. The display name is always quoted, so any text may stand in it."""
    quoted = re.sub(r'(["\\])', r"\\\1", address.name)
    name = f'"{quoted}" ' if address.name else ""
    return f"{name}<{address.uri}>" + (f";tag={address.tag}" if address.tag else "")


def uri_user(uri: str) -> str:
    """The user part of a SIP URI: the number dialled or calling; empty where there is none."""
    rest = uri.partition(":")[2]
    return rest.partition("@")[0].partition(";")[0] if "@" in rest else ""


def uri_place(uri: str) -> tuple[str, int]:
    """Host and port of a SIP URI (5060 where none is said). IPv4 and names only: the lab is on the loopback."""
    rest = uri.partition(":")[2].rpartition("@")[2]
    host, _, port = re.split(r"[;?>]", rest, maxsplit=1)[0].partition(":")
    if not host or (port and not port.isdecimal()):
        raise MalformedSip(f"not a SIP URI with a host: {uri[:60]!r}")
    return host, int(port or 5060)


def respond(request: Request, code: int, tag: str = "", extra: tuple[Header, ...] = (), body: bytes = b"") -> Response:
    """The response to `request`: Via, From, To, Call-ID and CSeq are its own (RFC 3261 §8.2.6).

    `tag` is added to To where the request's has none. Record-Route is copied for dialogs (RFC 3261 §12.1.1).
    """
    to = required(request, "to")
    if tag and "tag" not in parameters(to):
        to = f"{to};tag={tag}"
    kept = [(name, value) for name in ("Via", "Record-Route") for value in values_of(request, name)]
    own = [("From", required(request, "from")), ("To", to)]
    same = [("Call-ID", required(request, "call-id")), ("CSeq", required(request, "cseq"))]
    return Response(code, REASONS.get(code, "Refused"), (*kept, *own, *same, *extra), body)
