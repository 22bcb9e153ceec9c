"""A PBX's events, for ever: keeps a session alive and begins a new epoch at each login.

What comes out of ``deliver`` is, for each epoch and in this order: one ``SnapshotTaken``, then the events since that
login, then one ``LinkLost``. Events that arrive while the snapshot is read are kept and follow it. An epoch whose
snapshot failed delivers nothing.

Nothing is queued here but those kept events; ``deliver`` is called at once and must not block. Commands are not
queued either: without a link they are refused at once.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, tzinfo
from typing import Any

import msgspec
import structlog

from telephony.ami import snapshot
from telephony.ami.account import Account
from telephony.ami.actions import Action, Reply
from telephony.ami.backoff import Backoff, Trouble, trouble_of
from telephony.ami.codec import FRAME_LIMIT
from telephony.ami.decode import Decoder, Undecoded
from telephony.ami.epoch import Epoch
from telephony.ami.keepalive import KeepAlive
from telephony.ami.link import LINK, LinkInput, LinkState, LinkStatus
from telephony.ami.session import Session
from telephony.errors import AmiError, AmiUnreachable, ConfigError
from telephony.model.events import Event
from telephony.model.ids import Micros

_log = structlog.get_logger(__name__)

OVERSIZED = "oversized"
"""What messages that are too long are counted as, among those that could not be read."""
_SAMPLES = 20  # of what goes wrong again and again, that are logged

Deliver = Callable[[Event], None]
OnStatus = Callable[[LinkStatus], None]


class Settings(msgspec.Struct, frozen=True):
    """Times are in seconds.

    ``connect_timeout`` is short because a lost first packet is sent again sooner by the next try than by TCP.
    ``booted_wait``: how long ``FullyBooted`` may take to follow a login. ``zone``: the PBX's time zone, needed only if
    its AMI user has no ``read=system``. ``doubt_every``: see ``Connection.doubt``. ``chance`` throws the dice of the
    backoff. ``trunks``: names of those whose state is asked at each login. ``closure``: whether the
    emergency closure is asked after, too. ``wrap_ups``: whether those that
    the dialplan keeps are asked after.
    """

    trunks: tuple[str, ...] = ()
    closure: bool = False
    wrap_ups: bool = False
    connect_timeout: float = 2.0
    snapshot_timeout: float = 30.0
    booted_wait: float = 0.3
    zone: tzinfo = UTC
    backoff: Backoff = Backoff()
    keep_alive: KeepAlive = KeepAlive()
    doubt_every: float = 60.0
    chance: Callable[[], float] = random.random


class _End(msgspec.Struct, frozen=True):
    """How a try ended."""

    trouble: Trouble
    error: AmiError
    lived: float  # seconds since the login
    input: LinkInput


class Connection:
    """``run`` until cancelled; ``act`` and ``renew`` meanwhile.

    ``deliver`` gets the events, ``on_status`` each change of the link. ``epoch`` is the number to go on counting from:
    that of the last login before this one.
    """

    def __init__(
        self,
        account: Account,
        deliver: Deliver,
        *,
        on_status: OnStatus = lambda _: None,
        epoch: int = 0,
        settings: Settings | None = None,
    ) -> None:
        self.account = account
        self.renewed: Callable[[], Account] | None = None
        """Who we are by now, asked before each login: secrets are made anew while we run."""
        self.status = LinkStatus(LinkState.DOWN, epoch)
        self.undecoded: Counter[str] = Counter()
        self.receiver_errors = 0
        self._deliver = deliver
        self._on_status = on_status
        self._settings = settings or Settings()
        self._decoder = Decoder()
        self._session: Session | None = None
        self._doubted_at: float | None = None

    async def run(self) -> None:
        """Keep the link until cancelled. Whatever the PBX does, this goes on."""
        self._move(LinkInput.START)
        failures, last = 0, None
        try:
            while True:
                end = await self._attempt()
                again = end.trouble is last and end.lived < self._settings.backoff.stable
                failures, last = failures + 1 if again else 1, end.trouble
                await self._wait(end, failures)
        finally:
            self._move(LinkInput.STOP)

    async def act(self, action: Action, timeout: float = 5.0) -> Reply:
        """As ``Session.act``; without a link ``AmiUnreachable``, and nothing was sent."""
        return await self._linked(action).act(action, timeout)

    def begin(self, action: Action, timeout: float = 5.0) -> Awaitable[Reply]:
        """As ``act``, but sent when this returns (``Session.begin``)."""
        return self._linked(action).begin(action, timeout)

    def _linked(self, action: Action) -> Session:
        if self._session is None or self.status.state is not LinkState.LIVE:
            why = f": {self.status.why}" if self.status.why else ""
            raise AmiUnreachable(f"{action.name} was not sent: there is no link to {self.account}{why}")
        return self._session

    def renew(self, why: str) -> None:
        """End this epoch and begin another, because its events can no longer be relied upon."""
        if self._session is not None:
            self._session.end(AmiUnreachable(why))

    def doubt(self, why: str) -> None:
        """What is known may be wrong: begin another epoch, whose snapshot makes it right. Now and then only, so that
        what raises doubts again and again does not keep the link from working."""
        now = time.monotonic()
        if self._doubted_at is None or now - self._doubted_at >= self._settings.doubt_every:
            self._doubted_at = now
            self.renew(why)

    def _oversized(self) -> None:
        why = f"a message of more than {FRAME_LIMIT} bytes was dropped"
        self._note(Undecoded(OVERSIZED, why))
        self.doubt(why)

    # -- one login

    async def _attempt(self) -> _End:
        epoch = Epoch(self._decoder, self._give, self._note)
        settings = self._settings
        self._renew_account()
        try:
            epoch.session = await Session.open(
                self.account,
                epoch.sink,
                connect_timeout=settings.connect_timeout,
                keep_alive=settings.keep_alive,
                on_oversized=self._oversized,
            )
        except AmiError as error:
            return _End(trouble_of(error, logged_in=False), error, 0.0, LinkInput.FAIL)
        began = time.monotonic()
        try:
            why = await self._follow(epoch, epoch.session)
        finally:
            self._session = None
            await epoch.session.close()
            epoch.end()
        return _End(trouble_of(why, logged_in=True), why, time.monotonic() - began, LinkInput.LOSE)

    def _renew_account(self) -> None:
        """What cannot be read leaves us who we were: the PBX says whether that will do."""
        try:
            self.account = self.account if self.renewed is None else self.renewed()
        except ConfigError as error:
            _log.warning("ami_account_unreadable", why=str(error))

    async def _follow(self, epoch: Epoch, session: Session) -> AmiError:
        """From the login to the end of the link, and why it ended."""
        self._session = session
        self._move(LinkInput.LOG_IN, epoch=self.status.epoch + 1)
        try:
            await self._synchronise(epoch, session)
        except AmiError as error:
            return epoch.trouble or (session.closed.result() if session.closed.done() else error)
        self._move(LinkInput.SYNC)
        why = await asyncio.shield(session.closed)
        return AmiUnreachable(f"{self.account}: the PBX was shut down") if epoch.shutting_down else why

    async def _synchronise(self, epoch: Epoch, session: Session) -> None:
        uptime = await self._uptime(epoch)
        epoch.asked = True
        monotonic, wall = time.monotonic(), Micros(time.time_ns() // 1000)
        taken = await snapshot.take(
            lambda action: session.act(action, self._settings.snapshot_timeout),
            snapshot.Login(self.status.epoch, wall, uptime, self._settings.zone),
            self._settings.trunks,
            closure=self._settings.closure,
            wrap_ups=self._settings.wrap_ups,
        )
        for undecoded in taken.undecoded:
            self._note(undecoded)
        if epoch.trouble is not None:
            raise epoch.trouble
        epoch.begin(taken.snapshot, monotonic)

    async def _uptime(self, epoch: Epoch) -> int | None:
        """``FullyBooted`` comes with the login: unless the PBX is still starting, or we have no right to see it. Then
        go on without; should it come later, the epoch begins anew."""
        try:
            async with asyncio.timeout(self._settings.booted_wait):
                return await asyncio.shield(epoch.booted)
        except TimeoutError:
            return None

    async def _wait(self, end: _End, failures: int) -> None:
        delay = self._settings.backoff.delay(end.trouble, failures, self._settings.chance())
        self._move(end.input, trouble=end.trouble, why=str(end.error), failures=failures, retry_in_s=delay)
        if failures == 1:
            _log.warning("ami_link_lost", pbx=str(self.account), trouble=end.trouble.value, why=str(end.error))
        await asyncio.sleep(delay)
        self._move(LinkInput.TRY_AGAIN, trouble=end.trouble, why=str(end.error), failures=failures)

    # -- telling others

    def _move(self, entry: LinkInput, *, epoch: int | None = None, **told: Any) -> None:
        state = LINK[self.status.state, entry]
        if state is LinkState.LIVE:
            _log.info("ami_link_live", pbx=str(self.account), epoch=self.status.epoch)
        self.status = LinkStatus(state, self.status.epoch if epoch is None else epoch, **told)
        try:
            self._on_status(self.status)
        except Exception as error:
            self._failed("on_status", error)

    def _give(self, event: Event) -> None:
        try:
            self._deliver(event)
        except Exception as error:  # a receiver's mistake must not cost the other events
            self._failed(type(event).__name__, error)

    def _failed(self, what: str, error: Exception) -> None:
        self.receiver_errors += 1
        if self.receiver_errors <= _SAMPLES:
            _log.error("ami_receiver_failed", what=what, times=self.receiver_errors, exc_info=error)

    def _note(self, undecoded: Undecoded) -> None:
        self.undecoded[undecoded.name] += 1
        if self.undecoded[undecoded.name] <= _SAMPLES:
            _log.warning("ami_event_undecoded", event_name=undecoded.name, why=undecoded.why)
