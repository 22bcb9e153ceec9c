"""The documents of now: told by deltas alone they are the same as built anew, whatever the PBX says."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.model import events as ev
from tests.recordings.captures import captures, heard, load
from tests.unit.telephony.live.folding import Published, fold
from tests.unit.telephony.model.test_properties import EVENTS


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=50))
def test_after_any_event_the_deltas_tell_what_there_is(events: list[ev.Event]) -> None:
    published = Published()
    for event in events:
        published.hear(event)
        assert published.snapshot.documents == published.anew(), event


@settings(max_examples=50, deadline=None)
@given(st.lists(EVENTS, max_size=50), st.integers(0, 50), st.integers(0, 60))
def test_from_any_snapshot_on_the_deltas_lead_to_the_next(events: list[ev.Event], early: int, late: int) -> None:
    published = Published()
    looks = [published.snapshot]
    for event in events:
        published.hear(event)
        looks.append(published.snapshot)
    one, two = sorted((looks[min(early, len(looks) - 1)], looks[min(late, len(looks) - 1)]), key=lambda s: s.sequence)
    between = published.deltas[one.sequence : two.sequence]
    assert fold(dict(one.documents), between) == two.documents
    assert [delta.sequence for delta in published.deltas] == list(range(1, len(published.deltas) + 1))


@pytest.mark.parametrize("path", captures(), ids=lambda path: path.name)
def test_of_everything_that_was_recorded_the_deltas_tell_what_there_is(path: Path) -> None:
    published = Published()
    step = 1 if path.parent.name == "single" else 50
    events = [event for event in heard(load(path).frames) if isinstance(event, ev.Event)]
    for number, event in enumerate(events):
        published.hear(event)
        if number % step == 0:
            assert published.snapshot.documents == published.anew(), event
    assert fold({}, published.deltas) == published.anew()
