"""A call's voice: hums one tone every 20 ms on a clock that does not drift, and keeps every packet that arrives."""

import asyncio
import secrets
import time
from array import array
from collections import deque

from zhitong.lab.phones import sdp
from zhitong.lab.phones.heard import Gap, Heard, gaps, longest
from zhitong.lab.phones.message import Place
from zhitong.lab.phones.rtp import FRAME_S, FRAME_UNITS, Packet, key_press, pack
from zhitong.lab.phones.tones import tone
from zhitong.lab.phones.udp import Moment, UdpSocket, bind_pair

_BURST = 25
"""Packets sent at once after a stall of ours; what is older is skipped, as a phone's own buffer would."""
_EARLY_S = 0.0005
"""A loop may wake us this much before the time."""
_BETWEEN_KEYS = 3
"""Packets between two pressed keys: 60 ms (ITU-T Q.24 asks for 40 and more)."""


class Spoken:
    """When a phone sent its voice: to tell a gap of the PBX from one of this machine."""

    def __init__(self) -> None:
        self.times = array("d")
        self.skipped = 0
        """Packets never sent because the event loop stood still for more than half a second."""

    def gaps(self, from_: float | None = None, to: float | None = None) -> list[Gap]:
        """Between packets sent; as `Heard.gaps`, but `to` defaults to the last packet."""
        return gaps(self.times, from_, to if to is not None else self.times[-1] if self.times else 0.0)

    def longest_gap(self, from_: float | None = None, to: float | None = None) -> float:
        """The longest time in ms without a packet sent; 20 is the clock's own step."""
        return longest(self.gaps(from_, to))


class Media:
    """One RTP stream each way. Made before the offer, so that audio before the answer is heard too."""

    def __init__(self, host: str, tone_hz: int | None) -> None:
        self.spoken = Spoken()
        self.raw: list[tuple[float, bytes]] = []
        self.heard = Heard(self.raw)
        self._voice = None if tone_hz is None else tone(tone_hz)
        rtp, self._rtcp = bind_pair(host)
        self._socket = UdpSocket(rtp, self._keep)
        self.place = self._socket.place
        self._remote: Place | None = None
        self._events = sdp.EVENTS
        self._keys: deque[bytes | None] = deque()
        self._idle = asyncio.Event()
        self._idle.set()
        self._silent, self._paused = True, False
        self._sequence, self._timestamp = secrets.randbelow(1 << 16), secrets.randbelow(1 << 32)
        self._ssrc = secrets.randbelow(1 << 32)
        self._press_start: int | None = None
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connect(self, ours: sdp.Audio, theirs: sdp.Audio) -> None:
        """From now on hum to them, if both directions allow it. May be called again at every new answer."""
        sends = theirs.port and sdp.may_send(ours.direction, theirs.direction)
        self._remote = (theirs.host, theirs.port) if sends else None
        self._events = theirs.events or sdp.EVENTS
        self.heard.events = ours.events
        if self._timer is None:
            self._due = time.monotonic()
            self._tick()

    def say(self, tone_hz: int | None) -> None:
        """Change the tone; None is no packets at all, like a phone that suppresses silence."""
        self._voice = None if tone_hz is None else tone(tone_hz)

    def pause(self, paused: bool = True) -> None:
        """Send no voice until `pause(False)`: what a phone does that holds."""
        self._paused = paused

    async def press(self, keys: str, frames: int) -> None:
        """Press keys, each for `frames` packets, and return when the last one has been sent."""
        for key in keys:
            self._keys += [*key_press(key, frames), *[None] * _BETWEEN_KEYS]
        self._idle.clear()
        await self._idle.wait()

    def close(self) -> None:
        """Fall silent and give the ports back. What was heard stays. May be called twice."""
        if self._timer is not None:
            self._timer.cancel()
        self.heard.end = self.heard.end or time.monotonic()
        self._socket.close()
        self._rtcp.close()
        self._idle.set()

    def _keep(self, data: bytes, _: Place, at: Moment) -> None:
        self.raw.append((at.mono, data))

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._due > _BURST * FRAME_S:
            self._skip(int((now - self._due) / FRAME_S))
        while self._due <= now + _EARLY_S:
            self._frame(now)
            self._due += FRAME_S
        self._timer = asyncio.get_running_loop().call_at(self._due, self._tick)

    def _skip(self, frames: int) -> None:
        self._due += frames * FRAME_S
        self._timestamp += frames * FRAME_UNITS
        self.spoken.skipped += frames

    def _frame(self, now: float) -> None:
        """20 ms of time: a packet of a pressed key, of voice, or nothing. The timestamp runs on in any case."""
        key = self._keys.popleft() if self._keys else None
        if not self._keys:
            self._idle.set()
        if key is not None:
            self._send_key(key)
        else:
            self._press_start = None
            self._send_voice(now)
        self._timestamp += FRAME_UNITS

    def _send_voice(self, now: float) -> None:
        if self._voice is None or self._remote is None or self._paused:
            self._silent = True
            return
        self._send(sdp.PCMU, self._silent, self._timestamp, self._voice)
        self._silent = False
        self.spoken.times.append(now)

    def _send_key(self, payload: bytes) -> None:
        """All packets of one press carry the timestamp of its beginning; the first has the marker (RFC 4733 §2.5.1)."""
        begins = self._press_start is None
        if self._press_start is None:
            self._press_start = self._timestamp
        self._send(self._events, begins, self._press_start, payload)

    def _send(self, payload_type: int, marker: bool, timestamp: int, payload: bytes) -> None:
        if self._remote is None:
            return
        packet = Packet(0.0, payload_type, marker, self._sequence, timestamp, self._ssrc, payload)
        self._socket.send(pack(packet), self._remote)
        self._sequence += 1
