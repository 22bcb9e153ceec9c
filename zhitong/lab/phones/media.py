"""A call's voice: hums one tone every 20 ms on a clock that does not drift, and keeps every packet that arrives."""

import asyncio
import secrets
import time
from collections import deque
from itertools import chain

from zhitong.lab.phones import sdp
from zhitong.lab.phones.heard import Heard, Spoken
from zhitong.lab.phones.message import Place
from zhitong.lab.phones.rtp import FRAME_UNITS, Pace, Packet, key_press, pack
from zhitong.lab.phones.tones import tone
from zhitong.lab.phones.udp import Moment, UdpSocket, bind_pair

_BETWEEN_KEYS = 3
"""Packets between two pressed keys: 60 ms (ITU-T Q.24 asks for 40 and more)."""


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
        self._pace: Pace | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connect(self, ours: sdp.Audio, theirs: sdp.Audio) -> None:
        """From now on hum to them, if both directions allow it. May be called again at every new answer."""
        sends = theirs.port and sdp.may_send(ours.direction, theirs.direction)
        self._remote = (theirs.host, theirs.port) if sends else None
        self._events = theirs.events or sdp.EVENTS
        self.heard.events = ours.events
        if self._pace is None:
            self._pace = Pace(time.monotonic())
            self._tick(self._pace)

    def say(self, tone_hz: int | None) -> None:
        """Change the tone; None is no packets at all, like a phone that suppresses silence."""
        self._voice = None if tone_hz is None else tone(tone_hz)

    def pause(self, paused: bool = True) -> None:
        """Send no voice until `pause(False)`: what a phone does that holds."""
        self._paused = paused

    async def press(self, keys: str, frames: int) -> None:
        """Press keys, each for `frames` packets; return when the last one has been sent, or the call is over."""
        presses = [[*key_press(key, frames), *[None] * _BETWEEN_KEYS] for key in keys]
        if self.heard.end is not None:
            return
        self._keys += chain.from_iterable(presses)
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

    def _tick(self, pace: Pace) -> None:
        now = time.monotonic()
        skipped, frames = pace.owed(now)
        self._timestamp += skipped * FRAME_UNITS
        self.spoken.skipped += skipped
        for _ in range(frames):
            self._frame(now)
        self._timer = asyncio.get_running_loop().call_at(pace.next, self._tick, pace)

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
