"""What the agent lets nobody do, asked by a client that is not ours."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import msgspec
import pytest
from structlog.testing import capture_logs

from telephony.journal.agent.app import MOST_AT_ONCE
from telephony.journal.agent.guard import FAILURES
from telephony.journal.agent.keys import keys_in
from telephony.journal.files import Reading
from telephony.journal.wire import PIECE
from tests.integration.journal_agent.host import Agent
from tests.unit.telephony.journal.pens import Pen


@pytest.fixture
def base(agent: Agent) -> str:
    return f"https://127.0.0.1:{agent.port}"


@pytest.fixture
def trust(keys: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=keys_in(keys).certificate)


@pytest.fixture
async def client(base: str, trust: ssl.SSLContext, token: str) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {token}"}
    connector = aiohttp.TCPConnector(ssl=trust, limit=0)
    async with aiohttp.ClientSession(base, connector=connector, headers=headers) as session:
        yield session


async def opened(client: aiohttp.ClientSession, pen: Pen) -> str:
    inode = pen.path.stat().st_ino
    async with client.post(f"/v1/logs/cel/open?name={pen.path.name}&inode={inode}") as answer:
        assert answer.status == 200
        return str((await answer.json())["file"])


# --- what it is for ---------------------------------------------------------------------------------------


async def test_about(client: aiohttp.ClientSession, pen: Pen) -> None:
    pen.write()
    async with client.get("/v1") as answer:
        about = await answer.json()
    assert (answer.status, about["version"], about["logs"]["cel"]) == (200, 1, None)
    assert "is not there" in about["logs"]["queue_log"]
    assert answer.headers["Server"] == "zhitong"


async def test_a_file_is_listed_opened_and_read(client: aiohttp.ClientSession, pen: Pen) -> None:
    pen.write(2)
    whole = pen.path.read_bytes()
    async with client.get("/v1/logs/cel") as answer:
        (listed,) = await answer.json()
    assert (listed["name"], listed["inode"], listed["size"]) == (pen.path.name, pen.path.stat().st_ino, len(whole))
    handle = await opened(client, pen)
    async with client.get(f"/v1/files/{handle}?offset=7&size=9") as answer:
        reading = msgspec.msgpack.decode(await answer.read(), type=Reading)
    assert (reading.data, reading.more, reading.facts.size) == (whole[7:16], True, len(whole))


# --- who may ask ------------------------------------------------------------------------------------------

PAGES = ["/", "/v1", "/v1/logs/cel", "/v1/logs/nothing", "/v1/files/x?offset=0&size=1", "/favicon.ico"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", "Basic {token}", "Bearer {token}x", "{token}"])
async def test_without_the_token_nothing_is_said(
    base: str, trust: ssl.SSLContext, token: str, given: str | None, page: str
) -> None:
    headers = {} if given is None else {"Authorization": given.format(token=token)}
    async with aiohttp.ClientSession(base) as session, session.get(page, ssl=trust, headers=headers) as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert await answer.json() == {"error": "this needs the agent's token"}


async def test_a_token_in_the_address_is_none(base: str, trust: ssl.SSLContext, token: str) -> None:
    """Addresses get into logs."""
    async with (
        aiohttp.ClientSession(base) as session,
        session.get(f"/v1?token={token}&access_token={token}", ssl=trust) as answer,
    ):
        assert answer.status == 401


async def test_guessing_fills_no_log_and_locks_nobody_out(
    base: str, trust: ssl.SSLContext, client: aiohttp.ClientSession
) -> None:
    with capture_logs() as told:
        async with aiohttp.ClientSession(base, headers={"Authorization": "Bearer guess"}) as guesser:
            statuses = [(await guesser.get("/v1", ssl=trust)).status for _ in range(FAILURES + 5)]
    assert statuses == [401] * FAILURES + [429] * 5
    assert len([entry for entry in told if "no token of ours" in entry["event"]]) == FAILURES
    async with client.get("/v1") as answer:
        assert answer.status == 200


# --- TLS --------------------------------------------------------------------------------------------------


async def test_without_tls_it_does_not_answer(agent: Agent) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://127.0.0.1:{agent.port}/v1")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_tls_is_refused(agent: Agent, version: ssl.TLSVersion) -> None:
    """Judged by the alert: the client's own library is told to allow it."""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol"):
        await asyncio.to_thread(_shake_hands, agent.port, old)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_new_tls_by_the_agents_certificate(agent: Agent, trust: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    """Also for those who verify strictly, as Python does from 3.13 on."""
    trust.minimum_version = trust.maximum_version = version
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    assert (await asyncio.to_thread(_shake_hands, agent.port, trust)).startswith("TLS")


def _shake_hands(port: int, tls: ssl.SSLContext) -> str:
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        tls.wrap_socket(plain, server_hostname="127.0.0.1") as link,
    ):
        return link.version() or ""


# --- what may not be asked --------------------------------------------------------------------------------


@pytest.mark.parametrize("log", ["passwd", "..", "../queue_log", "/etc/passwd", "CEL", "cel\0", "queue_log.1", "full"])
async def test_no_other_log(client: aiohttp.ClientSession, folder: Path, log: str) -> None:
    (folder / "full").write_text("Asterisk's own")
    async with client.get(f"/v1/logs/{quote(log, safe='')}") as answer:
        assert answer.status in (400, 404)
        assert "root:" not in await answer.text()


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "../queue_log", "..", "full", "zhitong-cel.csv/../../full", "\0", "%2e%2e"],
)
async def test_no_path_leads_out(client: aiohttp.ClientSession, folder: Path, pen: Pen, name: str) -> None:
    pen.write()
    (folder / "full").write_text("Asterisk's own")
    for path in (Path("/etc/passwd"), folder / "full", pen.path):
        wanted = f"name={quote(name, safe='')}&inode={path.stat().st_ino}"
        async with client.post(f"/v1/logs/cel/open?{wanted}") as answer:
            assert answer.status == 409


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/v1/../../../etc/passwd", "/v1/files/../../etc/passwd", "//etc/passwd"]
)
async def test_raw_paths_lead_nowhere(agent: Agent, trust: ssl.SSLContext, token: str, path: str) -> None:
    """As no client library would send them."""
    said = await asyncio.to_thread(_say, agent.port, trust, f"GET {path} HTTP/1.1", f"Authorization: Bearer {token}")
    assert said.split()[1] in {b"400", b"404"}
    assert b"root:" not in said


def _say(port: int, tls: ssl.SSLContext, *lines: str) -> bytes:
    with (
        socket.create_connection(("127.0.0.1", port), 20) as plain,
        tls.wrap_socket(plain, server_hostname="127.0.0.1") as link,
    ):
        link.sendall("\r\n".join([*lines, "Host: x", "Connection: close", "", ""]).encode())
        said = b""
        while data := link.recv(65_536):
            said += data
        return said


@pytest.mark.parametrize("query", [
    "", "offset=0", "size=1", "offset=-1&size=1", "offset=0&size=0", "offset=0&size=-5", "offset=x&size=1",
    f"offset=0&size={PIECE + 1}", "offset=0&size=99999999999999999999", f"offset={1 << 61}&size=1",
    "offset=0&size=1e3", "offset=0&size=²", "offset=+0&size=1", "offset=" + "9" * 5_000 + "&size=1",
])  # fmt: skip
async def test_numbers_have_bounds(client: aiohttp.ClientSession, pen: Pen, query: str) -> None:
    pen.write()
    handle = await opened(client, pen)
    async with client.get(f"/v1/files/{handle}?{query}") as answer:
        assert answer.status == 400
    async with client.get(f"/v1/files/{handle}?offset=0&size={PIECE}") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "POST"])
@pytest.mark.parametrize("page", ["/v1", "/v1/logs/cel", "/v1/files/x"])
async def test_nothing_can_be_changed(client: aiohttp.ClientSession, method: str, page: str) -> None:
    async with client.request(method, page) as answer:
        assert answer.status == 405


async def test_a_header_without_end_is_refused(agent: Agent, trust: ssl.SSLContext, token: str) -> None:
    authorized = f"Authorization: Bearer {token}"
    said = await asyncio.to_thread(_say, agent.port, trust, "GET /v1 HTTP/1.1", authorized, "X-Long: " + "x" * 100_000)
    assert said.split()[1] == b"400"


async def test_a_body_is_not_read(client: aiohttp.ClientSession, pen: Pen) -> None:
    pen.write()
    wanted = f"name={pen.path.name}&inode={pen.path.stat().st_ino}"
    async with client.post(f"/v1/logs/cel/open?{wanted}", data=b"x" * 10_000) as answer:
        assert answer.status == 200


async def test_so_many_at_once(client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, pen: Pen) -> None:
    """A disk that hangs holds up those who ask, and not more of them than is agreed."""
    pen.write()
    free, asked = threading.Event(), threading.Semaphore(0)

    def hang(*_: object) -> object:
        asked.release()
        assert free.wait(60)
        return []

    monkeypatch.setattr("telephony.journal.agent.shelf.Shelf.list", hang)
    waiting = [asyncio.create_task(_status(client, "/v1/logs/cel")) for _ in range(MOST_AT_ONCE)]
    for _ in range(MOST_AT_ONCE):
        assert await asyncio.to_thread(asked.acquire, timeout=60)
    assert await _status(client, "/v1/logs/cel") == 503
    free.set()
    assert await asyncio.gather(*waiting) == [200] * MOST_AT_ONCE
    assert await _status(client, "/v1/logs/cel") == 200


async def _status(client: aiohttp.ClientSession, page: str) -> int:
    async with client.get(page) as answer:
        return answer.status


async def test_a_bug_of_ours_is_not_shown(client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> object:
        raise ZeroDivisionError("an inner thing")

    monkeypatch.setattr("telephony.journal.agent.shelf.Shelf.list", fail)
    async with client.get("/v1/logs/cel") as answer:
        assert answer.status == 500
        assert "inner" not in await answer.text()
    async with client.get("/v1") as answer:
        assert answer.status == 200
