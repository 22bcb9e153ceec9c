"""What a phone heard, asked after the fact. Packets are kept raw while the call lasts and judged here, when asked.

Times are seconds of `time.monotonic`. `from_` defaults to the first packet with the sound asked about, `to` to the end
of the call, or to now while it lasts. A gap is the time between two neighbouring packets with the sound: 20 ms means
that nothing was missed. The silence after `from_` and before `to` counts as well, so a sound that never came has a gap
as long as the whole time asked about, and an endless one where no `from_` was given.
"""

import math
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from zhitong.lab.phones.rtp import FRAME_S, Packet, key_of, unpack
from zhitong.lab.phones.tones import Tone, has_tone, is_audible

PCMU = 0
_WAY_S = 0.1
"""The longest way of a packet from mouth to ear that is considered."""
_LISTENED = tuple(int(tone) for tone in Tone)


class Sound(StrEnum):
    """Anything audible, or any audio packet at all, silence included."""

    ANY = "anything audible"
    PACKET = "any packet"


What = int | Sound
"""A tone in Hz, or one of `Sound`."""


class Gap(NamedTuple):
    """From the last packet with the sound to the next one."""

    start: float
    end: float

    @property
    def ms(self) -> float:
        return (self.end - self.start) * 1000


class Span(NamedTuple):
    """A time in which the same tones were heard; `tones` is empty for silence and for sounds that are no known tone."""

    start: float
    end: float
    tones: frozenset[int]


def gaps(times: Sequence[float], from_: float | None, to: float) -> list[Gap]:
    """Between neighbouring times, and to the edges; see the module."""
    start = 0 if from_ is None else bisect_left(times, from_)
    inner = list(times[start : bisect_right(times, to)])
    first = [-math.inf] if from_ is None and not inner else [] if from_ is None else [from_]
    return [Gap(*pair) for pair in pairwise([*first, *inner, to])]


def longest(found: Iterable[Gap]) -> float:
    """The longest of some gaps in ms."""
    return max((gap.ms for gap in found), default=0.0)


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

    def stall(self, gap: Gap) -> float:
        """By how many ms the speaker itself was late in or just before `gap` of a listener."""
        start, end = bisect_left(self.times, gap.start - _WAY_S), bisect_right(self.times, gap.end)
        late = (after - before - FRAME_S for before, after in pairwise(self.times[max(start - 1, 0) : end]))
        return max([0.0, *(1000 * seconds for seconds in late)])


class Heard:
    """One call's received audio. A live view: what arrives later is seen by later questions."""

    def __init__(self, raw: Sequence[tuple[float, bytes]], events: int | None = None) -> None:
        """`raw` holds time of arrival and datagram; `events` is the payload type of pressed keys."""
        self._raw, self.events = raw, events
        self.end: float | None = None
        """When the call ended."""
        self._read = 0
        self._packets: list[Packet] = []

    def packets(self, from_: float | None = None, to: float | None = None) -> list[Packet]:
        """Every RTP packet that arrived in the time asked about, pressed keys included."""
        raw, self._read = self._raw[self._read :], len(self._raw)
        self._packets += [packet for arrived, data in raw if (packet := unpack(arrived, data))]
        arrived = itemgetter(0)
        start = 0 if from_ is None else bisect_left(self._packets, from_, key=arrived)
        end = len(self._packets) if to is None else bisect_right(self._packets, to, key=arrived)
        return self._packets[start:end]

    def _audio(self, from_: float | None, to: float | None) -> list[Packet]:
        return [packet for packet in self.packets(from_, to) if packet.payload_type == PCMU]

    def times(self, what: What, from_: float | None = None, to: float | None = None) -> list[float]:
        """When packets with the sound arrived."""
        return [packet.arrived for packet in self._audio(from_, to) if _holds(packet.payload, what)]

    def tones(
        self, from_: float | None = None, to: float | None = None, among: Iterable[int] = _LISTENED
    ) -> frozenset[int]:
        """The tones heard in at least one packet: "never heard" is proven by absence; for "heard" ask for gaps too."""
        payloads = {packet.payload for packet in self._audio(from_, to)}
        return frozenset(hz for hz in among if any(has_tone(payload, hz) for payload in payloads))

    def gaps(self, what: What = Sound.ANY, from_: float | None = None, to: float | None = None) -> list[Gap]:
        """All gaps of the sound, in order; most are the 20 ms between two packets."""
        end = to if to is not None else self.end or time.monotonic()
        return gaps(self.times(what, from_, end), from_, end)

    def longest_gap(
        self,
        what: What = Sound.ANY,
        from_: float | None = None,
        to: float | None = None,
        spoken: Spoken | None = None,
    ) -> float:
        """The longest gap in ms; 20 means none was missed.

        With `spoken` of the phone that hums the tone, each gap is shortened by what that phone itself was late: on a
        busy machine a phone may falter where the PBX did not.
        """
        found = self.gaps(what, from_, to)
        if spoken is None:
            return longest(found)
        return max((gap.ms - spoken.stall(gap) for gap in found), default=0.0)

    def first(self, what: What = Sound.ANY, from_: float | None = None) -> float | None:
        """When the sound was first heard from `from_` on, or None."""
        return next(iter(self.times(what, from_)), None)

    def last(self, what: What = Sound.ANY, to: float | None = None) -> float | None:
        """When the sound was last heard up to `to`, or None."""
        return next(reversed(self.times(what, None, to)), None)

    def rate(self, from_: float | None = None, to: float | None = None) -> float:
        """Audio packets per second in the time asked about; 50 is full."""
        times = self.times(Sound.PACKET, from_, to)
        if from_ is not None and to is not None:
            return len(times) / (to - from_)
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0

    def lost(self, from_: float | None = None, to: float | None = None) -> int:
        """Packets missing by sequence number (RFC 3550 §A.3, within each source)."""
        sources: dict[int, list[int]] = {}
        for packet in self.packets(from_, to):
            sources.setdefault(packet.ssrc, []).append(packet.sequence)
        return sum(_missing(numbers) for numbers in sources.values())

    def keys(self, from_: float | None = None, to: float | None = None) -> str:
        """The keys pressed at the other end, in order, each press once (RFC 4733: same timestamp, same press)."""
        pressed = (packet for packet in self.packets(from_, to) if packet.payload_type == self.events)
        said = [(packet.ssrc, packet.timestamp, key.key) for packet in pressed if (key := key_of(packet.payload))]
        return "".join(key for _, _, key in dict.fromkeys(said))

    def timeline(
        self, from_: float | None = None, to: float | None = None, among: Iterable[int] = _LISTENED
    ) -> list[Span]:
        """Who could be heard from when to when; for a person who reads why a test failed."""
        listened = tuple(among)
        audio = self._audio(from_, to)
        judged = [(one.arrived, frozenset(hz for hz in listened if has_tone(one.payload, hz))) for one in audio]
        runs = [list(run) for _, run in groupby(judged, key=itemgetter(1))]
        return [Span(run[0][0], run[-1][0], run[0][1]) for run in runs]


def _holds(payload: bytes, what: What) -> bool:
    if isinstance(what, Sound):
        return what is Sound.PACKET or is_audible(payload)
    return has_tone(payload, what)


def _missing(numbers: list[int]) -> int:
    """Steps of more than one in a 16-bit sequence; a packet that comes late makes up for itself."""
    steps = (((after - before + 0x8000) & 0xFFFF) - 0x8000 for before, after in pairwise(numbers))
    return max(sum(step - 1 for step in steps), 0)
