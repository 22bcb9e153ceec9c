"""Packets, keys and the clock, judged by the pictures of RFC 3550 and RFC 4733."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.errors import LabError
from zhitong.lab.phones.rtp import BURST, FRAME_S, KEYS, Pace, Packet, key_of, key_press, pack, unpack


def test_a_packet_is_laid_out_as_in_rfc_3550() -> None:
    packet = Packet(0.0, 0, True, 0x1234, 0x56789ABC, 0xDEADBEEF, b"voice")
    assert pack(packet) == bytes.fromhex("80 80 1234 56789abc deadbeef") + b"voice"


@given(st.integers(0, 63), st.booleans(), st.integers(0, 1 << 20), st.integers(0, 1 << 40), st.binary(max_size=200))
def test_what_is_packed_is_unpacked(kind: int, marker: bool, number: int, timestamp: int, payload: bytes) -> None:
    again = unpack(1.5, pack(Packet(0.0, kind, marker, number, timestamp, 7, payload)))
    assert again == Packet(1.5, kind, marker, number % (1 << 16), timestamp % (1 << 32), 7, payload)


def test_sources_extension_and_padding_are_stepped_over() -> None:
    head = bytes.fromhex("80 00 0001 00000002 00000003")
    sources = b"\x82" + head[1:] + b"AAAABBBB" + b"voice"
    extension = b"\x90" + head[1:] + struct.pack("!HH", 0xBEDE, 2) + b"12345678" + b"voice"
    padding = b"\xa0" + head[1:] + b"voice" + b"\0\0\x03"
    for data in (sources, extension, padding):
        packet = unpack(0.0, data)
        assert packet is not None and packet.payload == b"voice"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x00",
        bytes.fromhex("40 00 0001 00000002 00000003"),  # version 1
        bytes.fromhex("80 c8 0006 00000002 00000003") + b"sender report",  # RTCP
        bytes.fromhex("80 c9 0001 00000002 00000003"),
        bytes.fromhex("90 00 0001 00000002 00000003"),  # an extension that is not there
        bytes.fromhex("a0 00 0001 00000002 00000003") + b"\xff",  # more padding than there is
    ],
)
def test_what_is_no_rtp_is_none(data: bytes) -> None:
    assert unpack(0.0, data) is None


@given(st.binary(max_size=60))
def test_rubbish_raises_nothing(data: bytes) -> None:
    unpack(0.0, data)


def test_a_key_is_said_as_in_rfc_4733() -> None:
    """§2.5.1: duration grows by the packet, the end has its bit and is sent three times (§2.5.1.4)."""
    payloads = key_press("9", 4)
    assert [payload[0] for payload in payloads] == [9] * 6
    assert [payload[1] >> 7 for payload in payloads] == [0, 0, 0, 1, 1, 1]
    assert [int.from_bytes(payload[2:]) for payload in payloads] == [160, 320, 480, 640, 640, 640]


def test_a_short_press_has_an_end_as_well() -> None:
    assert [key.ended for payload in key_press("#", 1) if (key := key_of(payload))] == [True] * 3


# RFC 4733 §3.2, table 3
@pytest.mark.parametrize("key, event", [("0", 0), ("9", 9), ("*", 10), ("#", 11), ("A", 12), ("d", 15)])
def test_event_numbers(key: str, event: int) -> None:
    assert key_press(key, 1)[0][0] == event


@pytest.mark.parametrize("key", list(KEYS))
def test_keys_are_read_back(key: str) -> None:
    assert {read.key for payload in key_press(key, 3) if (read := key_of(payload))} == {key}


@pytest.mark.parametrize("key", ["", "x", "12", "е"])
def test_there_are_no_other_keys(key: str) -> None:
    with pytest.raises(LabError, match="no key"):
        key_press(key, 1)


@pytest.mark.parametrize("payload", [b"", b"\x01\x80", bytes([16, 0, 0, 160])])
def test_what_is_no_key_is_none(payload: bytes) -> None:
    assert key_of(payload) is None


# --- the clock ------------------------------------------------------------------------------------------------


def test_the_clock_owes_one_packet_at_once_and_then_one_every_20_ms() -> None:
    pace = Pace(100.0)
    assert pace.owed(100.0) == (0, 1)
    assert pace.owed(100.0) == (0, 0)
    assert pace.owed(100.02) == (0, 1)


def test_it_makes_up_for_being_late() -> None:
    pace = Pace(0.0)
    assert pace.owed(0.07) == (0, 4)
    assert pace.next == pytest.approx(0.08)


def test_a_loop_that_wakes_early_is_on_time() -> None:
    pace = Pace(0.0)
    pace.owed(0.0)
    assert pace.owed(0.0197) == (0, 1)


def test_after_a_long_stall_the_oldest_are_skipped() -> None:
    pace = Pace(0.0)
    pace.owed(0.0)
    skipped, sent = pace.owed(2.0)
    assert (skipped, sent) == (100 - BURST, BURST)
    assert pace.owed(2.0) == (0, 0)


@given(st.lists(st.floats(0.0, 0.4), max_size=200))
def test_it_never_drifts_whatever_the_delays(delays: list[float]) -> None:
    """However late each tick comes, the packets owed so far are those of the time that has passed."""
    pace, now, total = Pace(1000.0), 1000.0, 0
    for delay in delays:
        now = max(now, pace.next) + delay
        total += sum(pace.owed(now))
        assert abs(total - ((now - 1000.0) / FRAME_S + 1)) < 1.05


def test_a_day_long_call_ends_on_the_packet() -> None:
    pace = Pace(0.0)
    frames = 24 * 3600 * 50
    pace.owed(frames * FRAME_S)
    assert pace.next == pytest.approx((frames + 1) * FRAME_S, abs=1e-6)
