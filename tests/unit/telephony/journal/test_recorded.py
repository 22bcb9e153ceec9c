"""Every ending on a real PBX: the logs alone give the calls that were seen, by the same ids and equal in all parts."""

import pytest

from telephony.journal.differences import differences
from telephony.journal.grouping import SETTLE, Grouping
from telephony.journal.rebuild import rebuild
from telephony.model.events import AttendedTransferred
from telephony.model.ids import CallId, Micros
from telephony.model.terms import OfferOutcome, Outcome, Provenance, Side, VisitResult
from telephony.records.build import build_record
from telephony.records.record import CallRecord
from tests.unit.telephony.journal import recorded

KILLED = "the-pbx-is-killed"
"""Nobody saw that end: the login ended with it."""

ENDINGS = {
    "answered, caller ends": ["caller-ends", "held-twice", "two-callers-at-once"],
    "answered, agent ends": ["agent-ends"],
    "both hang up": ["both-hang-up-at-once"],
    "abandoned waiting": ["gives-up-waiting"],
    "abandoned ringing": ["gives-up-ringing", "gives-up-in-a-ring-all"],
    "abandoned in the instant of the answer": ["gives-up-in-the-instant-of-the-answer"],
    "Hangup of a waiting caller": ["told-to-hang-up-while-waiting"],
    "Hangup of a caller who talks": ["an-order-ends-a-talk"],
    "ring no answer, then the next": ["rings-out-then-the-next"],
    "refused 486, 603, 480": ["refused-486", "refused-603", "refused-480"],
    "ring-all, with losers": ["ring-all", "ring-all-both-pick-up"],
    "a member who cannot be reached": ["times-out"],
    "join-empty": ["finds-nobody-and-overflows"],
    "full": ["queue-full"],
    "leave-empty": ["everybody-leaves"],
    "timeout": ["times-out"],
    "key exit": ["key-exit-to-the-end", "key-exit-to-another-queue"],
    "withdrawn": ["withdrawn"],
    "Redirect of a waiting caller": ["redirected-out-of-the-line"],
    "Redirect while talking": ["redirected-while-talking"],
    "refused by the dialplan": ["unknown-number"],
    "blind transfer": ["blind-by-refer", "blind-by-keys", "blind-and-given-up", "blind-and-refused"],
    "attended transfer": ["attended-by-refer", "attended-by-keys"],
    "blonde transfer": ["blonde-by-refer", "blonde-by-keys"],
    "a transfer into a queue": ["blind-into-a-queue", "attended-into-a-queue"],
    "a consult": ["a-consult-that-comes-to-nothing", "swapped-and-back", "the-caller-leaves-a-consult"],
    "three together": ["three-together-by-keys"],
    "BridgeAdd": ["a-third-is-added-to-the-bridge"],
    "ConfBridge": ["into-a-room-and-a-third-joins"],
    "a hold in a room": [
        *("held-in-a-room", "held-in-a-room-and-the-agent-ends", "the-caller-leaves-a-hold", "the-agent-leaves-a-hold"),
        "the-agent-leaves-a-hold-and-the-caller-waits-no-more",
    ],
    "a consult in a room": [
        *("asks-and-takes-it-back", "asks-and-is-refused", "asks-and-leaves-while-it-rings", "asks-and-hands-over"),
        *("asks-and-the-colleague-leaves", "asks-and-the-caller-leaves", "asks-to-and-fro"),
    ],
    "sent back into the line": ["sent-back-by-order-from-the-queues-bridge", "sent-back-by-order-from-a-hold"],
    "a phone's transfer out of a room": ["a-phone-transfers-out-of-a-room"],
    "a room of an agent's own call": ["an-agents-own-call-is-held-and-handed-over"],
    "snapshots in every phase of a room": ["looked-at-in-every-phase"],
    "three in a room": ["three-in-a-room-and-the-agent-leaves", "three-in-a-room-and-the-colleague-leaves"],
    "invited at once": [
        *(
            "invited-at-once-and-leaves-again",
            "invited-at-once-and-the-agent-leaves",
            "invited-in-order-until-one-comes",
        ),
        *("invited-and-nobody-comes", "invited-and-taken-back", "invited-and-the-caller-leaves"),
        *("several-are-rung-at-once-and-one-comes", "the-agent-leaves-and-comes-back"),
    ],
    "invited apart": [
        *("asks-in-order-until-one-comes", "asks-several-at-once", "asks-several-at-once-in-vain"),
        *("a-second-one-joins-after-a-consult", "swapped-with-who-was-asked"),
    ],
    "handed over to a department": ["handed-over-to-a-department"],
    "two citizens connected": ["two-citizens-joined"],
    "calls of the site's own phones": ["phone-to-phone", "an-agent-calls-the-hotline", "members-come-and-go"],
    "a snapshot in the middle": ["a-snapshot-while-calls-go-on"],
    "the PBX is stopped": [
        *("the-pbx-is-stopped", "the-pbx-is-stopped-in-a-consult", "the-pbx-is-stopped-before-a-consult"),
    ],
    "the PBX is killed": [KILLED],
}
"""Every ending that was found on a real PBX, and what it is told by."""


def test_every_ending_has_its_story_and_every_story_its_ending() -> None:
    assert {name for names in ENDINGS.values() for name in names} == set(recorded.NAMES)


@pytest.mark.parametrize("name", recorded.NAMES)
def test_the_logs_are_read_whole(name: str) -> None:
    assert len(recorded.rows(name)) == recorded._bytes(name, "cel.csv").count(b"\n") > 0
    assert len(recorded.lines(name)) == recorded._bytes(name, "queue_log").count(b"\n")


@pytest.mark.parametrize("name", [name for name in recorded.NAMES if name != KILLED])
def test_the_same_calls_as_were_seen(name: str) -> None:
    seen, told = recorded.seen(recorded.events(name)), recorded.rebuilt(name)
    assert seen or name == "the-pbx-is-stopped-before-a-consult", "nor was the end of the call seen"
    assert told.keys() >= seen.keys()
    later = told.keys() - seen.keys()
    assert not later or name.startswith("the-pbx-is-stopped"), "the login ended with the PBX"
    for call_id, record in seen.items():
        assert [str(each) for each in differences(record, told[call_id])] == []
        assert told[call_id].provenance is Provenance.REBUILT
        assert told[call_id].estimated == ()
        assert (told[call_id].aliases, told[call_id].related) == (record.aliases, record.related)
        assert set(told[call_id].linkedids) == set(record.linkedids)


@pytest.mark.parametrize("name", recorded.NAMES)
def test_it_does_not_matter_in_which_order_the_logs_are_read(name: str) -> None:
    rows, lines = recorded.rows(name), recorded.lines(name)
    shuffled = sorted(rows, key=lambda row: (row.at // 900, row.uniqueid, row.at))  # no worse than Asterisk's own
    one = {call.call_id for group in recorded.groups(rows, lines) for call in rebuild(recorded.PBX, group)}
    grouped = recorded.groups(shuffled, lines)
    two = {call.call_id for group in grouped for call in rebuild(recorded.PBX, group)}
    assert one == two


def only(name: str) -> CallRecord:
    (record,) = recorded.rebuilt(name).values()
    return record


def outcomes(record: CallRecord) -> list[tuple[str, str]]:
    return [(offer.member, offer.outcome.value) for offer in record.offers]


# --- said once more in words, so that both sides cannot be wrong together ----------------------------------


@pytest.mark.parametrize(
    ("name", "outcome", "side", "cause"),
    [
        ("caller-ends", Outcome.ANSWERED, Side.CALLER, 16),
        ("agent-ends", Outcome.ANSWERED, Side.AGENT, 16),
        ("gives-up-waiting", Outcome.ABANDONED, Side.CALLER, 127),
        ("gives-up-ringing", Outcome.ABANDONED, Side.CALLER, 127),
        ("gives-up-in-a-ring-all", Outcome.ABANDONED, Side.CALLER, 127),
        ("times-out", Outcome.TIMED_OUT, Side.SYSTEM, 19),
        ("everybody-leaves", Outcome.QUEUE_EMPTY, Side.SYSTEM, 20),
        ("key-exit-to-the-end", Outcome.KEY_EXIT, Side.SYSTEM, 31),
        ("unknown-number", Outcome.REFUSED, Side.SYSTEM, 1),
        ("told-to-hang-up-while-waiting", Outcome.SYSTEM, Side.SYSTEM, None),
        ("withdrawn", Outcome.WITHDRAWN, Side.SYSTEM, 31),
        ("redirected-out-of-the-line", Outcome.ANSWERED, Side.CALLER, 16),
        ("redirected-while-talking", Outcome.ANSWERED, Side.CALLER, 16),
        ("an-order-ends-a-talk", Outcome.ANSWERED, Side.SYSTEM, None),
        ("blind-by-refer", Outcome.ANSWERED, Side.CALLER, 16),
        ("attended-by-refer", Outcome.ANSWERED, Side.CALLER, 16),
        ("attended-by-keys", Outcome.ANSWERED, Side.CALLER, 16),
        ("blonde-by-refer", Outcome.ANSWERED, Side.CALLER, 16),
        ("blonde-by-keys", Outcome.ANSWERED, Side.OTHER, 16),
        ("a-third-is-added-to-the-bridge", Outcome.ANSWERED, Side.CALLER, 16),
    ],
)
def test_how_it_ended(name: str, outcome: Outcome, side: Side, cause: int | None) -> None:
    record = only(name)
    assert (record.outcome, record.hung_up_by) == (outcome, side)
    assert cause is None or record.cause == cause


def test_refused_is_not_ring_no_answer() -> None:
    assert [outcome for _, outcome in outcomes(only("refused-486"))] == ["refused", "answered"]
    assert [outcome for _, outcome in outcomes(only("refused-603"))] == ["refused", "answered"]
    assert [outcome for _, outcome in outcomes(only("refused-480"))] == ["unavailable", "answered"]
    assert [outcome for _, outcome in outcomes(only("rings-out-then-the-next"))][-2:] == ["no_answer", "answered"]
    assert {outcome for _, outcome in outcomes(only("gives-up-ringing"))} <= {"cancelled", "unavailable"}
    assert sorted(outcome for _, outcome in outcomes(only("ring-all-both-pick-up"))) == ["answered", "lost"]


def test_a_queue_that_was_full_and_one_that_was_empty() -> None:
    full = [record.outcome for record in recorded.rebuilt("queue-full").values()]
    assert sorted(full) == ["abandoned", "queue_full"]
    empty = only("finds-nobody-and-overflows")
    assert [visit.result for visit in empty.visits] == [VisitResult.QUEUE_EMPTY, VisitResult.CONNECTED]


def test_transfers() -> None:
    def kinds(name: str) -> list[tuple[str, str, str]]:
        return [(transfer.kind, transfer.by, transfer.to) for transfer in only(name).transfers]

    assert kinds("blind-by-refer") == kinds("blind-by-keys") == [("blind", "1001", "1005")]
    assert kinds("attended-by-refer") == kinds("attended-by-keys") == [("attended", "1001", "1005")]
    assert kinds("blonde-by-refer") == kinds("blonde-by-keys") == [("blonde", "1001", "1005")]
    assert kinds("redirected-while-talking") == []


def test_two_citizens_stay_two() -> None:
    first, second = recorded.rebuilt("two-citizens-joined").values()
    assert (first.related, second.related) == ((second.call_id,), (first.call_id,))


def test_a_pbx_that_was_killed() -> None:
    """One talking, one ringing at two phones, one waiting; and one call after the restart."""
    told = list(recorded.rebuilt(KILLED).values())
    assert [record.outcome for record in told] == ["answered", "system", "system", "answered"]
    assert [record.hung_up_by for record in told[:3]] == [Side.SYSTEM] * 3
    talked, waited = ("ended_at", "talk_ms", "hold_ms"), ("ended_at", "wait_ms")
    assert [record.estimated for record in told] == [talked, waited, waited, ()]
    assert [record.cause for record in told[:3]] == [None] * 3
    last_row = max(row.at for row in recorded.rows(KILLED) if row.uniqueid in told[2].uniqueids)
    booted = next(line.at for line in recorded.lines(KILLED) if line.event == "QUEUESTART")
    for record in told[:3]:
        assert last_row <= record.ended_at <= booted
    assert {offer.outcome for offer in told[1].offers} == {OfferOutcome.UNKNOWN}
    assert {offer.member for offer in told[1].offers} == {"1003", "1004"}


def test_a_pbx_that_was_stopped_is_no_caller_who_hung_up() -> None:
    """queue_log says ABANDON and COMPLETECALLER of calls that nobody ended."""
    assert {"ABANDON", "COMPLETECALLER"} <= {line.event for line in recorded.lines("the-pbx-is-stopped")}
    told = list(recorded.rebuilt("the-pbx-is-stopped").values())
    assert [record.outcome for record in told] == ["answered", "system", "system", "answered"]
    assert [record.hung_up_by for record in told[:3]] == [Side.SYSTEM] * 3


@pytest.mark.parametrize("when", ["in", "before"])
def test_a_pbx_that_was_stopped_in_a_consult_transferred_nobody(when: str) -> None:
    """It says AttendedTransfer, Success, in CEL as in its events: it ended the agent's channel itself."""
    name = f"the-pbx-is-stopped-{when}-a-consult"
    assert [row.event for row in recorded.rows(name)].count("ATTENDEDTRANSFER") == 1
    assert sum(isinstance(event, AttendedTransferred) for event in recorded.events(name)) == 1
    told = recorded.rebuilt(name)
    assert [record.transfers for record in (*told.values(), *recorded.seen(recorded.events(name)).values())] == [()] * (
        3 if when == "in" else 2
    )
    assert [record.hung_up_by for record in told.values()] == [Side.SYSTEM, Side.CALLER]


def test_a_room_keeps_its_third_partys_call_apart_and_names_it() -> None:
    told = recorded.rebuilt("into-a-room-and-a-third-joins")
    caller = next(record for record in told.values() if record.agent == "1001")
    parties = [segment.with_ for segment in caller.timeline if segment.kind == "talk"]
    assert ("1001",) in parties
    assert any("1005" in those for those in parties)


# --- what is missing from the logs -------------------------------------------------------------------------


def without_queue_log(name: str) -> dict[CallId, CallRecord]:
    groups = recorded.groups(recorded.rows(name), [])
    records = [record for group in groups for record in map(build_record, rebuild(recorded.PBX, group))]
    return {record.call_id: record for record in records}


@pytest.mark.parametrize(
    "name",
    [name for name in recorded.NAMES if not name.startswith("the-pbx-is-")],
)
def test_without_queue_log_the_calls_are_still_told(name: str) -> None:
    whole, bare = recorded.rebuilt(name), without_queue_log(name)
    assert bare.keys() == whole.keys()
    for call_id, record in bare.items():
        assert (record.outcome, record.agent, record.hung_up_by) == (
            whole[call_id].outcome,
            whole[call_id].agent,
            whole[call_id].hung_up_by,
        )
        assert outcomes(record) == outcomes(whole[call_id])


@pytest.mark.parametrize("name", ["caller-ends", "attended-by-keys", "blind-into-a-queue", "two-citizens-joined"])
def test_a_call_read_from_its_middle_on_keeps_its_id(name: str) -> None:
    """Its first rows are lost: what remains is told, and says that its beginning is a guess."""
    rows = recorded.rows(name)
    whole = recorded.rebuilt(name)
    for first in range(1, len(rows), 4):
        groups = recorded.groups(rows[first:], recorded.lines(name))
        calls = [call for group in groups for call in rebuild(recorded.PBX, group)]
        begun = {row.uniqueid for row in rows[first:] if row.event == "CHAN_START"}
        known = whole.keys() | {alias for record in whole.values() for alias in record.aliases}
        for call in calls:
            assert call.call_id in known
            assert ("received_at" in call.estimated) == (call.caller not in begun)


@pytest.mark.parametrize("name", recorded.NAMES)
def test_any_row_may_be_lost(name: str) -> None:
    """A full disk: whatever row is missing, nothing breaks, and what is told has no end before its beginning."""
    rows = recorded.rows(name)
    for lost in range(0, len(rows), max(1, len(rows) // 12)):
        grouping = Grouping()
        for row in (*rows[:lost], *rows[lost + 1 :]):
            grouping.cel(row, 1, Micros(0))
        for line in recorded.lines(name):
            grouping.line(line, 1)
        grouping.booted(Micros(rows[-1].at + 60_000_000))
        for finished in grouping.finished(SETTLE):
            for record in map(build_record, rebuild(recorded.PBX, finished.calls)):
                assert record.received_at <= record.ended_at
                assert record.talk_ms >= 0
