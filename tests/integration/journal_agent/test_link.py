"""What the bridge says when the agent cannot be read through, and how often it tries."""

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from telephony.errors import ConfigError
from telephony.journal.agent.keys import keys_in, make_keys, server_tls
from telephony.journal.errors import AgentRefused, AgentUnreachable, JournalUnreadable
from telephony.journal.remote import RemoteLogs
from telephony.journal.remote_link import LAST_PAUSE_S, REFUSED_PAUSE_S, Link
from tests.integration.journal_agent.far import FarReader
from tests.integration.journal_agent.host import Agent, Host, Wire
from tests.unit.telephony.journal.pens import Pen


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def link_to(agent: Agent | int, keys: Path, token: str, clock: Callable[[], float] | None = None) -> Link:
    port = agent if isinstance(agent, int) else agent.port
    certificate = keys_in(keys).certificate
    url = f"https://127.0.0.1:{port}"
    return Link(url, token, certificate, clock=clock) if clock else Link(url, token, certificate)


# --- words ------------------------------------------------------------------------------------------------


def test_how_it_stands(logs: RemoteLogs, pen: Pen) -> None:
    pen.write()
    about = logs.about()
    assert about.logs["cel"] is None
    assert "is not there" in (about.logs["cdr"] or "")


def test_a_wrong_token(agent: Agent, keys: Path) -> None:
    with (
        contextlib.closing(link_to(agent, keys, "x" * 32)) as link,
        pytest.raises(AgentRefused, match="refuses our token"),
    ):
        link.ask("GET", "/v1")


def test_nobody_at_the_port(agent: Agent, keys: Path, token: str) -> None:
    agent.stop()
    with pytest.raises(AgentUnreachable, match=r"does not answer \(Connection refused\).* Asterisk keeps the rows"):
        link_to(agent, keys, token).ask("GET", "/v1")


def test_a_certificate_that_is_not_the_agents(agent: Agent, token: str, tmp_path: Path) -> None:
    make_keys(tmp_path, ["127.0.0.1"])
    with pytest.raises(AgentUnreachable, match=r"its certificate is not trusted.*Copy the agent's agent.crt"):
        link_to(agent, tmp_path, token).ask("GET", "/v1")


def test_a_certificate_for_another_name(host: Host, folder: Path, port: int, tmp_path: Path) -> None:
    make_keys(tmp_path / "other", ["pbx.example"])
    agent = Agent(host, folder, tmp_path / "other", port)
    agent.start()
    try:
        with pytest.raises(AgentUnreachable, match="IP address mismatch"):
            link_to(agent, tmp_path / "other", agent.tokens[0]).ask("GET", "/v1")
    finally:
        agent.stop()


def test_the_token_is_not_sent_to_whom_we_do_not_trust(host: Host, keys: Path, token: str, tmp_path: Path) -> None:
    make_keys(tmp_path, ["127.0.0.1"])
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4_096))
        writer.close()

    server = other_server(host, serve, server_tls(keys_in(tmp_path)))
    with server as port, pytest.raises(AgentUnreachable, match="not trusted"):
        link_to(port, keys, token).ask("GET", "/v1")
    assert heard == []


@contextlib.contextmanager
def other_server(host: Host, serve: Callable[..., object], tls: ssl.SSLContext | None) -> Iterator[int]:
    server = host.call(asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls))  # type: ignore[arg-type]
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        host.call(_end(server))


async def _end(server: asyncio.Server) -> None:
    server.close()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "an answer that is none"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", r"status 404 \(no reason given\)"),
        (b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n", "status 302"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "does not answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (5 << 20), "an answer without end"),
        (b"", "does not answer"),
    ],
)
def test_another_program_at_the_port(host: Host, keys: Path, token: str, said: bytes, words: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            await writer.drain()
        writer.transport.abort() if not said else writer.close()

    with other_server(host, serve, server_tls(keys_in(keys))) as port:
        logs = RemoteLogs(f"https://127.0.0.1:{port}", token, keys_in(keys).certificate)
        with pytest.raises(AgentUnreachable, match=words):
            logs.about()
        logs.close()


def test_no_tls_at_the_port(host: Host, keys: Path, token: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/9.0.0\r\n")
        await writer.drain()
        await reader.read(1_000)
        writer.close()

    with other_server(host, serve, None) as port, pytest.raises(AgentUnreachable, match="no TLS"):
        link_to(port, keys, token).ask("GET", "/v1")


def test_a_log_that_the_agent_may_not_read(pen: Pen, logs: RemoteLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    pen.write()
    monkeypatch.setattr("telephony.journal.files.os.open", refuse)
    with pytest.raises(JournalUnreadable, match=r"the journal agent says: .*zhitong-cel.csv cannot be read"):
        FarReader(pen, logs).look()


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_certificate_that_cannot_be_read_is_named_at_the_start(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "agent.crt").write_text(text)
    with pytest.raises(ConfigError, match=r"pbx.journal.tls_cert: .*agent.crt cannot be read"):
        RemoteLogs("https://127.0.0.1:1", "x" * 32, tmp_path / "agent.crt")


def test_a_port_that_is_none_is_named_at_the_start(keys: Path, token: str) -> None:
    with pytest.raises(ConfigError, match=r"pbx.journal.url: https://pbx:99999: Port out of range"):
        RemoteLogs("https://pbx:99999", token, keys_in(keys).certificate)


# --- how often --------------------------------------------------------------------------------------------


def test_it_waits_longer_after_each_try_in_vain(agent: Agent, wire: Wire, keys: Path, token: str) -> None:
    clock = Clock()
    link = link_to(wire.port, keys, token, clock)
    agent.stop()
    tries: list[float] = []
    with capture_logs() as told:
        for _ in range(60):
            before = link._failures
            with pytest.raises(AgentUnreachable):
                link.ask("GET", "/v1")
            if link._failures > before:
                tries.append(clock.now)
            clock.now += 1.0
    assert tries == [0, 1, 3, 7, 15, 30, 45]
    assert max(b - a for a, b in itertools.pairwise(tries)) == LAST_PAUSE_S
    assert [entry["failures"] for entry in told if entry["event"] == "still no journal agent"] == [2, 4]
    agent.start()
    clock.now += LAST_PAUSE_S
    with capture_logs() as told:
        assert link.ask("GET", "/v1").status == 200
        assert link.ask("GET", "/v1").status == 200
    assert [entry["event"] for entry in told] == ["the journal agent answers again"]
    link.close()


def test_after_a_refusal_it_waits_longest_and_then_finds_the_right_token(
    host: Host, agent: Agent, keys: Path, token: str
) -> None:
    clock = Clock()
    agent.stop()
    agent.tokens = ["y" * 32]
    agent.start()
    link = link_to(agent, keys, token, clock)
    for now in (0.0, REFUSED_PAUSE_S - 1):
        clock.now = now
        with pytest.raises(AgentRefused):
            link.ask("GET", "/v1")
    assert link._failures == 1
    agent.stop()
    agent.tokens = ["y" * 32, token]
    agent.start()
    clock.now = REFUSED_PAUSE_S
    assert link.ask("GET", "/v1").status == 200
    link.close()


def test_one_connection_serves_many_questions(wire: Wire, logs_by_wire: RemoteLogs, pen: Pen) -> None:
    reader = FarReader(pen, logs_by_wire)
    for _ in range(5):
        pen.write()
        reader.look()
    assert wire.accepted == 1
    assert reader.read == pen.written
