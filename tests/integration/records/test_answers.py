"""Who of the directory has answered of late, on each kind of database."""

import msgspec

from telephony.model.ids import Micros
from telephony.model.terms import TryResult
from telephony.records.answers import WINDOW, AnswersOfLate
from telephony.records.record import CallRecord
from telephony.records.store import RecordStore
from tests.unit.telephony.records.invitations import call, invitation
from tests.unit.telephony.records.samples import START, record

NOW = Micros(START + 3_600_000_000)


def rung(number: int, result: TryResult) -> CallRecord:
    return call(number, [invitation(("8101", result, 4_000))])


async def test_what_is_there_at_the_start_and_what_comes(store: RecordStore) -> None:
    await store.write([*(record(n) for n in range(60)), *(rung(n, TryResult.ANSWERED) for n in range(60, 180))])
    answers = AnswersOfLate(store.database)
    assert await answers.catch_up(NOW)
    assert answers.shares() == {"8100": (120, 120), "8101": (120, 120)}
    assert not await answers.catch_up(NOW)
    await store.write([rung(n, TryResult.REFUSED) for n in range(180, 301)])
    assert await answers.catch_up(NOW)
    assert answers.shares()["8101"] == (241, 120)
    await store.write([record(301)])
    assert not await answers.catch_up(NOW), "a call into which nobody was asked is no news"
    await store.write([msgspec.structs.replace(rung(302, TryResult.LATE), aliases=(record(180).call_id,))])
    assert await answers.catch_up(NOW)
    assert answers.shares()["8101"] == (240, 120), "the call that it took over is not counted any more"
    again = AnswersOfLate(store.database)
    await again.catch_up(NOW)
    assert again.shares() == answers.shares()


async def test_what_is_long_ago_says_nothing_of_now(store: RecordStore) -> None:
    await store.write([rung(1, TryResult.ANSWERED)])
    answers = AnswersOfLate(store.database)
    await answers.catch_up(NOW)
    assert answers.shares() == {"8100": (1, 1), "8101": (1, 1)}
    later = Micros(NOW + WINDOW)
    assert await answers.catch_up(later)
    assert answers.shares() == {}
    await store.write([rung(2, TryResult.ANSWERED)])  # found in the logs long after
    await answers.catch_up(later)
    assert answers.shares() == {}
