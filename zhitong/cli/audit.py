"""What was done with people's passwords and accounts, and by whom: ``audit.jsonl`` in the var directory, mode 0600.

One line of JSON for each deed, written and synced before the deed is told of. It holds no password and no link.
"""

import datetime
import os
from pathlib import Path

import msgspec

from telephony.files import PRIVATE
from telephony.places import var_of
from telephony.site.site import Site


def audit_of(site_file: Path, site: Site) -> Path:
    """The file."""
    return var_of(site_file, site) / "audit.jsonl"


def note(path: Path, by: str, deed: str, **details: object) -> None:
    """Add a line. Raises OSError when that cannot be done: then nothing should be done that is to be on record."""
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    line = msgspec.json.encode({"at": at, "by": by, "deed": deed, **details}) + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
    try:
        os.write(handle, line)  # one write: lines of two programs never mix
        os.fsync(handle)
    finally:
        os.close(handle)
