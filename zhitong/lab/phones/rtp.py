"""RTP packets (RFC 3550 §5.1) and pressed keys (RFC 4733 §2.3) as values. Pure."""

import math
import struct
from typing import NamedTuple

from telephony.errors import LabError

FRAME_S = 0.02
"""Seconds in a packet."""
FRAME_UNITS = 160
"""Timestamp units in a packet: 20 ms at 8000 Hz."""
KEYS = "0123456789*#ABCD"
"""The event number of a key is its place here (RFC 4733 §3.2)."""

BURST = 25
"""Packets sent at once after a stall; what is older is skipped, as a phone's own buffer would."""

_EARLY_S = 0.0005  # a loop may wake us this much before the time
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_VOLUME = 10  # -10 dBm0
_RTCP = range(64, 96)  # payload types that would be RTCP's packet types (RFC 5761 §4)
_END = 0x80
_REPEATS = 3


class Pace:
    """Which packets are due, on a clock that does not drift: the n-th at `start` + n * 20 ms, however late others."""

    def __init__(self, start: float) -> None:
        self._start, self._done = start, 0

    @property
    def next(self) -> float:
        """When the next packet is due."""
        return self._start + self._done * FRAME_S

    def owed(self, now: float) -> tuple[int, int]:
        """How many packets to skip and then how many to send now. After a long stall the oldest are skipped."""
        due = math.floor((now + _EARLY_S - self._start) / FRAME_S) + 1
        owed = max(due - self._done, 0)
        self._done += owed
        skipped = max(owed - BURST, 0)
        return skipped, owed - skipped


class Packet(NamedTuple):
    """One packet as it came. `arrived` in seconds of `time.monotonic`."""

    arrived: float
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


class Key(NamedTuple):
    """One packet's word about a pressed key; `units` is how long it has been down, in timestamp units."""

    key: str
    ended: bool
    units: int


def pack(packet: Packet) -> bytes:
    """The bytes to send; sequence and timestamp wrap."""
    second = packet.payload_type | (0x80 if packet.marker else 0)
    sequence, timestamp = packet.sequence & 0xFFFF, packet.timestamp & 0xFFFFFFFF
    return _HEADER.pack(0x80, second, sequence, timestamp, packet.ssrc) + packet.payload


def unpack(arrived: float, data: bytes) -> Packet | None:
    """The packet in a datagram; None if it is none: too short, another version, RTCP, or padding that does not fit."""
    if len(data) < _HEADER.size or data[0] >> 6 != 2 or data[1] & 0x7F in _RTCP:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if end < start:
        return None
    return Packet(arrived, second & 0x7F, second > 0x7F, sequence, timestamp, ssrc, data[start:end])


def key_press(key: str, frames: int) -> list[bytes]:
    """The payloads, one per 20 ms, of a key held for `frames` packets; the last is sent three times (§2.5.1.4)."""
    if len(key) != 1 or key.upper() not in KEYS:
        raise LabError(f"a phone has no key {key!r}; it has {KEYS}")
    event = KEYS.index(key.upper())
    held = [_EVENT.pack(event, _VOLUME, FRAME_UNITS * frame) for frame in range(1, frames)]
    return held + [_EVENT.pack(event, _END | _VOLUME, FRAME_UNITS * frames)] * _REPEATS


def key_of(payload: bytes) -> Key | None:
    """What a telephone-event payload says; None if it is short or no key (flash, tones)."""
    if len(payload) < _EVENT.size or payload[0] >= len(KEYS):
        return None
    event, flags, units = _EVENT.unpack_from(payload)
    return Key(KEYS[event], bool(flags & _END), units)
