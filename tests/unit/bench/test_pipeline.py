"""The fast way and the slow, plain one come to the same; who does not see the whole stream is not raced."""

from collections.abc import Iterable

import msgspec
import pytest

from bench import pipeline, plain
from bench.pipeline import Panoramisk, Pipeline, plain_changes, whole
from bench.recording import STREAMS, Recording, about, read
from telephony.errors import LabError
from telephony.model.changes import Anomaly, CallAnswered, CallEnded, Change
from telephony.model.events import ChannelCreated, ChannelHungUp
from telephony.model.ids import Linkedid, Micros, Uniqueid
from tests.unit.bench.streams import BY_HAND, recorded


def fast(stream: Recording, size: int = pipeline.CHUNK) -> list[Change]:
    return Pipeline().changes(stream.chunks(size))


@pytest.mark.parametrize("stream", recorded(), ids=STREAMS)
@pytest.mark.parametrize("size", [997, 16384, 1 << 24])
def test_the_fast_way_changes_what_the_plain_way_changes(stream: Recording, size: int) -> None:
    assert fast(stream, size) == plain_changes(stream)


def test_what_the_filter_keeps_back_changes_nothing() -> None:
    unfiltered, filtered = (fast(stream) for stream in recorded())
    assert unfiltered == filtered


@pytest.mark.parametrize("name", STREAMS)
def test_the_changes_tell_what_the_phones_saw(name: str) -> None:
    """``about.json`` was counted by the phones, which know nothing of AMI."""
    changes = fast(read(name))
    assert sum(isinstance(change, CallEnded) for change in changes) == about().calls
    assert sum(isinstance(change, CallAnswered) for change in changes) == about().answered
    assert [change for change in changes if isinstance(change, Anomaly)] == []


def test_a_wrong_value_anywhere_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a plain way that reads one header wrong is noticed."""
    stream = recorded()[1]

    def wrong(at: Micros, headers: plain.Headers) -> ChannelHungUp:
        return ChannelHungUp(at, Uniqueid(headers["Uniqueid"]), Linkedid(headers["Linkedid"]), 0, headers["Cause-txt"])

    monkeypatch.setitem(plain._TABLE, "Hangup", wrong)
    assert fast(stream) != plain_changes(stream)
    assert not pipeline.measure(stream, number=1, seconds=0.001).changes_as_plain


def test_the_plain_way_by_hand() -> None:
    created, ended = plain.events(BY_HAND.data)
    assert created == ChannelCreated(
        at=Micros(1795402664000001),
        uniqueid=Uniqueid("pbx1-1795402664.1"),
        linkedid=Linkedid("pbx1-1795402664.1"),
        name="PJSIP/trunk-carrier-00000001",
        state=4,
        caller_number="13800000001",
        caller_name="王芳",
        context="zt-in-carrier",
        exten="12345",
    )
    assert isinstance(ended, ChannelHungUp)
    assert (ended.at, ended.cause, ended.cause_text) == (1795402665000003, 16, "Normal Clearing")


# --- the contestants --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [BY_HAND, *recorded()], ids=["by hand", *STREAMS])
@pytest.mark.parametrize("size", [997, 16384])
def test_both_see_every_frame(stream: Recording, size: int) -> None:
    assert Pipeline().work(stream.chunks(size)) == Panoramisk().work(stream.chunks(size)) == stream.frames


def test_passes_do_not_lean_on_each_other() -> None:
    contestant = Pipeline()
    chunks = list(BY_HAND.chunks(64))
    assert [contestant.work(chunks) for _ in range(3)] == [4, 4, 4]
    assert contestant.changes(chunks) == contestant.changes(chunks) == plain_changes(BY_HAND)


def test_events_are_counted_not_frames() -> None:
    assert whole(BY_HAND, Pipeline().work)() == 3


def test_who_skips_a_frame_is_not_raced() -> None:
    def skips(chunks: Iterable[bytes]) -> int:
        return Pipeline().work(chunks) - 1

    with pytest.raises(LabError, match="3 frames were seen of 4"):
        whole(BY_HAND, skips)()


def test_a_recording_that_cannot_be_decoded_is_not_raced() -> None:
    broken = msgspec.structs.replace(BY_HAND, data=BY_HAND.data.replace(b"Cause: 16", b"Cause: x"))
    with pytest.raises(LabError, match=r"not a number.*record again"):
        fast(broken)


def test_figures_of_one_stream() -> None:
    found = pipeline.measure(BY_HAND, number=2, seconds=0.001)
    assert (found.events, found.calls, found.changes_as_plain) == (3, 1, True)
    assert found.zhitong.low <= found.zhitong.median <= found.zhitong.high
    assert found.ratio.median > 0
