"""What is missing from the logs, as the journal at work tells of it."""

from structlog.testing import capture_logs

from telephony.model.calls import Leg
from telephony.model.changes import CallEnded
from telephony.model.ids import Micros, Uniqueid
from telephony.model.terms import Role
from tests.unit.telephony.journal.books import BOOT, uniqueid
from tests.unit.telephony.journal.desk import SECOND, Desk, a_call


async def test_a_gap_is_told_once_and_kept(desk: Desk) -> None:
    desk.logs.call("1", 1)
    with capture_logs() as told:
        async with desk.working() as working:
            await desk.until(lambda: desk.ids == ["1"])
            desk.logs.cel('"c1","1795')
            await desk.until(lambda: [gap.until for gap in working.status.gaps] == [None])
            assert working.status.counts["gaps"] == 0
            desk.logs.call("2", 60)
            await desk.until(lambda: working.status.counts["gaps"] == 1)
            (gap,) = working.status.gaps
    assert (gap.since, gap.until) == ((BOOT + 2) * SECOND, (BOOT + 60) * SECOND)
    (said,) = [entry for entry in told if entry["event"] == "rows of a log are missing"]
    assert (said["log_level"], said["file"]) == ("error", "zhitong-cel.csv")
    assert said["until"][11:19] == "02:14:20"  # BOOT + 60 s


def _ended(channel: str, at: float) -> CallEnded:
    call = a_call(channel)
    call.received_at, call.ended_at = Micros(round((BOOT + at) * SECOND)), Micros(round((BOOT + at + 1) * SECOND))
    call.legs = {call.caller: Leg(call.caller, "PJSIP/x", Role.CALLER, "", call.received_at)}
    return CallEnded(call.ended_at, call)


async def test_a_log_that_is_not_written_while_calls_go_on(desk: Desk) -> None:
    desk.logs.call("1", 1)
    async with desk.working() as working:
        working.watch([_ended("1", 1), _ended("7", 5), _ended("8", 9)])
        await desk.until(lambda: working.status.silent_since == (BOOT + 6) * SECOND)
        assert not working.status.gaps
        desk.logs.call("7", 5)  # what waited is written; the other call's rows are not
        desk.logs.call("9", 20)
        await desk.until(lambda: working.status.silent_since is None)
        await desk.until(lambda: bool(working.status.gaps))
        assert [(gap.since, gap.until) for gap in working.status.gaps] == [((BOOT + 9) * SECOND, (BOOT + 10) * SECOND)]


async def test_what_is_on_its_way_to_the_store_is_not_handed_on_again(desk: Desk) -> None:
    """However long the store is away: the record waits on our own disk."""
    desk.logs.call("1", 1)
    desk.keeping = False
    async with desk.working() as working:
        working.unwritten = lambda: 1
        await desk.until(lambda: desk.ids == ["1"])
        await desk.a_while()
        assert (desk.ids, working.status.due) == (["1"], 1)
        working.unwritten = lambda: 0
        await desk.until(lambda: len(desk.ids) > 1)
        desk.keeping = True
        await desk.until(lambda: working.status.due == 0)


async def test_a_call_whose_end_is_lost_is_told_when_the_pbx_has_it_no_more(desk: Desk) -> None:
    """The bridge was away for all of it; the disk of the logs was full at its end."""
    desk.logs.begin("1", 1)
    async with desk.working() as working:
        await desk.until(lambda: working.status.held == 1)
        desk.world.epoch, desk.world.now = 1, Micros((BOOT + 100) * SECOND)
        await desk.a_while()
        desk.logs.call("2", 90)
        await desk.until(lambda: desk.ids == ["2"])
        await desk.a_while()
        assert desk.ids == ["2"], "its end may come yet"
        desk.logs.call("3", 110)
        await desk.until(lambda: sorted(desk.ids) == ["1", "2", "3"])
    (cut,) = [record for record in desk.handed if record.uniqueids[0].endswith(".1")]
    assert "ended_at" in cut.estimated
    assert cut.ended_at == (BOOT + 1) * SECOND


async def test_a_call_that_goes_on_is_not_cut_off(desk: Desk) -> None:
    desk.logs.begin("1", 1)
    desk.world.channels[Uniqueid(uniqueid("1"))] = None  # type: ignore[assignment]
    desk.world.epoch, desk.world.now = 1, Micros((BOOT + 100) * SECOND)
    async with desk.working() as working:
        await desk.a_while()
        desk.logs.call("3", 110)
        await desk.until(lambda: desk.ids == ["3"])
        await desk.a_while()
        assert (desk.ids, working.status.held) == (["3"], 1)
        desk.logs.end("1", 120)
        await desk.until(lambda: desk.ids == ["3", "1"])
    assert desk.handed[-1].estimated == ()
