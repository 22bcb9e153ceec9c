"""The lock that tells whether a PBX is kept. The keeper at work: tests/integration/cli/test_pbx.py."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from telephony.errors import LabError
from zhitong.cli.keeper import hold
from zhitong.cli.kept import Kept, is_held, kept

KEPT = Kept(keeper=4711, socket="/tmp/zt/asterisk.ctl", since=1795402664.5)
_HOLD = "import sys; from pathlib import Path; from zhitong.cli.keeper import hold; l = hold(Path(sys.argv[1])); "


def _write(run: Path) -> None:
    (run / "keeper.json").write_bytes(msgspec.json.encode(KEPT))


def test_where_nothing_ever_ran(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert not is_held(tmp_path / "none")
    assert kept(tmp_path) is None
    assert not (tmp_path / "keeper.lock").exists()  # looking leaves no trace


def test_a_pbx_is_kept_while_its_keeper_holds_the_lock(tmp_path: Path) -> None:
    with hold(tmp_path):
        assert is_held(tmp_path)
        assert kept(tmp_path) is None  # it is starting
        _write(tmp_path)
        assert kept(tmp_path) == KEPT
        assert kept(tmp_path) == KEPT  # looking does not take the lock
    assert not is_held(tmp_path)
    assert kept(tmp_path) is None  # the process id is stale, and perhaps somebody else's by now


def test_two_keepers_cannot_be(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(LabError, match="already"):
        hold(tmp_path)


@pytest.mark.parametrize("words", [b"", b"{", b'{"keeper": "x"}', b"\xff"])
def test_a_spoilt_state_is_no_state(tmp_path: Path, words: bytes) -> None:
    (tmp_path / "keeper.json").write_bytes(words)
    with hold(tmp_path):
        assert kept(tmp_path) is None


@pytest.mark.parametrize("end", ["sys.exit()", "import os; os.kill(os.getpid(), 9)", "1/0"])
def test_the_lock_ends_with_its_holder_however_it_ends(tmp_path: Path, end: str) -> None:
    command = [sys.executable, "-P", "-c", _HOLD + end, str(tmp_path)]
    subprocess.run(command, capture_output=True, check=False, timeout=30)
    assert not is_held(tmp_path)
    assert (tmp_path / "keeper.lock").exists()
