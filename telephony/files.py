"""Writing files whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

PRIVATE = 0o600
GROUP_PRIVATE = 0o640
PUBLIC = 0o644


def write_private(path: Path, text: str) -> None:
    """Puts ``text`` at ``path``, readable by its owner alone. See ``write_whole``."""
    write_whole(path, text, mode=PRIVATE)


def write_whole(path: Path, text: str, *, mode: int = PUBLIC) -> None:
    """Puts ``text`` (UTF-8) at ``path``. See ``write_whole_bytes``."""
    write_whole_bytes(path, text.encode(), mode=mode)


def write_whole_bytes(path: Path, content: bytes, *, mode: int = PUBLIC) -> None:
    """Puts ``content`` at ``path`` in one step: a reader, or a crash, finds the old file or the new one.

    The folder is made if need be. The file has ``mode`` from its first byte on. Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
