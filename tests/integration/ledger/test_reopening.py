"""Closings taken back: by a person, for a reason, and for good, whatever is told anew of the call that closed."""

import msgspec
import pytest

from telephony.errors import LedgerError
from telephony.ledger.said import NOTE_LIMIT, WHO_LIMIT
from telephony.ledger.terms import CloseReason, EntryId, EntryState
from telephony.model.ids import MemberName, call_id_of
from telephony.model.terms import Provenance
from tests.integration.ledger.conftest import Desk, order
from tests.integration.ledger.told import OTHER, answered, at, called_back, missed

ONE = EntryId(1)
LI = MemberName("1001")


async def test_reopening_says_who_why_and_when(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    await desk.ledger.assign(ONE, LI, "chief")
    await desk.ledger.close(ONE, CloseReason.NUISANCE, "li", "骚扰")
    desk.now = at(500)
    entry = await desk.ledger.reopen(ONE, "wang", " 看错了号码 ")
    assert (entry.state, entry.owner, entry.closed, entry.opened_at) == (EntryState.ASSIGNED, LI, None, at(0))
    (undone,) = entry.undone
    assert (undone.by, undone.note, undone.at) == ("wang", "看错了号码", at(500))
    assert (undone.closing.reason, undone.closing.by, undone.closing.note) == (CloseReason.NUISANCE, "li", "骚扰")
    last = (await desk.ledger.detail(ONE)).commands[-1]
    assert (last.kind, last.said_by, last.note, last.said_at) == ("reopen", "wang", "看错了号码", at(500))
    assert await desk.summary() == [(1, "assigned", 1, None)]


async def test_it_can_be_called_back_closed_and_reopened_again(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    first = (await desk.ledger.begin_call(ONE, order(key="a"))).attempt
    await desk.tell(called_back(first, 100, reached=True))
    await desk.ledger.reopen(ONE, "li", "语音信箱接的")
    second = (await desk.ledger.begin_call(ONE, order(key="b"))).attempt
    await desk.tell(called_back(second, 300, reached=True))
    (entry,) = await desk.entries()
    assert entry.closed is not None
    assert (entry.closed.reason, entry.closed.call) == (CloseReason.CALLED_BACK, call_id_of("pbx1", second.uniqueid))
    await desk.ledger.reopen(ONE, "li", "又是信箱")
    assert len((await desk.entries())[0].undone) == 2


@pytest.mark.parametrize("moved_s", [-1, 1, 4])
async def test_a_better_record_of_the_call_that_closed_it_does_not_close_it_anew(desk: Desk, moved_s: float) -> None:
    """The logs give the answer to the second, or later than it was first told: it is the same answer."""
    await desk.tell(missed(1, 0), answered(2, 60))
    await desk.ledger.reopen(ONE, "li", "一接通就断了")
    told = msgspec.structs.replace(answered(2, 60), provenance=Provenance.COMPLETED)
    assert told.answered_at is not None
    await desk.tell(msgspec.structs.replace(told, answered_at=at(63 + moved_s)))
    assert await desk.summary() == [(1, "open", 1, None)]
    await desk.tell(answered(3, 600))
    assert await desk.summary() == [(1, "closed", 1, "called_again")]


@pytest.mark.parametrize("seconds", [30, 70])
async def test_a_missed_call_that_is_found_later_is_merged_into_it(desk: Desk, seconds: float) -> None:
    await desk.tell(missed(1, 0))
    await desk.ledger.close(ONE, CloseReason.RESOLVED, "li")
    await desk.ledger.reopen(ONE, "li", "关错了")
    await desk.tell(missed(2, seconds, provenance=Provenance.REBUILT))
    assert await desk.summary() == [(1, "open", 2, None)]


async def test_it_is_the_same_when_all_is_told_at_once(desk: Desk) -> None:
    await desk.tell(missed(1, 0), answered(2, 60))
    await desk.ledger.reopen(ONE, "li", "一接通就断了")
    before = await desk.entries()
    await desk.tell(missed(1, 0, caller_name="别人"), answered(2, 60, caller_name="别人"))
    (after,) = await desk.entries()
    assert (after.state, after.undone, after.closed) == (before[0].state, before[0].undone, None)


async def test_what_cannot_be_reopened(desk: Desk) -> None:
    await desk.tell(missed(1, 0), missed(2, 60, OTHER))
    with pytest.raises(LedgerError, match="not closed"):
        await desk.ledger.reopen(ONE, "li", "关错了")
    await desk.ledger.close(ONE, CloseReason.RESOLVED, "li")
    with pytest.raises(LedgerError, match="why in a note"):
        await desk.ledger.reopen(ONE, "li", " \n")
    with pytest.raises(LedgerError, match="no entry 9"):
        await desk.ledger.reopen(EntryId(9), "li", "关错了")
    await desk.tell(missed(3, 120))
    with pytest.raises(LedgerError, match="later one, 3"):
        await desk.ledger.reopen(ONE, "li", "关错了")
    await desk.tell(answered(2, 60, OTHER, provenance=Provenance.COMPLETED))
    with pytest.raises(LedgerError, match="had been answered"):
        await desk.ledger.reopen(EntryId(2), "li", "关错了")
    assert [command.kind for command in (await desk.ledger.detail(ONE)).commands] == ["close"]


async def test_who_orders_is_a_person(desk: Desk) -> None:
    """The ledger's own name would make a closing by hand look like one that was found."""
    await desk.tell(missed(1, 0))
    for nobody in ("", "  ", "zhitong", "Zhitong ", "x" * (WHO_LIMIT + 1), "li\x1b[2J", "li\u202e", "\udcff"):
        with pytest.raises(LedgerError, match="--by"):
            await desk.ledger.close(ONE, CloseReason.RESOLVED, nobody)
        with pytest.raises(LedgerError, match="--by"):
            await desk.ledger.assign(ONE, LI, nobody)
        with pytest.raises(LedgerError, match="--by"):
            await desk.ledger.begin_call(ONE, msgspec.structs.replace(order(), by=nobody))
    assert (await desk.ledger.detail(ONE)).commands == ()
    await desk.ledger.close(ONE, CloseReason.RESOLVED, " 李  明 ")
    (entry,) = await desk.entries()
    assert entry.closed is not None
    assert entry.closed.by == "李 明"


async def test_a_note_is_kept_whole_or_refused(desk: Desk) -> None:
    await desk.tell(missed(1, 0))
    with pytest.raises(LedgerError, match=f"up to {NOTE_LIMIT} characters, not {NOTE_LIMIT + 1}"):
        await desk.ledger.close(ONE, CloseReason.OTHER, "li", "注" * (NOTE_LIMIT + 1))
    entry = await desk.ledger.close(ONE, CloseReason.OTHER, "li", "一行\n二行\x00\x1b[31m红\udcff")
    assert entry.closed is not None
    assert entry.closed.note == "一行\n二行  [31m红"


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**70])
async def test_numbers_that_no_entry_can_have(desk: Desk, number: int) -> None:
    with pytest.raises(LedgerError, match="There is no entry"):
        await desk.ledger.detail(EntryId(number))
    with pytest.raises(LedgerError, match="There is no entry"):
        await desk.ledger.assign(EntryId(number), LI, "li")
    with pytest.raises(LedgerError, match="There is no entry"):
        await desk.ledger.begin_call(EntryId(number), order())


async def test_an_answered_call_of_an_inner_phone_answers_no_citizen(desk: Desk) -> None:
    """A phone of the site that shows a citizen's number (a forwarded mobile) is no proof that the citizen got through;
    nor when the entries are folded anew from all that is on record."""
    await desk.tell(answered(2, 60, trunk="internal"))
    await desk.tell(missed(1, 0), missed(3, -60, provenance=Provenance.REBUILT))
    assert await desk.summary() == [(1, "open", 2, None)]
