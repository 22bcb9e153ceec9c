"""When the bridge collects garbage: not while a caller waits, but not never."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from zhitong.cli import sweeps


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    gc.freeze()  # what all the other tests have left: each of these collections would take a third of a second
    yield
    gc.unfreeze()
    assert gc.get_threshold() == before


class Full:
    """Counts full collections."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        self.count += phase == "stop" and info["generation"] == 2


@pytest.fixture
def full() -> Iterator[Full]:
    counted = Full()
    gc.callbacks.append(counted)
    yield counted
    gc.callbacks.remove(counted)


async def swept(monkeypatch: pytest.MonkeyPatch, full: Full, busy: bool, every: float, latest: float) -> int:
    """Full collections in twenty looks."""
    monkeypatch.setattr(sweeps, "EVERY_S", every)
    monkeypatch.setattr(sweeps, "AT_LATEST_S", latest)
    monkeypatch.setattr(sweeps, "_LOOK_S", 0)
    looks = 0

    def looked() -> bool:
        nonlocal looks
        looks += 1
        return busy

    keeping = asyncio.create_task(sweeps.keep(looked))
    before = full.count
    while looks < 20 and full.count - before < 20:  # noqa: ASYNC110 - the loop that is looked at has no event
        await asyncio.sleep(0)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    return full.count - before


async def test_nobody_waits(monkeypatch: pytest.MonkeyPatch, full: Full) -> None:
    assert await swept(monkeypatch, full, busy=False, every=0, latest=900) >= 19


async def test_not_while_somebody_waits(monkeypatch: pytest.MonkeyPatch, full: Full) -> None:
    assert await swept(monkeypatch, full, busy=True, every=0, latest=900) == 0


async def test_at_the_latest(monkeypatch: pytest.MonkeyPatch, full: Full) -> None:
    assert await swept(monkeypatch, full, busy=True, every=0, latest=0) >= 19


async def test_python_makes_none_by_itself(monkeypatch: pytest.MonkeyPatch, full: Full) -> None:
    keeping = asyncio.create_task(sweeps.keep(lambda: True))
    await asyncio.sleep(0)
    before = full.count
    kept = [[number] for number in range(300_000)]
    assert full.count == before
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert len(kept) == 300_000


def test_what_is_there_is_there_for_good() -> None:
    frozen = gc.get_freeze_count()
    sweeps.settle()
    assert gc.get_freeze_count() > frozen
