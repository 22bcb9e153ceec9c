"""One login's stream of events: first kept back, then, once the snapshot is there, handed on as it comes."""

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec

from telephony.ami.codec import headers_of
from telephony.ami.decode import Decoder, Undecoded
from telephony.ami.session import Arrival, Session
from telephony.ami.values import NotANumber, number
from telephony.errors import AmiError, AmiUnreachable
from telephony.model.events import ChannelCreated, Event, LinkLost, SnapshotTaken
from telephony.model.ids import MICROS_PER_SECOND, Micros, micros_of

KEPT_LIMIT = 100_000
"""Events kept while a snapshot is read. Beyond it the login is given up and tried again: its stream would have a
hole, and a PBX that sends so much in that time is better asked later."""

_LOGIN = Micros(30 * MICROS_PER_SECOND)
"""Longer than from a login to the first answer. An event that is older has a time of its own making."""
_OWN_EVENTS = (b"Event: FullyBooted\r\n", b"Event: Shutdown\r\n")


class Epoch:
    """``sink`` is the session's. ``begin`` hands on the snapshot and what came since the login, ``end`` the loss."""

    def __init__(self, decoder: Decoder, deliver: Callable[[Event], None], note: Callable[[Undecoded], None]) -> None:
        self.session: Session | None = None
        self.booted: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        """The PBX's uptime in seconds, as ``FullyBooted`` told it; ``None`` where it told none."""
        self.asked = False  # the snapshot is being read, or is there
        self.shutting_down = False
        self.trouble: AmiError | None = None
        self._decode = decoder.decode
        self._deliver = deliver
        self._note = note
        self._kept: list[Event] | None = []
        self._began: tuple[int, Micros, float] | None = None  # epoch, PBX's time, our monotonic time
        self._over = False

    def sink(self, frame: bytes, arrival: Arrival) -> None:
        """Take an event frame."""
        event = self._decode(frame, arrival.wall)
        if event is None:
            if frame.startswith(_OWN_EVENTS):
                self._own(frame)
        elif type(event) is Undecoded:
            self._note(event)
        elif self._kept is None:
            self._deliver(event)  # type: ignore[arg-type]  # mypy narrows isinstance only, which is slower
        else:
            self._keep(event)  # type: ignore[arg-type]

    def begin(self, snapshot: SnapshotTaken, monotonic: float) -> None:
        """Hand on the snapshot and all that was kept. ``monotonic``: when the PBX said the snapshot's time."""
        kept, self._kept = self._kept or [], None
        self._began = snapshot.epoch, snapshot.at, monotonic
        earlier = _earlier(snapshot.at, kept)
        age = micros_of(time.monotonic() - monotonic) + earlier
        taken = _without_the_born(snapshot, kept)
        self._deliver(msgspec.structs.replace(taken, at=Micros(snapshot.at - earlier), age=age))
        for event in kept:
            self._deliver(event)

    def end(self) -> None:
        """No event comes after this. Hand on the loss of the link, if the epoch ever began."""
        self._over, self._kept = True, []
        if self._began is not None:
            epoch, at, monotonic = self._began
            self._deliver(LinkLost(Micros(at + micros_of(time.monotonic() - monotonic)), epoch))

    def _keep(self, event: Event) -> None:
        assert self._kept is not None
        if len(self._kept) < KEPT_LIMIT and not self._over:
            self._kept.append(event)
        elif not self._over:
            self._give_up(AmiUnreachable(f"more than {KEPT_LIMIT} events came while the snapshot was being read"))

    def _own(self, frame: bytes) -> None:
        if frame.startswith(b"Event: Shutdown"):
            self.shutting_down = True
        elif self.asked:  # the snapshot was read from a PBX that was still starting
            self._give_up(AmiUnreachable("the PBX has only now finished starting; its state is read anew"))
        elif not self.booted.done():
            self.booted.set_result(_uptime(frame))

    def _give_up(self, error: AmiError) -> None:
        self.trouble = error
        if self.session is not None:
            self.session.end(error)


def _earlier(at: Micros, kept: Sequence[Event]) -> int:
    """So much is the snapshot to be dated back that what was kept does not come before it: its ages are whole seconds,
    and what follows from them is a guess; the events' times are exact."""
    first = min((event.at for event in kept), default=at)
    return at - first if 0 < at - first < _LOGIN else 0


def _without_the_born(snapshot: SnapshotTaken, kept: Sequence[Event]) -> SnapshotTaken:
    """Of a channel that began since the login its events tell all, from its first moment on and exactly; a snapshot
    could but guess."""
    born = {event.uniqueid for event in kept if isinstance(event, ChannelCreated)}
    if not born:
        return snapshot
    return msgspec.structs.replace(
        snapshot,
        channels=tuple(channel for channel in snapshot.channels if channel.uniqueid not in born),
        callers=tuple(caller for caller in snapshot.callers if caller.uniqueid not in born),
    )


def _uptime(frame: bytes) -> int | None:
    try:
        return number(headers_of(frame)["Uptime"])
    except (KeyError, NotANumber):
        return None
