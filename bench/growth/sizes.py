"""Hotlines of several sizes, each in a process of its own, in turn: neighbours in time had the same machine."""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.growth.hotline import Cost, Hotline, Size
from bench.rounds import Spread, ratios, spread
from telephony.errors import LabError
from zhitong.cli.logs import LogForm, set_up

CALLS = 100
"""Of a round."""
_WARM = 150
_MOST_S = 120.0
T = TypeVar("T")


class Grown(msgspec.Struct, frozen=True):
    """One size. ``kib``: resident memory that it added, with all its calls in progress; ``kept_kib``: what all the
    rounds added to that, which ought to be nothing. ``us`` of processor time per event, by round."""

    size: Size
    in_progress: int
    kib: int
    kept_kib: int
    us: list[float]

    @property
    def spread(self) -> Spread:
        return spread(self.us)


class Begun(msgspec.Struct, frozen=True):
    """A hotline has come to its size."""

    kib: int
    in_progress: int


Answer = Begun | Cost | str
"""What a process says; text: why it cannot."""


def measure(sizes: Sequence[Size], rounds: int) -> list[Grown]:
    """Each through so many rounds. Raises LabError: a hotline did not understand its stream, or its process ended."""
    gc.freeze()
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(_process(size)) for size in sizes]
        begun = [_answer(line, Begun) for line in lines]
        costs = [[_asked(line, Cost) for line in lines] for _ in range(rounds)]
        ended = [_asked(line, Begun, "memory") for line in lines]
    return [
        Grown(size, first.in_progress, first.kib, last.kib - first.kib, [_us(each[nth]) for each in costs])
        for nth, (size, first, last) in enumerate(zip(sizes, begun, ended, strict=True))
    ]


def _us(cost: Cost) -> float:
    return round(1e6 * cost.seconds / cost.events, 2)


def ratio(of: Grown, to: Grown) -> float:
    """Cost per event of one, as a multiple of the other's: the median of all rounds."""
    return round(statistics.median(ratios(of.us, to.us)), 3)


# --- processes --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _process(size: Size) -> Iterator[Connection]:
    """Ended, whatever happens."""
    context = multiprocessing.get_context("fork")  # nothing is imported anew
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, size), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.terminate()
        process.join()


def _asked(line: Connection, kind: type[T], what: str = "round") -> T:
    line.send_bytes(what.encode())
    return _answer(line, kind)


def _answer(line: Connection, kind: type[T]) -> T:
    try:
        if not line.poll(_MOST_S):
            raise LabError(f"a hotline has said nothing for {_MOST_S:g} s")
        answer: Answer = line.recv()
    except EOFError:
        raise LabError("the process of a hotline ended") from None
    if not isinstance(answer, kind):
        raise LabError(str(answer))
    return answer


def _work(line: Connection, size: Size) -> None:
    """In the process itself: rounds when asked for, until the line is gone."""
    with tempfile.TemporaryDirectory(prefix="zt-bench-") as folder:
        sys.stderr = (Path(folder) / "bridge.log").open("w")  # what the service writes to its log is part of the cost
        set_up(LogForm.JSON)
        with contextlib.suppress(EOFError):
            asyncio.run(_rounds(line, Path(folder), size))


async def _rounds(line: Connection, folder: Path, size: Size) -> None:
    before = _resident_kib()
    try:
        async with Hotline.open(folder, size) as hotline:
            await hotline.go(size.calls + _WARM)
            line.send(Begun(_resident_kib() - before, hotline.in_progress))
            while True:
                what = await asyncio.to_thread(line.recv_bytes)
                if what == b"memory":
                    line.send(Begun(_resident_kib() - before, hotline.in_progress))
                else:
                    line.send(await hotline.go(CALLS))
    except LabError as error:
        line.send(str(error))


def _resident_kib() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
