"""One audio stream as SDP says it (RFC 8866), offered and answered (RFC 3264). Pure. ulaw and telephone-event only."""

import re
from enum import StrEnum

import msgspec

from zhitong.lab.phones.errors import MalformedSip

PCMU = 0
EVENTS = 101
"""Our payload type for telephone-event (RFC 4733); the peer's may differ."""

_AUDIO = re.compile(r"audio (\d+) RTP/S?AVPF?((?: \d+)+)")
_EVENT_MAP = re.compile(r"rtpmap:(\d+) telephone-event/8000", re.IGNORECASE)


class Direction(StrEnum):
    """Who may send, seen from the side that says it (RFC 3264 §5.1)."""

    BOTH = "sendrecv"
    SEND = "sendonly"
    RECEIVE = "recvonly"
    NONE = "inactive"


class Audio(msgspec.Struct, frozen=True):
    """Where one side wants its audio, in which payload types and directions. Port 0: no audio."""

    host: str
    port: int
    direction: Direction = Direction.BOTH
    payloads: tuple[int, ...] = (PCMU, EVENTS)
    events: int | None = EVENTS


_SENDS = {Direction.BOTH: True, Direction.SEND: True, Direction.RECEIVE: False, Direction.NONE: False}
_RECEIVES = {Direction.BOTH: True, Direction.SEND: False, Direction.RECEIVE: True, Direction.NONE: False}
_SAID = {
    (True, True): Direction.BOTH,
    (True, False): Direction.SEND,
    (False, True): Direction.RECEIVE,
    (False, False): Direction.NONE,
}


def answering(wish: Direction, offered: Direction) -> Direction:
    """What may be answered to `offered` by someone who wishes `wish` (RFC 3264 §6.1)."""
    return _SAID[_SENDS[wish] and _RECEIVES[offered], _RECEIVES[wish] and _SENDS[offered]]


def may_send(ours: Direction, theirs: Direction) -> bool:
    """Whether audio goes out once both have spoken."""
    return _SENDS[ours] and _RECEIVES[theirs]


def render(audio: Audio, session: int, version: int) -> bytes:
    """The body of an offer or an answer. `version` grows by one with each change (RFC 3264 §8)."""
    events = [] if audio.events is None else [f"a=rtpmap:{audio.events} telephone-event/8000"]
    events += [] if audio.events is None else [f"a=fmtp:{audio.events} 0-15"]
    lines = [
        "v=0",
        f"o=- {session} {version} IN IP4 {audio.host}",
        "s=-",
        f"c=IN IP4 {audio.host}",
        "t=0 0",
        f"m=audio {audio.port} RTP/AVP {' '.join(map(str, audio.payloads))}",
        f"a=rtpmap:{PCMU} PCMU/8000",
        *events,
        "a=ptime:20",
        f"a={audio.direction}",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def parse(body: bytes) -> Audio:
    """The first audio stream. A line before any `m=` holds for all streams, one after it for its own alone."""
    sections = re.split(r"(?m)^m=", body.decode("utf-8", "replace").replace("\r\n", "\n"))
    common, media = sections[0], next((part for part in sections[1:] if part.startswith("audio ")), None)
    if not common.startswith("v=0") or media is None:
        raise MalformedSip("an SDP body without an audio stream")
    line = _AUDIO.match(media)
    host = _one(r"c=IN IP4 (\S+)", media) or _one(r"c=IN IP4 (\S+)", common)
    if line is None or host is None:
        raise MalformedSip("an SDP audio stream without RTP over IPv4")
    said = "|".join(Direction)
    direction = _one(f"a=({said})", media) or _one(f"a=({said})", common) or Direction.BOTH
    events = _EVENT_MAP.search(media)
    payloads = tuple(map(int, line[2].split()))
    return Audio(host, int(line[1]), Direction(direction), payloads, int(events[1]) if events else None)


def _one(pattern: str, text: str) -> str | None:
    found = re.search(rf"(?m)^{pattern}\s*$", text)
    return found[1] if found else None


def answer(ours: Audio, offer: Audio) -> Audio:
    """Our answer to `offer`: its payload numbers, our place (RFC 3264 §6.1). Raises `MalformedSip` without ulaw."""
    if PCMU not in offer.payloads:
        raise MalformedSip("the offer has no ulaw (PCMU); allow ulaw on the PBX's endpoint for phones of the lab")
    payloads = (PCMU,) if offer.events is None else (PCMU, offer.events)
    direction = answering(ours.direction, offer.direction)
    return Audio(ours.host, ours.port, direction, payloads, offer.events)
