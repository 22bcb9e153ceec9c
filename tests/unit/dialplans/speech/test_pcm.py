"""From a synthesiser's rate to a line's: tones measured by arithmetic of the test's own."""

import io
import math
import wave
from array import array

import pytest

from dialplans.speech.pcm import RATE, for_the_line, read_wave, resampled, wave_of
from telephony.errors import ConfigError

SYNTHESISER = 22_050


def tone(hz: float, seconds: float, rate: int, amplitude: float = 10_000) -> list[int]:
    return [round(amplitude * math.sin(2 * math.pi * hz * at / rate)) for at in range(round(seconds * rate))]


def strength(samples: "array[float]", hz: float) -> float:
    """The amplitude of one frequency: what a sine and a cosine of it find, away from both ends."""
    middle = samples[800:-800]
    turns = [2 * math.pi * hz * at / RATE for at in range(len(middle))]
    sine = sum(sample * math.sin(turn) for sample, turn in zip(middle, turns, strict=True))
    cosine = sum(sample * math.cos(turn) for sample, turn in zip(middle, turns, strict=True))
    return 2 * math.hypot(sine, cosine) / len(middle)


@pytest.mark.parametrize("hz", [300, 1000, 2000, 3000])
@pytest.mark.parametrize("rate", [SYNTHESISER, 16_000, 24_000, 44_100])
def test_what_a_line_carries_passes_as_it_was(rate: int, hz: int) -> None:
    heard = resampled(tone(hz, 0.5, rate), rate)
    assert len(heard) == pytest.approx(0.5 * RATE, abs=1)
    assert strength(heard, hz) == pytest.approx(10_000, rel=0.03)  # a quarter of a decibel


@pytest.mark.parametrize("hz", [5000, 6000, 7500])
def test_what_a_line_cannot_carry_does_not_fold_back_as_another_tone(hz: int) -> None:
    heard = resampled(tone(hz, 0.5, SYNTHESISER), SYNTHESISER)
    assert strength(heard, RATE - hz) < 100


def test_a_sentence_loses_the_silence_around_it_and_has_one_level() -> None:
    quiet, loud = (
        for_the_line(SYNTHESISER, [*[0] * 9_000, *tone(700, 1.0, SYNTHESISER, level), *[0] * 20_000])
        for level in (900, 30_000)
    )
    assert len(quiet) == pytest.approx(1.1 * RATE, abs=0.03 * RATE)
    assert max(quiet) == pytest.approx(max(loud), rel=0.02)
    assert math.sqrt(sum(sample**2 for sample in quiet[400:7000]) / 6600) == pytest.approx(3277, rel=0.05)


def test_a_sudden_peak_is_never_cut() -> None:
    samples = tone(700, 1.0, RATE, 1000)
    samples[4000] = 32_000
    heard = for_the_line(RATE, samples)
    assert max(heard) == pytest.approx(32_768 * 10 ** (-1 / 20), abs=2)


def test_silence_is_no_sentence() -> None:
    assert len(for_the_line(SYNTHESISER, [0] * 5_000)) == 0
    assert len(for_the_line(SYNTHESISER, [])) == 0


def test_what_is_written_is_read_by_python_s_own_reader() -> None:
    written = wave_of(array("h", [1, -2, 3]))
    with wave.open(io.BytesIO(written)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth(), file.getnframes()) == (8000, 1, 2, 3)
    assert read_wave(written) == (8000, array("h", [1, -2, 3]))


@pytest.mark.parametrize("content", [b"", b"ID3\x04not a wave", wave_of(array("h", [1]))[:20]])
def test_what_is_no_wave_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigError, match="no WAV"):
        read_wave(content)
