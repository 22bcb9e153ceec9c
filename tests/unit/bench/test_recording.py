"""The recording that ships with the project, and how one is read and kept."""

from pathlib import Path

import pytest

from bench.recording import FILTERED, STREAMS, UNFILTERED, About, Recording, about, read, write
from telephony.errors import LabError
from tests.unit.bench.streams import BY_HAND, recorded

ABOUT = About(asterisk="Asterisk 22", made="2026-01-01", seed=1, agents=2, calls=3, answered=2, events={})


def headers(stream: Recording) -> list[dict[str, str]]:
    """Every frame as a dict, by hand."""
    frames = stream.data.decode().split("\r\n\r\n")
    return [dict(line.split(": ", 1) for line in frame.split("\r\n") if ": " in line) for frame in frames]


def names(stream: Recording) -> list[str]:
    return [frame["Event"] for frame in headers(stream) if "Event" in frame]


def test_events_and_frames_are_counted() -> None:
    assert (BY_HAND.frames, BY_HAND.events) == (4, 3)


@pytest.mark.parametrize("size", [1, 7, 16384, 1 << 20])
def test_chunks_are_the_stream_cut(size: int) -> None:
    chunks = list(BY_HAND.chunks(size))
    assert b"".join(chunks) == BY_HAND.data
    assert {len(chunk) for chunk in chunks[:-1]} <= {size}


def test_what_is_written_is_read_and_the_same_bytes_make_the_same_file(tmp_path: Path) -> None:
    write(ABOUT, {"a": b"x" * 1000}, tmp_path / "one")
    write(ABOUT, {"a": b"x" * 1000}, tmp_path / "two")
    assert about(tmp_path / "one") == ABOUT
    assert read("a", tmp_path / "one") == Recording("a", b"x" * 1000)
    assert (tmp_path / "one/a.ami.gz").read_bytes() == (tmp_path / "two/a.ami.gz").read_bytes()


def test_a_missing_or_broken_recording_says_how_to_make_it(tmp_path: Path) -> None:
    (tmp_path / "about.json").write_text("{}")
    for look in (lambda: read("a", tmp_path), lambda: about(tmp_path)):
        with pytest.raises(LabError, match=r"python -m bench\.record"):
            look()


# --- the one that ships -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", recorded(), ids=STREAMS)
def test_a_stream_is_one_login_whole(stream: Recording) -> None:
    assert stream.data.startswith(b"Asterisk Call Manager/")
    assert stream.data.endswith(b"\r\n\r\n")
    assert stream.frames == stream.events + 1
    assert stream.events == len(names(stream)) == about().events[stream.name]


def test_the_phones_and_the_pbx_tell_of_the_same_calls() -> None:
    """``about.json`` was counted by the phones."""
    told, said = about(), names(read(UNFILTERED))
    assert told.calls == said.count("QueueCallerJoin") >= 40
    assert told.answered == said.count("AgentConnect")
    assert told.calls - told.answered == said.count("QueueCallerAbandon") >= 5
    assert said.count("AgentRingNoAnswer") >= 5


def test_agents_ring_like_humans() -> None:
    rang: dict[str, float] = {}
    times = []
    for frame in headers(read(FILTERED)):
        if frame.get("Event") == "AgentCalled":
            rang[frame["DestUniqueid"]] = float(frame["Timestamp"])
        elif frame.get("Event") == "AgentConnect":
            times.append(float(frame["Timestamp"]) - rang[frame["DestUniqueid"]])
    assert sorted(times)[len(times) // 2] > 2
    assert max(times) - min(times) > 2


def test_unfiltered_is_everything_and_filtered_only_what_the_bridge_reads() -> None:
    everything, some = names(read(UNFILTERED)), names(read(FILTERED))
    assert {"VarSet", "Newexten", "TestEvent"} <= set(everything)
    assert not {"VarSet", "Newexten", "TestEvent"} & set(some)
    for name in set(some):
        assert some.count(name) == everything.count(name)


@pytest.mark.parametrize("stream", recorded(), ids=STREAMS)
def test_numbers_are_synthetic(stream: Recording) -> None:
    numbers = {frame[key] for frame in headers(stream) for key in ("CallerIDNum", "ConnectedLineNum") if key in frame}
    assert all(n.startswith(("138000000", "10")) or n in ("<unknown>", "12345", "") for n in numbers)
