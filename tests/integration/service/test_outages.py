"""``zhitong serve`` on stores that really fail: a disk that is full, a volume that is read-only, a PostgreSQL that is
stopped, that hangs. Calls go on, an alarm stands, and afterwards every record is there once.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from telephony.control.commands import AskStatus, Request
from telephony.control.socket import ask
from telephony.errors import ControlError
from telephony.live.status import Status
from telephony.places import control_of
from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.postgres import Postgres
from tests.integration.service.post import Post
from tests.integration.service.test_store_away import call, citizens, locked, numbers, told, waiting
from tests.integration.volume import Volume


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    with Volume.mounted(tmp_path / "volume") as made:
        yield made


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """One of our own, to be stopped."""
    with Postgres.running() as server:
        yield server


async def status(post: Post) -> Status:
    answer = await ask(control_of(post.site_file, post.site), Request(os.urandom(8).hex(), AskStatus()))
    assert answer.status is not None
    return answer.status


async def alarms(post: Post, *wanted: str, seconds: float = 60.0) -> dict[str, str]:
    """Wait until just these stand; their details."""
    found: dict[str, str] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                with contextlib.suppress(ControlError):
                    found = {alarm.name.value: alarm.detail for alarm in (await status(post)).alarms}
                    if set(found) == set(wanted):
                        return found
                await asyncio.sleep(0.1)
    raise AssertionError(f"{wanted} should stand, and these do: {found}\n{post.log_text}")


async def raised(post: Post, alarm: str) -> None:
    async with asyncio.timeout(90):
        while not [line for line in post.log if line.get("alarm") == alarm]:  # noqa: ASYNC110  # another process's log
            await asyncio.sleep(0.2)


async def test_a_database_on_a_full_disk(post: Post, pbx: FakePbx, volume: Volume) -> None:
    post.keep_in(f"sqlite:///{volume.path}/zhitong.db")
    await post.start()
    await post.ready()
    before, meanwhile, after = citizens(1, 3), citizens(4, 60), citizens(64, 3)
    await call(post, pbx, before)
    await post.recorded(3)
    volume.fill()
    await call(post, pbx, meanwhile)
    said = await alarms(post, "store_unavailable")
    assert "the disk is full. Free space on its volume" in said["store_unavailable"]
    await until_waiting(post, 60)
    volume.free()
    await alarms(post)
    await call(post, pbx, after)
    assert await told(post, 66) == numbers([*before, *meanwhile, *after])
    assert await post.stop() == 0


async def until_waiting(post: Post, count: int) -> None:
    async with asyncio.timeout(30):
        while waiting(post) < count:  # noqa: ASYNC110  # another process writes them
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_killed_on_a_full_disk_and_started_on_it(post: Post, pbx: FakePbx, volume: Volume) -> None:
    """The database must be opened, and its log replayed, without a byte to spare."""
    post.keep_in(f"sqlite:///{volume.path}/zhitong.db")
    await post.start()
    await post.ready()
    calls = citizens(1, 60)
    await call(post, pbx, calls[:10])
    await post.recorded(10)
    volume.fill()
    await call(post, pbx, calls[10:30])
    await until_waiting(post, 20)
    await post.kill()
    await post.start()
    await post.ready()
    await call(post, pbx, calls[30:])
    await until_waiting(post, 50)
    await post.kill()
    volume.free()
    await post.start()
    assert sorted(await told(post, 60)) == numbers(calls)


async def test_a_full_disk_under_everything(tmp_path: Path, pbx: FakePbx) -> None:
    """The outbox has no room either: the records wait in memory, and are on disk when there is some."""
    with Volume.mounted(tmp_path / "var", size="6m") as volume:
        async with Post.open(tmp_path, pbx.port) as post:
            pbx.secret = post.secret
            await post.start()
            await post.ready()
            calls = citizens(1, 200)
            await call(post, pbx, calls[:20])
            await post.recorded(20)
            volume.fill()
            await call(post, pbx, calls[20:])
            said = await alarms(post, "store_unavailable", "outbox_unwritable")
            assert "No space left on device" in said["outbox_unwritable"]
            assert (await status(post)).records.waiting > 0
            volume.free()
            await alarms(post)
            assert await told(post, 200) == numbers(calls)
            assert await post.stop() == 0


@pytest.mark.slow
async def test_it_starts_for_the_first_time_on_a_full_disk(tmp_path: Path, pbx: FakePbx) -> None:
    """No database, no outbox, no count of its starts can be made; calls are followed all the same."""
    with Volume.mounted(tmp_path / "var") as volume:
        async with Post.open(tmp_path, pbx.port) as post:
            pbx.secret = post.secret
            volume.fill()
            await post.start()
            await post.ready()
            calls = citizens(1, 30)
            await call(post, pbx, calls)
            await alarms(post, "store_unavailable", "outbox_unwritable")
            volume.free()
            await alarms(post)
            assert await told(post, 30) == numbers(calls)
            assert await post.stop() == 0


@pytest.mark.slow
async def test_a_volume_that_is_read_only_and_then_is_not(post: Post, pbx: FakePbx, volume: Volume) -> None:
    """After a kill, so that what SQLite left there can be read and not written."""
    post.keep_in(f"sqlite:///{volume.path}/zhitong.db")
    calls = citizens(1, 20)
    await post.start()
    await post.ready()
    await call(post, pbx, calls[:5])
    await post.recorded(5)
    await post.kill()
    volume.read_only(True)
    await post.start()
    await post.ready()
    await call(post, pbx, calls[5:])
    said = await alarms(post, "store_unavailable")
    assert "it may not be written" in said["store_unavailable"]
    await until_waiting(post, 15)
    volume.read_only(False)
    assert await told(post, 20) == numbers(calls)
    await alarms(post)


@pytest.mark.slow
async def test_a_database_that_another_process_holds_for_long(post: Post, pbx: FakePbx) -> None:
    """Longer than SQLite waits for a lock; nothing else waits with it."""
    await post.start()
    await post.ready()
    calls = citizens(1, 40)
    async with locked(post.site_file.parent / "var" / "zhitong.db"):
        for start in range(0, 40, 10):
            await call(post, pbx, calls[start : start + 10])
            assert (await status(post)).calls == 0  # it hears and answers meanwhile
            await asyncio.sleep(3)
        said = await alarms(post, "store_unavailable")
        assert "another program has locked it" in said["store_unavailable"]
        assert (await status(post)).records.waiting == 40
    await alarms(post)
    assert await told(post, 40) == numbers(calls)


async def test_postgresql_that_is_stopped_and_started(post: Post, pbx: FakePbx, postgres: Postgres) -> None:
    post.keep_in(postgres.new_database())
    calls = citizens(1, 40)
    await post.start()
    await post.ready()
    await call(post, pbx, calls[:10])
    await post.recorded(10)
    postgres.stop()
    await call(post, pbx, calls[10:20])
    await alarms(post, "store_unavailable")
    await post.kill()
    await post.start()  # without its database
    await post.ready()
    await call(post, pbx, calls[20:30])
    await alarms(post, "store_unavailable")
    postgres.start()
    await alarms(post)
    await call(post, pbx, calls[30:])
    assert sorted(await told(post, 40)) == numbers(calls)
    assert await post.stop() == 0


@pytest.mark.slow
async def test_postgresql_that_hangs(post: Post, pbx: FakePbx, postgres: Postgres) -> None:
    """Its connections stay open and nothing comes back: a machine that swaps, a disk that stands still."""
    post.keep_in(postgres.new_database())
    calls = citizens(1, 20)
    await post.start()
    await post.ready()
    await call(post, pbx, calls[:10])
    await post.recorded(10)
    with postgres.hanging():
        await call(post, pbx, calls[10:])
        await raised(post, "store_stuck")
        await until_waiting(post, 10)
        await raised(post, "store_unavailable")
        assert "it did not answer in time" in post.log_text
    await alarms(post)
    assert await told(post, 20) == numbers(calls)


# --- its alarms on a screen -----------------------------------------------------------------------------------


async def zhitong(post: Post, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "zhitong", *words, "--site", str(post.site_file)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.fixture
async def running(post: Post) -> AsyncIterator[Post]:
    await post.start()
    await post.ready()
    yield post


@pytest.mark.slow
async def test_zhitong_status_and_both_ends_of_an_alarm_in_the_log(running: Post, pbx: FakePbx) -> None:
    await call(running, pbx, citizens(1, 2))
    await running.recorded(2)
    code, said = await zhitong(running, "status")
    assert code == 0, said
    assert "没有报警" in said
    assert "live, epoch 1" in said
    assert "none: the PBX's logs are out of reach" in said
    await pbx.stop()
    await alarms(running, "link_down")
    code, said = await zhitong(running, "status")
    assert code == 1
    assert "与 PBX 的连接中断" in said
    assert "is Asterisk running" in said
    code, said = await zhitong(running, "status", "--json")
    assert code == 1
    assert '"name": "link_down"' in said
    assert '"severity": "critical"' in said
    await pbx.start()
    await alarms(running)
    lines: list[dict[str, Any]] = [line for line in running.log if line["event"].startswith("alarm ")]
    assert [(line["event"], line["alarm"], line["level"]) for line in lines] == [
        ("alarm raised", "link_down", "error"),
        ("alarm cleared", "link_down", "warning"),
    ]
    assert "is Asterisk running" in lines[0]["detail"]


async def test_zhitong_status_without_a_bridge(post: Post) -> None:
    code, said = await zhitong(post, "status")
    assert code == 1
    assert "Is `zhitong serve` running for this site" in said.replace("\n", " ")
    assert "Traceback" not in said
