"""``zhitong serve`` as a process, at a PBX that can be taken away from it."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import stat
import sys

import pytest

from telephony.model.terms import AbandonedIn, Outcome, Side
from telephony.places import secrets_of
from tests.integration.ami.conftest import until
from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.caller import Citizen
from tests.integration.service.post import Post

NUMBER = "13812345678"


# --- begin and end ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_when_it_is_ready_and_when_it_stops(post: Post, which: signal.Signals) -> None:
    await post.start()
    await post.ready()
    assert post.manager.heard() == []
    assert await post.stop(which) == 0
    assert post.manager.heard() == ["STOPPING=1"]
    assert post.log[-1]["event"] == "stopped"
    assert post.log[-1]["records"] == 0


async def test_it_is_not_ready_before_it_knows_the_pbxs_state(post: Post, pbx: FakePbx) -> None:
    pbx.deaf = True
    await post.start()
    await until(lambda: len(pbx.actions) > 0)
    await asyncio.sleep(0.5)
    assert post.manager.heard() == []
    pbx.deaf = False
    pbx.cut()
    await post.ready()


async def test_it_stops_while_the_pbx_does_not_answer(post: Post, pbx: FakePbx) -> None:
    pbx.deaf = True
    await post.start()
    await until(lambda: len(pbx.actions) > 0)
    assert await post.stop() == 0


async def test_it_needs_no_service_manager(post: Post) -> None:
    await post.start("--log", "json", environ={"NOTIFY_SOCKET": ""})
    await post.logged("epoch began")
    assert await post.stop() == 0


async def test_the_log_for_people(post: Post, pbx: FakePbx) -> None:
    await post.start("--log", "pretty")
    await post.ready()
    citizen = Citizen(NUMBER, 1)
    pbx.send(*citizen.calls(), *citizen.hangs_up())
    await post.recorded(1)
    await post.stop()
    assert "epoch began" in post.log_text
    assert "\x1b" not in post.log_text
    assert NUMBER not in post.log_text


# --- the PBX comes and goes ---------------------------------------------------------------------------------------


async def test_it_starts_before_the_pbx_and_connects_when_it_comes(post: Post, pbx: FakePbx) -> None:
    await pbx.stop()
    await post.start()
    line = await post.logged("ami_link_lost")
    assert "is Asterisk running" in line["why"]
    assert post.manager.heard() == []
    await pbx.start()
    await post.ready()


async def test_a_pbx_that_stays_away_does_not_fill_the_log(post: Post, pbx: FakePbx) -> None:
    await pbx.stop()
    await post.start()
    line = await post.logged("still no link", seconds=30)
    assert line["failures"] == 2
    await asyncio.sleep(4)
    said = [line["failures"] for line in post.log if line["event"] == "still no link"]
    assert said == [2, 4, 8][: len(said)]
    assert len(post.log) <= 5


async def test_it_logs_in_again_after_each_loss(post: Post, pbx: FakePbx) -> None:
    await post.start()
    await post.ready()
    for epoch in (2, 3):
        pbx.cut()
        await until(lambda epoch=epoch: epochs(post) == list(range(1, epoch + 1)))  # type: ignore[misc]
    citizen = Citizen(NUMBER, 1)
    await until(lambda: any(line.logged_in for line in pbx.lines))
    pbx.send(*citizen.calls(), *citizen.hangs_up())
    await post.recorded(1)
    assert epochs(post) == [1, 2, 3]
    assert post.manager.heard() == []  # READY=1 is said once


def epochs(post: Post) -> list[int]:
    return [line["epoch"] for line in post.log if line["event"] == "epoch began"]


async def test_a_wrong_secret_is_said_plainly_and_never_itself(post: Post, pbx: FakePbx) -> None:
    pbx.secret = "another" * 4
    await post.start()
    line = await post.logged("ami_link_lost")
    assert line["trouble"] == "refused"
    assert "refuses the login of 'zhitong'" in line["why"]
    assert "manager.conf" in line["why"]
    assert "manager reload" in line["why"]
    assert post.secret not in post.log_text
    assert post.manager.heard() == []
    assert await post.stop() == 0


# --- what it cannot start with ------------------------------------------------------------------------------------


async def said_and_ended(post: Post) -> str:
    process = await post.start()
    assert await asyncio.wait_for(process.wait(), 20) == 1
    assert "Traceback" not in post.log_text
    assert post.manager.heard() == []
    return post.log_text


async def test_no_secrets(post: Post) -> None:
    secrets_of(post.site_file, post.site).unlink()
    said = await said_and_ended(post)
    assert "secrets.toml" in said
    assert "zhitong dialplan render" in said


async def test_a_wrong_site(post: Post) -> None:
    post.site_file.write_text('name = "x"\nhotline = ["12345"]\nnosuch = 1\n[[queue]]\nname = "q"\n', encoding="utf-8")
    assert "nosuch" in await said_and_ended(post)


async def test_a_database_that_a_newer_program_has_written(post: Post) -> None:
    with contextlib.closing(sqlite3.connect(post.site_file.parent / "var" / "zhitong.db")) as newer:
        newer.execute("CREATE TABLE alembic_version (version_num TEXT PRIMARY KEY)")
        newer.execute("INSERT INTO alembic_version VALUES ('9999')")
        newer.commit()
    said = await said_and_ended(post)
    assert "9999" in said
    assert "newer program" in said


async def test_a_second_one_in_the_same_folder(post: Post) -> None:
    first = await post.start()
    await post.ready()
    second = await post.start()
    assert await asyncio.wait_for(second.wait(), 20) == 1
    assert "is used by another process: another zhitong serve of this site is running" in post.log_text
    assert "Traceback" not in post.log_text
    assert first.returncode is None
    first.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(first.wait(), 20) == 0


# --- calls and records --------------------------------------------------------------------------------------------


async def test_a_call_is_on_record(post: Post, pbx: FakePbx) -> None:
    await post.start()
    await post.ready()
    citizen = Citizen(NUMBER, 1)
    pbx.send(*citizen.calls())
    await asyncio.sleep(0.3)
    pbx.send(*citizen.hangs_up())
    (record,) = await post.recorded(1)
    assert (record.caller_number, record.caller_name) == (NUMBER, "王小明")
    assert (record.outcome, record.abandoned_in) == (Outcome.ABANDONED, AbandonedIn.WAITING)
    assert (record.queue, record.dialled, record.trunk) == ("service", "12345", "carrier")
    assert record.hung_up_by is Side.CALLER
    assert record.uniqueids == (citizen.uniqueid,)
    assert 0.25e6 <= record.ended_at - record.received_at <= 5e6
    assert NUMBER not in post.log_text


async def test_what_it_knows_is_written_when_it_is_told_to_stop(post: Post, pbx: FakePbx) -> None:
    """No pause between the last event and the signal."""
    await post.start()
    await post.ready()
    calls = [Citizen(f"1380000{number:04d}", number) for number in range(1, 51)]
    pbx.send(*[frame for call in calls for frame in call.calls()], *[f for call in calls for f in call.hangs_up()])
    await until(lambda: post.log_text.count('"call ended"') == 50)
    assert await post.stop() == 0
    assert len(await post.records()) == post.log[-1]["records"] == 50


async def test_killed_and_started_again(post: Post, pbx: FakePbx) -> None:
    """One call is on record, one waits in the queue, when it dies. The first must not come twice; the second, found in
    the snapshot, is recorded when it ends, once.
    """
    await post.start()
    await post.ready()
    before, within, after = (Citizen(f"1380000000{counter}", counter) for counter in (1, 2, 3))
    pbx.send(*before.calls(), *before.hangs_up(), *within.calls())
    await post.recorded(1)
    await post.kill()
    pbx.channels, pbx.queues = [within.seen()], [within.waiting()]
    await post.start()
    await post.ready()
    pbx.send(*within.hangs_up(), *after.calls(), *after.hangs_up())
    records = await post.recorded(3)
    assert [record.caller_number for record in records] == [before.number, within.number, after.number]
    assert {record.outcome for record in records} == {Outcome.ABANDONED}
    assert await post.stop() == 0
    assert len(await post.records()) == 3


async def test_a_call_that_ended_unseen_is_no_crash_and_no_invention(post: Post, pbx: FakePbx) -> None:
    """It ended while nobody listened; the journal will tell of it one day. What comes after is recorded."""
    await post.start()
    await post.ready()
    unseen, after = Citizen("13800000001", 1), Citizen("13800000002", 2)
    pbx.send(*unseen.calls())
    await asyncio.sleep(0.2)
    await post.kill()
    await post.start()
    await post.ready()
    pbx.send(*after.calls(), *after.hangs_up())
    records = await post.recorded(1)
    assert [record.caller_number for record in records] == [after.number]


async def test_what_holds_numbers_is_its_owners_alone(post: Post, pbx: FakePbx) -> None:
    await post.start()
    await post.ready()
    var = post.site_file.parent / "var"
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in var.iterdir() if path.suffix == ".db"} == {
        "zhitong.db": 0o600
    }


# --- what is loaded -----------------------------------------------------------------------------------------------

LOADED = """
import sys
from zhitong.cli.main import main
try:
    main()
except SystemExit:
    print("LOADED", *sorted(sys.modules))
"""


async def test_the_bridge_carries_nothing_of_the_lab(post: Post) -> None:
    """Neither PBXs for trying out, nor the renderer, nor a second AMI client."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LOADED, "serve", "--site", str(post.site_file)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "NOTIFY_SOCKET": str(post.manager.path)},
    )
    async with asyncio.timeout(60):
        while "READY=1" not in post.manager.heard():  # noqa: ASYNC110  # another process says it
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        said, _ = await process.communicate()
    (line,) = [line for line in said.decode().splitlines() if line.startswith("LOADED")]
    names = line.split()
    assert "telephony.service" in names
    assert "zhitong.cli.serve" in names
    unwanted = (
        "zhitong.lab",
        "dialplans",
        "zhitong.cli.demo",
        "zhitong.cli.checks",
        "asterisk",
        "tests",
    )
    there = {name for name in names if name.split(".")[0] in unwanted or name.startswith(unwanted)}
    assert there <= {"dialplans", "dialplans.prompts"}, "what an agent is asked to say stands there"
