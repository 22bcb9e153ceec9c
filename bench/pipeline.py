"""Bytes → changes, beside panoramisk's parse-only speed on the same stream in the same process.

*Ours* is all of it: raw chunks through ``FrameReader``, ``Decoder`` and ``Tracker.apply``, put together as the running
bridge does (a chunk is decoded when it has come, its events are applied one by one after that). *panoramisk* is its
parsing alone: its protocol's loop around its own ``Message.from_line``, without dispatch, callbacks or logging.
"""

from collections.abc import Callable, Iterable
from typing import cast

import msgspec
from panoramisk.message import Message
from panoramisk.utils import EOL

from bench import plain, rounds
from bench.recording import Recording
from bench.rounds import Spread, spread
from telephony.ami.codec import FrameReader
from telephony.ami.decode import Decoder, Undecoded
from telephony.errors import LabError
from telephony.model.changes import CallEnded, Change
from telephony.model.events import Event, Tick
from telephony.model.ids import MICROS_PER_SECOND, NEVER, Micros, PbxName
from telephony.model.tracker import Tracker

CHUNK = 16 * 1024
"""Bytes handed on at a time, as from a socket."""
PBX = PbxName("pbx1")
_SETTLED = Micros(120 * MICROS_PER_SECOND)
"""After the last event: when every ended call has been handed over and every tombstone forgotten."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One stream. Rates are events per second of processor time."""

    events: int
    calls: int
    changes: int
    changes_as_plain: bool
    zhitong: Spread
    panoramisk: Spread
    ratio: Spread


def measure(stream: Recording, *, number: int, seconds: float) -> Figures:
    """Compare the results first, then race, ``number`` rounds of about ``seconds`` each."""
    chunks = list(stream.chunks(CHUNK))
    pipeline, parser = Pipeline(), Panoramisk()
    changes = pipeline.changes(chunks)
    ours, theirs = rounds.race(
        (whole(stream, pipeline.work), whole(stream, parser.work)), rounds=number, seconds=seconds
    )
    return Figures(
        events=stream.events,
        calls=sum(isinstance(change, CallEnded) for change in changes),
        changes=len(changes),
        changes_as_plain=changes == plain_changes(stream),
        zhitong=spread(ours),
        panoramisk=spread(theirs),
        ratio=spread(rounds.ratios(ours, theirs)),
    )


def whole(stream: Recording, work: Callable[[Iterable[bytes]], int]) -> rounds.Contestant:
    """One pass of ``work`` through the stream, counted in events. Every frame must have been seen, replies too."""
    chunks, events, frames = list(stream.chunks(CHUNK)), stream.events, stream.frames

    def once() -> int:
        seen = work(chunks)
        if seen != frames:
            raise LabError(f"{stream.name}: {seen} frames were seen of {frames}")
        return events

    return once


class Pipeline:
    """Ours. Each pass has a new reader and a new tracker; what the decoder learned of the PBX's layouts stays, as it
    does from login to login."""

    def __init__(self) -> None:
        self._decoder = Decoder()

    def work(self, chunks: Iterable[bytes]) -> int:
        """Go through the stream once; how many frames it had. No event may be undecodable."""
        feed, decode = FrameReader().feed, self._decoder.decode
        apply = cast("Callable[[Event | Undecoded], object]", Tracker(PBX).apply)  # none is Undecoded
        frames = 0
        for chunk in chunks:
            found = feed(chunk)
            frames += len(found)
            events = [event for frame in found if (event := decode(frame, NEVER)) is not None]
            for event in events:
                apply(event)
        return frames

    def changes(self, chunks: Iterable[bytes]) -> list[Change]:
        """All that changed, until everything has settled. Raises LabError for an event that cannot be decoded."""
        reader, tracker = FrameReader(), Tracker(PBX)
        frames = (frame for chunk in chunks for frame in reader.feed(chunk))
        events = [event for frame in frames if (event := self._decoder.decode(frame, NEVER)) is not None]
        undecoded = [event for event in events if isinstance(event, Undecoded)]
        if undecoded:
            raise LabError(f"the recording has events that cannot be decoded: {undecoded[0]}; record again")
        return settled([change for event in events for change in tracker.apply(cast("Event", event))], tracker)


def plain_changes(stream: Recording) -> list[Change]:
    """What the slow, plain way makes of the stream."""
    tracker = Tracker(PBX)
    return settled(plain.changes(stream.data, tracker), tracker)


def settled(changes: list[Change], tracker: Tracker) -> list[Change]:
    """Let time pass until no call is open."""
    return changes + tracker.apply(Tick(Micros(tracker.world.now + _SETTLED)))


class Panoramisk:
    """Theirs: what ``AMIProtocol.data_received`` does with a chunk, up to the message."""

    def work(self, chunks: Iterable[bytes]) -> int:
        """Go through the stream once; how many messages it had."""
        messages, rest, from_line = 0, "", Message.from_line
        for chunk in chunks:
            lines = (rest + chunk.decode("utf8", "ignore")).split(EOL + EOL)
            rest = lines.pop()
            for line in lines:
                messages += from_line(line.strip()) is not None
        return messages
