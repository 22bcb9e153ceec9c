"""The bridge of a hotline of any size in this process, fed from memory: reader, decoder, tracker, and all that the
running service hands changes to. The PBX's clock is the stream's, and our own runs along with it, so that what the
service does so many times a second it does as often in every second of the stream."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import msgspec

from bench.growth.stream import FIRST_AGENT, START, Stream
from telephony import ingest
from telephony.ami.codec import FrameReader
from telephony.ami.decode import Decoder, Undecoded
from telephony.config import read_site
from telephony.errors import LabError
from telephony.live.desk.publisher import BEAT_S
from telephony.live.desk.roster import Person, roster_of
from telephony.model.events import MemberChanged, SnapshotTaken, Tick
from telephony.model.ids import MICROS_PER_SECOND, NEVER, MemberName, Micros, QueueName
from telephony.places import home_of, secrets_of
from telephony.secrets import ensure_secrets
from telephony.service import Service

QUEUE = QueueName("service")
_CHUNK = 16 * 1024
_GREETING = b"Asterisk Call Manager/11.0.0\r\n"
_SITE = f"""\
name = "增长 growth"
hotline = ["12345"]
var = "var"
[pbx]
systemname = "pbx1"
[pbx.folders]
log = "/nowhere"
[[trunk]]
name = "carrier"
hosts = ["127.0.0.1"]
[[queue]]
name = "{QUEUE}"
expected_wait = true
[agents]
sign_in = "always"
[dispatch]
on = true
"""


class Size(msgspec.Struct, frozen=True):
    """``calls`` are in progress at a time."""

    agents: int
    calls: int


class Cost(msgspec.Struct, frozen=True):
    """What a stretch of the stream took of processor time, all threads, records on disk."""

    events: int
    seconds: float
    records: int


class Hotline:
    """Use ``Hotline.open``; ``go`` on along the stream."""

    def __init__(self, service: Service, size: Size) -> None:
        self._service = service
        self._stream = Stream(size.agents, size.calls)
        self._pieces = iter(self._stream)
        self._reader, self._decoder = FrameReader(), Decoder()
        self._reader.feed(_GREETING)
        self._beat_at = self._second_at = self._now = START * MICROS_PER_SECOND
        service.publisher._monotonic = lambda: self._now / MICROS_PER_SECOND

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, folder: Path, size: Size) -> AsyncIterator["Hotline"]:
        """Its agents signed in and idle, no call yet."""
        file = folder / "site.toml"
        await asyncio.to_thread(file.write_text, _SITE, encoding="utf-8")
        site = await asyncio.to_thread(read_site, file)
        secrets = await asyncio.to_thread(ensure_secrets, secrets_of(file, site), ())
        async with Service.open(site, secrets, home_of(file, site)) as service:
            hotline = cls(service, size)
            with hotline._working():
                hotline._begin([MemberName(str(FIRST_AGENT + n)) for n in range(size.agents)])
                yield hotline

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        """What changes wake works beside, as in the service; what only the clock wakes is told its time by ``go``."""
        parts = (self._service.porter, self._service.pauser)
        real, ingest.monotonic = ingest.monotonic, lambda: Micros(self._now)
        tasks = [asyncio.ensure_future(part.run()) for part in parts]
        try:
            yield
        finally:
            ingest.monotonic = real
            for task in tasks:
                task.cancel()

    def _begin(self, members: list[MemberName]) -> None:
        at = Micros(self._now)
        there = tuple(map(partial(_member, at), members))
        known = SnapshotTaken(at, epoch=1, booted_at=at, channels=(), callers=(), members=there, queues=(QUEUE,))
        self._service.ingest.deliver(known)
        self._service.ingest.drain()
        self._service.dispatcher.waker.allowed = frozenset({QUEUE})
        people = [Person(member, f"坐席{member}", member, {QUEUE: 0}) for member in members]
        self._service.publisher.enrol(roster_of(people, {QUEUE: "综合服务"}))

    @property
    def in_progress(self) -> int:
        """Calls that the model holds and that have not ended."""
        world = self._service.ingest.world
        return len(world.calls) - len(world.settling)

    @property
    def begun(self) -> int:
        """Calls of the stream so far."""
        return self._stream.begun

    async def go(self, calls: int) -> Cost:
        """On until so many more calls have begun. Making the stream is not counted. Raises LabError: what the bridge
        made of it is not what was said."""
        chunks = self._chunks(calls)
        gone, records = self._service.ingest.counters.events, self._service.writer.written
        began = time.process_time()
        for until, chunk in chunks:
            await self._take(until, chunk)
        await self._service.writer.flush()
        took = time.process_time() - began
        self._check()
        events = self._service.ingest.counters.events - gone
        return Cost(events, took, self._service.writer.written - records)

    def _chunks(self, calls: int) -> list[tuple[int, bytes]]:
        """As the socket would give them: what was said within a beat at most."""
        until, found, data, first = self._stream.begun + calls, list[tuple[int, bytes]](), bytearray(), 0
        for piece in self._pieces:
            if data and (len(data) >= _CHUNK or piece.at - first > BEAT_S * MICROS_PER_SECOND / 5):
                found.append((piece.at, bytes(data)))
                data.clear()
            first = first if data else piece.at
            data += piece.data
            if self._stream.begun >= until:
                break
        return [*found, (piece.at, bytes(data))]

    async def _take(self, until: int, chunk: bytes) -> None:
        self._now = max(self._now, until)
        frames = self._reader.feed(chunk)
        events = [event for frame in frames if (event := self._decoder.decode(frame, NEVER)) is not None]
        for event in events:
            assert not isinstance(event, Undecoded), event
            self._service.ingest.deliver(event)
        self._service.ingest.drain()
        await asyncio.sleep(0)
        self._pass_time()

    def _pass_time(self) -> None:
        while self._now - self._beat_at >= BEAT_S * MICROS_PER_SECOND:
            self._beat_at += round(BEAT_S * MICROS_PER_SECOND)
            self._service.publisher.beat()
        while self._now - self._second_at >= MICROS_PER_SECOND:
            self._second_at += MICROS_PER_SECOND
            self._service.ingest.deliver(Tick(Micros(self._second_at)))
            self._service.dispatcher.look()
            self._service.watch.look()

    def _check(self) -> None:
        counters = self._service.ingest.counters
        if counters.failures or counters.dropped or counters.anomalies:
            raise LabError(f"the bridge found fault with the stream: {counters}")


def _member(at: Micros, member: MemberName) -> MemberChanged:
    return MemberChanged(
        at,
        queue=QUEUE,
        member=member,
        interface=f"PJSIP/{member}",
        state_interface=f"PJSIP/{member}",
        status=1,
        paused=False,
        pause_reason="",
        penalty=0,
        in_call=False,
        last_call=0,
        wrapup_s=0,
        removed=False,
    )
