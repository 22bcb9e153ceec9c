"""The doctor at a real Asterisk with a rendered configuration: healthy at first, then with one fault at a time."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.integration.cli.ward import TRUNK, open_ward
from zhitong.cli.checks.examine import Patience
from zhitong.cli.checks.findings import Severity
from zhitong.lab.phones.phone import Phone, Setup
from zhitong.lab.programs import Tools, find_tools

pytestmark = pytest.mark.acceptance

QUICK = Patience(listen_s=0.0)
NO_MODULE = ("modules", Severity.NOTE)
"""The rendered PBX may come without func_module, and then tells nothing of its modules."""


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools()


async def test_a_rendered_pbx_is_healthy(tmp_path: Path, tools: Tools) -> None:
    async with open_ward(tmp_path, tools) as ward:
        await ward.lab.pbx.start()
        before = ward.complaints()
        async with await ward.phone("1001"), await ward.phone("1002"):
            found = await ward.clinic.examine(QUICK)
        assert set(found.bad()) <= {("events", Severity.NOTE), NO_MODULE, ("rotation", Severity.NOTE)}
        assert found.one("phones").found.en == "Agents' phones: 2 of 2 can be reached"
        assert found.one("rights").severity is Severity.OK
        assert found.one("dialplan").severity is Severity.OK
        # It asked for nothing that Asterisk refuses: that would be a line in its log.
        assert [line for line in ward.complaints() if line not in before and "IFMODULE" not in line] == []


async def test_phones_that_are_off(tmp_path: Path, tools: Tools) -> None:
    async with open_ward(tmp_path, tools) as ward:
        await ward.lab.pbx.start()
        found = await ward.clinic.examine(QUICK)
        assert found.one("phones").severity is Severity.WARNING


async def test_a_call_shows_that_events_come(tmp_path: Path, tools: Tools) -> None:
    """What the bridge's own user can do without any right of its own: listen."""
    async with open_ward(tmp_path, tools) as ward:
        await ward.lab.pbx.start()
        server = ("127.0.0.1", ward.lab.ports.sip)
        citizen = await Phone.start("13800000001", "", server, register=False, setup=Setup(host=TRUNK))
        async with await ward.phone("1001"), citizen:
            looking = asyncio.create_task(ward.clinic.examine(Patience(listen_s=6.0)))
            await asyncio.sleep(0.5)
            call = await citizen.call("12345")
            await call.answered()
            found = await looking
        assert [found.one(check).severity for check in ("events", "timestamps", "event-filter")] == [Severity.OK] * 3


async def test_a_user_who_may_do_all(tmp_path: Path, tools: Tools) -> None:
    async with open_ward(tmp_path, tools) as ward:
        ward.may_do_everything()
        await ward.lab.pbx.start()
        await ward.lab.pbx.cli("module load func_module.so")
        found = await ward.clinic.examine(QUICK)
        assert found.errors() == []
        assert found.one("rights").severity is Severity.WARNING
        for right in ("command", "config"):
            assert right in found.one("rights").found.en
        # Our UserEvent came back, our VarSet did not.
        assert [found.one(check).severity for check in ("events", "timestamps", "event-filter")] == [Severity.OK] * 3
        assert found.one("modules").severity is Severity.OK


async def test_without_event_filter(tmp_path: Path, tools: Tools) -> None:
    async with open_ward(tmp_path, tools) as ward:
        ward.may_do_everything()
        ward.without_filter()
        await ward.lab.pbx.start()
        found = await ward.clinic.examine(QUICK)
        assert found.one("event-filter").severity is Severity.WARNING
        assert "VarSet" in found.one("event-filter").found.en


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("timestampevents = yes", "timestampevents = no", "timestamps"),
        ("eventfilter(action(include),name(UserEvent)) =", "", "events"),
        ("secret = ", "secret = x", "login"),
        ("permit = 127.0.0.1/32", "permit = 192.0.2.0/24", "login"),
        ("writetimeout = 10000", "writetimeout = 200", "writetimeout"),
        ("enabled = yes", "enabled = no", "reach"),
    ],
)
async def test_faults_of_manager_conf(tmp_path: Path, tools: Tools, old: str, new: str, check: str) -> None:
    async with open_ward(tmp_path, tools) as ward:
        ward.may_do_everything()
        ward.edit("manager.conf", old, new)
        await ward.lab.pbx.start()
        found = await ward.clinic.examine(QUICK)
        assert found.errors() == [check]


async def test_cel_that_cannot_be_read(tmp_path: Path, tools: Tools) -> None:
    """Settings that a person has changed, and what the PBX then writes."""
    async with open_ward(tmp_path, tools) as ward:
        ward.clinic.change(f'log = "{tmp_path}/asterisk/log"', f'log = "{ward.lab.pbx.log_dir}"')
        ward.edit("cel_custom.conf", '"c1",', "")
        ward.edit("cdr.conf", "unanswered = yes", "unanswered = no")
        await ward.lab.pbx.start()
        assert (await ward.clinic.examine(QUICK)).errors() == ["cel"]
        server = ("127.0.0.1", ward.lab.ports.sip)
        async with await Phone.start("13800000001", "", server, register=False, setup=Setup(host=TRUNK)) as citizen:
            call = await citizen.call("12345")
            await call.ended(30)
        found = await ward.clinic.examine(QUICK)
        assert set(found.errors()) == {"cel", "logs"}
        assert found.one("logs").found.en == "The last rows of zhitong-cel.csv cannot be read"
        assert Severity.WARNING in {finding.severity for finding in found.of("cdr")}


async def test_no_rights_at_all(tmp_path: Path, tools: Tools) -> None:
    async with open_ward(tmp_path, tools) as ward:
        ward.edit("manager.conf", "write = ", "write = verbose ;")
        await ward.lab.pbx.start()
        found = await ward.clinic.examine(QUICK)
        assert set(found.errors()) == {"rights"}
        assert found.one("dialplan").severity is Severity.WARNING


async def test_a_half_rendered_pbx(tmp_path: Path, tools: Tools) -> None:
    async with open_ward(tmp_path, tools) as ward:
        ward.edit("extensions.conf", "[zt-transfer]", "[other]")
        ward.edit("queues.conf", "member => PJSIP/1002", "member => PJSIP/4711")
        ward.edit("asterisk.conf", "systemname = pbx1", "systemname = old")
        ward.edit("cdr.conf", "enable = yes", "enable = no")
        await ward.lab.pbx.start()
        found = await ward.clinic.examine(QUICK)
        assert {*found.errors()} >= {"rendered", "dialplan", "phones", "system-name"}
        assert found.one("dialplan").found.en == "The PBX lacks these contexts: zt-transfer"
        assert found.of("phones")[0].found.en.endswith("agents: 1002")  # the member's name; its phone is 4711
        assert {finding.severity for finding in found.of("cdr")} == {Severity.WARNING}


async def test_through_tls(tmp_path: Path, tools: Tools) -> None:
    certificate, key = tmp_path / "pbx.pem", tmp_path / "pbx.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=pbx", "-days", "2"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key)]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    async with open_ward(tmp_path, tools) as ward:
        tls = f'[pbx.ami]\ntls = true\ntls_cert = "{certificate}"\ntls_key = "{key}"'
        ward.clinic.change("[pbx.ami]", tls)
        # The plain port, which Asterisk keeps on this machine, is the one below; the lab owns both.
        ward.clinic.change(f"port = {ward.lab.ports.ami}", f"port = {ward.lab.ports.http}")
        ward.clinic.render()
        await ward.lab.pbx.start()
        found = await ward.clinic.examine(QUICK)
        assert found.errors() == []
        assert found.one("queues").severity is Severity.OK
