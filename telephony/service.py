"""One bridge, put together and run: PBX → ingest → records and live.

Everything it needs is handed in, so that several can live in one process (tests, bench).
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import structlog

from telephony.ami.account import Account
from telephony.ami.connection import Connection
from telephony.ami.link import LinkState, LinkStatus
from telephony.config import Ami, Site
from telephony.control import socket
from telephony.control.door import Door
from telephony.directory.store import AgentStore
from telephony.errors import ConfigError
from telephony.ingest import Ingest
from telephony.journal.cursors import CursorStore
from telephony.journal.journal import Journal
from telephony.journal.kept import KeptRecords
from telephony.ledger.keeper import Keeper
from telephony.ledger.store import Ledger
from telephony.live.board import Live
from telephony.model.changes import CallEnded, Change, EpochBegan
from telephony.model.ids import MemberName, PbxName
from telephony.model.tracker import Tracker
from telephony.records.store import RecordStore
from telephony.records.writer import RecordWriter
from telephony.secrets import Secrets

log = structlog.get_logger(__name__)


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
    """Use ``Service.open``; ``run`` it until cancelled. ``live`` is the state of now."""

    def __init__(self, site: Site, secrets: Secrets, store: RecordStore) -> None:
        self.live = Live()
        self.writer = RecordWriter(store)
        self.ledger = Ledger(store.database)
        self.keeper = Keeper(self.ledger, self.live, PbxName(site.pbx.systemname))
        self.ready = asyncio.Event()
        """Set when the first epoch's snapshot has been taken in."""
        tracker = Tracker(PbxName(site.pbx.systemname))
        self.ingest = Ingest(
            tracker,
            self.writer.offer,
            sinks=(self.live.fold, self.keeper.fold, self._watch),
            on_overflow=lambda: self.connection.renew("the inbox is full"),
        )
        self.connection = Connection(account_of(site, secrets), self.ingest.deliver, on_status=_log_link)
        self.door = Door(site, self.connection.act, self.ledger, self.live)
        self.journal = self._journal_of(site, store, tracker)
        """None when the PBX's logs are not on this machine."""

    def _journal_of(self, site: Site, store: RecordStore, tracker: Tracker) -> Journal | None:
        folder = Path(site.pbx.folders.log)
        if not folder.is_dir():
            log.warning("no journal: the PBX's log folder is not on this machine", folder=str(folder))
            return None
        database, agents = store.database, AgentStore(store.database)

        async def names() -> Mapping[str, MemberName]:
            return {agent.phone: agent.number for agent in await agents.list()}

        records, places = KeptRecords(database), CursorStore(database)
        return Journal(folder, tracker.world, records, places, self.ingest.deliver, names=names)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, site: Site, secrets: Secrets, url: str) -> AsyncIterator[Self]:
        """A service on its database, which is migrated first. On leaving, what is known is written."""
        store = await RecordStore.open(url)
        try:
            service = cls(site, secrets, store)
            service.writer.start()
            try:
                yield service
            finally:
                service.ingest.finish()
                await service.writer.close()
        finally:
            await store.close()

    async def run(self, control: Path | None = None) -> None:
        """Work until cancelled; take commands at the Unix socket ``control``, if one is named."""
        async with contextlib.AsyncExitStack() as stack:
            if control is not None:
                await stack.enter_async_context(socket.serving(control, self.door.handle))
            group = await stack.enter_async_context(asyncio.TaskGroup())
            group.create_task(self.ingest.run())
            group.create_task(self.connection.run())
            group.create_task(self.keeper.run())
            if self.journal is not None:
                group.create_task(self.journal.run())

    def _watch(self, changes: Sequence[Change]) -> None:
        if self.journal is not None:
            self.journal.watch(changes)
        for change in changes:
            if isinstance(change, EpochBegan):
                log.info("epoch began", epoch=change.epoch, calls=change.calls)
                self.ready.set()
            elif isinstance(change, CallEnded):
                log.info("call ended", call=change.call.call_id, waiting=self.writer.waiting)


def _log_link(status: LinkStatus) -> None:
    """How it stands while there is no link; its loss and its return are said by the connection itself.

    At the 2nd, 4th, 8th … try in vain: a PBX that is away for a night must not fill the log.
    """
    if status.state is LinkState.WAITING and status.failures > 1 and status.failures.bit_count() == 1:
        log.warning("still no link", failures=status.failures, why=status.why, retry_in_s=round(status.retry_in_s, 1))
