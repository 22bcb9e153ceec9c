"""A made-up run, judged in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.judge.books import cdr, queue_log, records, sipp_log
from tests.judge.books.cel import Moments
from tests.judge.findings import Finding, Pad
from tests.judge.gather import Books
from tests.judge.judge import Judgement, judge
from tests.judge.outages import Outage
from tests.judge.views.view import Setting
from tests.unit.judge.world import World


def judgement(
    world: World, kills: Sequence[int] = (), outages: Sequence[Outage] = (), busy: Moments | None = None
) -> Judgement:
    """The same way as ``python -m tests.judge`` goes, but for the files. ``busy``: what CEL tells of a busy machine."""
    pad = Pad()
    phones = sipp_log.fold(sipp_log.parse(world.phones_text("caller") + world.phones_text("agent"), "phones", pad))
    lines = queue_log.parse(world.queue_log_text(), pad)
    books = Books(lines, cdr.parse(world.cdr_text(), pad), phones, kills, outages, busy or Moments())
    return judge(books, records.parse(world.records_text(), pad), Setting(busy=busy is not None), pad)


def findings(
    world: World, kills: Sequence[int] = (), outages: Sequence[Outage] = (), busy: Moments | None = None
) -> tuple[Finding, ...]:
    return judgement(world, kills, outages, busy).findings


@dataclass(frozen=True)
class Alteration:
    """One change to one record. ``about``: what the finding must speak of."""

    name: str
    about: str
    fields: dict[str, Any]

    def __str__(self) -> str:
        return self.name
