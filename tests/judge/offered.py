"""Which of the phones that rang were rung by a queue (offers), and which by a plain dial (targets of transfers, of key
exits, of an overflow), which no queue chose."""

from tests.judge.books.cdr import Row
from tests.judge.books.sipp import Ring
from tests.judge.case import SHORT, Case
from tests.judge.times import SECOND


def offered(case: Case) -> list[Ring]:
    """The rings that were offers of a queue, in order of time; also those of a consulted queue."""
    own: list[Ring] = []
    for ring in case.rings:
        row = row_of(case, ring)
        if row.by_queue if row is not None else _without_row(case, own, ring):
            own.append(ring)
    consulted = [ring for ring in case.consults if (row := row_of(case, ring)) is not None and row.by_queue]
    return sorted([*own, *consulted], key=lambda ring: ring.invited)


def by_dial(case: Case) -> bool:
    """Whether the caller's first talk was with a phone that no queue had rung."""
    return case.taken is not None and case.taken not in offered(case)


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
