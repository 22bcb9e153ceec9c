"""An AMI stream of any size, made of what a real Asterisk said of one call: the recording's bytes with other names.

Each call is that one (queue, offer, answer, talk, agent hangs up; recorded) with ids, numbers, phone and times of its
own. ``RATE`` calls begin each second of the PBX's time, however many are in progress: to have more of them at a time,
each lasts longer: agents talk longer, once a ring lasts as long as people's do. What the PBX says in one breath stays
so: only the waits between are longer. Calls begin at odd moments. So streams of all sizes have the same events in each
second, and as many of them at once.
"""

import random
import re
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from bench import recording

RATE = 10
"""Calls that begin in a second."""
START = 1_795_000_000
"""When the stream begins, by the PBX's clock (epoch seconds)."""
FIRST_AGENT = 10_001
_MICROS = 1_000_000
_RING = 3 * _MICROS
"""The longest."""
_BREATH = 20_000
"""Microseconds: what is said later than that after the frame before was waited for."""
_DICE = random.Random(12345)
_LATE = [_DICE.random() for _ in range(997)]
"""How late in its time a call begins; those after it so again, in turn."""
_CALLER, _PHONE, _NUMBER = b"pbx1-1795414208.2", b"pbx1-1795414208.3", b"13800000001"
_AGENT, _BRIDGE = b"1007", b"34dbcd7b-ffac-495f-8e55-733b485281f4"
_STAMP = re.compile(rb"\r\nTimestamp: ([0-9]+)\.([0-9]{6})\r\n")
_OWN = re.compile(rb"MemberName: 1007\r\n.*\r\nLastPause: 0\r\n", re.DOTALL)


class Said(NamedTuple):
    """One frame of the recorded call: ``share`` of the call's time that had passed when the PBX began to speak,
    ``after`` which it said this (microseconds), and its text to be filled in."""

    share: float
    after: int
    text: bytes


def said() -> list[Said]:
    """The recorded call's frames. Raises LabError when the recording is not there."""
    frames = recording.read(recording.FILTERED).data.split(b"\r\n\r\n")
    first = next(n for n, frame in enumerate(frames) if _CALLER in frame)
    last = max(n for n, frame in enumerate(frames) if _CALLER in frame)
    told = [frame for frame in frames[first : last + 1] if _CALLER in frame or _OWN.search(frame)]
    times = list(map(_at, told))
    breaths = _breaths(times)
    lasted = breaths[-1] - times[0]
    return [
        Said((breath - times[0]) / lasted, at - breath, _template(frame))
        for breath, at, frame in zip(breaths, times, told, strict=True)
    ]


def _breaths(times: list[int]) -> list[int]:
    """When the PBX began to speak, each time."""
    found = times[:1]
    for before, at in pairwise(times):
        found.append(at if at - before > _BREATH else found[-1])
    return found


def _at(frame: bytes) -> int:
    stamp = _STAMP.search(frame)
    assert stamp is not None
    return int(stamp[1]) * _MICROS + int(stamp[2])


def _template(frame: bytes) -> bytes:
    text = _STAMP.sub(b"\r\nTimestamp: %(at)b\r\n", frame.replace(b"%", b"%%"))
    text = text.replace(_CALLER, b"%(caller)b").replace(_PHONE, b"%(phone)b").replace(_BRIDGE, b"%(bridge)b")
    text = text.replace(b"carrier-00000002", b"carrier-%(channel)b").replace(b"1007-00000003", b"1007-%(other)b")
    return text.replace(_NUMBER, b"%(number)b").replace(_AGENT, b"%(agent)b") + b"\r\n\r\n"


class Piece(NamedTuple):
    """What is said next, and when by the PBX's clock, microseconds."""

    at: int
    data: bytes


class Stream:
    """Without end. ``agents`` take the calls in turn, of whom ``calls`` are in progress at a time."""

    def __init__(self, agents: int, calls: int) -> None:
        self._agents = agents
        self._lasts = round(calls * _MICROS / RATE)
        self._said = said()
        ring = next(told.share for told in self._said if b"\r\nDialStatus: " in told.text)
        self._rings = ring, min(round(ring * self._lasts), _RING)
        self._begun = 0
        self._due: list[tuple[int, int, int]] = []
        """When, which call, which of its frames: the next of each call in progress."""

    @property
    def begun(self) -> int:
        """Calls."""
        return self._begun

    def __iter__(self) -> Iterator[Piece]:
        while True:
            if not self._due or self._due[0][0] >= self._begins(self._begun):
                heappush(self._due, (self._begins(self._begun), self._begun, 0))
                self._begun += 1
            at, call, nth = heappop(self._due)
            if nth + 1 < len(self._said):
                heappush(self._due, (self._when(call, nth + 1), call, nth + 1))
            yield Piece(at, self._said[nth].text % self._names(call, at))

    def _begins(self, call: int) -> int:
        return START * _MICROS + round((call + _LATE[call % len(_LATE)]) * _MICROS / RATE)

    def _when(self, call: int, nth: int) -> int:
        (share, after, _), (answered, rings) = self._said[nth], self._rings
        since = self._begins(call) + after
        if share < answered:
            return since + round(share / answered * rings)
        return since + rings + round((share - answered) / (1 - answered) * (self._lasts - rings))

    def _names(self, call: int, at: int) -> dict[bytes, bytes]:
        second, rest = divmod(at, _MICROS)
        began = START + call // RATE
        return {
            b"at": b"%d.%06d" % (second, rest),
            b"caller": b"pbx1-%d.%d" % (began, 2 * call),
            b"phone": b"pbx1-%d.%d" % (began, 2 * call + 1),
            b"channel": b"%08x" % (2 * call),
            b"other": b"%08x" % (2 * call + 1),
            b"bridge": b"34dbcd7b-ffac-495f-8e55-%012x" % call,
            b"number": b"138%08d" % (call % 100_000_000),
            b"agent": b"%d" % (FIRST_AGENT + call % self._agents),
        }
