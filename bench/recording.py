"""Recorded AMI streams: what a real Asterisk sent over one login, byte for byte."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec

from telephony.errors import LabError

RECORDINGS = Path(__file__).parent.parent / "tests" / "recordings" / "queue-calls"
UNFILTERED, FILTERED = "unfiltered", "filtered"
STREAMS = (UNFILTERED, FILTERED)

_END = b"\r\n\r\n"
_EVENT = b"Event: "


class About(msgspec.Struct, frozen=True, kw_only=True):
    """``about.json``: where a recording comes from, and what the phones themselves saw meanwhile."""

    asterisk: str
    made: str  # day, UTC
    seed: int
    agents: int
    calls: int
    answered: int
    events: dict[str, int]  # by stream


class Recording(msgspec.Struct, frozen=True):
    """One stream, from the greeting on, that ends with a whole frame."""

    name: str
    data: bytes

    @property
    def frames(self) -> int:
        """How many frames it has, by a plain look at the bytes."""
        return self.data.count(_END)

    @property
    def events(self) -> int:
        """How many of them are events; the others are replies. Asterisk writes an empty line too many after some."""
        return sum(frame.lstrip().startswith(_EVENT) for frame in self.data.split(_END))

    def chunks(self, size: int) -> Iterator[bytes]:
        """The stream as a socket would hand it on, ``size`` bytes at a time."""
        for start in range(0, len(self.data), size):
            yield self.data[start : start + size]


def read(name: str, directory: Path = RECORDINGS) -> Recording:
    """A stream of the recording. Raises LabError when it is not there."""
    path = directory / f"{name}.ami.gz"
    try:
        return Recording(name, gzip.decompress(path.read_bytes()))
    except OSError as error:
        raise LabError(f"{path}: {error}; `python -m bench.record` makes the recording again") from None


def about(directory: Path = RECORDINGS) -> About:
    """Where the recording comes from. Raises LabError when it is not there."""
    path = directory / "about.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=About)
    except (OSError, msgspec.MsgspecError) as error:
        raise LabError(f"{path}: {error}; `python -m bench.record` makes the recording again") from None


def write(told: About, streams: dict[str, bytes], directory: Path = RECORDINGS) -> None:
    """Keep a recording. The same bytes make the same file."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in streams.items():
        (directory / f"{name}.ami.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    (directory / "about.json").write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
