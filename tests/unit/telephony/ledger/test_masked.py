"""What may be shown of the ledger: no citizen's number and no name, wherever it stands."""

import msgspec
import pytest

from telephony.ledger.entry import Entry, MissedCall, fold
from telephony.ledger.masked import masked_detail, masked_entry, masked_listed
from telephony.ledger.query import Detail, Listed
from telephony.ledger.rows import Command
from telephony.ledger.terms import CallerKey, CloseReason, EntryId
from tests.unit.telephony.ledger.samples import CALLER, SECOND, at, call, closed, missed, reopened
from tests.unit.telephony.ledger.test_attempts import ATTEMPT

NAME = "王小明"
TOLD = "已打 13812345678 与 010-6512 3456，坐席 1001，拨 12345"


def detail() -> Detail:
    """Everything that can hold a number: calls, a try, notes of a closing that stands and of one taken back."""
    said = msgspec.structs.replace(closed(1, 60), note=TOLD)
    again = msgspec.structs.replace(closed(3, 90), note=TOLD)
    back = msgspec.structs.replace(reopened(2, 70), note=TOLD)
    (entry,) = fold([missed(1, 0), said, back, again]).entries
    order = Command(
        number=1,
        caller=CALLER,
        entry=EntryId(1),
        kind="close",
        at=at(60),
        said_at=at(60),
        said_by="li",
        reason=CloseReason.OTHER,
        note=TOLD,
    )
    return Detail(entry, (call(1, 0),), (ATTEMPT,), (order,))


def test_no_number_and_no_name_is_left_anywhere() -> None:
    shown = msgspec.json.encode(masked_detail(detail())).decode()
    for secret in ("13812345678", "6512 3456", "65123456", NAME, "小明"):
        assert secret not in shown
    assert "138****5678" in shown
    before = msgspec.json.encode(detail()).decode()
    assert all(secret in before for secret in ("13812345678", "6512 3456", NAME))


def test_what_is_nobodys_number_stays() -> None:
    shown = masked_detail(detail())
    assert shown.commands[0].note == "已打 138****5678 与 010****3456，坐席 1001，拨 12345"
    assert shown.entry.closed is not None
    assert shown.entry.closed.note == shown.commands[0].note
    assert shown.entry.undone[0].note == shown.commands[0].note
    assert (shown.attempts[0].agent, shown.attempts[0].dialled) == ("1001", "138****5678")
    assert shown.entry.undone[0].closing.by == "li"


def test_a_line_of_a_list_is_the_entry_masked() -> None:
    entry = detail().entry
    assert masked_listed(Listed(entry, 3, None)) == Listed(masked_entry(entry), 3, None)


@pytest.mark.parametrize("key", ["call:CALL0000000000000000000001", "call:13812345678"])
def test_who_withheld_the_number_keeps_a_key_of_their_own(key: str) -> None:
    """The key names a call then; masked it would look like another's."""
    plain: MissedCall = call(1, 0, caller=CallerKey(key), caller_number="anonymous")
    entry: Entry = msgspec.structs.replace(fold([missed(1, 0)]).entries[0], caller=CallerKey(key), latest=plain)
    shown = masked_entry(entry)
    assert (shown.caller, shown.latest.caller_number) == (key, "anonymous")


def test_times_and_counts_are_not_touched() -> None:
    entry = fold([missed(1, 0), missed(2, 30)]).entries[0]
    shown = masked_entry(entry)
    assert (shown.opened_at, shown.calls, shown.waited_ms, shown.state) == (at(0), 2, 20_000, entry.state)
    assert shown.latest.received_at == at(0) + 30 * SECOND
