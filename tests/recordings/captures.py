"""Raw AMI captures: what a real Asterisk sent over one login, from its greeting on, byte for byte."""

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from telephony.ami.codec import FrameReader, headers_of
from telephony.ami.decode import Decoder, Undecoded
from telephony.ami.snapshot import Headers, Login, read
from telephony.model.events import Event
from telephony.model.ids import Micros

FOLDER = Path(__file__).parent
_LISTED = frozenset(("CoreShowChannel", "QueueParams", "QueueMember", "QueueEntry"))
_LIST_ENDS = "QueueStatusComplete"


class Capture(msgspec.Struct, frozen=True):
    """``name`` is the path below this folder without its endings."""

    name: str
    data: bytes

    @property
    def frames(self) -> list[bytes]:
        return FrameReader().feed(self.data)


def captures() -> list[Path]:
    """Every capture there is."""
    return sorted([*FOLDER.rglob("*.ami"), *FOLDER.rglob("*.ami.gz")])


def load(path: Path) -> Capture:
    data = path.read_bytes()
    name = path.relative_to(FOLDER).as_posix().removesuffix(".gz").removesuffix(".ami")
    return Capture(name, gzip.decompress(data) if path.suffix == ".gz" else data)


def save(name: str, data: bytes, folder: Path = FOLDER) -> Path:
    """Keep a capture, compressed. The same bytes give the same file."""
    path = folder / f"{name}.ami.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0))
    return path


def heard(frames: Sequence[bytes]) -> Iterator[Event | Undecoded]:
    """What the model hears of these frames: events, and a snapshot where its replies (Ping, CoreStatus, the two
    lists) are in the stream."""
    decoder = Decoder()
    ping: Headers | None = None
    status: Headers = {}
    rows: list[Headers] = []
    epoch = 0
    for frame in frames:
        if (event := decoder.decode(frame, Micros(0))) is not None:
            yield event
            continue
        headers = headers_of(frame)
        if headers.get("Ping") == "Pong":
            ping, status, rows = headers, {}, []
        elif "CoreStartupDate" in headers:
            status = headers
        elif headers.get("Event") in _LISTED:
            rows.append(headers)
        elif headers.get("Event") == _LIST_ENDS and ping is not None:
            epoch += 1
            yield read(Login(epoch, Micros(0)), ping, status, rows).snapshot
            ping = None
