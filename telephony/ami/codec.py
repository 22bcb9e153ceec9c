"""AMI bytes to frames and headers, and actions to bytes. Pure: no sockets, no clock.

AMI is a line protocol (Asterisk ``main/manager.c``): a greeting line, then frames of ``Key: value`` lines, each
frame ended by an empty line, all in CRLF. A *frame* here is the bytes between two empty lines, without the
greeting and without the CRLFCRLF. Text is decoded per frame, so that TCP may cut a character anywhere.
"""

from collections.abc import Iterable

from telephony.errors import AmiInputRefused

GREETING = "Asterisk Call Manager/"
FRAME_LIMIT = 1 << 20
"""Bytes. A frame longer than this is dropped and counted: no PBX sends one, and a peer must not fill our memory."""
LINE_LIMIT = 1000
"""Bytes of one line ``Key: value`` of ours. Asterisk's input buffer is 1,024 and drops the action beyond it."""
LINES_LIMIT = 120
"""Lines of one action. Asterisk takes 128 headers."""

_EOL = b"\r\n"
_END = b"\r\n\r\n"
_EVENT = b"Event: "
_RESPONSE = b"Response: "
_GREETING_LIMIT = 256


class FrameReader:
    """Cuts a stream of bytes into frames. The result does not depend on how the stream was chunked.

    ``greeting`` is ``None`` until the first line is complete, then that line (empty when there was no line
    within 256 bytes: the peer does not speak AMI). ``dropped`` counts frames over the limit; after one the
    stream goes on at the next empty line.
    """

    __slots__ = ("_buffer", "_limit", "_searched", "_skipping", "dropped", "greeting")

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        self.greeting: str | None = None
        self.dropped = 0
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0  # no frame ends before this position: a delimiter is never looked for twice
        self._skipping = False

    @property
    def pending(self) -> int:
        """Bytes held back because their frame is not complete yet; at most the limit and 3."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """The frames completed by ``data``, in order."""
        self._buffer += data
        if self.greeting is None and not self._take_greeting():
            return []
        if self._buffer.find(_END, self._searched) < 0:
            self._wait()
            return []
        found = len(self._buffer)
        frames = bytes(self._buffer).split(_END)
        self._buffer = bytearray(frames.pop())
        self._searched = 0
        if self._skipping:
            self._skipping = False
            del frames[0]
        self._wait()
        return frames if found <= self._limit else self._within_limit(frames)

    def _take_greeting(self) -> bool:
        line, end, _ = self._buffer.partition(_EOL)
        if end and len(line) <= _GREETING_LIMIT:
            self.greeting = text_of(bytes(line))
            del self._buffer[: len(line) + len(end)]
        elif len(self._buffer) > _GREETING_LIMIT + 1:  # a CR may be waiting for its LF
            self.greeting = ""
        return self.greeting is not None

    def _wait(self) -> None:
        """Remember how far was searched; give up a frame that has grown over the limit."""
        tail = len(_END) - 1  # these bytes may be the beginning of the delimiter
        if len(self._buffer) > self._limit + tail or self._skipping:
            self.dropped += not self._skipping
            self._skipping = True
            del self._buffer[:-tail]
        self._searched = max(0, len(self._buffer) - tail)

    def _within_limit(self, frames: list[bytes]) -> list[bytes]:
        whole = [frame for frame in frames if len(frame) <= self._limit]
        self.dropped += len(frames) - len(whole)
        return whole


def text_of(data: bytes) -> str:
    """Text of a frame. Bytes that are not UTF-8, and NUL (no database keeps it), become U+FFFD."""
    text = str(data, "utf-8", "replace")
    return text.replace("\0", "\ufffd") if 0 in data else text


def event_name(frame: bytes) -> bytes:
    """Name of the event in this frame, empty when the frame is not an event. Asterisk writes it first."""
    if not frame.startswith(_EVENT):
        frame = frame.lstrip(_EOL)  # an empty line too many between two frames
        if not frame.startswith(_EVENT):
            return b""
    end = frame.find(_EOL)
    return frame[len(_EVENT) : end] if end >= 0 else frame[len(_EVENT) :]


def is_response(frame: bytes) -> bool:
    """Whether this frame answers an action."""
    return frame.startswith(_RESPONSE) or frame.lstrip(_EOL).startswith(_RESPONSE)


def lines_of(text: str) -> list[tuple[str, str]]:
    """The headers of a frame in their order, repeated ones included. Lines without a colon are left out."""
    headers = []
    for line in text.split("\r\n"):
        key, colon, value = line.partition(":")
        if colon:
            headers.append((key, value.removeprefix(" ")))
    return headers


def headers_of(frame: bytes) -> dict[str, str]:
    """Headers by name. Of a repeated header the first counts: Asterisk writes its own before those that a
    dialplan or a channel variable added, so nobody can speak for the PBX."""
    return dict(reversed(lines_of(text_of(frame))))


def values_of(frame: bytes, header: str) -> list[str]:
    """All values of a header that may be repeated (``Output``, ``ChanVariable`` …), in their order."""
    return [value for key, value in lines_of(text_of(frame)) if key == header]


def encode_action(name: str, fields: Iterable[tuple[str, str]], action_id: str) -> bytes:
    """The bytes of one action.

    Raises ``AmiInputRefused`` naming the field when a key or a value holds a line break, NUL or another control
    character, or is too long: a line break in a value would begin a second header or a second action.
    """
    lines = [("Action", name), ("ActionID", action_id), *fields]
    if len(lines) > LINES_LIMIT:
        raise AmiInputRefused(f"action {name!r:.40} has {len(lines)} fields; at most {LINES_LIMIT} can be sent")
    return _EOL.join([_encode_line(key, value) for key, value in lines]) + _END


def _encode_line(key: str, value: str) -> bytes:
    if not (key.isascii() and key.replace("-", "").isalnum()):
        raise AmiInputRefused(f"field name {key!r:.60} may hold only letters, digits and '-'")
    if not is_plain(value):
        raise AmiInputRefused(f"{key}: the value holds a line break or another control character; remove it")
    try:
        line = f"{key}: {value}".encode()
    except UnicodeEncodeError:
        raise AmiInputRefused(f"{key}: the value is not valid text (a lone surrogate); correct it") from None
    if len(line) > LINE_LIMIT:
        raise AmiInputRefused(f"{key}: {len(line)} bytes are too long for one AMI line; at most {LINE_LIMIT}")
    return line


def is_plain(value: str) -> bool:
    """Whether a value has no control character (C0, DEL, C1) and no Unicode line or paragraph separator."""
    return value.isprintable() or not any(
        char < " " or "\x7f" <= char <= "\x9f" or char in "\u2028\u2029" for char in value
    )
