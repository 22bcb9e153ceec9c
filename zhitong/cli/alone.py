"""A directory of runs that one command has for itself: ``zhitong demo``, ``zhitong chaos``."""

import contextlib
import fcntl
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from telephony.errors import LabError


@contextlib.contextmanager
def alone(directory: Path, command: str, made: Sequence[str]) -> Iterator[None]:
    """Hold ``directory``, and clear it of what an earlier run of ``command`` has ``made`` there: a second one would
    clear it under the first. Raises LabError when another holds it, or what is there is somebody else's."""
    directory.mkdir(parents=True, exist_ok=True)
    mark = directory / f"{command}.lock"
    ours = mark.exists()
    with mark.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(
                f"another {command} runs in {directory}: wait for it, or choose another --directory."
            ) from None
        for path in (directory / name for name in made):
            _clear(path, mark, command, ours=ours)
        yield


def _clear(path: Path, mark: Path, command: str, *, ours: bool) -> None:
    if path.exists() and not ours:
        mark.unlink()
        raise LabError(f"{path} was not made by a {command}: choose another --directory.")
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
