"""Daily figures on real databases: made once, made up for, revised by name; and whatever is altered is found."""

import asyncio
import json
import stat
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from telephony.errors import StoreError
from telephony.live.alarms import AlarmName, Alarms
from telephony.model.ids import Micros
from telephony.model.terms import Outcome, Provenance
from telephony.reconcile.canonical import digest, hash_of
from telephony.reconcile.errors import BooksUnreadable, FigureError
from telephony.reconcile.figure import digest_of, signed
from telephony.reconcile.finding import Counts
from telephony.reconcile.nightly import SETTLE, Nightly
from telephony.reconcile.schema import day_figure_calls, day_figures
from telephony.reconcile.verify import Problem, verify
from telephony.records.rows import body_of
from tests.integration.reconcile.conftest import KEY, ZONE, Desk, morning, on_day, open_desk
from tests.unit.telephony.records.samples import call_id

NAMES = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]


async def test_a_day_that_is_over_gets_its_figure(desk: Desk) -> None:
    calls = [on_day(1, 0), on_day(2, 0, outcome=Outcome.ABANDONED), on_day(3, 0, provenance=Provenance.REBUILT)]
    await desk.records.write(calls)
    (figure,) = await desk.made(0)
    assert (figure.number, figure.day, figure.revision, figure.predecessor, figure.before) == (
        1,
        NAMES[0],
        1,
        None,
        None,
    )
    counts = figure.counts
    assert (counts.offered, counts.answered, counts.abandoned, counts.other, counts.rebuilt) == (3, 2, 1, 0, 1)
    assert figure.hash == hash_of({call.call_id: digest(body_of(call), call.call_id) for call in calls})
    assert await desk.made(0) == []
    assert await desk.problems() == {}


async def test_a_day_is_left_alone_until_it_is_over_and_settled(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0)])
    assert await desk.maker.make_up(Micros(morning(0) - 1)) == []
    assert len(await desk.maker.make_up(morning(0))) == 1


async def test_nights_that_were_missed_are_made_up_for_and_quiet_days_have_figures_too(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0), on_day(2, 3)])
    made = await desk.made(3)
    assert [figure.day for figure in made] == NAMES
    assert [figure.counts.offered for figure in made] == [1, 0, 0, 1]
    bodies = [kept.body for kept in await desk.figures.all()]
    assert [figure.before for figure in made] == [None, *map(digest_of, bodies[:-1])]
    assert await desk.problems() == {}


async def test_without_a_call_there_is_nothing_to_make_and_nothing_to_verify(desk: Desk) -> None:
    assert await desk.made(3) == []
    with pytest.raises(FigureError, match="no daily figure"):
        await desk.problems()


async def test_each_figure_is_a_file_that_is_never_written_again(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0)])
    await desk.made(0)
    path = desk.folder / f"{NAMES[0]}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    told = json.loads(before)
    assert (told["day"], told["counts"]["offered"], len(told["signature"])) == (NAMES[0], 1, 64)
    await desk.records.write([on_day(2, 0)])
    await desk.made(1)
    assert path.read_bytes() == before
    assert sorted(each.name for each in desk.folder.iterdir()) == [
        f"{NAMES[0]}.json",
        f"{NAMES[0]}.r2.json",
        f"{NAMES[1]}.json",
    ]


async def test_a_file_that_could_not_be_written_is_written_the_next_time(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0)])
    desk.folder.write_text("in the way")
    with pytest.raises(OSError, match="figures"):
        await desk.made(0)
    desk.folder.unlink()
    assert await desk.made(0) == []
    assert (desk.folder / f"{NAMES[0]}.json").exists()
    assert await desk.problems() == {}


# --- what changes later ------------------------------------------------------------------------------------


async def test_a_call_that_is_completed_later_makes_a_revision_that_names_its_predecessor(desk: Desk) -> None:
    early = on_day(1, 0, outcome=Outcome.UNOBSERVED, estimated=("ended_at",))
    await desk.records.write([early, on_day(2, 0)])
    await desk.made(0)
    completed = on_day(1, 0, outcome=Outcome.ABANDONED, provenance=Provenance.COMPLETED)
    await desk.records.write([completed])
    assert await desk.problems() == {(NAMES[0], 1): {Problem.CHANGED: (call_id(1),)}}
    again, new = sorted(await desk.made(1), key=lambda figure: figure.day)
    first = (await desk.figures.all())[0]
    assert (again.day, again.revision, again.predecessor) == (NAMES[0], 2, first.digest)
    assert (again.changed, again.unaccounted) == ((call_id(1),), ())
    assert (again.counts.completed, again.counts.estimated, again.counts.abandoned) == (1, 0, 1)
    assert new.day == NAMES[1]
    assert first.figure.counts.estimated == 1, "the first figure is as it was"
    assert await desk.problems() == {}
    assert await desk.made(1) == []


async def test_a_call_that_comes_late_or_becomes_part_of_another(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0), on_day(2, 0)])
    await desk.made(0)
    await desk.records.write([on_day(3, 0)])
    (late,) = await desk.made(0)
    assert late.changed == (call_id(3),)
    await desk.records.write([on_day(1, 0, aliases=(call_id(2),))])
    (joined,) = await desk.made(0)
    assert (joined.revision, joined.changed, joined.counts.offered) == (3, (call_id(1), call_id(2)), 2)
    assert joined.predecessor == (await desk.figures.all())[1].digest
    assert await desk.problems() == {}


async def test_what_is_written_again_unchanged_is_no_change(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0)])
    await desk.made(0)
    await desk.records.write([on_day(1, 0)])
    assert await desk.made(0) == []


async def test_two_makers_at_once_make_each_figure_once(desk: Desk) -> None:
    await desk.records.write([on_day(number, number % 3) for number in range(1, 30)])
    made = await asyncio.gather(*(desk.maker.make_up(morning(2)) for _ in range(3)))
    assert sorted(figure.day for figures in made for figure in figures) == NAMES[:3]
    assert await desk.problems() == {}


# --- what is altered ---------------------------------------------------------------------------------------


async def test_a_record_that_was_altered_is_named(desk: Desk) -> None:
    await desk.records.write([on_day(number, 0) for number in range(1, 6)])
    await desk.made(0)
    await desk.falsify(call_id(3), agent="1002")
    assert await desk.problems() == {(NAMES[0], 1): {Problem.ALTERED: (call_id(3),)}}
    assert await desk.made(1) != [], "the next day's figure"
    assert await desk.problems(NAMES[0]) == {(NAMES[0], 1): {Problem.ALTERED: (call_id(3),)}}


async def test_a_later_revision_does_not_launder_it(desk: Desk) -> None:
    await desk.records.write([on_day(number, 0) for number in range(1, 6)])
    await desk.made(0)
    await desk.falsify(call_id(3), agent="1002")
    await desk.records.write([on_day(9, 0)])
    (again,) = await desk.made(0)
    assert (again.changed, again.unaccounted) == ((call_id(9),), (call_id(3),))


async def test_a_record_that_was_removed_or_put_under_another_day(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0), on_day(2, 0), on_day(3, 1)])
    await desk.made(1)
    await desk.remove(call_id(1))
    assert await desk.problems() == {(NAMES[0], 1): {Problem.ALTERED: (call_id(1),)}}
    await desk.falsify(call_id(2), received_at=int(on_day(2, 1).received_at))
    assert await desk.problems() == {
        (NAMES[0], 1): {Problem.ALTERED: (call_id(1), call_id(2))},
        (NAMES[1], 1): {Problem.ALTERED: (call_id(2),)},
    }


async def test_columns_that_contradict_the_record(desk: Desk) -> None:
    """Reports would count what the columns say."""
    await desk.records.write([on_day(1, 0)])
    await desk.made(0)
    async with desk.records.database.writing() as connection:
        table = day_figures.metadata.tables["calls"]
        await connection.execute(update(table).values(outcome="abandoned"))
    assert await desk.problems() == {(NAMES[0], 1): {Problem.MISFILED: (call_id(1),)}}


async def test_a_record_that_cannot_be_read(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0), on_day(2, 0)])
    await desk.made(0)
    async with desk.records.database.writing() as connection:
        table = day_figures.metadata.tables["calls"]
        await connection.execute(update(table).where(table.c.call_id == call_id(1)).values(body='{"call_'))
    found = (await desk.problems())[NAMES[0], 1]
    assert found[Problem.ALTERED] == found[Problem.MISFILED] == (call_id(1),)


async def test_digests_that_were_altered_to_fit(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0), on_day(2, 0)])
    await desk.made(0)
    await desk.falsify(call_id(1), agent="1002")
    async with desk.records.database.reading() as connection:
        table = day_figures.metadata.tables["calls"]
        body = (await connection.execute(table.select().where(table.c.call_id == call_id(1)))).one().body
    async with desk.records.database.writing() as connection:
        here = day_figure_calls.c.call_id == call_id(1)
        fits = digest(body, call_id(1))
        await connection.execute(update(day_figure_calls).where(here).values(digest=fits))
    assert await desk.problems() == {(NAMES[0], 1): {Problem.DIGESTS: ()}}


async def test_a_figure_that_was_altered(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0), on_day(2, 1)])
    await desk.made(1)
    kept = (await desk.figures.all())[0]
    false = {**json.loads(kept.body), "counts": {**json.loads(kept.body)["counts"], "answered": 0, "abandoned": 1}}
    async with desk.records.database.writing() as connection:
        here = day_figures.c.number == 1
        await connection.execute(update(day_figures).where(here).values(body=json.dumps(false)))
    found = await desk.problems()
    assert found[NAMES[0], 1].keys() == {Problem.SIGNATURE, Problem.COUNTS, Problem.OTHER_FILE}
    assert found[NAMES[1], 1].keys() == {Problem.CHAIN}


async def test_who_has_the_key_can_forge_a_figure_but_not_those_after_it(desk: Desk) -> None:
    """Why a figure should be given away on its day."""
    await desk.records.write([on_day(1, 0), on_day(2, 1)])
    await desk.made(1)
    first = (await desk.figures.all())[0].figure
    await desk.remove(call_id(1))
    await desk.figures.all()
    async with desk.records.database.writing() as connection:
        forged = signed(msgspec.structs.replace(first, hash=hash_of({}), counts=type(first.counts)()), KEY)
        await connection.execute(update(day_figures).where(day_figures.c.number == 1).values(body=forged))
        await connection.execute(delete(day_figure_calls).where(day_figure_calls.c.day == NAMES[0]))
    assert await desk.problems() == {(NAMES[0], 1): {Problem.OTHER_FILE: ()}, (NAMES[1], 1): {Problem.CHAIN: ()}}


async def test_a_figure_that_is_gone_and_a_file_that_is_gone(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0), on_day(2, 2)])
    await desk.made(2)
    (desk.folder / f"{NAMES[0]}.json").unlink()
    async with desk.records.database.writing() as connection:
        await connection.execute(delete(day_figures).where(day_figures.c.day == NAMES[1]))
    assert await desk.problems() == {
        (NAMES[0], 1): {Problem.NO_FILE: ()},
        (NAMES[2], 1): {Problem.CHAIN: ()},
    }


async def test_another_key(desk: Desk) -> None:
    await desk.records.write([on_day(1, 0)])
    await desk.made(0)
    desk.key = "x" * 32
    assert await desk.problems() == {(NAMES[0], 1): {Problem.OTHER_KEY: ()}}


# --- by chance ---------------------------------------------------------------------------------------------

DAYS = st.lists(st.integers(0, 2), min_size=1, max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days=DAYS, data=st.data())
def test_one_altered_dropped_or_added_record_is_named_exactly(days: list[int], data: st.DataObject) -> None:
    victim = data.draw(st.integers(1, len(days)), "victim")
    what = data.draw(st.sampled_from(["altered", "dropped", "added"]), "what")
    asyncio.run(_named_exactly(days, victim, what))


async def _named_exactly(days: list[int], victim: int, what: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = await open_desk(f"sqlite:///{folder}/zhitong.db", Path(folder) / "figures")
        try:
            await desk.records.write([on_day(number, day) for number, day in enumerate(days, 1)])
            await desk.made(2)
            assert await desk.problems() == {}
            if what == "altered":
                await desk.falsify(call_id(victim), talk_ms=1)
            elif what == "dropped":
                await desk.remove(call_id(victim))
            else:
                victim = len(days) + 1
                days = [*days, days[0]]
                await desk.records.write([on_day(victim, days[0])])
            problem = Problem.CHANGED if what == "added" else Problem.ALTERED
            assert await desk.problems() == {(NAMES[days[victim - 1]], 1): {problem: (call_id(victim),)}}
        finally:
            await desk.records.close()


# --- the service's part ------------------------------------------------------------------------------------


async def test_what_reconciliation_found_stands_in_the_figure(sqlite_desk: Desk) -> None:
    asked: list[tuple[Micros, Micros]] = []
    counts = Counts(1, 1, 1, 1, 0, 0, 0)

    async def reconciled(since: Micros, until: Micros) -> Counts:
        asked.append((since, until))
        if len(asked) > 1:
            raise BooksUnreadable("The books are away.")
        return counts

    await sqlite_desk.records.write([on_day(1, 0), on_day(2, 1)])
    maker = Nightly(sqlite_desk.figures, KEY, ZONE, sqlite_desk.folder, reconciled)
    made = await maker.make_up(morning(1))
    assert [figure.books for figure in made] == [counts, None]
    assert asked[0][1] == asked[1][0] == morning(0) - SETTLE


async def test_the_service_looks_once_a_day_and_again_when_it_failed(sqlite_desk: Desk) -> None:
    await sqlite_desk.records.write([on_day(1, 0)])
    maker = sqlite_desk.maker
    await maker.step(morning(0))
    assert len(await sqlite_desk.figures.all()) == 1
    await sqlite_desk.records.write([on_day(2, 0)])
    await maker.step(Micros(morning(0) + 60_000_000))
    assert len(await sqlite_desk.figures.all()) == 1, "not twice a day"
    await maker.step(morning(1))
    assert [kept.figure.revision for kept in await sqlite_desk.figures.all()] == [1, 1, 2]


async def test_a_store_that_fails_is_asked_again(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await sqlite_desk.records.write([on_day(1, 0)])
    maker = sqlite_desk.maker

    async def away(_zone: str) -> tuple[int, set[str]]:
        raise StoreError("The database is away.")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite_desk.figures, "changed_days", away)
        await maker.step(morning(0))
    assert maker.last_error == "The database is away."
    await maker.step(morning(0))
    assert not maker.last_error
    assert len(await sqlite_desk.figures.all()) == 1


async def test_verify_of_one_day_only(sqlite_desk: Desk) -> None:
    await sqlite_desk.records.write([on_day(1, 0), on_day(2, 1)])
    await sqlite_desk.made(1)
    await sqlite_desk.falsify(call_id(1), agent="1002")
    checks = await verify(sqlite_desk.figures, KEY, sqlite_desk.folder, NAMES[1])
    assert [(check.figure.day, check.holds) for check in checks] == [(NAMES[1], True)]
    with pytest.raises(FigureError, match="2026-12-24"):
        await verify(sqlite_desk.figures, KEY, sqlite_desk.folder, "2026-12-24")


async def test_an_alarm_stands_while_the_newest_figure_found_something(sqlite_desk: Desk) -> None:
    found = [Counts(1, 1, 1, 0, 0, 1, 0), Counts(1, 1, 1, 1, 0, 0, 0)]

    async def reconciled(_since: Micros, _until: Micros) -> Counts:
        return found.pop(0)

    alarms = Alarms(lambda: Micros(0))
    desk = sqlite_desk
    await desk.records.write([on_day(1, 0), on_day(2, 1)])
    maker = Nightly(desk.figures, KEY, ZONE, desk.folder, reconciled, alarms)
    await maker.step(morning(0))
    assert [(alarm.name, alarm.detail) for alarm in alarms.standing] == [
        (AlarmName.BOOKS_DIFFER, f"{NAMES[0]}: 1 calls unexplained, 0 changed without a trace")
    ]
    restarted = Alarms(lambda: Micros(0))
    await Nightly(desk.figures, KEY, ZONE, desk.folder, reconciled, restarted).step(morning(0))
    assert len(restarted.standing) == 1, "it stands after a restart too"
    await maker.step(morning(1))
    assert alarms.standing == ()


async def test_a_figure_that_was_damaged_is_said_and_stops_nothing_else(sqlite_desk: Desk) -> None:
    desk, alarms = sqlite_desk, Alarms(lambda: Micros(0))
    await desk.records.write([on_day(1, 0)])
    await desk.made(0)
    async with desk.records.database.writing() as connection:
        await connection.execute(update(day_figures).values(body='{"number'))
    maker = Nightly(desk.figures, KEY, ZONE, desk.folder, None, alarms)
    await maker.step(morning(1))
    assert "is damaged" in (maker.last_error or "")
    assert [alarm.name for alarm in alarms.standing] == [AlarmName.BOOKS_DIFFER]
    with pytest.raises(FigureError, match="Restore a backup"):
        await desk.problems()
