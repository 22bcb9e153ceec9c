"""``zhitong pbx``: a PBX that outlives the command that started it, and dies with its keeper."""

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from telephony.errors import LabError
from tests.integration.cli.clinic import SITE
from zhitong.cli.kept import is_held, kept
from zhitong.cli.main import app
from zhitong.cli.pbx import NOT_RUNNING
from zhitong.lab.ports import Ports, reserve

pytestmark = pytest.mark.acceptance


class Desk(msgspec.Struct, frozen=True):
    """Somebody at a terminal, with a site in order and no PBX."""

    site_file: Path

    @property
    def run(self) -> Path:
        return self.site_file.parent / "var" / "pbx"

    @property
    def etc(self) -> Path:
        return self.site_file.parent / "var" / "asterisk"

    def say(self, command: str, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["pbx", command, "--site", str(self.site_file), *arguments])

    def status(self) -> dict[str, object]:
        result = self.say("status", "--json")
        said = json.loads(result.output)
        assert result.exit_code == (0 if said["running"] else NOT_RUNNING)
        return dict(said)

    def asterisk(self) -> int:
        """The process id, as Asterisk itself says it."""
        known = kept(self.run)
        assert known is not None
        return int(Path(known.socket).with_name("asterisk.pid").read_text(encoding="ascii"))


def lives(pid: int) -> bool:
    """A zombie is dead."""
    with contextlib.suppress(FileNotFoundError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return False


def until_dead(pid: int, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while lives(pid):
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.02)


@pytest.fixture
def ports() -> Iterator[Ports]:
    with reserve(500) as block:
        yield block


@pytest.fixture
def desk(tmp_path: Path, ports: Ports) -> Iterator[Desk]:
    site_file = tmp_path / "site.toml"
    media = f"rtp_start = {ports.rtp.start}\nrtp_end = {ports.rtp.stop - 1}\n"
    sip = f'[sip]\nbind = "127.0.0.1"\nport = {ports.sip}\n{media}'
    site_file.write_text(SITE.format(port=ports.ami, folder=tmp_path) + sip, encoding="utf-8")
    made = Desk(site_file)
    yield made
    made.say("down")
    assert not is_held(made.run)


def test_up_status_cli_down(desk: Desk, ports: Ports) -> None:
    assert desk.status()["running"] is False
    result = desk.say("up")
    assert result.exit_code == 0, result.output
    said = desk.status()
    assert said["running"] is True
    assert str(said["version"]).startswith("Asterisk ")
    assert said["channels"] == 0
    assert "zt-in-carrier" in desk.say("cli", "dialplan show zt-in-carrier").output
    assert "zt-in-carrier" in desk.say("cli", "dialplan", "show", "zt-in-carrier").output
    with socket.create_connection(("127.0.0.1", ports.ami), timeout=5) as ami:
        assert ami.recv(100).startswith(b"Asterisk Call Manager/")
    asterisk = desk.asterisk()
    assert desk.say("down").exit_code == 0
    until_dead(asterisk)
    assert desk.status()["running"] is False


def test_what_it_renders_is_private_and_complete(desk: Desk) -> None:
    desk.say("up")
    assert (desk.etc / "manager.conf").stat().st_mode & 0o077 == 0
    log = (desk.run / "log" / "messages.log").read_text(encoding="utf-8")
    assert "ERROR[" not in log


def test_up_twice_is_one_pbx(desk: Desk) -> None:
    desk.say("up")
    before = desk.asterisk()
    result = desk.say("up")
    assert result.exit_code == 0
    assert "running already" in result.output
    assert desk.asterisk() == before


def test_what_is_rendered_afterwards_is_taken_at_the_next_reload(desk: Desk) -> None:
    desk.say("up")
    text = desk.site_file.read_text(encoding="utf-8")
    desk.site_file.write_text(text.replace('hotline = ["12345"]', 'hotline = ["12345", "95000"]'), encoding="utf-8")
    assert "95000" not in desk.say("cli", "dialplan show zt-in-carrier").output
    assert CliRunner().invoke(app, ["dialplan", "render", "--site", str(desk.site_file)]).exit_code == 0
    desk.say("cli", "dialplan reload")
    assert "95000" in desk.say("cli", "dialplan show zt-in-carrier").output


def test_the_doctor_finds_its_files(desk: Desk, tmp_path: Path) -> None:
    people = tmp_path / "agents.csv"
    people.write_text("number,name,queues\n1001,张三,hotline\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["agents", "import", str(people), "--site", str(desk.site_file)]).exit_code == 0
    desk.say("up")
    result = CliRunner().invoke(app, ["doctor", "--site", str(desk.site_file), "--listen", "0", "--json"])
    said = {finding["check"]: finding["severity"] for finding in json.loads(result.output)["findings"]}
    assert said["rendered"] == "ok", result.output
    assert said["dialplan"] == "ok"
    assert "error" not in said.values()


def test_down_twice_is_no_error(desk: Desk) -> None:
    assert desk.say("down").exit_code == 0
    assert "does not run" in desk.say("down").output


def test_it_dies_with_its_keeper_and_comes_again(desk: Desk) -> None:
    desk.say("up")
    asterisk, known = desk.asterisk(), kept(desk.run)
    assert known is not None
    os.kill(known.keeper, signal.SIGKILL)
    until_dead(asterisk)
    until_dead(known.keeper)
    assert desk.status()["running"] is False
    assert desk.say("up").exit_code == 0
    assert desk.status()["running"] is True


def test_a_pbx_that_ends_by_itself_is_not_kept(desk: Desk) -> None:
    desk.say("up")
    known = kept(desk.run)
    assert known is not None
    desk.say("cli", "core stop now")
    until_dead(known.keeper)
    assert desk.status()["running"] is False
    assert "ended by itself" in (desk.run / "keeper.log").read_text(encoding="utf-8")


def test_cli_without_a_pbx(desk: Desk) -> None:
    result = desk.say("cli", "core show version")
    assert isinstance(result.exception, LabError)
    assert "zhitong pbx up" in str(result.exception)


@pytest.mark.parametrize("which", ["sip", "ami"])
def test_a_port_that_is_taken(desk: Desk, ports: Ports, which: str) -> None:
    kind = socket.SOCK_DGRAM if which == "sip" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        if which == "ami":  # connections of the test before may linger at this port
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", getattr(ports, which)))
        if which == "ami":
            taken.listen()
        result = desk.say("up")
    assert isinstance(result.exception, LabError)
    assert str(getattr(ports, which)) in str(result.exception)
    assert not is_held(desk.run)


@pytest.mark.parametrize("program", ["/bin/false", "/bin/true"])
def test_an_asterisk_that_does_not_start(desk: Desk, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    for key in ("ZHITONG_ASTERISK_MODULES", "ZHITONG_ASTERISK_DATA"):
        folder = desk.site_file.parent / key
        (folder / "sounds").mkdir(parents=True)
        (folder / "res_pjsip.so").touch()
        monkeypatch.setenv(key, str(folder))
    monkeypatch.setenv("ZHITONG_ASTERISK", program)
    result = desk.say("up")
    assert isinstance(result.exception, LabError)
    assert "ended by itself" in str(result.exception)
    assert desk.status()["running"] is False
