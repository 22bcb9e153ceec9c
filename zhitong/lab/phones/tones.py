"""Tones as ulaw packets, and which tones are in a packet. Pure.

All tones are multiples of 50 Hz, so 20 ms hold whole periods of each: one packet of a tone is like the next, the tones
are orthogonal over one packet, and a verdict on a payload can be remembered. The level of a tone is what Goertzel's
algorithm computes, the discrete Fourier transform at one frequency.
"""

import math
from enum import IntEnum
from functools import lru_cache
from operator import mul

from telephony.errors import LabError

RATE = 8000
FRAME = 160
"""Samples in a packet of 20 ms."""
AMPLITUDE = 0.2
"""Of full scale. Four tones at once still fit."""
PRESENT = 0.1
"""A tone is present from this level on. A packet that holds 160*L samples of a tone at `AMPLITUDE` shows 0.2*L at its
own frequency and at most 0.032 at others 100 Hz and more away. So a tone is heard if it fills half a packet, and three
voices that begin or end inside the same packet do not add up to a fourth."""
AUDIBLE = 0.005
"""Root mean square of full scale (-46 dB) from which a packet is not silence."""


class Tone(IntEnum):
    """Who can be heard, in Hz."""

    MUSIC = 300
    CALLER = 450
    RINGBACK = 600
    SPECIALIST = 700
    AGENT = 1000
    SUPERVISOR = 1350


def _decoded(code: int) -> float:
    """One ulaw code as a sample, -1 to 1 (ITU-T G.711, table 2a/G.711; 14 bits, here scaled as 16)."""
    code = ~code & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << (code >> 4 & 7)) - 0x84
    return (-magnitude if code & 0x80 else magnitude) / 32768


_SAMPLES = tuple(_decoded(code) for code in range(256))


def encode(sample: float) -> int:
    """The ulaw code nearest below `sample` (-1 to 1; clipped)."""
    magnitude = min(round(abs(sample) * 32768), 32635) + 0x84
    exponent = magnitude.bit_length() - 8
    code = (0x80 if sample < 0 else 0) | exponent << 4 | (magnitude >> (exponent + 3) & 0x0F)
    return ~code & 0xFF


SILENCE = bytes([encode(0.0)]) * FRAME


@lru_cache
def tone(hz: int, amplitude: float = AMPLITUDE) -> bytes:
    """20 ms of a tone. Raises `LabError` unless `hz` is a multiple of 50 below 4000."""
    if hz % 50 or not 0 < hz < RATE // 2:
        raise LabError(f"a phone cannot hum {hz} Hz; choose a multiple of 50 below {RATE // 2}")
    return bytes(encode(amplitude * math.sin(2 * math.pi * hz * index / RATE)) for index in range(FRAME))


@lru_cache
def _waves(hz: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    steps = [2 * math.pi * hz * index / RATE for index in range(FRAME)]
    return tuple(map(math.cos, steps)), tuple(map(math.sin, steps))


@lru_cache(maxsize=1 << 16)
def level(payload: bytes, hz: int) -> float:
    """Amplitude of one frequency in a ulaw payload, of full scale."""
    cosines, sines = _waves(hz)
    samples = [_SAMPLES[code] for code in payload[:FRAME]]
    return 2 / FRAME * math.hypot(sum(map(mul, samples, cosines)), sum(map(mul, samples, sines)))


@lru_cache(maxsize=1 << 16)
def loudness(payload: bytes) -> float:
    """Root mean square of a ulaw payload, of full scale."""
    if not payload:
        return 0.0
    return math.sqrt(sum(_SAMPLES[code] ** 2 for code in payload) / len(payload))


def has_tone(payload: bytes, hz: int) -> bool:
    """Whether the tone fills at least half of the packet, at the usual amplitude."""
    return level(payload, hz) >= PRESENT


def is_audible(payload: bytes) -> bool:
    """Whether the packet is anything but silence."""
    return loudness(payload) >= AUDIBLE
