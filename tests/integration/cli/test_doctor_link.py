"""The way to the PBX: reaching it, logging in, and what happens when it falls silent or talks nonsense.

The doctor must neither hang nor die of anything here, and must leave no process behind.
"""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.integration.ami.fake_pbx import error, lines
from tests.integration.cli.clinic import Clinic
from tests.integration.cli.good_pbx import GoodPbx
from zhitong.cli.checks.examine import Patience
from zhitong.cli.checks.findings import Severity

IMPATIENT = Patience(listen_s=0.0, silence_s=0.7)

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def children() -> set[str]:
    """Process ids of our children, as the kernel knows them."""
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a thread that has just ended
            found |= {*(task / "children").read_text(encoding="ascii").split()}
    return found


@pytest.fixture(autouse=True)
def _no_process_stays() -> object:
    before = children()
    yield
    assert children() <= before


@contextlib.asynccontextmanager
async def server(talk: Talk) -> AsyncIterator[int]:
    """Something that listens, but is no AMI."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await talk(reader, writer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await listening.wait_closed()


async def test_all_is_well(clinic: Clinic, pbx: GoodPbx) -> None:
    found = await clinic.examine()
    assert found.bad() == [("events", Severity.NOTE)]  # a user with no right to provoke any, and no call
    assert found.one("reach").found.en == f"Reached: AMI 11.0.0 · 127.0.0.1:{pbx.port}"
    assert found.one("version").found.en == "Asterisk 22.10.1+dfsg+~cs6.17.60671434-1"
    checks = {finding.check for finding in found.findings}
    assert checks >= {"site", "folders", "database", "secrets", "login", "rights", "clock", "modules", "dialplan"}
    assert checks >= {"queues", "phones", "system-name"}


async def test_it_asks_for_nothing_it_has_no_right_to(clinic: Clinic, pbx: GoodPbx) -> None:
    """A refused action is a line in Asterisk's security log, and an alarm where somebody watches that."""
    pbx.rights = {"Ping": "<none>", "ListCommands": "<none>"}
    await clinic.examine()
    assert {action["Action"] for action in pbx.actions} == {"Login", "ListCommands", "Ping"}


async def test_nothing_listens(clinic: Clinic, pbx: GoodPbx) -> None:
    await pbx.stop()
    try:
        found = await clinic.examine()
    finally:
        await pbx.start()
    assert found.errors() == ["reach"]
    assert "nothing listens there" in found.one("reach").found.en


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "it says: SSH-2.0-OpenSSH_9.2p1 Debian"),
        (b"SIP/2.0 400 Bad\x00\x1b[31m\xff Request\r\n", "it says: SIP/2.0 400 Bad"),
        (b"Asterisk Call Manager/\r\n", "does not speak AMI"),
        (b"", "hangs up at once"),
        (b"x" * 1_000_000, "hangs up at once"),
    ],
)
async def test_what_answers_is_no_pbx(clinic: Clinic, pbx: GoodPbx, greeting: bytes, words: str) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()

    async with server(talk) as port:
        clinic.change(str(pbx.port), str(port))
        found = await clinic.examine()
    assert found.errors() == ["reach"]
    assert words in found.one("reach").found.en
    assert found.one("reach").found.zh.isprintable()


async def test_it_connects_and_hears_nothing(clinic: Clinic, pbx: GoodPbx) -> None:
    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(talk) as port:
        clinic.change(str(pbx.port), str(port))
        found = await clinic.examine(IMPATIENT)
    assert found.errors() == ["reach"]
    assert "TLS" in found.one("reach").remedy.en  # type: ignore[union-attr]


async def test_an_address_that_swallows_packets(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(asyncio, "open_connection", never)
    found = await clinic.examine(IMPATIENT)
    assert "does not answer" in found.one("reach").found.en


async def test_a_name_that_means_nothing(clinic: Clinic) -> None:
    clinic.change("[pbx.ami]", '[pbx.ami]\nhost = "no-such-host.invalid"')
    found = await clinic.examine()
    assert "cannot be resolved: no-such-host.invalid" in found.one("reach").found.en


async def test_an_old_protocol(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.greeting = b"Asterisk Call Manager/2.10.6\r\n"
    found = await clinic.examine()
    assert found.one("ami-version").severity is Severity.WARNING
    assert found.of("login")  # it goes on: the version proper decides


# --- TLS -----------------------------------------------------------------------------------------------------


Certificate = tuple[Path, Path]
"""The certificate's file and its key's."""


def _self_signed(folder: Path, name: str) -> Certificate:
    """A certificate for 127.0.0.1 that signs itself."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*command, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return _self_signed(tmp_path, "pbx")


@pytest.fixture
def other_certificate(tmp_path: Path) -> Certificate:
    return _self_signed(tmp_path, "other")


async def _with_tls(pbx: GoodPbx, clinic: Clinic, certificate: Certificate) -> None:
    await pbx.stop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    pbx.tls = context
    await pbx.start()
    clinic.change("[pbx.ami]", f'[pbx.ami]\ntls = true\ntls_cert = "{certificate[0]}"')


async def test_a_whole_examination_through_tls(clinic: Clinic, pbx: GoodPbx, certificate: Certificate) -> None:
    await _with_tls(pbx, clinic, certificate)
    found = await clinic.examine()
    assert found.errors() == []
    assert found.one("dialplan").severity is Severity.OK


async def test_a_certificate_nobody_trusts(
    clinic: Clinic, pbx: GoodPbx, certificate: Certificate, other_certificate: Certificate
) -> None:
    await _with_tls(pbx, clinic, certificate)
    clinic.change(str(certificate[0]), str(other_certificate[0]))
    found = await clinic.examine()
    assert "is not trusted" in found.one("reach").found.en
    assert pbx.actions == []  # the secret was not shown to whoever that is


async def test_a_certificate_that_is_not_here(clinic: Clinic, pbx: GoodPbx, certificate: Certificate) -> None:
    await _with_tls(pbx, clinic, certificate)
    certificate[0].unlink()
    found = await clinic.examine()
    assert found.errors() == ["reach"]
    assert "cannot be read: No such file" in found.one("reach").found.en


async def test_tls_towards_a_plain_port(clinic: Clinic, pbx: GoodPbx, certificate: Certificate) -> None:
    clinic.change("[pbx.ami]", f'[pbx.ami]\ntls = true\ntls_cert = "{certificate[0]}"')
    found = await clinic.examine(IMPATIENT)
    assert found.errors() == ["reach"]


# --- the login -----------------------------------------------------------------------------------------------


async def test_a_wrong_secret(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.secret = "another"
    found = await clinic.examine()
    assert found.errors() == ["login"]
    assert "permit" in found.one("login").remedy.en  # type: ignore[union-attr]
    assert "ListCommands" not in {action["Action"] for action in pbx.actions}


async def test_a_user_that_may_log_in_once_only(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.answers["Login"] = lambda _, action: [error(action, "Login Already In Use")]
    found = await clinic.examine()
    assert "allowmultiplelogin" in found.one("login").remedy.en  # type: ignore[union-attr]


async def test_no_fully_booted(clinic: Clinic, pbx: GoodPbx) -> None:
    pbx.booted = False
    found = await clinic.examine()
    assert found.one("booted").severity is Severity.WARNING


# --- a PBX that misbehaves in the middle ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "action", ["Login", "ListCommands", "CoreSettings", "Ping", "Getvar", "ShowDialPlan", "QueueStatus"]
)
async def test_it_falls_silent(clinic: Clinic, pbx: GoodPbx, action: str) -> None:
    pbx.answers[action] = lambda *_: []
    found = await clinic.examine(IMPATIENT)
    assert found.findings[-1].check == "link"
    assert action in found.findings[-1].found.en


@pytest.mark.parametrize("action", ["Login", "ListCommands", "Ping", "ShowDialPlan", "QueueStatus"])
async def test_it_hangs_up(clinic: Clinic, pbx: GoodPbx, action: str) -> None:
    def cut(line: object, _: object) -> list[bytes]:
        line.cut()  # type: ignore[attr-defined]
        return []

    pbx.answers[action] = cut
    found = await clinic.examine()
    assert found.findings[-1].check == "link"


@pytest.mark.parametrize(
    "garbage",
    [
        b"Event: QueueMember\r\nName\r\n\xff\xfe\xfd\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"no colon at all\r\n\r\n",
        b"Event:\r\n\r\n",
        b"ActionID: only\r\n\r\n",
        b"Response: Success\r\nActionID: zt-doctor-1-1\r\n\r\n",
        b"Event: Newchannel\r\nChanVariable: ZT_CALL=1\r\nChanVariable: x\r\n\r\n",
        pytest.param(b"Event: Newchannel\r\nCallerIDName: " + b"z" * 200_000 + b"\r\n\r\n", id="200 kB of a name"),
    ],
)
async def test_nonsense_between_answers_ends_in_words_or_does_no_harm(
    clinic: Clinic, pbx: GoodPbx, garbage: bytes
) -> None:
    plain = pbx.answers["CoreSettings"]

    def with_garbage(line: object, action: dict[str, str]) -> list[bytes]:
        pbx.send_raw(garbage)
        return plain(line, action)  # type: ignore[arg-type]

    pbx.answers["CoreSettings"] = with_garbage
    found = await clinic.examine(IMPATIENT)
    assert set(found.errors()) <= {"link", "timestamps"}  # some of it is an event without a time
    assert found.one("login").severity is Severity.OK


async def test_events_with_channel_variables_do_not_kill_the_client(clinic: Clinic, pbx: GoodPbx) -> None:
    """pyst2's reader dies of this header by itself; ``channelvars`` in manager.conf puts it into channel events."""
    plain = pbx.answers["ListCommands"]
    pbx.channel_variables = True

    def with_event(line: object, action: dict[str, str]) -> list[bytes]:
        pbx.send(pbx.event("Newchannel", ("Channel", "PJSIP/1001-00000001")))
        return plain(line, action)  # type: ignore[arg-type]

    pbx.answers["ListCommands"] = with_event
    found = await clinic.examine()
    assert found.errors() == []
    assert "1 came" in found.one("events").found.en


async def test_a_flood_of_events_while_it_asks(clinic: Clinic, pbx: GoodPbx) -> None:
    plain = pbx.answers["QueueStatus"]

    def flooded(line: object, action: dict[str, str]) -> list[bytes]:
        pbx.send(*[lines(("Event", "Newexten"), ("Timestamp", "1795402664.1"), ("N", str(n))) for n in range(5000)])
        return plain(line, action)  # type: ignore[arg-type]

    pbx.answers["QueueStatus"] = flooded
    found = await clinic.examine(Patience(listen_s=0.5, silence_s=10.0))
    assert found.errors() == []
    assert "Newexten" in found.one("event-filter").found.en
