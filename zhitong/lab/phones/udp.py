"""A UDP socket that says when each datagram reached the machine, not when Python came round to reading it.

The kernel stamps arrivals (``SO_TIMESTAMPNS``), so a busy event loop does not show up as a gap in somebody's voice.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable

import msgspec

from telephony.errors import LabError
from zhitong.lab.phones.message import Place

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python's socket module does not name it
_STAMP = struct.Struct("@qq")
_BATCH = 64
_PAIR_TRIES = 200


class Moment(msgspec.Struct, frozen=True):
    """One instant on two clocks: `mono` in seconds of `time.monotonic`, `wall_us` in µs since the epoch."""

    mono: float
    wall_us: int


def now() -> Moment:
    """This instant."""
    return Moment(time.monotonic(), time.time_ns() // 1000)


Deliver = Callable[[bytes, Place, Moment], None]


class UdpSocket:
    """A bound socket; `deliver` is called in the loop's thread for each datagram, with its time of arrival."""

    def __init__(self, sock: socket.socket, deliver: Deliver) -> None:
        self._socket, self._deliver = sock, deliver
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._read)
        self.place: Place = sock.getsockname()

    def send(self, data: bytes, place: Place) -> None:
        """Send, or lose it: a full buffer or a closed port is to UDP what rain is to a walk."""
        with contextlib.suppress(OSError):
            self._socket.sendto(data, place)

    def close(self) -> None:
        """Stop reading and give the port back. May be called twice."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _read(self) -> None:
        for _ in range(_BATCH):
            try:
                data, extra, _, place = self._socket.recvmsg(65535, 64)
            except BlockingIOError:
                return
            except OSError:
                continue  # an earlier datagram of ours met a closed port
            self._deliver(data, place, _arrival(extra))
            if self._socket.fileno() < 0:
                return


def _arrival(extra: list[tuple[int, int, bytes]]) -> Moment:
    read, wall = time.monotonic_ns(), time.time_ns()
    stamp = next((data for level, kind, data in extra if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS)), b"")
    if len(stamp) < _STAMP.size:
        return Moment(read / 1e9, wall // 1000)
    seconds, nanoseconds = _STAMP.unpack_from(stamp)
    arrived = seconds * 1_000_000_000 + nanoseconds
    return Moment((read - (wall - arrived)) / 1e9, arrived // 1000)


def bind(host: str, port: int = 0) -> socket.socket:
    """A non-blocking socket with arrival stamps; port 0 takes a free one. Raises `LabError` if it is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        with contextlib.suppress(OSError):  # where the kernel cannot stamp, the time of reading has to do
            sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise LabError(
            f"a phone cannot use UDP {host}:{port}: {error.strerror}; choose another address or port"
        ) from error
    return sock


def bind_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """Two sockets on an even port and the next one, for RTP and RTCP (RFC 3550 §11).

    The second is held so that nobody's RTCP reaches another phone's RTP port.
    """
    for _ in range(_PAIR_TRIES):
        first = bind(host)
        port = first.getsockname()[1]
        if port % 2 == 0 and port < 65535:
            try:
                return first, bind(host, port + 1)
            except LabError:
                pass  # the neighbour is in use
        first.close()
    raise LabError(f"no two neighbouring UDP ports are free on {host}; stop some of the phones that run there")
