"""Makes the captured books again: ``python -m tests.integration.journal.make [NAME …]``.

Each story is a call or a few on a real PBX: what one AMI login heard of them, and what CEL and queue_log kept. Unit
tests hold calls rebuilt from the logs against calls seen. Numbers and names are synthetic. Takes about five minutes.
"""

import argparse
import asyncio
import gzip
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from telephony.errors import ZhitongError
from tests.integration.journal.stories import STORIES
from tests.recordings.make import play, stage
from tests.recordings.stories import STORIES as ORDINARY
from zhitong.lab.programs import find_tools

FOLDER = Path(__file__).parents[2] / "unit" / "telephony" / "journal" / "stories"
BOOKS = {"cel.csv": "cel-custom/zhitong-cel.csv", "queue_log": "queue_log"}
"""The name a book is kept by → where it lies in Asterisk's log folder."""
NOT_HERE = frozenset(("zz-shutdown",))
"""It leaves no PBX for the next; ``the-pbx-is-stopped`` tells the same."""


class Books:
    """The logs of a PBX, from where the last story ended."""

    def __init__(self, log: Path, books: Mapping[str, str]) -> None:
        self._paths = {name: log / place for name, place in books.items()}
        self._read = {name: len(self._bytes(name)) for name in self._paths}

    def _bytes(self, name: str) -> bytes:
        path = self._paths[name]
        return path.read_bytes() if path.exists() else b""

    def new(self) -> dict[str, bytes]:
        found = {name: self._bytes(name)[start:] for name, start in self._read.items()}
        self._read = {name: start + len(found[name]) for name, start in self._read.items()}
        return found


async def make(names: Sequence[str], folder: Path, kept: Mapping[str, str]) -> None:
    """Play these stories, or all, and keep what was heard and what the books ``kept`` say of each in ``folder``."""
    tools = await asyncio.to_thread(find_tools)
    with tempfile.TemporaryDirectory(prefix="zt-books-") as directory:
        async with stage(Path(directory), tools) as on:
            books = Books(on.rig.lab.pbx.log_dir, kept)
            for name, story in {**ORDINARY, **STORIES}.items():
                if name in NOT_HERE or (names and name not in names):
                    continue
                heard = await play(on, story)
                await asyncio.to_thread(_save, folder / name, {"ami": heard, **books.new()})
                print(name, flush=True)


def _save(folder: Path, parts: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in parts.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))


def main(module: str, about: str | None, folder: Path, kept: Mapping[str, str]) -> int:
    """The command line of a module that makes books; exit status 1 when the lab fails."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.add_argument("names", nargs="*", help="stories to play; all by default")
    parser.add_argument("--folder", type=Path, default=folder, help="where to keep them")
    options = parser.parse_args()
    try:
        asyncio.run(make(options.names, options.folder, kept))
    except ZhitongError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("tests.integration.journal.make", __doc__, FOLDER, BOOKS))
