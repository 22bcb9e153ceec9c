"""What calls are about, as the agents say it, and for how long they may say something of a call."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from telephony.site.table import Table
from telephony.texts import Title, Word, whole


class Topic(Table, frozen=True):
    """One topic of the tree. ``code`` is kept on record, so it never changes its meaning; one that is used no longer
    is not ``active``, and neither are those below it. ``parent``: the code of the topic above; empty: it is at the
    top."""

    code: Word
    title: Title
    parent: Word | None = None
    active: bool = True


class Remarks(Table, frozen=True):
    """``within_h``: so long after a call's end, hours, who had it may put something down of it, or change it."""

    within_h: Annotated[int, whole(1, 8_760, "whole hours")] = 72


def line_up(code: str, topics: Iterable[Topic]) -> Iterator[Topic]:
    """This topic and those above it, from below; nothing where there is none of this code. Ends in a circle, too."""
    known = {topic.code: topic for topic in topics}
    seen: set[str] = set()
    here = known.get(code)
    while here is not None and here.code not in seen:
        yield here
        seen.add(here.code)
        here = known.get(here.parent) if here.parent is not None else None
