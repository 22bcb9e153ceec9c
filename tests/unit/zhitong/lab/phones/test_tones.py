"""Tones and verdicts, judged by G.711's own table and by sums made here in another way."""

import cmath
import importlib
import math
import random
import warnings
from itertools import combinations

import pytest

from telephony.errors import LabError
from zhitong.lab.phones import tones
from zhitong.lab.phones.tones import AMPLITUDE, FRAME, SILENCE, Tone, encode, has_tone, is_audible, level, tone

ALL = [int(one) for one in Tone]


def mixed(*parts: bytes) -> bytes:
    """Payloads added sample by sample, as a conference does."""
    return bytes(encode(sum(tones._SAMPLES[code] for code in codes)) for codes in zip(*parts, strict=True))


# ITU-T G.711 table 2a: the decoder's output at the borders of the segments, 14 bits (times 4 here: 16 bits)
@pytest.mark.parametrize(
    "code, value",
    [
        (0x80, 8031),
        (0x8F, 4191),
        (0x9F, 2079),
        (0xAF, 1023),
        (0xBF, 495),
        (0xCF, 231),
        (0xDF, 99),
        (0xEF, 33),
        (0xFF, 0),
    ],
)
def test_the_decoder_is_g711_s(code: int, value: int) -> None:
    assert round(tones._SAMPLES[code] * 32768) == value * 4
    assert round(tones._SAMPLES[code & 0x7F] * 32768) == -value * 4


def test_every_code_is_its_own_nearest() -> None:
    """0x7F is the second name of zero."""
    assert [code for code in range(256) if encode(tones._SAMPLES[code]) != code] == [0x7F]


def test_the_standard_library_agrees() -> None:
    """As long as Python has audioop (until 3.12)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            audioop = importlib.import_module("audioop")
        except ImportError:
            pytest.skip("this Python has no audioop")
    linear = audioop.ulaw2lin(bytes(range(256)), 2)
    samples = [int.from_bytes(linear[at : at + 2], "little", signed=True) for at in range(0, 512, 2)]
    assert samples == [round(sample * 32768) for sample in tones._SAMPLES]


def test_encoding_errs_by_less_than_one_step() -> None:
    dice = random.Random(1)
    for _ in range(2000):
        sample = dice.uniform(-0.9, 0.9)
        error = abs(tones._SAMPLES[encode(sample)] - sample)
        assert error <= max(abs(sample) / 16, 0.0005)


def test_what_is_too_loud_is_clipped() -> None:
    assert encode(5.0) == 0x80
    assert encode(-5.0) == 0x00


def test_a_tone_is_one_packet_long_and_repeats_without_a_step() -> None:
    for hz in ALL:
        assert len(tone(hz)) == FRAME
        assert (hz * FRAME) % tones.RATE == 0


@pytest.mark.parametrize("hz", [0, -50, 440, 4000, 4050])
def test_what_does_not_fit_a_packet_is_refused(hz: int) -> None:
    with pytest.raises(LabError, match="multiple of 50"):
        tone(hz)


@pytest.mark.parametrize("hz", ALL)
def test_the_level_is_the_fourier_transform_s(hz: int) -> None:
    payload = mixed(tone(hz), tone(1350 if hz != 1350 else 300, 0.1))
    samples = [tones._SAMPLES[code] for code in payload]
    turns = [cmath.exp(-2j * math.pi * hz * n / 8000) for n in range(FRAME)]
    expected = abs(sum(s * t for s, t in zip(samples, turns, strict=True))) * 2 / FRAME
    assert level(payload, hz) == pytest.approx(expected)
    assert level(payload, hz) == pytest.approx(AMPLITUDE, rel=0.03)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_exactly_the_tones_that_sound_are_heard(count: int) -> None:
    for sounding in combinations(ALL, count):
        payload = mixed(*(tone(hz) for hz in sounding))
        assert {hz for hz in ALL if has_tone(payload, hz)} == set(sounding)


def test_a_packet_cut_anywhere_invents_no_tone() -> None:
    """A tone that begins or ends inside a packet: heard from half of it on, and never as another."""
    for hz in ALL:
        for cut in range(FRAME + 1):
            payload = tone(hz)[:cut] + SILENCE[cut:]
            heard = {other for other in ALL if has_tone(payload, other)}
            assert heard <= {hz}
            if cut >= 88:
                assert heard == {hz}
            if cut <= 72:
                assert heard == set()


def test_one_tone_after_another_in_a_packet_invents_no_third() -> None:
    for first, second in combinations(ALL, 2):
        for cut in range(0, FRAME, 8):
            payload = tone(first)[:cut] + tone(second)[cut:]
            assert {hz for hz in ALL if has_tone(payload, hz)} <= {first, second}


def test_three_voices_that_come_and_go_in_one_packet_invent_no_fourth() -> None:
    dice = random.Random(3)
    for trio in combinations(ALL, 3):
        for _ in range(20):
            cuts = [dice.randrange(FRAME) for _ in trio]
            parts = [
                tone(hz)[:cut] + SILENCE[cut:] if dice.random() < 0.5 else SILENCE[:cut] + tone(hz)[cut:]
                for hz, cut in zip(trio, cuts, strict=True)
            ]
            assert {hz for hz in ALL if has_tone(mixed(*parts), hz)} <= set(trio)


def test_a_packet_of_another_phase_is_heard_as_well() -> None:
    """A conference cuts its packets elsewhere."""
    for hz in ALL:
        turned = tone(hz)[57:] + tone(hz)[:57]
        assert {other for other in ALL if has_tone(turned, other)} == {hz}


def test_silence_is_not_audible_and_noise_is_no_tone() -> None:
    dice = random.Random(7)
    assert not is_audible(SILENCE) and not is_audible(b"\x7f" * FRAME) and not is_audible(b"")
    whisper = bytes(encode(dice.gauss(0, 0.001)) for _ in range(FRAME))
    assert not is_audible(whisper)
    for _ in range(50):
        noise = bytes(encode(dice.gauss(0, 0.05)) for _ in range(FRAME))
        assert is_audible(noise)
        assert not any(has_tone(noise, hz) for hz in ALL)


def test_a_quiet_tone_is_audible_before_it_is_a_tone() -> None:
    assert is_audible(tone(450, 0.02)) and not has_tone(tone(450, 0.02), 450)
