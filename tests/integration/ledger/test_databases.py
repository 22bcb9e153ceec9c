"""One story on each kind of database."""

import pytest

from telephony.ledger.terms import AttemptOutcome, CloseReason, EntryId
from telephony.model.ids import MemberName
from tests.integration.ledger.conftest import open_desk, order
from tests.integration.ledger.told import OTHER, answered, at, called_back, missed
from tests.integration.records import conftest as databases

postgres = databases.postgres


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_story(kind: str, url: str, request: pytest.FixtureRequest) -> None:
    if kind == "postgresql":
        url = databases._new_postgres_database(request.getfixturevalue("postgres"))
    desk = await open_desk(url)
    await desk.tell(missed(1, 0), missed(2, 60, OTHER), missed(3, 120, "anonymous"))
    desk.now = at(150)
    await desk.ledger.assign(EntryId(1), MemberName("1002"), "chief")
    attempt = (await desk.ledger.begin_call(EntryId(1), order())).attempt
    await desk.ledger.note_answer(attempt.number, "accepted", "")
    await desk.tell(missed(4, 180), called_back(attempt, 200, reached=True), answered(5, 300, OTHER))
    await desk.ledger.close(EntryId(3), CloseReason.UNREACHABLE, "li", "没有号码")
    assert await desk.summary() == [
        (1, "closed", 2, "called_back"),
        (2, "closed", 1, "called_again"),
        (3, "closed", 1, "unreachable"),
    ]
    detail = await desk.ledger.detail(EntryId(4))
    assert [call.number for call in detail.calls] == [1, 4]
    assert [kept.outcome for kept in detail.attempts] == [AttemptOutcome.REACHED]
    assert [command.kind for command in detail.commands] == ["assign"]
    await desk.close()
    again = await open_desk(url)
    assert (await again.ledger.detail(EntryId(1))) == detail
    await again.close()
