"""What callers met because of the desks, out of CEL: ratings, limits on numbers, agents kept for them. Pure."""

from collections.abc import Iterator

from telephony.journal.rows import CelRow
from telephony.model.ids import MemberName, QueueName
from telephony.model.met import KeptTold, LimitTold, RatingTold


def rating(_: object, row: CelRow) -> Iterator[RatingTold]:
    state, value, agent = (row.words.get(key, "") for key in "sva")
    given = int(value) if value.isascii() and value.isdigit() and len(value) == 1 else 0
    yield RatingTold(row.at, row.uniqueid, row.linkedid, state, given, agent)


def limit(_: object, row: CelRow) -> Iterator[LimitTold]:
    yield LimitTold(row.at, row.uniqueid, row.linkedid, row.words.get("h", ""))


def kept(_: object, row: CelRow) -> Iterator[KeptTold]:
    queue, agent, state = (row.words.get(key, "") for key in "qas")
    yield KeptTold(row.at, row.uniqueid, row.linkedid, QueueName(queue), MemberName(agent), state)
