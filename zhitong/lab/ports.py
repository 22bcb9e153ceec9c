"""Free ports for one lab, safe between parallel test workers and parallel checkouts.

A lab gets one *block* of neighbouring ports: services at the bottom, RTP above. Blocks lie below the range from which
the kernel takes ports of its own. A block is ours while we hold its lock files, which the kernel frees when we die, and
only if every port in it can be bound now. Between this check and the moment the PBX binds, only a program that asks
for just this port and heeds no lock could get in the way.
"""

import contextlib
import errno
import fcntl
import os
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from telephony.errors import LabError

_FIRST = 10_000
_LAST = 32_500
_UNIT = 500
_SERVICES = 100
_NAMED = 10


class Ports:
    """A block of ports on one address. Close it (or leave the `with`) to give it back."""

    def __init__(self, first: int, count: int, locks: ExitStack) -> None:
        self._locks = locks
        self._services = set(range(first + _NAMED, first + _SERVICES))
        self.sip = first
        self.ami = first + 1
        self.http = first + 2
        self.bridge = first + 3
        self.ops = first + 4
        self.agents = first + 5
        self.rtp = range(first + _SERVICES, first + count)
        self.block = range(first, first + count)

    def take(self, count: int = 1) -> int:
        """The first of `count` neighbouring ports for a service of this lab, handed out to nobody else meanwhile."""
        for first in sorted(self._services):
            wanted = range(first, first + count)
            if self._services.issuperset(wanted):
                self._services.difference_update(wanted)
                return first
        raise LabError(f"a lab has {_SERVICES - _NAMED} ports for services, and all are taken")

    def give(self, first: int, count: int = 1) -> None:
        """Return ports that `take` gave and nobody listens on any more."""
        self._services.update(range(first, first + count))

    def close(self) -> None:
        """Give the block back. Whoever still listens on it is the caller's concern."""
        self._locks.close()

    def __enter__(self) -> "Ports":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def reserve(count: int = 2500, *, host: str = "127.0.0.1", locks: Path | None = None) -> Ports:
    """A block of at least `count` ports on `host`, nobody else's until closed.

    A call takes four RTP ports (two legs, RTP and RTCP), so the default serves 600 calls at a time. `locks` is the
    directory of lock files, one for each user by default. Raises LabError when no block is free.
    """
    directory = locks or Path(tempfile.gettempdir()) / f"zhitong-ports-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    units = -(-count // _UNIT)
    # Start at a different block in each process: parallel workers then seldom try the same one.
    starts = range(_FIRST, _LAST - units * _UNIT + 1, _UNIT)
    offset = os.getpid() * units % len(starts)
    for start in (*starts[offset:], *starts[:offset]):
        if held := _hold(directory, start, units, host):
            return Ports(start, units * _UNIT, held)
    raise LabError(f"no {count} neighbouring ports are free between {_FIRST} and {_LAST}; stop a lab, or ask for fewer")


def _hold(directory: Path, start: int, units: int, host: str) -> ExitStack | None:
    with ExitStack() as locks:
        for unit in range(units):
            lock = _lock(directory / str(start + unit * _UNIT))
            if lock is None:
                return None
            locks.enter_context(lock)
        return locks.pop_all() if _all_free(host, range(start, start + units * _UNIT)) else None


def _lock(path: Path) -> IO[str] | None:
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def is_free(host: str, port: int) -> bool:
    """Whether nobody has bound the UDP port `port` of `host` now."""
    return _binds(host, port, socket.SOCK_DGRAM)


def is_bound(host: str, port: int) -> bool:
    """Whether somebody has bound the UDP port `port` on just this address, by the kernel's own list.

    Unlike `is_free`, which tries it: that would get in the way of the program whose port one is waiting for.
    """
    family, table = (socket.AF_INET6, "udp6") if ":" in host else (socket.AF_INET, "udp")
    packed = socket.inet_pton(family, host)
    words = (int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed), 4))
    name = "".join(f"{word:08X}" for word in words) + f":{port:04X}"
    entries = Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
    return any(entry.split(maxsplit=2)[1] == name for entry in entries)


def _all_free(host: str, ports: Iterable[int]) -> bool:
    return all(_binds(host, port, socket.SOCK_DGRAM) and _binds(host, port, socket.SOCK_STREAM) for port in ports)


def _binds(host: str, port: int, kind: socket.SocketKind) -> bool:
    with _probe(host, kind) as probe:
        if kind is socket.SOCK_STREAM:  # a closed connection's TIME_WAIT is no hindrance, to Asterisk neither
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise LabError(f"cannot listen on {host}: {error.strerror}; is it an address of this machine?") from error
    return True


@contextlib.contextmanager
def _probe(host: str, kind: socket.SocketKind) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
        yield probe
