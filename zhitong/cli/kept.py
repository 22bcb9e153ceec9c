"""Whether this machine keeps a PBX of the site, and where: the traces that ``zhitong.cli.keeper`` leaves."""

import contextlib
import fcntl
from pathlib import Path

import msgspec

from telephony.config import Site
from telephony.places import var_of


class Kept(msgspec.Struct, frozen=True):
    """A PBX in the background: its keeper's process id, its control socket, and since when (seconds of the epoch)."""

    keeper: int
    socket: str
    since: float


def run_of(site_file: Path, site: Site) -> Path:
    """The directory of this machine's PBX: ``log``, ``spool``, and its keeper's files."""
    return var_of(site_file, site) / "pbx"


def kept(run: Path) -> Kept | None:
    """The PBX that is kept in ``run`` now; None if there is none, or it is still starting."""
    if not is_held(run):
        return None
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((run / "keeper.json").read_bytes(), type=Kept)
    return None


def is_held(run: Path) -> bool:
    """Whether a keeper lives there."""
    try:
        with (run / "keeper.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
