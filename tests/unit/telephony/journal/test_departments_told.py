"""The report of departments is the same of what was seen, of what Asterisk's logs alone tell, and of both once they
were stored and told again: real calls into which specialists were invited."""

from collections.abc import Mapping

import pytest

from telephony.model.ids import CallId
from telephony.records.departments import Accountability, DepartmentFigures, figures_of
from telephony.records.folding import Shelf
from telephony.records.record import CallRecord
from telephony.records.rows import body_of, record_of
from tests.unit.telephony.journal import recorded

INVITED = [name for name in recorded.NAMES if name.startswith(("invited-", "asks-", "handed-over-"))]
COUNTED = ("offers", "answered", "missed", "taken_back", "answer_rate", "calls", "told", "resolved", "resolved_share")
TIMED = ("answer_s", "answer_p95_s", "join_s", "with_caller_min", "private_min")


def all_of(told: Mapping[str, Mapping[CallId, CallRecord]]) -> list[CallRecord]:
    return [record for name in INVITED for record in told[name].values()]


def rows(figures: Accountability) -> dict[tuple[str, str], DepartmentFigures]:
    return {(each.department, each.code): each for each in (figures.all, *figures.departments, *figures.specialists)}


SEEN = {name: recorded.seen(recorded.events(name)) for name in INVITED}


def test_there_is_something_to_report() -> None:
    told = figures_of(all_of(SEEN))
    assert (told.all.answered > 1, told.all.missed > 0, told.all.with_caller_min > 0) == (True, True, True)
    assert len(told.specialists) > 1


@pytest.mark.parametrize("name", INVITED)
def test_what_was_seen_and_what_the_logs_tell_come_to_the_same(name: str) -> None:
    seen, told = rows(figures_of(SEEN[name].values())), rows(figures_of(recorded.rebuilt(name).values()))
    assert seen.keys() == told.keys()
    for key, each in seen.items():
        other = told[key]
        assert [getattr(each, field) for field in COUNTED] == [getattr(other, field) for field in COUNTED], key
        for field in TIMED:  # the logs' own times are some ms beside the events'
            mine, theirs = getattr(each, field), getattr(other, field)
            assert (mine is None) == (theirs is None), (key, field)
            assert mine is None or abs(mine - theirs) <= 0.11, (key, field, mine, theirs)


def test_told_again_and_stored_they_come_to_exactly_the_same() -> None:
    once = figures_of(all_of(SEEN))
    again = {name: recorded.seen(recorded.events(name)) for name in INVITED}
    assert figures_of(reversed(all_of(again))) == once
    shelf = Shelf([])
    for record in [*all_of(SEEN), *all_of(again), *all_of({name: recorded.rebuilt(name) for name in INVITED})]:
        shelf.put(record)
    kept = [record_of(body_of(record), "here") for record in shelf.changed.values()]
    assert rows(figures_of(kept)).keys() == rows(once).keys()
    assert figures_of(kept) == once
