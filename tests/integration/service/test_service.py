"""A ``Service`` in this process: several could be, each with its own state."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from telephony.config import Site
from telephony.errors import ConfigError
from telephony.model.ids import QueueName
from telephony.places import database_url, home_of, secrets_of
from telephony.records.query import CallQuery
from telephony.records.store import RecordStore
from telephony.secrets import read_secrets
from telephony.service import Service, account_of
from telephony.site.pbx import Ami
from tests.integration.ami.conftest import until
from tests.integration.ami.fake_pbx import FakePbx
from tests.integration.service.caller import Citizen
from tests.integration.service.post import Post


@asynccontextmanager
async def serving(post: Post, before: Callable[[Service], object] = lambda _: None) -> AsyncIterator[Service]:
    """A service at work; ``before`` it begins something may be done to it."""
    secrets = read_secrets(secrets_of(post.site_file, post.site))
    async with Service.open(post.site, secrets, home_of(post.site_file, post.site)) as service:
        before(service)
        work = asyncio.create_task(service.run())
        await asyncio.wait_for(service.ready.wait(), 20)
        yield service
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def numbers(post: Post) -> list[str]:
    store = await RecordStore.open(database_url(post.site_file, post.site))
    page = await store.find(CallQuery(oldest_first=True))
    await store.close()
    return [record.caller_number for record in page.records]


async def test_the_state_of_now(post: Post, pbx: FakePbx) -> None:
    async with serving(post) as service:
        board = service.live.board()
        assert (board.connected, board.calls, board.epoch) == (True, {}, 1)
        citizen = Citizen("13800000001", 1)
        pbx.send(*citizen.calls())
        await until(lambda: service.live.board().waiting == {QueueName("service"): 1})
        assert sum(service.live.board().calls.values()) == 1
        pbx.send(*citizen.hangs_up())
        await until(lambda: service.live.board().calls == {})
        assert service.live.board().waiting == {QueueName("service"): 0}
        pbx.cut()
        await until(lambda: service.live.board().epoch == 2)


async def test_what_was_heard_is_written_on_leaving(post: Post, pbx: FakePbx) -> None:
    """Some of it may wait in the inbox then, some in the writer."""
    async with serving(post) as service:
        before = service.ingest.counters.events
        calls = [Citizen(f"1380000{number:04d}", number) for number in range(1, 31)]
        frames = [frame for call in calls for frame in (*call.calls(), *call.hangs_up())]
        pbx.send(*frames)
        await until(lambda: service.ingest.counters.events + service.ingest.waiting >= before + len(frames))
    assert service.writer.written == 30
    assert (service.writer.waiting, service.ingest.waiting) == (0, 0)
    assert await numbers(post) == [call.number for call in calls]


async def test_two_services_do_not_share_a_state(tmp_path: Path) -> None:
    async with FakePbx() as one, FakePbx() as two:
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
        async with Post.open(tmp_path / "a", one.port) as first, Post.open(tmp_path / "b", two.port) as second:
            one.secret, two.secret = first.secret, second.secret
            async with serving(first) as here, serving(second) as there:
                one.send(*Citizen("13800000001", 1).calls())
                await until(lambda: sum(here.live.board().calls.values()) == 1)
                assert there.live.board().calls == {}


# --- how it logs in -----------------------------------------------------------------------------------------------


def with_tls(post: Post, certificate: Path) -> Site:
    ami = Ami(port=5039, tls=True, tls_cert=str(certificate))
    return msgspec.structs.replace(post.site, pbx=msgspec.structs.replace(post.site.pbx, ami=ami))


async def test_the_account_is_the_sites(post: Post, pbx: FakePbx) -> None:
    account = account_of(post.site, read_secrets(secrets_of(post.site_file, post.site)))
    assert (account.host, account.port, account.user, account.secret) == ("127.0.0.1", pbx.port, "zhitong", post.secret)
    assert account.tls is None
    assert post.secret not in f"{account} {account!r}"


@pytest.mark.parametrize("text", [None, "", "no certificate\n"])
async def test_a_certificate_that_cannot_be_read_is_named(post: Post, tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "pbx.pem"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    secrets = read_secrets(secrets_of(post.site_file, post.site))
    with pytest.raises(ConfigError, match=r"pbx\.ami\.tls_cert: .*pbx\.pem cannot be read"):
        account_of(with_tls(post, file), secrets)
