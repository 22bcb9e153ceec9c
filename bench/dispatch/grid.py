"""What is compared: cells of load, ring, talk and seed, and the calls of each, drawn from its seed. Pure.

A call brings its ring time and its talk time with it, whoever takes it: so stock app_queue and Zhitong have the very
same calls, and what differs is only when somebody is offered one.
"""

import itertools
import math
from collections.abc import Iterable, Iterator

import msgspec

from zhitong.lab.people import Spread, draw, stream

LOADS = (80, 95, 110)
"""Per cent: what the agents would be busy if nobody ever waited for the next call."""
RINGS = {"human": Spread(median=3.0, sigma=0.45, least=1.0, most=12.0), "instant": Spread(median=0.0)}
"""How long a phone rings until it is answered, seconds: as people do, log-normal, or at once."""
AGENTS = {"human": 6, "instant": 3}
"""For each contestant of a cell. With instant pick-up they turn over calls faster, so fewer make as many calls."""
_SIGMA = 0.5
"""Of talks that vary."""


class Cell(msgspec.Struct, frozen=True, order=True):
    """``ring``: human or instant. ``talk_s``: mean; ``varied``: log-normal about it, else always so long."""

    ring: str
    talk_s: int
    varied: bool
    load: int
    seed: int

    @property
    def name(self) -> str:
        """For files and for people; no two are the same."""
        talk = "varied" if self.varied else "fixed"
        return f"{self.ring}-talk{self.talk_s}-{talk}-load{self.load}-seed{self.seed}"

    @property
    def talk(self) -> Spread:
        """Its mean is ``talk_s``: a log-normal's mean is its median times exp(sigma² ÷ 2)."""
        if not self.varied:
            return Spread(median=self.talk_s)
        return Spread(median=self.talk_s * math.exp(-(_SIGMA**2) / 2), sigma=_SIGMA, least=0.2)

    @property
    def agents(self) -> int:
        """Of each contestant."""
        return AGENTS[self.ring]

    @property
    def work_s(self) -> float:
        """What a call takes of an agent, on average: means of the log-normals, not medians."""
        ring = RINGS[self.ring]
        return ring.median * math.exp(ring.sigma**2 / 2) + self.talk_s

    @property
    def per_second(self) -> float:
        """Calls, both contestants', on average."""
        return 2 * self.load / 100 * self.agents / self.work_s


class Planned(msgspec.Struct, frozen=True):
    """One call: when it comes, how long the phone of whoever takes it rings, how long they talk. Seconds."""

    at: float
    ring_s: float
    talk_s: float

    @property
    def work_s(self) -> float:
        """What it takes of an agent."""
        return self.ring_s + self.talk_s


def planned(cell: Cell, window_s: float) -> tuple[Planned, ...]:
    """Calls within ``window_s``, in the order of their coming, at moments without memory (Poisson, given how many).

    The load is exact, not on average: Σ (ring + talk) of these very calls ÷ (agents x window), to within one call.
    """
    dice = stream(cell.seed, "work", f"{cell.ring}-{cell.talk_s}-{cell.varied}")
    room = cell.load / 100 * cell.agents * window_s
    work: list[tuple[float, float]] = []
    while sum(ring + talk for ring, talk in work) < room:
        work.append((draw(dice, RINGS[cell.ring]), draw(dice, cell.talk)))
    coming = stream(cell.seed, "arrivals", cell.name)
    moments = sorted(round(coming.uniform(0, window_s), 3) for _ in work)
    return tuple(Planned(at, ring, talk) for at, (ring, talk) in zip(moments, work, strict=True))


class Batch(msgspec.Struct, frozen=True):
    """Cells that are measured side by side on one PBX; calls come for ``window_s``."""

    cells: tuple[Cell, ...]
    window_s: float

    @property
    def agents(self) -> int:
        """Of all of it, both contestants."""
        return sum(2 * cell.agents for cell in self.cells)

    @property
    def lasts_s(self) -> float:
        """About how long it takes: what stock app_queue leaves in line at 110 % has to be worked off, and a PBX and a
        bridge have to be started."""
        work = max((cell.work_s for cell in self.cells), default=0.0)
        return self.window_s * 1.35 + 2 * work + 8.0


BENCH = Batch(tuple(Cell(ring, 2, False, load, 1) for ring in RINGS for load in LOADS), window_s=75.0)
"""Of ``make bench``."""

TALKS = (2, 10, 60)
SEEDS = (1, 2, 3, 4, 5)
WINDOWS_S = {2: 60.0, 10: 120.0, 60: 420.0}
"""By the talk: so that each cell has some tens of calls at least."""
MOST_PER_SECOND = 15.0
"""Calls a second of one batch, on average, at most: a machine of two cores takes them with room to spare."""


def everything() -> list[Cell]:
    """The whole grid, of ``make bench-all``."""
    return [
        Cell(ring, talk, varied, load, seed)
        for talk in TALKS
        for seed in SEEDS
        for varied in (False, True)
        for ring in RINGS
        for load in LOADS
    ]


def batches(cells: Iterable[Cell]) -> Iterator[Batch]:
    """These cells in their order, as many side by side as the machine can take; one length of talk in each."""
    for talk, several in itertools.groupby(cells, lambda cell: cell.talk_s):
        room: list[Cell] = []
        for cell in several:
            if sum(each.per_second for each in (*room, cell)) > MOST_PER_SECOND:
                yield Batch(tuple(room), WINDOWS_S[talk])
                room = []
            room.append(cell)
        yield Batch(tuple(room), WINDOWS_S[talk])
