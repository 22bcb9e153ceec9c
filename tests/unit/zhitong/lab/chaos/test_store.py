"""The store's outages, on a real SQLite and a real volume."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from zhitong.lab.chaos import store

UNSHARE = shutil.which("unshare") or ""
FILL = """
import sys
from pathlib import Path
from zhitong.lab.chaos import store
folder = Path(sys.argv[1])
if not store.mount(folder):
    sys.exit(77)
(folder / "kept").write_text("before")
with store.filled(folder):
    try:
        (folder / "more").write_bytes(bytes(4096))
    except OSError as error:
        print(error.errno)
(folder / "more").write_bytes(bytes(4096))
store.unmount(folder)
print(sorted(path.name for path in folder.iterdir()), folder.is_mount())
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "a.db"
    with sqlite3.connect(file) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE calls (id)")
    made.close()
    return file


def write(database: Path) -> None:
    other = sqlite3.connect(database, timeout=0.05)
    try:
        with other:
            other.execute("INSERT INTO calls VALUES (1)")
    finally:
        other.close()


async def test_a_locked_database_takes_nothing_until_it_is_let_go(database: Path, tmp_path: Path) -> None:
    async with store.locked(database, tmp_path / "said"):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write(database)
    write(database)


def test_a_full_volume_takes_nothing_and_leaves_what_it_held(tmp_path: Path) -> None:
    ways = (["--mount"], ["--user", "--map-current-user", "--keep-caps", "--mount"])
    usable = [way for way in ways if UNSHARE and subprocess.run([UNSHARE, *way, "true"], check=False).returncode == 0]
    if not usable:
        pytest.skip("no mount namespace of our own can be had here")
    command = [UNSHARE, *usable[0], "--", sys.executable, "-c", FILL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode == 77:
        pytest.skip("no volume may be mounted here")
    assert done.stdout.splitlines() == ["28", "['kept', 'more'] False"], done.stderr
    assert (tmp_path / "kept").read_text() == "before"
