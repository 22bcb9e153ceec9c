"""The journal at work: whatever breaks, each call is handed on until it is on record, and none that is."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from telephony.journal import files, grouping, journal
from telephony.journal.journal import Journal
from telephony.journal.rebuild import rebuild
from telephony.model.changes import CallEnded, EpochBegan, EpochEnded
from telephony.model.ids import MemberName, Micros, PbxName, Uniqueid
from telephony.model.terms import Outcome, Provenance
from tests.unit.telephony.journal.books import BOOT, cel, line, uniqueid
from tests.unit.telephony.journal.desk import PACE, SECOND, Desk, a_call, call_id, on_record

# --- what is handed on ------------------------------------------------------------------------------------


async def test_a_call_that_is_not_on_record_is_handed_on_once(desk: Desk) -> None:
    desk.logs.call("1", 1)
    async with desk.working() as journal:
        await desk.until(lambda: bool(desk.handed))
        await desk.a_while()
        assert desk.ids == ["1"]
        assert desk.handed[0].provenance is Provenance.REBUILT
        assert journal.status.counts["rebuilt"] == 1
        assert (journal.status.due, journal.status.held, journal.status.problem) == (0, 0, None)


async def test_a_phone_that_keyed_a_feature_code_called_nobody(desk: Desk) -> None:
    for at, channel, exten in ((1.0, "1", "*11"), (2.0, "2", "1002")):
        rows = [cel(at, "CHAN_START", channel, exten=exten), cel(at + 0.2, "ANSWER", channel, exten=exten)]
        ends = [cel(at + 0.5, event, channel, exten=exten) for event in ("HANGUP", "CHAN_END", "LINKEDID_END")]
        desk.logs.cel(*rows, *ends)
    async with desk.working() as journal:
        await desk.until(lambda: bool(desk.handed))
        await desk.a_while()
        assert desk.ids == ["2"]
        assert (journal.status.due, journal.status.held) == (0, 0)


async def test_a_call_that_is_not_over_waits(desk: Desk) -> None:
    desk.logs.begin("1", 1)
    async with desk.working() as journal:
        await desk.a_while()
        assert (desk.ids, journal.status.held) == ([], 1)
        desk.logs.end("1", 2)
        await desk.until(lambda: desk.ids == ["1"])


async def test_a_call_that_was_seen_whole_is_compared(desk: Desk) -> None:
    desk.logs.call("1", 1)
    desk.logs.call("2", 1)
    desk.shelf.put(on_record("1", outcome=Outcome.ABANDONED))
    desk.handed.clear()
    with capture_logs() as told:
        async with desk.working() as journal:
            await desk.until(lambda: desk.ids == ["2"])
            await desk.until(lambda: journal.status.counts.get("differing", 0) == 1)
    (difference,) = [entry for entry in told if entry["event"] == "a call differs from the logs"]
    assert difference["call"] == call_id("1")
    assert any("outcome" in each for each in difference["differences"])
    assert desk.shelf.records[call_id("1")].outcome is Outcome.ABANDONED


async def test_a_call_that_was_seen_in_part_is_completed(desk: Desk) -> None:
    desk.logs.call("1", 1)
    desk.shelf.put(on_record("1", outcome=Outcome.UNOBSERVED, estimated=("ended_at",), ended_at=Micros(1 << 60)))
    async with desk.working() as journal:
        await desk.until(lambda: bool(desk.handed))
        await desk.a_while()
        assert [record.provenance for record in desk.handed] == [Provenance.COMPLETED]
        assert journal.status.counts["completed"] == 1
    kept = desk.shelf.records[call_id("1")]
    assert kept.estimated == ()
    assert kept.ended_at == (BOOT + 2) * SECOND


async def test_what_the_model_still_holds_is_not_the_journals(desk: Desk) -> None:
    desk.logs.call("1", 1)
    desk.world.by_leg[Uniqueid(uniqueid("1"))] = a_call("1")
    async with desk.working() as journal:
        await desk.a_while()
        assert (desk.ids, journal.status.due) == ([], 1)
        desk.world.by_leg.clear()
        await desk.until(lambda: desk.ids == ["1"])


async def test_what_the_model_has_just_told_is_on_its_way(desk: Desk) -> None:
    desk.logs.call("1", 1)
    async with desk.working() as journal:
        journal.watch([CallEnded(Micros(1), a_call("1"))])
        await desk.a_while()
        assert desk.ids == []
        await desk.until(lambda: desk.ids == ["1"])


async def test_a_call_during_which_the_link_was_down_is_completed(desk: Desk) -> None:
    """Its record does not know that something was missed."""
    desk.logs.call("1", 1)
    desk.logs.cel(cel(1.5, "CHAN_START", "2", "1"), cel(1.6, "CHAN_END", "2", "1"))
    desk.shelf.put(on_record("1"))
    async with desk.working() as journal:
        await desk.until(lambda: journal.status.counts.get("differing", 0) == 1)
    assert desk.ids == []
    async with desk.working() as journal:
        lost, back = Micros((BOOT + 1) * SECOND + 400_000), Micros((BOOT + 1) * SECOND + 700_000)
        desk.shelf.kept.clear()
        journal.watch([EpochEnded(lost, 1), EpochBegan(back, 2, 0)])
        await desk.until(lambda: desk.ids == ["1"])
    assert desk.handed[0].provenance is Provenance.COMPLETED
    assert uniqueid("2") in desk.handed[0].uniqueids
    assert uniqueid("2") in desk.shelf.records[call_id("1")].uniqueids


async def test_a_login_tells_when_the_pbx_was_started(desk: Desk) -> None:
    desk.logs.cel(cel(1, "CHAN_START", "1"))
    async with desk.working() as journal:
        await desk.a_while()
        desk.world.booted_at = Micros((BOOT + 9) * SECOND)
        journal.watch([EpochBegan(Micros((BOOT + 10) * SECOND), 2, 0)])
        await desk.until(lambda: desk.ids == ["1"])
    assert desk.handed[0].estimated == ("ended_at",)
    assert desk.handed[0].hung_up_by == "system"


# --- kills ------------------------------------------------------------------------------------------------


async def test_a_kill_before_it_is_on_record_loses_nothing(desk: Desk) -> None:
    desk.logs.call("1", 1)
    desk.keeping = False
    async with desk.working():
        await desk.until(lambda: bool(desk.handed))
        desk.logs.call("2", 3)
        await desk.until(lambda: "2" in desk.ids)
        await desk.a_while()
    desk.handed.clear()
    desk.keeping = True
    async with desk.working():
        await desk.until(lambda: sorted(desk.ids) == ["1", "2"])
    assert desk.shelf.records.keys() == {call_id("1"), call_id("2")}


async def test_a_kill_afterwards_doubles_nothing(desk: Desk) -> None:
    for number in range(1, 6):
        desk.logs.call(str(number), number)
    async with desk.working():
        await desk.until(lambda: len(desk.handed) == 5)
        desk.logs.begin("9", 9)
        await desk.until(lambda: bool(desk.shelf.kept))
        await desk.a_while()
    desk.handed.clear()
    for _ in range(3):
        async with desk.working() as journal:
            await desk.a_while()
            assert (desk.ids, journal.status.held) == ([], 1)
    desk.logs.end("9", 10)
    async with desk.working():
        await desk.until(lambda: desk.ids == ["9"])


async def test_killed_all_the_time(desk: Desk) -> None:
    numbers = [str(number) for number in range(1, 31)]
    for number in numbers:
        desk.logs.begin(number, int(number))
        async with desk.working():
            await asyncio.sleep(0.01 * (int(number) % 5))
        desk.logs.end(number, int(number) + 1)
    async with desk.working():
        await desk.until(lambda: len(desk.shelf.records) == 30)
    assert {record.provenance for record in desk.shelf.records.values()} == {Provenance.REBUILT}
    assert {record.estimated for record in desk.shelf.records.values()} == {()}


async def test_what_is_read_again_from_its_middle_is_no_newa_call(desk: Desk) -> None:
    """The place that is kept lies behind the beginning of a call that is on record already."""
    desk.logs.begin("1", 1)
    async with desk.working():
        await desk.a_while()
        desk.logs.begin("2", 2)
        await desk.a_while()
        desk.logs.end("1", 3)
        await desk.until(lambda: desk.ids == ["1"])
        await desk.until(lambda: bool(desk.shelf.kept))
        await desk.a_while()
    desk.handed.clear()
    async with desk.working() as journal:
        await desk.a_while()
        assert (desk.ids, journal.status.due, journal.status.held) == ([], 0, 1)
        assert journal.status.counts.get("differing", 0) == 0


# --- what breaks ------------------------------------------------------------------------------------------


async def test_a_store_that_is_down_is_waited_for(desk: Desk) -> None:
    desk.logs.call("1", 1)
    desk.shelf.down = True
    async with desk.working() as journal:
        await desk.until(lambda: journal.status.problem == "The database is locked.")
        desk.shelf.down = False
        await desk.until(lambda: desk.ids == ["1"])
        desk.shelf.down = True
        desk.logs.call("2", 2)
        await desk.until(lambda: journal.status.problem is not None)
        assert desk.ids == ["1"]
        desk.shelf.down = False
        await desk.until(lambda: desk.ids == ["1", "2"])
        await desk.until(lambda: journal.status.problem is None)


async def test_logs_that_cannot_be_read_are_named_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.logs.call("1", 1)

    def refuse(*_: object) -> object:
        raise PermissionError(13, "Permission denied")

    with capture_logs() as told, monkeypatch.context() as patch:
        patch.setattr(files, "_open", refuse)
        async with desk.working() as journal:
            await desk.until(lambda: "Permission denied" in (journal.status.problem or ""))
            await desk.a_while()
            patch.undo()
            await desk.until(lambda: desk.ids == ["1"])
    assert len([entry for entry in told if entry["event"] == "the journal cannot go on"]) == 1


async def test_a_bug_of_ours_costs_one_call_and_not_the_journal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def sometimes(pbx: PbxName, calls: grouping.CallRows, names: Mapping[str, MemberName]) -> object:
        if calls.rows[0].uniqueid == uniqueid("1"):
            raise ZeroDivisionError
        return rebuild(pbx, calls, names)

    monkeypatch.setattr(journal, "rebuild", sometimes)
    desk.logs.call("1", 1)
    desk.logs.call("2", 2)
    async with desk.working() as working:
        await desk.until(lambda: desk.ids == ["2"])
        assert working.status.counts["failures"] == 1


async def test_a_record_that_the_store_never_has_is_given_up_and_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_TRIES", 3)
    desk.logs.call("1", 1)
    desk.keeping = False
    with capture_logs() as told:
        async with desk.working() as working:
            await desk.until(lambda: working.status.counts.get("given up", 0) == 1)
    assert desk.ids == ["1"] * 3
    assert [entry["call"] for entry in told if entry["log_level"] == "error"] == [call_id("1")]


async def test_reading_stops_while_too_many_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_DUE", 2)
    for number in range(1, 4):
        desk.logs.call(str(number), number)
    desk.world.by_leg[Uniqueid(uniqueid("1"))] = a_call("1")
    desk.world.by_leg[Uniqueid(uniqueid("2"))] = a_call("2")
    desk.world.by_leg[Uniqueid(uniqueid("3"))] = a_call("3")
    async with desk.working() as working:
        await desk.until(lambda: working.status.due == 3)
        desk.logs.call("4", 4)
        await desk.a_while()
        assert working.status.counts["rows"] == 6
        desk.world.by_leg.clear()
        await desk.until(lambda: sorted(desk.ids) == ["1", "2", "3", "4"])


async def test_flaws_are_named_but_do_not_fill_the_log(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_FLAWS_LOGGED", 3)
    desk.logs.cel(*["no row"] * 8)
    with capture_logs() as told:
        async with desk.working() as working:
            await desk.until(lambda: working.status.counts.get("torn row", 0) == 8)
            await desk.until(lambda: bool(told))  # counted in a thread, told in the loop
    flaws = [entry for entry in told if entry["event"] == "a log has a flaw"]
    assert [entry["file"] for entry in flaws] == ["zhitong-cel.csv"] * 3


async def test_being_stopped_closes_the_files(desk: Desk) -> None:
    desk.logs.call("1", 1)
    for _ in range(20):
        async with desk.working():
            await asyncio.sleep(0.005)
    assert await asyncio.to_thread(_open_in, desk.logs.folder) == []


def _open_in(folder: Path) -> list[str]:
    found = []
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(handle.readlink()))
    return [path for path in found if path.startswith(str(folder))]


async def test_members_are_named_by_the_directory(desk: Desk) -> None:
    async def names() -> Mapping[str, MemberName]:
        return {"phone-of-1001": MemberName("1001")}

    queue = ("APP_START", "APP_END")
    rows = [
        cel(1, "CHAN_START", "1", name="PJSIP/trunk-carrier-1", exten="12345", context="zt-in-carrier"),
        cel(1, queue[0], "1", name="PJSIP/trunk-carrier-1", app="Queue", data="service,ct"),
        cel(2, "CHAN_START", "2", "1", name="PJSIP/phone-of-1001-2"),
        cel(3, "HANGUP", "2", "1", name="PJSIP/phone-of-1001-2", app="AppQueue", extra='{"hangupcause":0}'),
        cel(4, queue[1], "1", name="PJSIP/trunk-carrier-1", app="Queue"),
        cel(5, "CHAN_END", "1", name="PJSIP/trunk-carrier-1"),
    ]
    desk.logs.cel(*rows)
    desk.logs.queue_log(line(1, "1", "ENTERQUEUE", "", 138, 1))
    working = Journal(desk.logs.folder, desk.world, desk.shelf, desk.shelf, desk._deliver, names=names, pace=PACE)
    task = asyncio.create_task(working.run())
    await desk.until(lambda: bool(desk.handed))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [offer.member for offer in desk.handed[0].offers] == ["1001"]
