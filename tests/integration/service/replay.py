"""A PBX's day without end: recorded calls of a real Asterisk, told again and again with fresh ids, as fast as wanted.

Each telling has ids, channels, bridges and callers of its own; all its events happen in the moment it is told.
"""

import re
import time
from collections.abc import Iterator

from tests.recordings.captures import captures, load

_OTHER_RUNS = ("a-snapshot-while-calls-go-on", "zz-shutdown")
"""Those in which the link or the PBX ends."""
_UNIQUEID = re.compile(rb"\bpbx1-\d{10}\.(\d+)")
_CHANNEL = re.compile(rb"-[0-9a-f]{4}([0-9a-f]{4})(?=[;\r/]|$)", re.MULTILINE)
_BRIDGE = re.compile(rb"\b[0-9a-f]{8}((?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
_CALLER = re.compile(rb"\b1380\d{3}(\d{4})\b")
_TIME = re.compile(rb"Timestamp: [\d.]+")
_OURS = ("FullyBooted", "Shutdown", "OriginateResponse")


class Replay:
    """``telling(k)``: the bytes of one telling, for k = 0, 1, 2 …"""

    def __init__(self) -> None:
        frames = [frame for number, events in enumerate(_stories()) for frame in _marked(events, number)]
        self._template = b"".join(frame + b"\r\n\r\n" for frame in frames)
        self.events = len(frames)

    def telling(self, number: int) -> bytes:
        now = time.time_ns() // 1_000
        return (
            self._template.replace(b"@SECONDS@@", b"%010d" % (1_600_000_000 + number))
            .replace(b"@TIME@", b"%d.%06d" % divmod(now, 1_000_000))
            .replace(b"@CH@", b"%04x" % (number % 0x10000))
            .replace(b"@BRIDGE@", b"%08x" % number)
            .replace(b"@NR@", b"%04d" % (number % 10_000))
        )


def _stories() -> Iterator[list[bytes]]:
    for path in captures():
        capture = load(path)
        if not capture.name.endswith((*_OTHER_RUNS, "unfiltered")):
            yield [
                frame for frame in capture.data.replace(b"\r\n\r\n\r\n", b"\r\n\r\n").split(b"\r\n\r\n") if _told(frame)
            ]


def _told(frame: bytes) -> bool:
    name = frame.split(b"\r\n", 1)[0].decode(errors="replace").removeprefix("Event: ")
    return frame.startswith(b"Event: ") and b"\r\nActionID:" not in frame and name not in _OURS


def _marked(events: list[bytes], story: int) -> Iterator[bytes]:
    """With marks for what differs from telling to telling; the captures are of one PBX, or of several that counted
    alike, so each has a thousand numbers of its own."""
    for event in events:
        marked = _UNIQUEID.sub(lambda found: b"pbx1-@SECONDS@@.%d" % (int(found[1]) + story * 10_000), event)
        marked = _CHANNEL.sub(lambda found: b"-@CH@%04x" % (int(found[1], 16) % 0x400 + story * 0x400), marked)
        marked = _CALLER.sub(rb"138@NR@\1", _BRIDGE.sub(rb"@BRIDGE@\1", marked))
        yield _TIME.sub(b"Timestamp: @TIME@", marked)
