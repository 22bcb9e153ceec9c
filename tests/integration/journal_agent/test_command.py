"""``zhitong journal-agent`` as processes: what a person does on the PBX's machine."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.journal.agent.keys import keys_in, make_keys
from telephony.journal.errors import JournalUnreadable
from telephony.journal.remote import RemoteLogs
from tests.integration.journal_agent.far import FarReader
from tests.integration.journal_agent.process import SLOW_S, Serving
from tests.unit.telephony.journal.pens import Pen, rename


def zhitong(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zhitong", "journal-agent", *words]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=SLOW_S, check=False, env=os.environ | environ
    )


@pytest.fixture
def serving(folder: Path, keys: Path, port: int, tmp_path: Path) -> Iterator[Serving]:
    made = Serving(folder, keys, port, tmp_path / "agent.log")
    yield made
    made.close()


def logs_of(serving: Serving, keys: Path, token: str) -> RemoteLogs:
    return RemoteLogs(f"https://127.0.0.1:{serving.port}", token, keys_in(keys).certificate)


# --- init -------------------------------------------------------------------------------------------------


def test_init_makes_keys_and_says_what_to_do_with_them(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    done = zhitong("init", "--keys", str(keys), "--name", "pbx.example", "--name", "10.0.0.5")
    assert (done.returncode, done.stderr) == (0, "")
    token, certificate, key = keys_in(keys)
    assert [stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (token, key)] == [0, 0]
    assert token.read_text().strip() not in done.stdout
    for words in (str(certificate), "secrets.toml", 'url = "https://pbx.example:5048"'):
        assert words in done.stdout.replace("\n", "")
    again = zhitong("init", ZHITONG_AGENT_KEYS=str(keys))
    assert again.returncode == 0
    assert "nothing was changed" in again.stdout


# --- serve ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_is_ready_and_ends_in_order(
    serving: Serving, keys: Path, token: str, pen: Pen, which: signal.Signals
) -> None:
    pen.write()
    serving.start()
    logs = logs_of(serving, keys, token)
    assert logs.about().logs["cel"] is None
    assert serving.end(which) == 0
    assert '"event": "stopped"' in serving.log
    assert token not in serving.log
    logs.close()


def test_it_listens_on_this_machine_only_and_has_nothing_open_for_writing(
    serving: Serving, keys: Path, token: str, pen: Pen
) -> None:
    pen.write()
    serving.start()
    logs = logs_of(serving, keys, token)
    reader = FarReader(pen, logs)
    reader.look()
    assert reader.read == pen.written
    proc = Path(f"/proc/{serving.pid}")
    listening = [line.split() for name in ("tcp", "tcp6") for line in (proc / "net" / name).read_text().splitlines()]
    ours = [words[1] for words in listening if words[3] == "0A" and words[1].endswith(f":{serving.port:04X}")]
    assert ours == [f"0100007F:{serving.port:04X}"]
    assert {name: flags for name, flags in _open_files(proc) if flags & os.O_ACCMODE and "agent.log" not in name} == {}
    logs.close()


def _open_files(proc: Path) -> Iterator[tuple[str, int]]:
    for entry in (proc / "fd").iterdir():
        name = str(entry.readlink())
        if name.startswith("/") and not name.startswith("/dev/"):
            flags = (proc / "fdinfo" / entry.name).read_text().split("flags:")[1].split()[0]
            yield name, int(flags, 8)


@pytest.mark.parametrize("name", ["token", "agent.key"])
def test_it_does_not_start_with_keys_that_others_may_read(folder: Path, tmp_path: Path, name: str) -> None:
    keys = tmp_path / "keys"
    make_keys(keys, ["127.0.0.1"])
    (keys / name).chmod(0o644)
    done = zhitong("serve", "--keys", str(keys), "--logs", str(folder), "--port", "0")
    assert done.returncode == 1
    assert f"others may read it (mode 644). Say: chmod 600 {keys / name}" in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


def test_it_does_not_start_without_keys(folder: Path, tmp_path: Path) -> None:
    done = zhitong("serve", "--keys", str(tmp_path / "none"), "--logs", str(folder), "--port", "0")
    assert (done.returncode, "zhitong journal-agent init" in done.stderr) == (1, True)


def test_a_port_that_is_taken(serving: Serving, folder: Path, keys: Path) -> None:
    serving.start()
    done = zhitong("serve", "--keys", str(keys), "--logs", str(folder), "--port", str(serving.port))
    assert (done.returncode, f"cannot listen on 127.0.0.1, port {serving.port}" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


def test_rows_once_through_kills_of_the_process(serving: Serving, keys: Path, token: str, pen: Pen) -> None:
    serving.start()
    logs = logs_of(serving, keys, token)
    reader = FarReader(pen, logs)
    for number in range(1, 4):
        pen.write(20)
        reader.try_to_look(2)
        assert serving.end(signal.SIGKILL) == -signal.SIGKILL
        pen.write(5)
        rename(pen.path, number)
        pen.write(5)
        reader.try_to_look(2)
        serving.start()
    deadline = time.monotonic() + SLOW_S
    while reader.read != pen.written and time.monotonic() < deadline:
        reader.try_to_look()
        time.sleep(0.02)
    assert (reader.read, reader.flaws) == (pen.written, [])
    assert all(isinstance(trouble, JournalUnreadable) for trouble in reader.troubles)
    logs.close()
