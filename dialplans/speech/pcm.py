"""Sound as numbers: what a synthesiser says becomes what a telephone line carries. Pure.

A line carries 300 to 3400 Hz (ITU-T G.712), so 8 kHz of 16 bit, mono, is all there is to keep.
"""

from __future__ import annotations  # array has no parameters at run time before Python 3.12

import io
import math
import wave
from array import array
from collections.abc import Sequence
from functools import lru_cache
from operator import mul

from telephony.errors import ConfigError

RATE = 8_000
"""Samples a second of all that we write."""

_LEVEL = 32_768 * 10 ** (-20 / 20)
"""The level of speech that is aimed at, measured where it is loud enough to be speech: 20 dB below the limit."""

_PEAK = 32_768 * 10 ** (-1 / 20)
_WINDOW = RATE // 100
_QUIET = 10 ** (-40 / 20)
"""Below this part of the loudest 10 ms it is silence."""

_LEAD, _TAIL = 2, 8
"""How many windows of silence are left before and after the words: 20 ms and 80 ms."""

_ZERO_CROSSINGS = 8
_PASS = 0.92
"""What of the band is kept: the filter's slope ends where the band does."""


def read_wave(content: bytes) -> tuple[int, array[int]]:
    """Rate and samples of a WAV file, 16 bit mono. Raises ``ConfigError`` for any other."""
    try:
        with wave.open(io.BytesIO(content), "rb") as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise ConfigError("a synthesiser must give 16 bit, mono")
            data = file.readframes(min(file.getnframes(), len(content)))
            return file.getframerate(), array("h", data[: len(data) // 2 * 2])
    except (EOFError, wave.Error) as error:
        raise ConfigError(f"this is no WAV file: {error}") from error


def wave_of(samples: array[int]) -> bytes:
    """A WAV file of these samples, 8 kHz."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return kept.getvalue()


def for_the_line(rate: int, samples: Sequence[int]) -> array[int]:
    """These samples at 8 kHz, without the silence around them, at the level all sentences have.

    ``rate`` must not be below 8 kHz. Empty when there is nothing but silence.
    """
    words = _trimmed(resampled(samples, rate))
    return _levelled(words)


def resampled(samples: Sequence[int], rate: int) -> array[float]:
    """At 8 kHz: a windowed sinc that lets pass what both rates can carry, so that nothing folds back."""
    if rate == RATE:
        return array("d", samples)
    up, down = RATE // math.gcd(RATE, rate), rate // math.gcd(RATE, rate)
    phases = _phases(up, down)
    width = len(phases[0])
    padded = array("d", bytes(8 * (width // 2))) + array("d", samples) + array("d", bytes(8 * width))
    return array(
        "d",
        (
            sum(map(mul, padded[place // up : place // up + width], phases[place % up]))
            for place in range(0, len(samples) * up, down)
        ),
    )


@lru_cache(maxsize=4)
def _phases(up: int, down: int) -> tuple[tuple[float, ...], ...]:
    """The filter's taps for each of the places between two samples at which one of ours may lie."""
    half = math.ceil(_ZERO_CROSSINGS * down / up)
    return tuple(_taps(phase / up, half, _PASS * up / down) for phase in range(up))


def _taps(between: float, half: int, band: float) -> tuple[float, ...]:
    taps = [_sinc(band * (at - between)) * _hann((at - between) / half) for at in range(-half, half + 1)]
    return tuple(tap / sum(taps) for tap in taps)


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def _hann(x: float) -> float:
    return 0.5 + 0.5 * math.cos(math.pi * max(-1.0, min(1.0, x)))


def _trimmed(samples: array[float]) -> array[float]:
    levels = _levels(samples)
    loud = [index for index, level in enumerate(levels) if level > max(levels) * _QUIET]
    if not loud:
        return array("d")
    return samples[max(0, loud[0] - _LEAD) * _WINDOW : (loud[-1] + 1 + _TAIL) * _WINDOW]


def _levels(samples: Sequence[float]) -> list[float]:
    """How loud each 10 ms is: its root mean square."""
    windows = (samples[start : start + _WINDOW] for start in range(0, len(samples), _WINDOW))
    return [math.sqrt(sum(map(mul, window, window)) / len(window)) for window in windows]


def _levelled(samples: array[float]) -> array[int]:
    levels = _levels(samples)
    speech = [level * level for level in levels if level > max(levels) * 0.1]
    if not speech:
        return array("h")
    loudness = math.sqrt(sum(speech) / len(speech))
    gain = min(_LEVEL / loudness, _PEAK / max(map(abs, samples)))
    return array("h", (round(sample * gain) for sample in samples))
