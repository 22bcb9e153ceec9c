"""Gaps, tones, rates and keys of recordings made here packet by packet."""

import math
import time

import pytest

from zhitong.lab.phones import tones
from zhitong.lab.phones.heard import Gap, Heard, Sound, Spoken
from zhitong.lab.phones.rtp import Packet, key_press, pack
from zhitong.lab.phones.tones import SILENCE, Tone, encode, tone

AGENT, CALLER, MUSIC = int(Tone.AGENT), int(Tone.CALLER), int(Tone.MUSIC)


def mixed(*parts: bytes) -> bytes:
    return bytes(encode(sum(tones._SAMPLES[code] for code in codes)) for codes in zip(*parts, strict=True))


class Tape:
    """A recording in the making: packets arrive every 20 ms from second 10 on."""

    def __init__(self) -> None:
        self.raw: list[tuple[float, bytes]] = []
        self.at, self.number = 10.0, 0

    def play(self, payload: bytes, count: int = 1, kind: int = 0, ssrc: int = 1) -> "Tape":
        for _ in range(count):
            packet = Packet(0.0, kind, False, self.number, self.number * 160, ssrc, payload)
            self.raw.append((self.at, pack(packet)))
            self.at, self.number = self.at + 0.02, self.number + 1
        return self

    def pause(self, seconds: float) -> "Tape":
        self.at += seconds
        return self

    def lose(self, count: int) -> "Tape":
        self.number += count
        return self.pause(0.02 * count)

    def heard(self) -> Heard:
        heard = Heard(self.raw, events=101)
        heard.end = self.at
        return heard


def test_without_a_gap_the_longest_is_20_ms() -> None:
    assert Tape().play(tone(AGENT), 50).heard().longest_gap(AGENT) == pytest.approx(20)


def test_a_lost_packet_makes_40() -> None:
    heard = Tape().play(tone(AGENT), 10).lose(1).play(tone(AGENT), 10).heard()
    assert heard.longest_gap(AGENT) == pytest.approx(40)
    assert heard.lost() == 1


def test_another_sound_in_between_is_a_gap_of_the_first_only() -> None:
    heard = Tape().play(tone(AGENT), 10).play(tone(MUSIC), 5).play(tone(AGENT), 10).heard()
    assert heard.longest_gap(AGENT) == pytest.approx(120)
    assert heard.longest_gap(Sound.ANY) == pytest.approx(20)


def test_silence_is_a_gap_of_sound_but_not_of_packets() -> None:
    heard = Tape().play(tone(AGENT), 10).play(SILENCE, 4).play(tone(AGENT), 10).heard()
    assert heard.longest_gap(Sound.ANY) == pytest.approx(100)
    assert heard.longest_gap(Sound.PACKET) == pytest.approx(20)


def test_a_tone_under_another_has_no_gap() -> None:
    heard = Tape().play(tone(AGENT), 5).play(mixed(tone(AGENT), tone(CALLER)), 5).play(tone(AGENT), 5).heard()
    assert heard.longest_gap(AGENT) == pytest.approx(20)
    assert heard.tones() == {AGENT, CALLER}


def test_the_silence_after_from_and_before_to_counts() -> None:
    heard = Tape().play(tone(AGENT), 10).heard()  # 10.00 to 10.18
    assert heard.longest_gap(AGENT, 9.5, 10.1) == pytest.approx(500)
    assert heard.longest_gap(AGENT, 10.0, 10.68) == pytest.approx(500)
    assert heard.longest_gap(AGENT, 10.0, 10.18) == pytest.approx(20)


def test_what_stops_before_the_end_of_the_call_has_a_gap_there() -> None:
    heard = Tape().play(tone(AGENT), 10).play(SILENCE, 25).heard()
    assert heard.longest_gap(AGENT) == pytest.approx(520)


def test_while_the_call_lasts_the_gap_grows() -> None:
    heard = Heard([(time.monotonic() - 3.0, pack(Packet(0.0, 0, False, 1, 1, 1, tone(AGENT))))])
    assert heard.longest_gap(AGENT) >= 3000


def test_what_never_came_has_an_endless_gap() -> None:
    heard = Tape().play(tone(AGENT), 10).heard()
    assert heard.longest_gap(MUSIC) == math.inf
    assert Heard([]).longest_gap() == math.inf


def test_what_never_came_in_a_time_has_a_gap_as_long_as_the_time() -> None:
    heard = Tape().play(tone(AGENT), 50).heard()
    assert heard.longest_gap(MUSIC, 10.2, 10.7) == pytest.approx(500)
    assert heard.longest_gap(MUSIC, 10.2) == pytest.approx(800)


def test_gaps_are_told_one_by_one() -> None:
    heard = Tape().play(tone(AGENT)).pause(0.1).play(tone(AGENT)).heard()
    first, last = heard.gaps(AGENT)
    assert [first.start, first.end] == pytest.approx([10.0, 10.12])
    assert last.ms == pytest.approx(20)


def test_first_and_last() -> None:
    heard = Tape().play(tone(MUSIC), 10).play(tone(AGENT), 10).play(tone(MUSIC), 10).heard()
    assert heard.first(AGENT) == pytest.approx(10.2)
    assert heard.last(AGENT) == pytest.approx(10.38)
    assert heard.first(MUSIC, 10.3) == pytest.approx(10.4)
    assert heard.last(MUSIC, 10.3) == pytest.approx(10.18)
    assert heard.first(CALLER) is None and heard.last(CALLER) is None


def test_tones_of_a_part_of_the_call() -> None:
    heard = Tape().play(tone(MUSIC), 10).play(tone(AGENT), 10).heard()
    assert heard.tones(10.0, 10.19) == {MUSIC}
    assert heard.tones(10.2) == {AGENT}
    assert heard.tones(among=[CALLER]) == frozenset()


def test_a_single_packet_is_enough_to_have_been_heard() -> None:
    heard = Tape().play(tone(MUSIC), 500).play(mixed(tone(MUSIC), tone(AGENT))).play(tone(MUSIC), 500).heard()
    assert heard.tones() == {MUSIC, AGENT}


def test_a_tone_that_is_nobody_s_can_be_asked_for() -> None:
    heard = Tape().play(tone(850), 10).heard()
    assert heard.tones() == frozenset()
    assert heard.tones(among=[850]) == {850}
    assert heard.longest_gap(850) == pytest.approx(20)


def test_the_rate_is_in_packets_per_second() -> None:
    heard = Tape().play(SILENCE, 101).heard()
    assert heard.rate() == pytest.approx(50)
    assert heard.rate(10.0, 12.0) == pytest.approx(50, abs=0.6)
    assert heard.rate(20.0, 22.0) == 0.0
    assert Heard([]).rate() == 0.0


def test_a_live_view_sees_what_comes_later() -> None:
    tape = Tape().play(tone(MUSIC), 5)
    heard = tape.heard()
    assert len(heard.packets()) == 5
    tape.play(tone(AGENT), 5)
    assert len(heard.packets()) == 10
    assert heard.tones() == {MUSIC, AGENT}


def test_what_is_no_rtp_is_left_out() -> None:
    tape = Tape().play(tone(AGENT), 2)
    tape.raw.append((tape.at, b"\x80\xc8 a sender report"))
    assert len(tape.heard().packets()) == 2


def test_late_and_repeated_packets_are_not_lost_ones() -> None:
    order = [1, 2, 4, 3, 5, 5, 6]
    raw = [(float(at), pack(Packet(0.0, 0, False, number, 0, 1, SILENCE))) for at, number in enumerate(order)]
    assert Heard(raw).lost() == 0


def test_losses_are_counted_over_the_wrap_and_within_each_source() -> None:
    raw = [(float(at), pack(Packet(0.0, 0, False, number, 0, 1, SILENCE))) for at, number in enumerate([65534, 1, 2])]
    raw += [(9.0, pack(Packet(0.0, 0, False, 40000, 0, 2, SILENCE)))]
    assert Heard(raw).lost() == 2


def test_keys_are_read_once_per_press() -> None:
    tape = Tape()
    for press, key in enumerate("2*22"):
        for payload in key_press(key, 5):
            tape.raw.append((tape.at, pack(Packet(0.0, 101, False, tape.number, 1000 * press, 1, payload))))
            tape.at, tape.number = tape.at + 0.02, tape.number + 1
        tape.play(tone(AGENT), 3)
    assert tape.heard().keys() == "2*22"
    assert tape.heard().keys(to=10.1) == "2"


def test_keys_are_no_audio() -> None:
    tape = Tape().play(tone(AGENT), 5)
    for payload in key_press("5", 5):
        tape.play(payload, kind=101)
    heard = tape.play(tone(AGENT), 5).heard()
    assert heard.longest_gap(Sound.PACKET) == pytest.approx(160)


def test_the_timeline_reads_like_a_story() -> None:
    heard = Tape().play(tone(MUSIC), 10).play(SILENCE, 5).play(tone(AGENT), 10).heard()
    story = heard.timeline()
    assert [span.tones for span in story] == [{MUSIC}, set(), {AGENT}]
    assert [story[0].start, story[0].end] == pytest.approx([10.0, 10.18])


# --- what the speaker did -------------------------------------------------------------------------------------


def spoken(*times: float) -> Spoken:
    said = Spoken()
    said.times.extend(times)
    return said


def test_a_speaker_on_time_has_no_stall() -> None:
    said = spoken(*(10.0 + 0.02 * n for n in range(50)))
    assert said.longest_gap() == pytest.approx(20)
    assert said.stall(Gap(10.2, 10.5)) == pytest.approx(0, abs=0.01)
    assert Spoken().stall(Gap(1.0, 2.0)) == 0.0


def test_a_gap_is_shortened_by_the_speaker_s_own_stall() -> None:
    """Sent at 10.00 … 10.18, then a stall to 10.30: the listener hears the same 5 ms later."""
    times = [*(10.0 + 0.02 * n for n in range(10)), *(10.3 + 0.02 * n for n in range(10))]
    raw = [(at + 0.005, pack(Packet(0.0, 0, False, n, n, 1, tone(AGENT)))) for n, at in enumerate(times)]
    heard, said = Heard(raw), spoken(*times)
    heard.end = 10.49
    assert heard.longest_gap(AGENT) == pytest.approx(120)
    assert said.longest_gap() == pytest.approx(120)
    assert heard.longest_gap(AGENT, spoken=said) == pytest.approx(20)


def test_a_stall_elsewhere_excuses_nothing() -> None:
    times = [*(10.0 + 0.02 * n for n in range(10)), *(10.3 + 0.02 * n for n in range(50))]
    arrivals = [at for at in times if not 11.01 < at < 11.19]
    raw = [(at, pack(Packet(0.0, 0, False, n, n, 1, tone(AGENT)))) for n, at in enumerate(arrivals)]
    heard = Heard(raw)
    heard.end = arrivals[-1]
    assert heard.longest_gap(AGENT, spoken=spoken(*times)) == pytest.approx(200, abs=1)
