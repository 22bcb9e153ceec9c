"""The bridge as a process makes the figures of nights when it did not run."""

import asyncio
import json
import time
from pathlib import Path

from telephony.model.ids import Micros
from telephony.places import database_url, figures_of, secrets_of
from telephony.reconcile.days import bounds, day_of
from telephony.reconcile.figure import is_signed_with
from telephony.records.store import RecordStore
from telephony.secrets import read_secrets
from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.post import Post
from tests.unit.telephony.records.samples import record

_DAY = 86_400_000_000
_PATIENCE_S = 60


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


async def figures(folder: Path, count: int) -> list[Path]:
    """So many files, once they are there."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        found = await asyncio.to_thread(files, folder)
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


async def test_at_its_start_the_bridge_makes_up_for_missed_nights_and_makes_them_once(tmp_path: Path) -> None:
    async with FakePbx() as pbx, Post.open(tmp_path, pbx.port) as post:
        pbx.secret = post.secret
        zone = post.site.time_zone
        noon = bounds(day_of(Micros(time.time_ns() // 1_000), zone), zone)[0] + _DAY // 2
        store = await RecordStore.open(database_url(post.site_file, post.site))
        await store.write(
            [record(1, received_at=Micros(noon - 4 * _DAY)), record(2, received_at=Micros(noon - 3 * _DAY))]
        )
        await store.close()
        folder = figures_of(post.site_file, post.site)

        await post.start()
        await post.ready()
        first = await figures(folder, 3)
        assert await post.stop() == 0
        key = read_secrets(secrets_of(post.site_file, post.site)).figures
        assert key is not None, "made at the first start"
        told = [json.loads(path.read_bytes()) for path in first]
        assert [figure["counts"]["offered"] for figure in told][:2] == [1, 1]
        assert all(is_signed_with(path.read_text(encoding="utf-8"), key) for path in first)

        before = {path.name: path.read_bytes() for path in await figures(folder, 3)}
        await post.start()
        await post.ready()
        assert await post.stop() == 0
        after = {path.name: path.read_bytes() for path in await figures(folder, len(before))}
        assert {name: after[name] for name in before} == before
        assert all(".r" not in name for name in after)
