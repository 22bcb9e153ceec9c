"""Failures that other systems were reported for, by their numbers: nothing counted twice, nothing counted nowhere.

The calls are fifty endings on a real Asterisk (``tests/unit/telephony/reconcile/recorded``), the store is real SQLite.
"""

import asyncio
import random
from pathlib import Path

import pytest

from telephony.journal.files import LocalLogs
from telephony.model.ids import Micros
from telephony.model.terms import Direction, Outcome
from telephony.reconcile.days import day_of
from telephony.reconcile.figure import DayCounts
from telephony.reconcile.site import reconcile_site
from tests.integration.reconcile.conftest import ZONE, Desk
from tests.unit.telephony.journal.recorded import PBX, seen
from tests.unit.telephony.reconcile import recorded

NAMES = recorded.in_time()
SEEN = [name for name in NAMES if seen(recorded.events(name))]
"""All but those whose end nobody saw: the login ended with the PBX."""
_DAY = 86_400_000_000


async def counted(desk: Desk) -> DayCounts:
    """The figures of all days of these calls, added up."""
    last = max(record.received_at for record in recorded.all_records(NAMES))
    made = await desk.maker.make_up(Micros(last + 2 * _DAY))
    busy = [figure.counts for figure in made if figure.counts.calls]
    assert len(busy) == 1, "they were played on one day"
    return busy[0]


@pytest.mark.parametrize("name", SEEN)
def test_row_04_a_duplicated_event_changes_nothing(name: str) -> None:
    """Row 4: one call counted twice under concurrency; events repeated."""
    once = recorded.events(name)
    assert seen([twice for event in once for twice in (event, event)]) == seen(once) != {}


async def test_row_04_calls_told_again_and_again_by_many_at_once_are_counted_once(sqlite_desk: Desk) -> None:
    """Row 4: counting is by CallId."""
    records = recorded.all_records(NAMES)
    dice = random.Random(4)
    batches = [dice.sample(records, len(records)) for _ in range(4)]
    parts = [batch[start : start + 17] for batch in batches for start in range(0, len(batch), 17)]
    await asyncio.gather(*(sqlite_desk.records.write(part) for part in dice.sample(parts, len(parts))))
    counts = await counted(sqlite_desk)
    assert counts.calls == len(records) == len({record.call_id for record in records})
    assert counts.offered == sum(record.direction is Direction.INBOUND for record in records)


async def test_row_05_every_call_that_was_offered_is_counted_once_whatever_became_of_it(
    sqlite_desk: Desk, tmp_path: Path
) -> None:
    """Row 5: calls leave the queue and are counted nowhere. Here all that queue_log and CDR know is counted, and what
    left the line without an answer by its name."""
    records = recorded.all_records(NAMES)
    await sqlite_desk.records.write(records)
    counts = await counted(sqlite_desk)
    assert counts.offered == counts.answered + counts.abandoned + counts.other > 40
    ways = {Outcome.TIMED_OUT, Outcome.QUEUE_EMPTY, Outcome.QUEUE_FULL, Outcome.KEY_EXIT, Outcome.WITHDRAWN}
    assert {way.value for way in (*ways, Outcome.REFUSED, Outcome.SYSTEM)} <= counts.outcomes.keys()
    assert counts.other == counts.offered - counts.outcomes["answered"] - counts.outcomes["abandoned"]

    recorded.write_books(tmp_path / "log", NAMES)
    first, last = (edge(record.received_at for record in records) for edge in (min, max))
    logs, until = LocalLogs(tmp_path / "log"), Micros(last + 1)
    report = await reconcile_site(sqlite_desk.records.database, logs, PBX, first, until, Micros(last + _DAY))
    assert report.counts.unexplained == report.counts.unsettled == 0
    assert report.counts.records == counts.calls
    assert report.counts.agreed + report.counts.explained == counts.calls
    assert day_of(first, ZONE) == day_of(last, ZONE)
