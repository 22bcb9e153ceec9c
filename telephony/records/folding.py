"""What several records of one call come to. Pure.

A call can be told more than once: by the tracker that saw it, by the journal that rebuilt it, by an outbox
that is replayed. ``Shelf`` folds what it is told so that the result does not depend on the order and
repeats change nothing:

- of two records of one CallId the one that knows more is kept (``knowledge``, a total order);
- aliases add up: a CallId once joined into a call stays joined, and a record under it is taken off the shelf,
  whether it came before or after.
"""

from collections.abc import Iterable, Mapping

import msgspec

from telephony.model.ids import CallId
from telephony.model.terms import Outcome, Provenance
from telephony.records.identity import settled
from telephony.records.record import CallRecord

# What we saw ourselves is finer than what Asterisk's logs tell (they keep no hold, and whole seconds in
# part). A completed record was made from one that was observed and holds all that it held.
_RANK = {Provenance.REBUILT: 0, Provenance.OBSERVED: 1, Provenance.COMPLETED: 2}

Knowledge = tuple[bool, int, int, int, int, bytes]


def knowledge(record: CallRecord) -> Knowledge:
    """How much a record knows, greatest most: its outcome at all; fewest estimated fields; the better
    source; the newer layout; the most facts. Bytes decide the rest, so that two records are never equal
    unless they are the same. Aliases do not count, they add up by themselves.
    """
    bare = msgspec.structs.replace(record, aliases=())
    return (
        record.outcome is not Outcome.UNOBSERVED,
        -len(record.estimated),
        _RANK[record.provenance],
        record.schema_version,
        _facts(bare),
        msgspec.json.encode(bare),
    )


def _facts(record: CallRecord) -> int:
    values = msgspec.structs.asdict(record).values()
    return sum(len(value) if isinstance(value, tuple) else value not in (None, "") for value in values)


def better(one: CallRecord, other: CallRecord) -> CallRecord:
    """The record of the two that knows more, with the aliases of both."""
    best = one if knowledge(one) >= knowledge(other) else other
    return _with_aliases(best, {*one.aliases, *other.aliases})


def _with_aliases(record: CallRecord, aliases: set[CallId]) -> CallRecord:
    wanted = tuple(sorted(aliases - {record.call_id}))
    return record if record.aliases == wanted else msgspec.structs.replace(record, aliases=wanted)


class Shelf:
    """The records that concern one batch, and what the batch does to them.

    Starts from the stored records that share a CallId or an alias with the batch (of ids that are contested, with
    their family: ``telephony.records.identity``). Afterwards ``changed``
    are the records to write and ``removed`` the CallIds whose record became part of another. No record is
    ever stored under an id that another stored record has as its alias, so every CallId leads to one
    record.
    """

    def __init__(self, stored: Iterable[CallRecord]) -> None:
        self._before = {record.call_id: record for record in stored}
        self._rows = dict(self._before)

    def put(self, record: CallRecord) -> None:
        """Fold one record in. Of another call than the one stored under its id, it gets an id of its own."""
        record = settled(record, self._rows)
        owners = sorted(row.call_id for row in self._rows.values() if record.call_id in row.aliases)
        owned = owners and not self._takes_over(record, owners)
        root = owners[0] if owned else record.call_id
        told = self._rows.get(root) if owned else self._best(record)
        assert told is not None
        self._rows[root] = self._absorb(told, {*told.aliases, *record.aliases})

    def _takes_over(self, record: CallRecord, owners: list[CallId]) -> bool:
        """Two calls that each claim the other are one; the older CallId names it, whoever spoke last."""
        return all(owner in record.aliases and record.call_id < owner for owner in owners)

    def _best(self, record: CallRecord) -> CallRecord:
        stored = self._rows.get(record.call_id)
        return better(stored, record) if stored else record

    def _absorb(self, root: CallRecord, aliases: set[CallId]) -> CallRecord:
        joined: set[CallId] = set()
        while aliases:
            alias = aliases.pop()
            joined.add(alias)
            row = self._rows.pop(alias, None) if alias != root.call_id else None
            if row is not None:
                aliases |= set(row.aliases) - joined
        return _with_aliases(root, joined)

    @property
    def changed(self) -> Mapping[CallId, CallRecord]:
        """Records that are new or not as they were."""
        return {key: row for key, row in self._rows.items() if self._before.get(key) != row}

    @property
    def removed(self) -> frozenset[CallId]:
        """CallIds that had a record of their own and have none any more."""
        return frozenset(self._before.keys() - self._rows.keys())

    def was_stored(self, call_id: CallId) -> bool:
        """Whether there was a record under ``call_id`` before the batch."""
        return call_id in self._before
