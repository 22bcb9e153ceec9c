"""One bridge, put together and run: PBX → ingest → records and live.

Everything it needs is handed in, so that several can live in one process (tests, bench). It starts while its database
is away, and goes on while it is: calls are followed, and their records wait in the outbox.
"""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import structlog

from telephony.ami.account import Account
from telephony.ami.connection import Connection, Settings
from telephony.ami.link import LinkState, LinkStatus
from telephony.config import Site
from telephony.control import socket
from telephony.control.cutter import Cutter
from telephony.control.desks import Desks
from telephony.control.door import Door
from telephony.control.earlier import EarlierCalls
from telephony.control.forecaster import Forecaster
from telephony.control.guide import Guide
from telephony.control.handlers import agents as agents_orders
from telephony.control.handlers import calls as call_orders
from telephony.control.handlers import conference as conference_orders
from telephony.control.handlers import inviting as inviting_orders
from telephony.control.handlers import limits as limit_orders
from telephony.control.handlers import recording as recording_orders
from telephony.control.handlers import remarks as remark_orders
from telephony.control.handlers import requeue as requeue_orders
from telephony.control.handlers import rooms as room_orders
from telephony.control.handlers import supervision as supervision_orders
from telephony.control.handlers import together as together_orders
from telephony.control.handlers.ledger import CallsBack
from telephony.control.handlers.looking import Look
from telephony.control.handlers.turns import Turns
from telephony.control.met import Meetings
from telephony.control.outcomes import Outcomes
from telephony.control.pauser import Pauser
from telephony.control.porter import Porter
from telephony.control.reach import Handlers, Reach
from telephony.control.recorder import Recorder
from telephony.control.remarker import Remarker
from telephony.control.roster import RosterReader
from telephony.control.sayer import Sayer
from telephony.control.whom import Whom
from telephony.database.database import Database
from telephony.database.faults import StoreUnavailable
from telephony.database.probe import Probe
from telephony.directory.specialist_store import SpecialistStore
from telephony.directory.store import AgentStore
from telephony.dispatch.dispatcher import Dispatcher
from telephony.errors import ConfigError, ZhitongError
from telephony.ingest import Ingest
from telephony.journal.cursors import CursorStore
from telephony.journal.journal import Journal
from telephony.journal.kept import KeptRecords
from telephony.journal.messages import Messages
from telephony.journal.source import logs_of
from telephony.ledger.keeper import Keeper
from telephony.ledger.store import Ledger
from telephony.live.alarms import Alarms
from telephony.live.board import Live
from telephony.live.desk.publisher import Publisher
from telephony.live.epochs import first_epoch
from telephony.live.inprocess import InProcessFeed
from telephony.model.changes import CallEnded, Change, EpochBegan
from telephony.model.ids import MemberName, PbxName, QueueName, micros_of
from telephony.model.tracker import Tracker
from telephony.places import Home, recordings_of
from telephony.reconcile.nightly import Nightly
from telephony.reconcile.site import nightly_of
from telephony.recordings import keeper as recordings_keeper
from telephony.recordings.files import Folder
from telephony.recordings.store import Recordings
from telephony.records.filling import keep_filling
from telephony.records.numbered import numbered
from telephony.records.outbox import Outbox
from telephony.records.store import RecordStore
from telephony.records.writer import RecordWriter
from telephony.remarks.keeper import RemarkKeeper
from telephony.secrets import Secrets
from telephony.site.pbx import Ami
from telephony.watch import Parts, Watch

if TYPE_CHECKING:
    from telephony.control.redis_end import RedisEnd

log = structlog.get_logger(__name__)

_WAIT_FOR_STORE_S = 5.0
"""At the start. Then the bridge goes on without."""
_WRITE_ON_S = 10.0
_TRY_ON_S = 1.0
"""How long what waits is still written at the end: to a store that is well, and to one that is away. The rest is
written after the next start."""
_FIRST_PAUSE_S, _LAST_PAUSE_S = 1.0, 60.0


def account_of(site: Site, secrets: Secrets) -> Account:
    """How the bridge logs in at the site's PBX. Raises ConfigError when the certificate cannot be read."""
    ami = site.pbx.ami
    return Account(host=ami.host, port=ami.port, user=ami.user, secret=secrets.ami, tls=_trust(ami))


def _trust(ami: Ami) -> ssl.SSLContext | None:
    try:
        return ssl.create_default_context(cafile=ami.tls_cert) if ami.tls else None
    except OSError as error:  # ssl.SSLError is one, too: what is there is no certificate
        why = "no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(
            f"pbx.ami.tls_cert: {ami.tls_cert} cannot be read: {why}. Name the PBX's certificate, or its authority's."
        ) from error


class Service:
    """Use ``Service.open``; ``run`` it until cancelled. ``live`` is the state of now. ``epoch``: the number after which
    logins are counted."""

    def __init__(
        self,
        site: Site,
        secrets: Secrets,
        database: Database,
        outbox: Outbox,
        remarks: RemarkKeeper,
        epoch: int = 0,
    ) -> None:
        self.live = Live()
        self.outbox = outbox
        self.writer = RecordWriter(RecordStore(database), backlog=outbox, set_aside=outbox.set_aside)
        self.ledger = Ledger(database, site.numbers.rules)
        self.keeper = Keeper(self.ledger, self.live, PbxName(site.pbx.systemname))
        self.ready = asyncio.Event()
        """Set when the first epoch's snapshot has been taken in."""
        tracker, rules = _tracker(site), site.numbers.rules
        self._fill_keys = partial(keep_filling, database, rules)
        self.ingest = Ingest(
            tracker,
            lambda record: self.writer.offer(numbered(record, rules)),
            sinks=(self._dispatch, self.live.fold, self.keeper.fold, self._hear, self._publish),
            on_overflow=lambda: self.connection.renew("the inbox is full"),
            on_doubt=lambda why: self.connection.doubt(why),  # noqa: PLW0108  # there is none yet
        )
        self.publisher = Publisher(tracker.world, self.live, epoch, self.ingest.heard)
        self.feed = InProcessFeed(self.publisher.position, self.publisher.snapshot)
        """The state of now as documents, for gateways in this process."""
        self.publisher.outlets.append(self.feed)
        self.redis = _redis_end(site, secrets, self.publisher, self.live.alarms)
        self.roster = RosterReader(site, AgentStore(database), self.publisher.enrol, SpecialistStore(database))
        self.connection = Connection(
            account_of(site, secrets), self.ingest.deliver, on_status=_log_link, epoch=epoch, settings=_settings(site)
        )
        recording, self.recording_on = site.recording, site.recording.on
        self.porter, self.desks = Porter(tracker.world, self.connection.act), Desks(tracker.world)
        self.guide = Guide(site, SpecialistStore(database), self.connection.act)
        self.cutter, self.sayer = Cutter(self.connection.act), Sayer(tracker.world, self.connection.act)
        self.pauser = Pauser(tracker.world, self.connection.act, site.desk, self.ingest.now)
        self.recorder = Recorder(tracker.world, self.connection.act, on=recording.on, pause_max_s=recording.pause_max_s)
        self.forecaster = Forecaster(tracker.world, self.connection.act, _told_the_wait(site))
        self.dispatcher = Dispatcher(tracker.world, self.connection.begin, site, self.live.alarms, self.ingest.now)
        self.recordings = recordings_keeper.Keeper(
            Recordings(database), PbxName(site.pbx.systemname), Folder(recordings_of(site)), self.live.alarms
        )
        self.journal = self._journal_of(site, secrets, database, tracker)
        """None when the PBX's logs are out of reach: neither on this machine nor behind a journal agent."""
        logs = logs_of(site, secrets.journal)
        self.messages = None if logs is None else Messages(logs)
        """Follows the PBX's own message log; None as ``journal`` is."""
        self.nightly: Nightly | None = None
        """Makes the daily figures; None without a key for them."""
        self.probe = Probe(database)
        self.watch = Watch(self._parts(database))
        self.outcomes = Outcomes()
        self.reach = self._reach_of(site, database)
        self.remarker = Remarker(self.reach, remarks, RecordStore(database))
        self.earlier = EarlierCalls(database, self.ledger, rules, tracker.world, self.ingest.deliver)
        self.met = Meetings(site, database, tracker.world, self.connection.act, self.ingest.deliver)
        self.door = Door(self._handlers(database), self._calls_back(site), self.watch.status)

    def _reach_of(self, site: Site, database: Database) -> Reach:
        return Reach(
            site=site,
            act=self.connection.act,
            world=self.ingest.world,
            live=self.live,
            outcomes=self.outcomes,
            agents=AgentStore(database),
            deliver=self.ingest.deliver,
        )

    def _calls_back(self, site: Site) -> CallsBack:
        return CallsBack(site, self.connection.act, self.ledger, self.live)

    def _handlers(self, database: Database) -> Handlers:
        """Of every kind of order, but call-backs."""
        look, whom = Look(self.reach, self.porter.ready), Whom(self.reach, self.guide.now)
        handlers = {
            **recording_orders.handlers(self.recorder),
            **agents_orders.handlers(self.reach),
            **call_orders.handlers(self.reach),
            **room_orders.handlers(self.reach, look),
            **inviting_orders.handlers(self.reach, look, whom),
            **conference_orders.handlers(self.reach, look, whom),
            **together_orders.handlers(self.reach, look, whom, RecordStore(database)),
            **requeue_orders.handlers(self.reach, look),
            **supervision_orders.handlers(self.reach),
            **remark_orders.handlers(self.reach, self.remarker),
            **limit_orders.handlers(self.met.limits, self.met.limiter, self.reach.site),
        }
        return Turns().taken(handlers)

    def _parts(self, database: Database) -> Parts:
        return Parts(
            connection=self.connection,
            ingest=self.ingest,
            live=self.live,
            database=database,
            probe=self.probe,
            writer=self.writer,
            outbox=self.outbox,
            keeper=self.keeper,
            journal=self.journal,
            messages=self.messages,
            waking=self.dispatcher.told,
        )

    def _journal_of(self, site: Site, secrets: Secrets, database: Database, tracker: Tracker) -> Journal | None:
        logs = logs_of(site, secrets.journal)
        if logs is None:
            log.warning(
                "no journal: the PBX's log folder is not on this machine, and no journal agent is named",
                folder=site.pbx.folders.log,
            )
            return None
        agents = AgentStore(database)

        async def names() -> Mapping[str, MemberName]:
            return {agent.phone: agent.number for agent in await agents.list()}

        records, places = KeptRecords(database), CursorStore(database)
        journal = Journal(logs, tracker.world, records, places, self.ingest.deliver, names=names)
        journal.unwritten = lambda: self.writer.waiting
        return journal

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, site: Site, secrets: Secrets, home: Home, sentence: str = "") -> AsyncIterator[Self]:
        """A service on its database, which is brought up to date first, or when it is there. On leaving, what is known
        is written: to the database, or else to the outbox. ``sentence``: what an agent is to say who cut the notice.

        Raises OutboxTaken when another service is at home here, StoreError when the database can never be used
        (SchemaTooNew), ConfigError.
        """
        async with contextlib.AsyncExitStack() as stack:
            outbox = await Outbox.open(home.outbox)
            stack.push_async_callback(outbox.close)
            database = Database.later(home.url)
            stack.push_async_callback(database.close)
            await stack.enter_async_context(_brought_up(database))
            remarks = await stack.enter_async_context(RemarkKeeper.open(database, home.remarks))
            epoch = await asyncio.to_thread(first_epoch, home.runs)
            service = cls(site, secrets, database, outbox, remarks, epoch)
            service.sayer.sentence = sentence if site.notice.message else ""
            service.desks.load(home.runs.with_name("desks.json"), service.ingest.deliver)
            service.nightly = nightly_of(site, secrets, database, home.figures, service.live.alarms)
            service.writer.start()
            stack.push_async_callback(service._close)
            yield service

    async def _close(self) -> None:
        self.ingest.finish()
        await self.writer.close(_WRITE_ON_S if self.writer.last_error is None else _TRY_ON_S)

    async def run(self, control: Path | None = None) -> None:
        """Work until cancelled; take commands at the Unix socket ``control``, if one is named."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.ingest.run())
            group.create_task(self.connection.run())
            lasting = {"ledger": self.keeper.run, "probe": self.probe.run, "watch": self.watch.run}
            lasting |= {"cutter": self.cutter.run, "sayer": self.sayer.run, "callers": self.earlier.run}
            lasting |= {"porter": self.porter.run, "guide": self.guide.run}
            lasting |= {"pauser": self.pauser.run, "desks": self.desks.run}
            lasting |= {"desk": self.publisher.run, "roster": self.roster.run}
            if self.redis is not None:
                lasting["redis"] = partial(self.redis.run, self.door.handle)
            lasting["numbers"] = self._fill_keys
            lasting |= self.met.lasting()
            if self.recording_on:
                lasting |= {"recorder": self.recorder.run, "recordings": self.recordings.run}
            if self.dispatcher.on:
                lasting["dispatch"] = self.dispatcher.run
            if self.forecaster.queues:
                lasting["forecast"] = self.forecaster.run
            if self.journal is not None:
                lasting["journal"] = self.journal.run
            if self.messages is not None:
                lasting["messages"] = self.messages.run
            if self.nightly is not None:
                lasting["figures"] = self.nightly.run
            if control is not None:
                lasting["control"] = partial(self._take_commands, control)
            for part, work in lasting.items():
                group.create_task(self._lasting(part, work))

    async def _take_commands(self, control: Path) -> None:
        async with socket.serving(control, self.door.handle):
            await asyncio.Event().wait()

    async def _lasting(self, part: str, run: Callable[[], Awaitable[None]]) -> None:
        """A part that calls do not need must not end the others, whatever befalls it: it begins anew."""
        pause = _FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            try:
                await run()
            except StoreUnavailable as error:  # an alarm of its own tells of that
                log.info("a part of the bridge waits for the store", part=part, reason=str(error))
            except (OSError, ZhitongError) as error:
                self.watch.failed_parts += 1
                log.warning("a part of the bridge failed and begins anew", part=part, reason=str(error))
            except Exception:
                self.watch.failed_parts += 1
                log.exception("a part of the bridge failed and begins anew", part=part)
            pause = _FIRST_PAUSE_S if time.monotonic() - began > _LAST_PAUSE_S else min(2 * pause, _LAST_PAUSE_S)
            await asyncio.sleep(pause)

    def _dispatch(self, changes: Sequence[Change]) -> None:
        self.dispatcher.fold(changes)

    def _publish(self, changes: Sequence[Change]) -> None:
        self.publisher.fold(changes)

    def _hear(self, changes: Sequence[Change]) -> None:
        self.outcomes.fold(changes)
        self.cutter.fold(changes)
        self.porter.fold(changes)
        self.guide.fold(changes)
        self.recorder.fold(changes)
        self.forecaster.fold(changes)
        self.sayer.fold(changes)
        self.remarker.fold(changes)
        self.earlier.fold(changes)
        self.pauser.fold(changes)
        self.met.fold(changes)
        self.desks.fold(changes)
        if self.journal is not None:
            self.journal.watch(changes)
        for change in changes:
            if isinstance(change, EpochBegan):
                log.info("epoch began", epoch=change.epoch, calls=change.calls)
                self.ready.set()
            elif isinstance(change, CallEnded):
                log.info("call ended", call=change.call.call_id, waiting=self.writer.waiting)


def _told_the_wait(site: Site) -> list[QueueName]:
    return [QueueName(queue.name) for queue in site.queues if queue.expected_wait]


def _redis_end(site: Site, secrets: Secrets, publisher: Publisher, alarms: Alarms) -> "RedisEnd | None":
    """Where site.toml has a Redis; its client is imported only there."""
    if site.store.redis_url is None:
        return None
    from telephony.control.redis_end import RedisEnd

    return RedisEnd(site, secrets, publisher, alarms)


def _tracker(site: Site) -> Tracker:
    tracker = Tracker(PbxName(site.pbx.systemname))
    tracker.world.missed_after = micros_of(site.desk.desktop_grace_s)
    return tracker


def _settings(site: Site) -> Settings:
    return Settings(
        trunks=tuple(trunk.name for trunk in site.trunks),
        closure=bool(site.closure.closers),
        wrap_ups=any(queue.wrapup_s for queue in site.queues),
    )


def _log_link(status: LinkStatus) -> None:
    """How it stands while there is no link; its loss and its return are said by the connection itself.

    At the 2nd, 4th, 8th … try in vain: a PBX that is away for a night must not fill the log.
    """
    if status.state is LinkState.WAITING and status.failures > 1 and status.failures.bit_count() == 1:
        log.warning("still no link", failures=status.failures, why=status.why, retry_in_s=round(status.retry_in_s, 1))


@contextlib.asynccontextmanager
async def _brought_up(database: Database) -> AsyncIterator[None]:
    """Have the database brought up to date; for long only if there is much to change, and then calls are followed
    meanwhile."""
    work = asyncio.create_task(database.bring_up())
    try:
        await asyncio.wait([work], timeout=_WAIT_FOR_STORE_S)
        if work.done():
            try:
                work.result()
            except StoreUnavailable as error:
                log.warning("the store is away; records wait in the outbox", reason=str(error))
        else:
            log.warning("the store is not ready yet; records wait in the outbox", database=database.place)
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
