"""The logs of a PBX on another machine, read through the journal agent there: bytes by file and offset.

The same ``Tail`` reads them that reads local files, with the same places, so rows come once through restarts of either
side, cuts of the link and rotations meanwhile. Each step asks and waits, for seconds at most: it runs in a thread, as
reading a local disk does.
"""

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from telephony.journal import wire
from telephony.journal.errors import AgentUnreachable
from telephony.journal.files import ALL_PATHS, FileGone, Reading
from telephony.journal.places import FileFacts
from telephony.journal.remote_link import Answer, Link
from telephony.journal.wire import ROOT, About, Opened

Kind = TypeVar("Kind")


class RemoteLogs:
    """The logs behind the agent at ``url`` (``https://host[:port]``), whose certificate, or its authority's, is in
    ``certificate``. Raises ConfigError when that cannot be read. Not for two threads at once.

    Whatever is asked raises AgentUnreachable, AgentRefused, or JournalUnreadable when the agent cannot read a log.
    """

    def __init__(self, url: str, token: str, certificate: Path) -> None:
        self._link = Link(url, token, certificate)

    def log(self, which: str) -> "RemoteFiles":
        """One of ``files.ALL_PATHS``."""
        return RemoteFiles(self._link, which)

    def about(self) -> About:
        """How the agent and its logs stand."""
        answer = self._link.ask("GET", ROOT)
        about = _decoded(self._link, answer, About)
        if about.version != wire.VERSION:
            raise AgentUnreachable(
                f"{self._link.url}: the journal agent is of another version ({about.version}, we are {wire.VERSION}). "
                "Install the same version on both machines."
            )
        return about

    @property
    def certified_for_s(self) -> float | None:
        """Seconds that the agent's certificate is valid for yet; None before anything was asked."""
        return self._link.certified_for_s

    def close(self) -> None:
        """Hang up. What is asked later connects anew."""
        self._link.close()


class RemoteFiles:
    """One log there."""

    def __init__(self, link: Link, which: str) -> None:
        self._link, self._which = link, which

    @property
    def name(self) -> str:
        return Path(ALL_PATHS[self._which]).name

    def list(self) -> list[FileFacts]:
        return _decoded(self._link, self._link.ask("GET", f"{ROOT}/logs/{self._which}"), list[FileFacts])

    def open(self, file: FileFacts) -> "RemoteFile | None":
        wanted = {"name": file.name, "inode": file.inode}
        answer = self._link.ask("POST", f"{ROOT}/logs/{self._which}/open", wanted, but=(wire.TAKEN,))
        if answer.status == wire.TAKEN:
            return None
        return RemoteFile(self._link, _decoded(self._link, answer, Opened).file)


class RemoteFile:
    """One file there, by its handle."""

    def __init__(self, link: Link, handle: str) -> None:
        self._link, self._handle = link, handle

    def read(self, offset: int, size: int) -> Reading:
        wanted = {"offset": offset, "size": min(size, wire.PIECE)}
        answer = self._link.ask("GET", f"{ROOT}/files/{self._handle}", wanted, but=(wire.GONE,))
        if answer.status == wire.GONE:
            raise FileGone
        reading = _decoded(self._link, answer, Reading, msgspec.msgpack.Decoder)
        if len(reading.data) > size:
            raise self._link.no_agent("more than was asked for")
        return reading

    def close(self) -> None:
        """The agent closes it by itself."""


def _decoded(link: Link, answer: Answer, kind: type[Kind], decoder: Any = msgspec.json.Decoder) -> Kind:
    try:
        decoded: Kind = decoder(kind).decode(answer.body)
    except msgspec.DecodeError as error:
        raise link.no_agent("an answer that is none") from error
    return decoded
