"""Who hears whom, from what phones have recorded; and how long nothing was heard."""

import asyncio
import contextlib
import re
import time
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.conference.floor import AGENT, CITIZEN, GUEST, MUSIC, PATIENCE_S, RINGBACK, SECOND, Conference, Floor
from tests.integration.dialplans.listening import write_music
from zhitong.lab.phones.call import Call
from zhitong.lab.phones.heard import Gap
from zhitong.lab.phones.rtp import FRAME_S, Packet
from zhitong.lab.phones.tones import has_tone

EVERYBODY = (MUSIC, RINGBACK, CITIZEN, GUEST, AGENT, SECOND)
GAP_MS = 60.0
"""What the issue allows of silence when somebody else joins or leaves."""
BESIDE_S = 0.1
_WHOLE_S, _LATE_S = 0.24, 0.25
_SEAT = re.compile(r" of \d+")


async def music(here: Floor, folder: Path) -> None:
    """Music on hold is one tone."""
    await asyncio.to_thread(write_music, folder, MUSIC)
    conf = f"[default]\nmode = files\ndirectory = {folder}\n"
    await asyncio.to_thread((here.scene.lab.etc / "musiconhold.conf").write_text, conf, encoding="utf-8")
    await here.scene.lab.pbx.cli("moh reload")


async def hears(call: Call, wanted: Iterable[int]) -> None:
    """Return when for a quarter of a second this call has heard all of these tones and no other."""
    wanted, heard = frozenset(wanted), frozenset[int]()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                start = time.monotonic()
                await asyncio.sleep(_WHOLE_S)
                if (heard := call.heard.tones(start, among=EVERYBODY)) == wanted:
                    return
    raise AssertionError(f"{call} never heard {set(wanted)} alone; last it heard {set(heard)}")


ALL_THREE = ({AGENT, GUEST}, {CITIZEN, GUEST}, {CITIZEN, AGENT})
PHASES: dict[str, tuple[set[int], ...]] = {
    "bridge": ({AGENT}, {CITIZEN}),
    "room": ({AGENT}, {CITIZEN}),
    "hold": ({MUSIC}, set()),
    "ringing": ({MUSIC}, {RINGBACK}),
    "consult": ({MUSIC}, {GUEST}, {AGENT}),
    "swapped": ({AGENT}, {CITIZEN}, {MUSIC}),
    "three": ALL_THREE,
    "left": ({GUEST}, set(), {CITIZEN}),
    "inviting": ({AGENT}, {CITIZEN}),
    "joined": ALL_THREE,
    "handing": ({MUSIC}, set()),
    "muted": ({AGENT}, {CITIZEN}, {CITIZEN, AGENT}),
    "four": ({AGENT, GUEST, SECOND}, {CITIZEN, GUEST, SECOND}, {CITIZEN, AGENT, SECOND}, {CITIZEN, AGENT, GUEST}),
    "second": ({AGENT, SECOND}, {CITIZEN, SECOND}, set(), {CITIZEN, AGENT}),
    "both": ({GUEST, SECOND}, set(), {CITIZEN, SECOND}, {CITIZEN, GUEST}),
}
"""What citizen, agent, guest and second guest hear in each; nothing: they hear silence, or are not there."""


def parties(one: Conference) -> list[tuple[str, Call, int]]:
    """Who is there: a word for it, their call, and what they hum; as PHASES orders them."""
    found = [("citizen", one.citizen, CITIZEN), ("agent", one.agent, AGENT)]
    found += [("guest", one.guest, GUEST)] if one.has(one.seat.guest) else []
    return found + ([("second", one.second, SECOND)] if one.has(one.seat.second) else [])


ORDER = ("citizen", "agent", "guest", "second")


async def proven(one: Conference, phase: str) -> None:
    """What each of those who are there hears is just that."""
    waits = []
    for name, call, _ in parties(one):
        at = ORDER.index(name)
        if phase == "ringing" and name == "agent":
            waits.append(_rings(call))
        elif call.is_up and at < len(PHASES[phase]):
            waits.append(hears(call, PHASES[phase][at]))
    await asyncio.gather(*waits)


async def _rings(agent: Call) -> None:
    """A ring-back tone has pauses; nobody is heard with it."""
    start = time.monotonic()
    await agent.hears(RINGBACK, start, PATIENCE_S)
    assert agent.heard.tones(start + 0.1, among=EVERYBODY) <= {RINGBACK}


class Hole(NamedTuple):
    """``ms``: how much was missed there."""

    gap: Gap
    ms: float


class Ear(NamedTuple):
    """One who listens to another, or to music (``mouth`` None)."""

    name: str
    ear: Call
    hz: int
    mouth: Call | None

    def gap(self, start: float, end: float, beside: Sequence["Ear"] = ()) -> float:
        """The longest time in ms in which nothing of it came, but for what the speaking phone itself was late, and for
        what those ``beside`` missed at the same time, whom nobody moved: then it was the machine that was busy."""
        found = self.ear.heard.gaps(self.hz, start, end)
        return max(gap.ms - self._late(gap) - max((ear.stalled(gap) for ear in beside), default=0.0) for gap in found)

    def _late(self, gap: Gap) -> float:
        return self.mouth.spoke.stall(gap) if self.mouth is not None else 0.0

    def stalled(self, gap: Gap) -> float:
        """By how many ms this ear was kept waiting in or beside that gap."""
        here = self.ear.heard.gaps(self.hz, gap.start - BESIDE_S, gap.end + BESIDE_S)
        return max(max(each.ms - self._late(each) for each in here) - 1_000 * FRAME_S, 0.0)

    def holes(self, start: float, end: float) -> list[Hole]:
        """Where more than a packet was missed, by what was in the packets and not by when they came: one that came
        late by less than a quarter of a second is heard all the same, by any phone's buffer. Less what the speaking
        phone itself was late."""
        heard = [each for each in self.ear.heard.packets(start, end) if has_tone(each.payload, self.hz)]
        edges = [(start, heard[0].arrived), (heard[-1].arrived, end)] if heard else [(start, end)]
        found = [Hole(Gap(*edge), 1_000 * (edge[1] - edge[0])) for edge in edges if edge[1] - edge[0] > _LATE_S]
        found += [Hole(Gap(one.arrived, two.arrived), _between(one, two)) for one, two in pairwise(heard)]
        return [Hole(gap, ms - self._late(gap)) for gap, ms in found if ms > 1_000 * FRAME_S]


def _between(before: Packet, after: Packet) -> float:
    waited = after.arrived - before.arrived
    packets = (after.sequence - before.sequence) & 0xFFFF if after.ssrc == before.ssrc else 1
    return 1_000 * (waited if waited > _LATE_S else packets * FRAME_S)


def ears(one: Conference, phase: str) -> list[Ear]:
    """Everybody who hears somebody in this phase of this conference; ring-back has pauses of its own."""
    there = parties(one)
    mouths: dict[int, Call | None] = {hz: call for _, call, hz in there}
    return [
        Ear(f"{name} of {one.seat.number} in {phase}: {hz} Hz", call, hz, mouths.get(hz))
        for name, call, _ in there
        if ORDER.index(name) < len(PHASES[phase])
        for hz in sorted(PHASES[phase][ORDER.index(name)] - {RINGBACK})
    ]


class Missed(NamedTuple):
    """In ms; 20 is nothing. ``alone``: what each missed at most while others heard theirs; ``median``: of what each
    missed at most, the machine's own stalls included."""

    alone: dict[str, float]
    median: float

    def by_kind(self) -> dict[str, float]:
        """In the better of all conferences in which the same hears the same in the same phase: what comes of a phase
        comes to all of them, and of a busy machine to one."""
        kinds: dict[str, float] = {}
        for name, ms in self.alone.items():
            kind = _SEAT.sub("", name)
            kinds[kind] = min(ms, kinds.get(kind, ms))
        return dict(sorted(kinds.items(), key=lambda pair: -pair[1]))


def missed(found: Sequence[Ear], start: float, end: float) -> Missed:
    """Of all these ears at once. What half of them miss in the same instant is this machine's doing."""
    holes = {ear: ear.holes(start, end) for ear in found}
    alone = {ear.name: max((hole.ms - _common(holes, hole.gap) for hole in holes[ear]), default=20.0) for ear in found}
    longest = [max([20.0, *(hole.ms for hole in each)]) for each in holes.values()]
    ordered = sorted(alone.items(), key=lambda pair: -pair[1])
    return Missed({name: round(max(ms, 20.0), 1) for name, ms in ordered}, round(median(longest), 1))


def _common(holes: dict[Ear, list[Hole]], gap: Gap) -> float:
    """By how many ms every second ear was kept waiting in or beside that gap."""
    first, last = gap.start - BESIDE_S, gap.end + BESIDE_S
    near = [[hole.ms for hole in each if hole.gap.end > first and hole.gap.start < last] for each in holes.values()]
    return median(max(each, default=20.0) for each in near) - 20.0
