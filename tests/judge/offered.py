"""Which of the phones that rang were rung by a queue (offers), and which by a plain dial (targets of transfers, of key
exits, of an overflow), which no queue chose."""

from collections.abc import Sequence

from tests.judge.books.cdr import Row
from tests.judge.books.sipp import Ring
from tests.judge.case import SHORT, TRUNK, Case
from tests.judge.times import SECOND


def offered(case: Case) -> list[Ring]:
    """The rings that were offers of a queue, in order of time; also those of a consulted queue."""
    own: list[Ring] = []
    rows = rows_of_offers(case)
    for ring in case.rings:
        row = row_of(case, ring)
        if row in rows if row is not None else _without_row(case, own, ring):
            own.append(ring)
    consulted = [ring for ring in case.consults if row_of(case, ring) in rows]
    return sorted([*own, *consulted], key=lambda ring: ring.invited)


def offer_rows(rows: Sequence[Row]) -> list[Row]:
    """The CDRs of a queue's offers. When a transfer brings two parties into a bridge, Asterisk writes a further row
    under the application of the row before: answered from its beginning, after the answered offer, in its context."""
    dialled = [row for row in rows if row.by_queue and row.phone]
    return [row for row in dialled if not any(_bridged_after(row, one) for one in dialled)]


def _bridged_after(row: Row, offer: Row) -> bool:
    same = (row.uniqueid, row.queue, row.dcontext) == (offer.uniqueid, offer.queue, offer.dcontext)
    met = row.disposition == "ANSWERED" and row.answer == row.start
    return same and met and offer.disposition == "ANSWERED" and row.start >= offer.end - SHORT // 20


def rows_of_offers(case: Case) -> list[Row]:
    """The CDRs of all offers of this call, by sequence."""
    return sorted(offer_rows([*case.rows, *case.side_rows]), key=lambda row: row.sequence)


def by_dial(case: Case) -> bool:
    """Whether the caller's first talk was with a phone that no queue had rung."""
    return case.taken is not None and case.taken not in offered(case)


def outside(case: Case) -> Row | None:
    """The CDR of a duty mobile that took the caller: a dial over a trunk. It writes no log of ours."""
    rows = [row for row in case.rows if row.phone.startswith(TRUNK) and not row.by_queue]
    return next((row for row in rows if row.disposition == "ANSWERED"), None)


def row_of(case: Case, ring: Ring) -> Row | None:
    """The CDR of this ring: same phone, at the same time."""
    over = ring.over if ring.over is not None else case.ended
    rows = [row for row in (*case.rows, *case.side_rows) if row.phone == ring.phone]
    fitting = [row for row in rows if row.start <= ring.invited + SHORT and ring.invited <= row.end + SHORT]
    return min(fitting, key=lambda row: abs(row.end - (over or row.end)), default=None)


def _without_row(case: Case, own: list[Ring], ring: Ring) -> bool:
    """Where CDR tells nothing: until the first answer by a queue; after it only while in a further queue."""
    done = sum(one.accepted is not None and one.accepted < ring.invited for one in own)
    if done == 0:
        return True
    connected = [index for index, visit in enumerate(case.stay.visits) if visit.end == "CONNECT"]
    later = case.stay.visits[connected[min(done, len(connected)) - 1] + 1 :] if connected else []
    return any(visit.entered is not None and (visit.entered - 1) * SECOND <= ring.invited for visit in later)
