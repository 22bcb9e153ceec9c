"""Where rows are missing: by what is torn or gone in a log, and by calls that were seen and do not show."""

import msgspec
import pytest

from telephony.journal import gaps
from telephony.journal.gaps import Gap, Witness, joined
from telephony.model.calls import Call, Leg
from telephony.model.ids import MICROS_PER_SECOND, NEVER, CallId, Micros, Uniqueid
from telephony.model.terms import Direction, Role
from tests.unit.telephony.journal.books import BOOT
from tests.unit.telephony.journal.pens import PBX, HeldPen, Logs, Pen, Reader, rename

SECOND = MICROS_PER_SECOND


def at(seconds: float) -> Micros:
    return Micros(round((BOOT + seconds) * SECOND))


# --- in a log ---------------------------------------------------------------------------------------------


def test_a_torn_row_is_a_gap_from_row_to_row(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(2)
    reader.look()
    pen.put(pen.row()[:70].encode())  # the disk is full
    reader.look(30)
    assert reader.tail.gap == Gap("zhitong-cel.csv", at(2), None, "torn row")
    assert reader.gaps == []
    pen.number = 9
    pen.write(2)
    reader.look(2)
    assert reader.gaps == [Gap("zhitong-cel.csv", at(2), at(10), "torn row")]
    assert reader.tail.gap is None


def test_a_gap_found_in_one_look(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(2)
    pen.put(pen.row()[:70].encode())
    pen.number = 9
    pen.write()
    reader.look()
    assert reader.gaps == [Gap("zhitong-cel.csv", at(2), at(10), "torn row")]


def test_a_line_of_queue_log_that_was_torn(held: HeldPen) -> None:
    reader = Reader(held.path)
    held.write()
    held.put(held.row()[:12].encode())
    held.write()
    reader.look()
    assert [(gap.since, gap.until) for gap in reader.gaps] == [(at(1), at(3))]


def test_a_callers_text_is_no_gap(held: HeldPen) -> None:
    """A line break in what somebody sent makes a line that nobody wrote; nothing is lost by it."""
    reader = Reader(held.path)
    held.write()
    held.put(b"who calls|so\n")
    held.write()
    reader.look()
    assert reader.kinds() == ["torn row"]
    assert (reader.gaps, reader.tail.gap) == ([], None)


def test_a_file_that_is_gone_is_a_gap(pen: Pen) -> None:
    reader = Reader(pen.path)
    pen.write(3)
    reader.look()
    changed = pen.path.stat().st_mtime_ns // 1_000
    pen.path.unlink()
    reader.restart()
    pen.number = 2_000_000_000
    pen.write()
    reader.look(3)
    (gap,) = reader.gaps
    assert (gap.since, gap.until, gap.why) == (changed, at(2_000_000_001), "file lost")


def test_a_rotation_is_no_gap(pen: Pen) -> None:
    reader = Reader(pen.path)
    for number in range(1, 4):
        pen.write(2)
        reader.look(6)
        rename(pen.path, number)
    pen.write()
    reader.look(8)
    assert reader.read == pen.written
    assert (reader.gaps, reader.tail.gap) == ([], None)


def test_gaps_of_one_log_that_touch_are_one() -> None:
    one = Gap("cel", at(1), at(3), "torn row")
    assert joined(one, msgspec.structs.replace(one, since=at(2), until=at(5))) == Gap("cel", at(1), at(5), "torn row")
    assert joined(one, msgspec.structs.replace(one, since=at(3.5), until=None)) == Gap("cel", at(1), None, "torn row")
    assert joined(one, msgspec.structs.replace(one, since=at(9), until=at(10))) is None
    assert joined(one, msgspec.structs.replace(one, log="queue_log")) is None
    assert joined(msgspec.structs.replace(one, since=at(9), until=at(10)), one) is None


def test_both_logs_tell_of_their_gaps(logs: Logs) -> None:
    logs.begin("1", 1)
    logs.look()
    logs.cel("torn")
    logs.queue_log("1795")
    look = logs.look()
    assert {gap.log for gap in logs.reader.open_gaps} == {"zhitong-cel.csv", "queue_log"}
    logs.end("1", 5)
    look = logs.look()
    assert [(gap.log, gap.since, gap.until) for gap in look.gaps] == [
        ("queue_log", at(1), at(5)),
        ("zhitong-cel.csv", at(1), at(5)),
    ]
    assert logs.reader.open_gaps == ()


# --- calls that were seen ---------------------------------------------------------------------------------


def call(number: int, received: float, ended: float) -> Call:
    uniqueid = Uniqueid(f"pbx1-{BOOT}.{number}")
    seen = Call(CallId(f"call-{number}"), PBX, uniqueid, at(received), Direction.INBOUND, ended_at=at(ended))
    seen.legs = {uniqueid: Leg(uniqueid, f"PJSIP/x-{number}", Role.CALLER, "", at(received))}
    return seen


def channel(number: int) -> Uniqueid:
    return Uniqueid(f"pbx1-{BOOT}.{number}")


@pytest.fixture
def witness() -> Witness:
    return Witness("cel", Micros(30 * SECOND))


def now(seconds: float) -> Micros:
    return Micros(round(seconds * SECOND))


def test_a_call_that_shows_is_no_news(witness: Witness) -> None:
    witness.shows([channel(1)])
    witness.saw(call(1, 1, 5), now(0))
    witness.saw(call(2, 2, 6), now(0))
    witness.shows([channel(2)])
    assert witness.gaps(now(100), at(100)) == []
    assert witness.silent_since(now(100), at(1)) is None


def test_a_call_that_does_not_show_though_later_rows_do(witness: Witness) -> None:
    witness.saw(call(1, 1, 5), now(0))
    assert witness.gaps(now(29), at(100)) == [], "it may still come"
    assert witness.gaps(now(31), at(6)) == [], "nothing was written since"
    (gap,) = witness.gaps(now(31), at(8))
    assert (gap.log, gap.since, gap.until) == ("cel", at(1), at(5))
    assert witness.gaps(now(99), at(99)) == [], "told once"


def test_a_log_that_hangs_is_no_gap_yet(witness: Witness) -> None:
    witness.saw(call(1, 1, 5), now(0))
    witness.saw(call(2, 2, 7), now(2))
    assert witness.silent_since(now(29), at(1)) is None
    assert witness.silent_since(now(31), at(1)) == at(5)
    assert witness.silent_since(now(31), NEVER) == at(5), "a PBX without CEL"
    witness.shows([channel(1), channel(2)])  # it goes on, and tells all it had to
    assert witness.silent_since(now(99), at(7)) is None
    assert witness.gaps(now(99), at(99)) == []


def test_what_is_remembered_is_bounded(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps, "_SHOWN_KEPT", 3)
    monkeypatch.setattr(gaps, "_SEEN_KEPT", 2)
    witness.shows([channel(number) for number in range(1, 6)])
    for number in range(1, 6):
        witness.saw(call(number, number, number), now(0))
    assert len(witness.gaps(now(99), at(99))) == 2, "1 and 2 had been forgotten; 3, 4 and 5 are known"
    for number in range(11, 15):
        witness.saw(call(number, number, number), now(0))
    assert [gap.since for gap in witness.gaps(now(99), at(99))] == [at(13), at(14)]
